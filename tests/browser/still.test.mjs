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
  // One above and one below it: a heading that comes for either would move what stands under it.
  for (const name of ["alpha", "gamma"]) {
    await servers.get(name).stop();
    await row(name).getByText("Down", { exact: true }).waitFor();
  }
  await page
    .getByRole("status")
    .getByText(/\d rows? will move/)
    .waitFor();
  assert.deepEqual(await place(), before);
  assert.deepEqual(await page.evaluate(() => window.shifts), []);
  await page.getByRole("button", { name: "Show", exact: true }).click();
  await row("Needs attention · 2").waitFor();
  assert.deepEqual(errors, []);
});

/** What could be pressed where the messages are, were they not there. */
function covered(page) {
  return page.evaluate(() => {
    const messages = document.querySelector("[aria-label=Messages]");
    const found = new Set();
    messages.style.pointerEvents = "none";
    for (const card of messages.querySelectorAll(".toast")) {
      const { left, top, right, bottom } = card.getBoundingClientRect();
      for (let x = left; x < right; x += 8) {
        for (let y = top; y < bottom; y += 8) {
          const under = document
            .elementFromPoint(x, y)
            ?.closest("button, a, input, select, textarea, label, [role=row], [role=tab]");
          if (under && !messages.contains(under)) found.add(under.textContent.slice(0, 40));
        }
      }
    }
    messages.style.pointerEvents = "";
    return [...found];
  });
}

test("a message lies over no control, whatever the width", async (t) => {
  const core = await startCore(t);
  const server = await startScripted(t, { name: "one", tools: [{ name: "look", inputSchema: { type: "object" } }] });
  const { server: row } = await core.call("add", { url: `http://${server.address}` });
  const { page, errors } = await openPage(t, core.link);
  const card = page.getByRole("region", { name: "Messages" }).getByText("Address copied");
  for (const [width, height] of [
    [1920, 1080],
    [1280, 800],
    [1024, 800],
    [760, 700],
    [640, 400],
  ]) {
    await page.setViewportSize({ width, height });
    for (const hash of [`servers/${row.id}`, "discover", "servers", "playground"]) {
      await page.goto(`${core.address}/#/servers/${row.id}`);
      await page.getByRole("complementary", { name: "one" }).getByRole("button", { name: "More actions" }).click();
      await page.getByRole("menuitem", { name: "Copy address" }).click();
      await card.waitFor();
      await page.goto(`${core.address}/#/${hash}`);
      await card.waitFor();
      assert.deepEqual(await covered(page), [], `${hash} at ${width}`);
      const close = page.getByRole("region", { name: "Messages" }).getByRole("button", { name: "Close this message" });
      await close.click();
      await card.waitFor({ state: "hidden" });
    }
  }
  assert.deepEqual(errors, []);
});

test("a message leaves by itself, also where the pointer rested before it came", async (t) => {
  const core = await startCore(t);
  const server = await startScripted(t, { name: "one" });
  const { server: row } = await core.call("add", { url: `http://${server.address}` });
  const { page, errors } = await openPage(t, core.link);
  await page.goto(`${core.address}/#/servers/${row.id}`);
  const card = page.getByRole("region", { name: "Messages" }).getByText("Address copied");
  const copy = async () => {
    await page.getByRole("complementary", { name: "one" }).getByRole("button", { name: "More actions" }).press("Enter");
    await page.getByRole("menuitem", { name: "Copy address" }).press("Enter");
    await card.waitFor();
  };
  await copy();
  const box = await card.boundingBox();
  await page.getByRole("button", { name: "Close this message" }).click();
  await page.mouse.move(box.x + 10, box.y + 10);
  await copy();
  await card.waitFor({ state: "hidden", timeout: 30_000 });
  assert.deepEqual(errors, []);
});

for (const width of [1280, 1024])
  test(`that the core does not answer moves nothing, ${width} px wide`, async (t) => {
    const core = await startCore(t);
    const server = await startScripted(t, { name: "one" });
    await core.call("add", { url: `http://${server.address}` });
    const { page } = await openPage(t, core.link, { size: [width, 800] });
    await page.goto(`${core.address}/#/servers`);
    await page.getByRole("grid").getByText("Healthy").waitFor();
    const places = () =>
      page.locator("main").evaluate((main) =>
        [...main.querySelectorAll("h1, button, input, [role=row], [role=grid]")].map((one) => {
          const { x, y, width, height } = one.getBoundingClientRect();
          // Not what stands there: an age goes on.
          return [one.tagName, x, y, width, height].join(" ");
        }),
      );
    const before = await places();
    await core.stop();
    const said = page.getByRole("region", { name: "Messages" });
    await said.getByText("MCP Discovery does not answer. What you see may be out of date.").waitFor();
    assert.deepEqual(await places(), before);
    assert.deepEqual(await covered(page), []);
  });

test("what was said of a server goes when it is no longer so", async (t) => {
  const server = await startScripted(t, { name: "one" });
  const core = await startCore(t);
  const { page, errors } = await openPage(t, core.link);
  const row = page.getByRole("row").filter({ hasText: server.address });
  await row.getByRole("checkbox").check();
  await page.getByRole("button", { name: "Add 1 server" }).click();
  const said = page.getByRole("region", { name: "Messages" });
  await said.getByText("Added 1 server").waitFor();
  // Whoever is at a message keeps it: what ends it now is what became of the server.
  await said.getByRole("button", { name: "Undo" }).focus();
  const { ids } = await core.call("order", {});
  await core.call("remove", { ids });
  await said.getByText("Added 1 server").waitFor({ state: "hidden" });
  assert.deepEqual(errors, []);
});
