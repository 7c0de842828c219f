// No element lies on another, runs out of its box or is cut without a tooltip: every screen, tab and dialog, five widths, 200 %
// zoom, both themes at one width, with real data, with none, and with names of 200 characters.
import assert from "node:assert/strict";
import test from "node:test";
import { faces } from "./faces.mjs";
import { filled, LONG } from "./filled.mjs";
import { barriers, eventually, openPage, startCore, startScripted } from "./harness.mjs";
import { faultsOf } from "./layout.mjs";

/** The last is a window of 1280 by 800 at 200 %. */
const SIZES = [
  [1920, 1080],
  [1280, 800],
  [1024, 800],
  [760, 700],
  [640, 700],
  [640, 400],
];
/** What is measured and is no fault, with the reason. */
const EXCEPTIONS = [
  // The arrow of a combobox stands in its field, beside the text, which keeps clear of it.
  { fits: /“Where to call” lies on .*“Show servers”/ },
];

/** Themes differ in colours, not in sizes: both are measured at one width. */
const themesAt = (width) => (width === 1280 ? ["light", "dark"] : ["light"]);

/** Opens a face once, and measures it in every size. */
async function look(page, open) {
  const found = [];
  await page.setViewportSize({ width: 1280, height: 800 });
  await page.goto("about:blank");
  await open(page);
  for (const [width, height] of SIZES) {
    await page.setViewportSize({ width, height });
    for (const theme of themesAt(width)) {
      await page.emulateMedia({ colorScheme: theme });
      // Panes learn their width a frame after the window did, and draw in the next.
      await page.evaluate(async () => {
        await document.fonts.ready;
        for (let frame = 0; frame < 3; frame++) await new Promise(requestAnimationFrame);
      });
      const faults = await page.evaluate(faultsOf);
      const real = faults.filter((fault) => !EXCEPTIONS.some(({ fits }) => fits.test(fault)));
      found.push(...real.map((fault) => `${width} by ${height}, ${theme}: ${fault}`));
    }
  }
  return found;
}

for (const [called, name] of [
  ["with real data", "weather-usw2-b"],
  ["with names of 200 characters", LONG],
  ["with none", null],
]) {
  test(`nothing overlaps, runs out or is cut in silence, ${called}`, async (t) => {
    const given = name ? await filled(t, name) : { core: await startCore(t, { flags: ["--no-local-discovery"] }) };
    const { page, errors } = await openPage(t, given.core.link);
    const found = [];
    // FACE=label looks at that one alone.
    const all = Object.entries(faces(given)).filter(([face]) => !process.env.FACE || face === process.env.FACE);
    for (const [face, open] of all) found.push(...(await look(page, open)).map((fault) => `${face} at ${fault}`));
    t.diagnostic(`${all.length} faces, each at ${SIZES.length} sizes`);
    assert.deepEqual(errors, []);
    assert.deepEqual(found, []);
  });
}

// Small things that cost trust.

test("help says what runs here and where it keeps what", async (t) => {
  const core = await startCore(t);
  const { page, errors } = await openPage(t, core.link);
  await page.getByRole("button", { name: "Help", exact: true }).click();
  const about = page.getByRole("dialog", { name: "Help and about" });
  await about.getByText(core.data, { exact: true }).waitFor();
  await about.getByText(/^Chrome \d/).waitFor();
  for (const fact of ["Version", "Data folder", "Secrets", "Log", "Drawn by"])
    await about.getByText(fact, { exact: true }).waitFor();
  assert.deepEqual(await barriers(page), []);
  await about.getByRole("button", { name: "Keyboard shortcuts" }).click();
  await page.getByRole("dialog", { name: "Keyboard shortcuts" }).getByText("Redo what was undone").waitFor();
  assert.deepEqual(errors, []);
});

test("all servers are checked at once, and what cannot be done is said", async (t) => {
  const core = await startCore(t, { config: "health_monitoring:\n  check_interval: 3600\n" });
  const server = await startScripted(t, { name: "one" });
  await core.call("add", { url: `http://${server.address}` });
  const { page } = await openPage(t, core.link);
  await page.goto(`${core.address}/#/servers`);
  const row = page.getByRole("grid").getByRole("row").filter({ hasText: "one" });
  await row.getByText("Healthy").waitFor();
  const before = server.asked();
  await page.getByRole("button", { name: "More about the list" }).click();
  await page.getByRole("menuitem", { name: "Check all now" }).click();
  await eventually(async () => server.asked() > before, true, "it is asked");

  await row.click();
  await core.stop();
  await page.getByText("MCP Discovery does not answer. What you see may be out of date.").waitFor();
  await page.getByRole("complementary").getByRole("button", { name: "Pause" }).click();
  const said = page.getByRole("region", { name: "Messages" });
  await said.getByText("Could not pause one").waitFor();
  await said.getByText("MCP Discovery does not answer. Try again when it is back.").waitFor();
});

test("no segment goes without a trace at 1024, and an empty cell has no tooltip", async (t) => {
  const core = await startCore(t);
  const server = await startScripted(t, { name: "one" });
  await core.call("add", { url: `http://${server.address}` });
  const { page, errors } = await openPage(t, core.link, { size: [1024, 768] });
  await page.goto(`${core.address}/#/servers`);
  await page
    .getByRole("group", { name: "Status" })
    .getByRole("button", { name: /Healthy 1/ })
    .waitFor();
  assert.equal(await page.locator('[title="—"]').count(), 0);
  assert.deepEqual(errors, []);
});

test("the demo says its token where it is asked for", async (t) => {
  const core = await startCore(t);
  await core.call("demo_start", {});
  const { page, errors } = await openPage(t, core.link);
  await page.goto(`${core.address}/#/servers`);
  await page.getByRole("grid").getByRole("row").filter({ hasText: "demo-notes" }).click();
  const drawer = page.getByRole("complementary", { name: "demo-notes" });
  await drawer.getByRole("button", { name: "Fill it in" }).click();
  await drawer.getByRole("button", { name: "Keep token and check" }).click();
  await drawer
    .getByText(/^Healthy/)
    .first()
    .waitFor();
  assert.deepEqual(errors, []);
});

test("one tool is one tool", async (t) => {
  const server = await startScripted(t, { name: "one", tools: [{ name: "tell", inputSchema: { type: "object" } }] });
  const core = await startCore(t);
  await core.call("add", { url: `http://${server.address}` });
  const { page } = await openPage(t, core.link);
  await page.goto(`${core.address}/#/playground`);
  const find = page.getByRole("searchbox", { name: "Find a tool" });
  await page.getByRole("link", { name: /^tell/ }).waitFor();
  await eventually(() => find.getAttribute("placeholder"), "Find in 1 tool");
});
