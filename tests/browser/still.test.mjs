// Nothing moves under the pointer, and nothing lies over what one can press.
import assert from "node:assert/strict";
import test from "node:test";
import { openPage, startCore, startScripted } from "./harness.mjs";

const CONFIG = "health_monitoring:\n  check_interval: 1\n  timeout: 1\n";

test("a change of the order is told in the footer, and moves no row under the pointer", async (t) => {
  const core = await startCore(t, { config: CONFIG });
  const servers = new Map();
  for (const name of ["alpha", "beta", "gamma"]) {
    const server = await startScripted(t, { name });
    servers.set(name, server);
    await core.call("add", { url: `http://${server.address}`, name });
  }
  const { page, errors } = await openPage(t, core.link);
  await page.goto(`${core.address}/#/servers`);
  const row = (name) => page.getByRole("grid").getByRole("row").filter({ hasText: name });
  for (const name of servers.keys()) await row(name).getByText("Healthy").waitFor();
  await row("beta").hover();
  const place = () => row("beta").boundingBox();
  const before = await place();
  await page.evaluate(() => {
    window.shifts = [];
    new PerformanceObserver((list) => {
      for (const { sources } of list.getEntries()) {
        window.shifts.push(...sources.map(({ node }) => node?.parentElement?.outerHTML?.slice(0, 120) ?? "gone"));
      }
    }).observe({ type: "layout-shift", buffered: false });
  });
  await servers.get("gamma").stop();
  await row("gamma").getByText("Down", { exact: true }).waitFor();
  await page
    .getByRole("status")
    .getByText(/\d rows? will move/)
    .waitFor();
  assert.deepEqual(await place(), before);
  assert.deepEqual(await page.evaluate(() => window.shifts), []);
  await page.getByRole("button", { name: "Show", exact: true }).click();
  await page.waitForFunction(() =>
    /gamma/.test(document.querySelector("[role=grid] [role=row][id]")?.textContent ?? ""),
  );
  assert.deepEqual(errors, []);
});

/** Whether any of what can be pressed lies under a message. */
function covered(page) {
  return page.evaluate(() => {
    const boxes = [...document.querySelectorAll("[aria-label=Messages] .toast")].map((card) =>
      card.getBoundingClientRect(),
    );
    const pressable = [...document.querySelectorAll("button, a, input, select, textarea, [role=tab], [role=row][id]")];
    return pressable
      .filter((one) => !one.closest("[aria-label=Messages]"))
      .filter((one) => {
        const its = one.getBoundingClientRect();
        if (its.width === 0) return false;
        return boxes.some(
          (box) => its.left < box.right && box.left < its.right && its.top < box.bottom && box.top < its.bottom,
        );
      })
      .map((one) => one.textContent.slice(0, 40));
  });
}

test("a message lies over no control, also with a rested pointer it leaves by itself", async (t) => {
  const core = await startCore(t);
  const server = await startScripted(t, { name: "one", tools: [{ name: "look", inputSchema: { type: "object" } }] });
  const { server: row } = await core.call("add", { url: `http://${server.address}` });
  const { page, errors } = await openPage(t, core.link);
  const card = page.getByRole("region", { name: "Messages" }).getByText("Address copied");
  for (const size of [
    [1280, 800],
    [1920, 1080],
  ]) {
    await page.setViewportSize({ width: size[0], height: size[1] });
    await page.goto(`${core.address}/#/servers/${row.id}`);
    const drawer = page.getByRole("complementary", { name: "one" });
    await drawer.getByRole("button", { name: "More actions" }).click();
    await page.getByRole("menuitem", { name: "Copy address" }).click();
    await card.waitFor();
    for (const hash of ["discover", "servers", "playground"]) {
      await page.goto(`${core.address}/#/${hash}`);
      assert.deepEqual(await covered(page), [], `${hash} at ${size}`);
    }
    await card.waitFor({ state: "hidden" });
  }
  // The pointer rests where it appears.
  await page.goto(`${core.address}/#/servers/${row.id}`);
  const copy = async () => {
    await page.getByRole("complementary", { name: "one" }).getByRole("button", { name: "More actions" }).click();
    await page.getByRole("menuitem", { name: "Copy address" }).press("Enter");
    await card.waitFor();
  };
  await copy();
  const box = await card.boundingBox();
  await page.getByRole("button", { name: "Close this message" }).click();
  await page.mouse.move(box.x + 10, box.y + 10);
  await page.getByRole("complementary", { name: "one" }).getByRole("button", { name: "More actions" }).press("Enter");
  await page.getByRole("menuitem", { name: "Copy address" }).press("Enter");
  await card.waitFor();
  await card.waitFor({ state: "hidden", timeout: 15_000 });
  assert.deepEqual(errors, []);
});
