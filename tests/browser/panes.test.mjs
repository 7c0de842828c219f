// Panes take the room there is and stay as a person left them.
import assert from "node:assert/strict";
import test from "node:test";
import { openPage, startCore, startScripted } from "./harness.mjs";

const LONG = "a name that is as long as a sentence and goes on ".repeat(3).trim();

test("dividers work by keyboard and are remembered", async (t) => {
  const core = await startCore(t);
  const server = await startScripted(t, { name: "one" });
  const { server: row } = await core.call("add", { url: `http://${server.address}` });
  const { page, errors } = await openPage(t, core.link);
  await page.goto(`${core.address}/#/servers/${row.id}`);
  const drawer = page.getByRole("complementary", { name: "one" });
  const divider = page.getByRole("separator", { name: "Width of the details" });
  await divider.focus();
  const before = (await drawer.boundingBox()).width;
  for (let press = 0; press < 4; press++) await page.keyboard.press("ArrowLeft");
  const after = (await drawer.boundingBox()).width;
  assert.equal(after - before, 64);
  await page.reload();
  assert.equal((await drawer.boundingBox()).width, after, "it is remembered");
  const box = await divider.boundingBox();
  await page.mouse.move(box.x + 4, box.y + 200);
  await page.mouse.down();
  await page.mouse.move(box.x + 54, box.y + 200);
  await page.mouse.up();
  assert.equal((await drawer.boundingBox()).width, after - 50);
  await divider.dblclick();
  assert.equal((await drawer.boundingBox()).width, before);
  for (const [screen, name] of [
    ["playground", "Width of the tools"],
    ["playground", "Width of the result"],
    ["discover", "Width of your list"],
  ]) {
    await page.goto(`${core.address}/#/${screen}`);
    await page.getByRole("separator", { name }).waitFor();
  }
  assert.deepEqual(errors, []);
});

test("a status with its age is never cut, and the reason stays where it is narrow", async (t) => {
  const core = await startCore(t);
  const closed = await startScripted(t, { name: "closed", token: "x" });
  await core.call("add", { url: `http://${closed.address}`, name: LONG, metadata: { region: "eu-central-1" } });
  const { page, errors } = await openPage(t, core.link);
  await page.clock.setFixedTime(Date.now() + 59 * 60_000);
  for (const width of [640, 760, 1024, 1280, 1920]) {
    await page.setViewportSize({ width, height: 800 });
    await page.goto(`${core.address}/#/servers`);
    const row = page.getByRole("grid").getByRole("row").filter({ hasText: "Needs sign-in" });
    await row.getByText("Needs a token").waitFor();
    const cells = row.getByRole("gridcell");
    const status = await cells.first().evaluate((cell) => {
      const [age, box] = [cell.querySelector(".age").getBoundingClientRect(), cell.getBoundingClientRect()];
      const word = cell.querySelector(".st").getBoundingClientRect();
      return { inside: age.right <= box.right + 0.5, apart: word.right <= age.left };
    });
    assert.deepEqual(status, { inside: true, apart: true }, `at ${width}`);
    assert.equal(await page.getByRole("columnheader", { name: "Region" }).count(), width > 760 ? 1 : 0, `at ${width}`);
    const name = await cells.nth(1).boundingBox();
    if (width >= 1280) assert.ok(name.width > 0.2 * width, `the name takes its room at ${width}: ${name.width}`);
  }
  assert.deepEqual(errors, []);
});
