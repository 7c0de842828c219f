// The map of servers, by keyboard and by name: find what is down, see where calls go and why, pretend, go to the calls and back.
import assert from "node:assert/strict";
import test from "node:test";
import { eventually, focused, openPage, startCore, startScripted } from "./harness.mjs";

const CONFIG = `health_monitoring:
  check_interval: 3600
routing_rules:
  "weather.*":
    preferred_regions: [us-west]
`;
const TOOLS = [{ name: "weather.current", inputSchema: { type: "object" } }];

/** Three servers that offer the same, in two regions, one more that is gone, and one that offers something else. */
async function fleet(t) {
  const core = await startCore(t, { config: CONFIG, flags: ["--no-local-discovery"] });
  const counts = {};
  const ids = {};
  const add = async (name, region, tools = TOOLS) => {
    counts[name] = 0;
    const call = () => {
      counts[name] += 1;
      return { content: [{ type: "text", text: "fair" }] };
    };
    const server = await startScripted(t, { name, tools, call });
    ids[name] = (await core.call("add", { url: `http://${server.address}`, name, metadata: { region } })).server.id;
    return server;
  };
  await add("weather-a", "us-west");
  await add("weather-b", "us-west");
  await add("weather-eu", "eu-central");
  await add("notes", "eu-central", [{ name: "notes.read", inputSchema: { type: "object" } }]);
  const gone = await add("weather-gone", "us-west");
  await gone.stop();
  for (let round = 0; round < 3; round++) await core.call("check", { id: ids["weather-gone"] }).catch(() => null);
  const weather = () => core.call("call", { capability: "weather.current", arguments: {} });
  return { core, ids, counts, weather };
}

const place = (page, id) =>
  page.evaluate((one) => {
    const { left, top } = document.querySelector(`[data-id="${one}"]`).getBoundingClientRect();
    return `${Math.round(left)} ${Math.round(top)}`;
  }, id);

test("by keyboard alone: what is down, where calls go and why, what if two were down, the calls and back", async (t) => {
  const { core, ids, counts, weather } = await fleet(t);
  for (let at = 0; at < 6; at++) await weather();
  const { page, errors } = await openPage(t, core.link);
  await page.goto(`${core.address}/#/discover`);
  await page.keyboard.press("Control+3");
  const map = page.getByRole("group", { name: "Map of 5 servers in 2 boxes" });
  await map.waitFor();

  // The worst comes first: in the first box, and there at the top.
  const west = page.getByRole("group", { name: /^us-west, 3 servers: 1 down, 2 healthy/ });
  await west.waitFor();
  const gone = page.getByRole("button", { name: /^weather-gone: Down for .*: .*refused/i });
  for (let press = 0; press < 40; press++) {
    await page.keyboard.press("Tab");
    if (await gone.evaluate((one) => document.activeElement === one)) break;
  }
  await focused(gone);
  await page.keyboard.press("Enter");
  await page.getByRole("complementary", { name: "weather-gone" }).waitFor();
  assert.match(page.url(), new RegExp(`#/topology/${ids["weather-gone"]}`));
  await page.keyboard.press("Escape");
  await focused(gone);

  // What is called is chosen, and the lines are those of real calls.
  await page.getByRole("combobox", { name: "Traffic for" }).focus();
  await page.keyboard.type("weather.cur");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  const pane = page.getByRole("complementary", { name: "Where calls go" });
  await pane.getByRole("heading", { name: "Next call goes to" }).waitFor();
  await pane.getByText("6 calls in the last minute.").waitFor();
  const shares = pane.getByRole("table", { name: "Shares of the last minute" });
  for (const name of ["weather-a", "weather-b"]) {
    const share = `${Math.round((100 * counts[name]) / 6)} %`;
    await shares.getByRole("row", { name: new RegExp(`${name}.*${share}`) }).waitFor();
    const said = new RegExp(`^${name}: Healthy.*; takes ${share}, ${counts[name]} call`);
    await map.getByRole("button", { name: said }).waitFor();
  }
  assert.equal(counts["weather-a"] + counts["weather-b"], 6);
  await shares.getByText(/nearer region/i).waitFor();
  await shares.getByRole("row", { name: /weather-gone.*is down/i }).waitFor();
  await map.getByRole("button", { name: /^weather-eu: .*gets no calls.*nearer region/i }).waitFor();
  await map.getByRole("button", { name: /^notes: .*does not offer it/ }).waitFor();

  // Two are pretended down: by the key at a node, and by name.
  const first = map.getByRole("button", { name: /^weather-a:/ });
  await first.focus();
  await page.keyboard.press("d");
  await page.getByText("Pretending: weather-a is down").waitFor();
  const then = page.getByRole("complementary", { name: "What would change" });
  await then.getByRole("heading", { name: "If weather-a were down" }).waitFor();
  await then.getByRole("row", { name: /weather-b.*100 %/ }).waitFor();
  await then.getByRole("combobox", { name: "Pretend it is down" }).focus();
  await page.keyboard.type("weather-b");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await then.getByRole("heading", { name: "If 2 servers were down" }).waitFor();
  await then.getByRole("row", { name: /weather-eu.*0 %.*100 %/ }).waitFor();
  const { distribution } = await core.call("route", {
    capability: "weather.current",
    calls: 1_000,
    down: [ids["weather-a"], ids["weather-b"]],
  });
  assert.equal(distribution[0].server.name, "weather-eu");

  // Nothing of it is real: calls go on arriving where they did.
  const before = counts["weather-a"] + counts["weather-b"];
  for (let at = 0; at < 4; at++) await weather();
  assert.equal(counts["weather-a"] + counts["weather-b"], before + 4);
  assert.equal(counts["weather-eu"], 0);
  await first.focus();
  await page.keyboard.press("Escape");
  await pane.getByText("10 calls in the last minute.").waitFor();

  // From a line to its calls, and from a call to its line.
  await pane.getByRole("button", { name: /calls? of weather-a/ }).press("Enter");
  const calls = page.getByRole("grid", { name: "Calls, newest first" });
  await eventually(async () => Number(await calls.getAttribute("aria-rowcount")) - 1, counts["weather-a"]);
  await calls.focus();
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "Show in Topology" }).press("Enter");
  await pane.getByRole("heading", { name: "Calls of weather.current" }).waitFor();
  assert.equal(await page.getByRole("combobox", { name: "Traffic for" }).inputValue(), "weather.current");
  assert.deepEqual(errors, []);
});

test("nobody moves by themselves: not on a change of health, not on a new server, not in the window", async (t) => {
  const { core, ids } = await fleet(t);
  const { page, errors } = await openPage(t, core.link);
  await page.goto(`${core.address}/#/topology`);
  const first = page.getByRole("button", { name: /^weather-a: Healthy/ });
  await first.waitFor();
  const where = async () =>
    Object.fromEntries(await Promise.all(Object.values(ids).map(async (id) => [id, await place(page, id)])));
  const before = await where();
  await first.focus();
  await core.call("pause", { ids: [ids["weather-a"], ids.notes] });
  await page.getByRole("button", { name: /^weather-a: Paused/ }).waitFor();
  await focused(page.getByRole("button", { name: /^weather-a: Paused/ }));
  assert.deepEqual(await where(), before);
  const more = await core.call("add", {
    url: "http://127.0.0.1:9/mcp",
    name: "zulu",
    metadata: { region: "us-west" },
    no_probe: true,
  });
  await page.getByRole("button", { name: /^zulu:/ }).waitFor();
  assert.deepEqual(await where(), before);
  await core.call("remove", { ids: [ids["weather-b"]] });
  await page.getByRole("button", { name: /^weather-b:/ }).waitFor({ state: "detached" });
  delete before[ids["weather-b"]];
  delete ids["weather-b"];
  assert.deepEqual(await where(), before);

  // A person arranges anew: the worst first again.
  await page.getByRole("button", { name: "Arrange" }).click();
  const top = () => page.evaluate(() => document.querySelector("[data-id]").getAttribute("aria-label").split(":")[0]);
  await eventually(top, "weather-gone");
  await page.getByRole("button", { name: /^Group:/ }).click();
  await page.getByRole("menuitemradio", { name: "By host" }).click();
  await page.getByRole("group", { name: /^This computer, 5 servers/ }).waitFor();
  assert.ok(more.server.id);
  assert.deepEqual(errors, []);
});

test("filter, place and choice stand in the address, and the table has the same groups", async (t) => {
  const { core, ids } = await fleet(t);
  const { page, errors } = await openPage(t, core.link);
  await page.goto(`${core.address}/#/topology?by=source&q=name%3Aweather*&call=weather.current`);
  await page.getByRole("group", { name: /^Added by you, 4 servers/ }).waitFor();
  await page.getByRole("complementary", { name: "Where calls go" }).waitFor();
  await page.getByText("4 of 5").waitFor();
  await page.getByRole("button", { name: "Zoom in" }).click();
  await page.getByRole("button", { name: "View as table" }).click();
  const table = page.getByRole("grid", { name: "Servers by source" });
  await table.getByRole("row", { name: /^weather-gone: Down/ }).waitFor();
  await table.getByText(/^Added by you · 4 servers: 1 down, 3 healthy/).waitFor();
  await page.waitForFunction(() => location.hash.includes("view=table") && location.hash.includes("at="));
  await page.getByRole("button", { name: "List" }).click();
  const filter = page.getByRole("combobox", { name: "Filter servers" });
  assert.equal(await filter.inputValue(), "name:weather*");
  await filter.fill("is:healthy");
  await page.getByText("4 of 5").waitFor();
  await page.getByRole("button", { name: "Topology", exact: true }).click();
  await page.getByText(/Not healthy, but outside this filter: .*weather-gone/).waitFor();
  await page.getByRole("button", { name: "View as map" }).click();
  const node = page.getByRole("button", { name: /^weather-eu:/ });
  await node.focus();
  await page.keyboard.press(" ");
  await page.getByRole("button", { name: /^weather-eu:.*selected/ }).waitFor();
  await page.keyboard.press("Enter");
  await page.getByRole("complementary", { name: "weather-eu" }).waitFor();
  await page.setViewportSize({ width: 700, height: 700 });
  await page.getByRole("button", { name: "Back to the list" }).click();
  await page.getByRole("grid", { name: "Servers by source" }).waitFor();
  assert.equal(await page.getByRole("button", { name: "Zoom in" }).count(), 0, "there is no map in a narrow window");
  assert.ok(ids);
  assert.deepEqual(errors, []);
});

test("thousands are boxes with counts, one opens and the others stay closed", async (t) => {
  const core = await startCore(t, {
    config: "health_monitoring:\n  enabled: false\n",
    flags: ["--no-local-discovery"],
  });
  const entry = (at) => [
    `s${at}`,
    { name: `s${at}`, transport: "http", url: `http://127.0.0.1:9/${at}`, metadata: { region: `r${at % 30}` } },
  ];
  await core.call("import", {
    text: JSON.stringify({ servers: Object.fromEntries(Array.from({ length: 3_000 }, (_, at) => entry(at))) }),
  });
  const { page, errors } = await openPage(t, core.link);
  await page.goto(`${core.address}/#/topology`);
  await page.getByRole("group", { name: "r0, 100 servers: 100 unknown" }).waitFor();
  assert.equal(await page.locator("[data-id]").count(), 0);
  await page.getByRole("button", { name: /^Open r0, 100 servers/ }).press("Enter");
  await page.getByRole("button", { name: /^s0: Unknown/ }).waitFor();
  const closed = page.getByRole("button", { name: /^Open r\d+, 100 servers/ });
  assert.ok((await closed.count()) > 0);
  await focused(page.getByRole("button", { name: /^Close r0, 100 servers/ }));
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("End");
  await focused(page.getByRole("button", { name: /^s990: Unknown/ }));
  await page.getByRole("button", { name: /^Close r0, 100 servers/ }).press("Enter");
  await page.getByRole("button", { name: /^Open r0, 100 servers/ }).waitFor();
  assert.equal(await page.locator("[data-id]").count(), 0);
  assert.deepEqual(errors, []);
});
