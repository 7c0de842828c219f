// Panes take the room there is and stay as a person left them.
import assert from "node:assert/strict";
import test from "node:test";
import { eventually, openPage, startCore, startScripted } from "./harness.mjs";

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
  const width = async () => (await drawer.boundingBox()).width;
  const before = await width();
  for (let press = 0; press < 4; press++) await page.keyboard.press("ArrowLeft");
  const after = before + 64;
  await eventually(width, after);
  await page.reload();
  await eventually(width, after, "it is remembered");
  const box = await divider.boundingBox();
  await page.mouse.move(box.x + 4, box.y + 200);
  await page.mouse.down();
  await page.mouse.move(box.x + 54, box.y + 200);
  await page.mouse.up();
  await eventually(width, after - 50);
  await divider.dblclick();
  await eventually(width, before);
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
    const status = () =>
      cells.first().evaluate((cell) => {
        const [age, box] = [cell.querySelector(".age").getBoundingClientRect(), cell.getBoundingClientRect()];
        const word = cell.querySelector(".st").getBoundingClientRect();
        return { inside: age.right <= box.right + 0.5, apart: word.right <= age.left };
      });
    // The list learns its width after the window did.
    const regions = () => page.getByRole("columnheader", { name: "Region" }).count();
    await eventually(regions, width > 760 ? 1 : 0, `at ${width}`);
    await eventually(status, { inside: true, apart: true }, `at ${width}`);
    const roomy = async () => (await cells.nth(1).boundingBox()).width > 0.2 * width;
    if (width >= 1280) await eventually(roomy, true, `the name takes its room at ${width}`);
  }
  assert.deepEqual(errors, []);
});
