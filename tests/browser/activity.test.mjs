// The calls that were made: live, filtered, explained, as charts, and from a call to its rule, its line and the next call.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import test from "node:test";
import { barriers, eventually, focused, openPage, startCore } from "./harness.mjs";

const FILE = `health_monitoring:
  check_interval: 3600

routing_rules:
  # the demo's replicas
  "weather.*":
    preferred_regions: [us-west-2]
`;

/** The demo fleet, and a page on the Activity screen. */
async function open(t) {
  const core = await startCore(t, { config: FILE, flags: ["--no-local-discovery"] });
  await core.call("demo_start", {});
  const { page, errors } = await openPage(t, core.link);
  const call = (capability, given, more = {}) =>
    core.call("call", { capability, arguments: given, client: "ci", ...more }).catch(() => null);
  const weather = async (times) => {
    for (let at = 0; at < times; at++) await call("weather.current", { city: "Oslo" });
  };
  await page.goto(`${core.address}/#/activity`);
  return { core, page, errors, call, weather, grid: page.getByRole("grid", { name: "Calls, newest first" }) };
}

/** The calls of the list, as a screen reader says them. */
const rows = (grid) => grid.getByRole("row").and(grid.page().locator("[aria-label]"));
const newest = (grid) => rows(grid).first().getAttribute("aria-label");

test("calls come live, are told apart, and one leads to its rule, its line and the next call", async (t) => {
  const { core, page, errors, call, weather, grid } = await open(t);
  await page.getByRole("heading", { name: "No calls yet" }).waitFor();
  assert.deepEqual(await barriers(page), []);

  await weather(3);
  await rows(grid).nth(2).waitFor();
  assert.match(await newest(grid), /^weather\.current at \d\d:\d\d:\d\d: answered by demo-weather-[ab] in [\d.,]+ ms$/);
  await page.getByRole("img", { name: /^Calls in the last hour/ }).waitFor();
  await page.getByRole("img", { name: /^Failed calls in the last hour: 0 of 3/ }).waitFor();
  await page.locator(".uplot canvas").first().waitFor();

  await call("no.such.tool", {});
  await grid.getByText("No server took it").waitFor();
  await call("weather.current", { city: "Atlantis" });
  await eventually(async () => (await newest(grid)).includes("weather.current"), true, "another comes above");
  await page.getByRole("group", { name: "Outcome" }).getByRole("button", { name: "Failed" }).click();
  await eventually(() => rows(grid).count(), 1);
  await page.getByText("1 row matches the filter").waitFor();

  // Why it failed.
  await grid.focus();
  await page.keyboard.press("Home");
  await page.keyboard.press("Enter");
  const drawer = page.getByRole("complementary", { name: "Call of no.such.tool" });
  await drawer.getByText("No server was asked: nothing was sent.").waitFor();
  await drawer
    .getByText(/No server offers/)
    .first()
    .waitFor();
  await page.keyboard.press("Escape");
  await drawer.waitFor({ state: "detached" });
  await focused(grid);
  const [saved] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("button", { name: "Export JSON" }).click(),
  ]);
  const exported = JSON.parse(await readFile(await saved.path(), "utf8"));
  assert.deepEqual(
    exported.map(({ capability, outcome }) => [capability, outcome]),
    [["no.such.tool", "refused"]],
    "what matches the filter",
  );
  await page.getByRole("button", { name: "Clear", exact: true }).click();

  // A call that was decided: its tries, its stages, its rule and the line of that.
  await page.getByRole("textbox", { name: "Capability" }).fill("current");
  await eventually(() => rows(grid).count(), 4);
  await rows(grid).last().click();
  const call1 = page.getByRole("complementary", { name: "Call of weather.current" });
  await call1.getByRole("list", { name: "Tries" }).getByText("Answered").waitFor();
  await call1.getByText("The rule weather.* applies").waitFor();
  await call1.getByText(/^demo-weather-eu is in eu-west-1/).waitFor();
  assert.deepEqual(await barriers(page), []);
  await call1.getByRole("button", { name: "line 6" }).click();
  await page.getByRole("textbox", { name: "mcp-discovery.yaml" }).waitFor();
  await page.goBack();
  await call1.getByRole("button", { name: "Open its rule" }).click();
  await page.getByRole("button", { name: "Duplicate weather.*" }).waitFor();
  await page.goBack();
  await call1.getByRole("button", { name: "Simulate" }).click();
  const simulator = page.getByRole("region", { name: "Simulator" });
  await simulator.getByText("The rule weather.* applies").waitFor();
  assert.equal(await simulator.getByRole("combobox", { name: "Capability" }).inputValue(), "weather.current");
  assert.equal(await simulator.getByRole("textbox", { name: "Caller" }).inputValue(), "ci");

  // The last real calls under a draft of that rule, which is open still: what would move, and each opens its record.
  await page.getByRole("button", { name: /more settings$/ }).click();
  await page.getByRole("textbox", { name: "New: Required regions" }).fill("eu-west-1");
  await page.keyboard.press("Enter");
  const last = page.getByRole("region", { name: "Last real calls" });
  await last.getByText("4 would move to demo-weather-eu. None would fail.").waitFor();
  await last.getByRole("button", { name: "See the 4 calls" }).click();
  const moved = page.getByRole("list", { name: "Would move" });
  await eventually(() => moved.getByRole("listitem").count(), 4);
  await moved.getByRole("link").first().click();
  await call1.getByRole("list", { name: "Tries" }).waitFor();
  assert.equal((await core.call("replay", {})).moves, 0, "under the saved rules nothing moves");
  assert.deepEqual(errors, []);
});

test("rows stay where they are while somebody is among them, and a pause holds all", async (t) => {
  const { page, errors, weather, call, grid } = await open(t);
  await weather(2);
  await rows(grid).nth(1).waitFor();
  await grid.focus();
  await page.getByText("Held still").waitFor();
  await call("units.convert", { value: 1, from: "km", to: "mi" });
  await page.getByText("1 new above").waitFor();
  assert.match(await newest(grid), /^weather\.current/);
  await page.getByRole("button", { name: "Show", exact: true }).click();
  await eventually(async () => /^units\.convert/.test(await newest(grid)), true);

  await page.getByRole("button", { name: "Pause" }).click();
  await page.getByText("Paused", { exact: true }).waitFor();
  await weather(1);
  await page.getByText("1 new above").waitFor();
  assert.match(await newest(grid), /^units\.convert/);
  await page.getByRole("button", { name: "Resume" }).click();
  await page.mouse.move(5, 5);
  await eventually(async () => /^weather\.current/.test(await newest(grid)), true);
  assert.deepEqual(errors, []);
});

test("a long list is read where one looks, by keyboard and by filter", async (t) => {
  const { page, errors, weather, call, grid } = await open(t);
  await call("units.convert", { value: 1, from: "km", to: "mi" });
  await weather(650);
  await page.getByText("651 rows", { exact: true }).waitFor();
  await grid.focus();
  await page.keyboard.press("End");
  await rows(grid).filter({ hasText: "units.convert" }).waitFor();
  assert.equal(await grid.getAttribute("aria-rowcount"), "652");
  await page.keyboard.press("Enter");
  await page.getByRole("complementary", { name: "Call of units.convert" }).waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("combobox", { name: "Server" }).fill("weather-a");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await page.getByText("325 rows match the filter").waitFor();
  await grid.focus();
  await page.keyboard.press("End");
  await eventually(() => rows(grid).last().getAttribute("aria-rowindex"), "326", "the oldest of them is read");
  assert.deepEqual(errors, []);
});

test("a server has its calls, and one that is away says where they went", async (t) => {
  const { core, page, errors, weather } = await open(t);
  await weather(6);
  const { servers } = await core.call("servers", {});
  const a = servers.find(({ name }) => name === "demo-weather-a");
  await page.goto(`${core.address}/#/servers/${a.id}`);
  const drawer = page.getByRole("complementary", { name: "demo-weather-a" });
  await drawer.getByRole("tab", { name: "Calls" }).click();
  const grid = drawer.getByRole("grid", { name: "Calls of demo-weather-a, newest first" });
  await eventually(() => rows(grid).count(), 3);
  assert.deepEqual(await barriers(page), []);
  await core.call("pause", { ids: [a.id] });
  await weather(4);
  await drawer.getByRole("tab", { name: "Overview" }).click();
  await drawer.getByText("Since then weather.current went to demo-weather-b (100 %).").waitFor();
  await drawer.getByRole("tab", { name: "Calls" }).click();
  await rows(grid).first().click();
  await page.getByRole("complementary", { name: "Call of weather.current" }).waitFor();
  assert.deepEqual(errors, []);
});

test("a server that fails again and again is shown with its next trial", async (t) => {
  const { core, page, errors, call, grid } = await open(t);
  const rested = async () => {
    const { breakers } = await core.call("breakers", {});
    return breakers.some(({ state }) => state !== "closed");
  };
  for (let at = 0; at < 60 && !(await rested()); at++) await call("parcel.track", { number: "1" });
  if (await rested()) {
    await page
      .getByRole("region", { name: "Servers with calls stopped" })
      .getByText(/next trial in \d+ s|next call is its trial/)
      .waitFor();
  }
  await grid.getByText("Failed").first().waitFor();
  await core.stop();
  await page.getByText("Not live", { exact: true }).waitFor();
  assert.ok((await rows(grid).count()) > 0, "what was read stays");
  assert.deepEqual(errors, []);
});
