// Rules edited by sight: a call is tried and explained, a rule changed, ordered, switched off, and what would break a routing
// test is not saved.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import test from "node:test";
import { barriers, eventually, focused, openPage, startCore } from "./harness.mjs";
import { changedLines, drafted, notDrafted } from "./settings.mjs";

const FILE = `# ours
health_monitoring:
  check_interval: 3600

routing_rules:
  # weather lives in Oregon first
  "weather.*":
    preferred_regions: [us-west-2]   # they know why
    timeout: 10
  "units.*":
    timeout: 5
  # nobody has these any more
  "legacy.*":
    timeout: 3

routing_tests:
  - capability: weather.current
    expect: { region: us-west-2 }
`;

/** The demo fleet with rules, and the screen in a browser. */
async function open(t, config = FILE) {
  const core = await startCore(t, { config, flags: ["--no-local-discovery"] });
  await core.call("demo_start", {});
  const { page, errors } = await openPage(t, core.link);
  await page.goto(`${core.address}/#/routing`);
  const rules = page.getByRole("region", { name: "Rules" });
  const simulator = page.getByRole("region", { name: "Simulator" });
  await rules.getByRole("list", { name: /^Rules/ }).waitFor();
  return {
    core,
    page,
    errors,
    rules,
    simulator,
    onDisk: () => readFile(join(core.data, "mcp-discovery.yaml"), "utf8"),
    card: (pattern) => rules.getByRole("listitem", { name: new RegExp(`^Rule \\d* ?${pattern.replace("*", "\\*")}$`) }),
  };
}

/** The patterns of the cards, in their order. */
const order = (rules) =>
  rules
    .getByRole("list", { name: /^Rules/ })
    .locator("code.pat")
    .allInnerTexts();

/** Who takes how many calls, as the list says it. */
const shares = async (simulator) => {
  const rows = await simulator.getByRole("list", { name: "Calls by server" }).getByRole("listitem").allInnerTexts();
  return rows.map((text) => text.replace(/\s+/g, " ").trim());
};

async function simulate(simulator, capability, calls = "1,000") {
  await simulator.getByRole("combobox", { name: "Capability" }).fill(capability);
  await simulator.getByRole("textbox", { name: "Number of calls" }).fill(calls);
}

test("a call is tried and explained, a rule edited, taken back, and saved line by line", async (t) => {
  const { core, page, errors, rules, simulator, onDisk, card } = await open(t);
  await card("weather.*").getByText("5 tools, 3 servers").waitFor();
  await card("legacy.*").getByText("No server offers a match").waitFor();

  // What there is to call is offered as one types.
  await simulator.getByRole("combobox", { name: "Capability" }).fill("weather.cur");
  await simulator.getByRole("option", { name: /weather.current/ }).click();
  await simulator.getByText("The rule weather.* applies").waitFor();
  await simulator
    .getByText(/^demo-weather-eu /)
    .first()
    .waitFor();
  await eventually(() => shares(simulator), ["Healthy demo-weather-a 500", "Healthy demo-weather-b 500"]);
  assert.deepEqual(await barriers(page), []);

  // The keyboard alone: `/` leads to the call, the card opens, its region goes.
  await page.getByRole("heading", { level: 1, name: "Routing" }).focus();
  await page.keyboard.press("/");
  await focused(simulator.getByRole("combobox", { name: "Capability" }));
  await rules.getByRole("button", { name: /^weather\.\*/ }).focus();
  await page.keyboard.press("Enter");
  await rules.getByRole("button", { name: "Remove Preferred regions 1" }).click();
  await drafted(page, 1);
  await eventually(async () => (await shares(simulator)).length, 3, "the third region takes part");
  assert.equal(await onDisk(), FILE, "nothing is written before a save");
  assert.deepEqual(
    (await core.call("route", { capability: "weather.current", calls: 10 })).distribution.filter(({ calls }) => calls)
      .length,
    2,
    "live traffic follows the saved rules",
  );

  // It would break the test beside it: that says so, by name, and keeps the file from being saved.
  const review = page.getByRole("region", { name: "Review before saving" });
  await review
    .getByText(/Routing test 1, weather.current must stay in us-west-2, fails: “weather.current” goes to/)
    .waitFor();
  const tests = rules.getByRole("region", { name: "Routing tests" });
  await tests.getByText("1 of 1 test fails").waitFor();
  await card("weather.*").getByText("1 routing test fails").waitFor();
  assert.ok(await review.getByRole("button", { name: /^Save/ }).isDisabled());
  await page.keyboard.press("Control+s");
  assert.equal(await onDisk(), FILE);

  // Undo, and another change, which holds.
  await page.keyboard.press("Control+z");
  await notDrafted(page);
  await page.keyboard.press("Control+y");
  await drafted(page, 1);
  await page.keyboard.press("Control+z");
  await notDrafted(page);
  await tests.getByText("It passes").waitFor();
  await rules.getByRole("textbox", { name: "Timeout", exact: true }).fill("20");
  await drafted(page, 1);
  await page.keyboard.press("Control+s");
  await page.getByText("Saved as version 2").waitFor();
  await notDrafted(page);
  const change = changedLines(FILE, await onDisk());
  assert.deepEqual(change, { gone: ["    timeout: 10"], come: ["    timeout: 20"], more: 0 });
  assert.equal((await core.call("rules", {})).rules.find(({ pattern }) => pattern === "weather.*").fields.timeout, 20);
  assert.deepEqual(errors, []);
});

test("rules are added, copied, renamed, ordered, switched off and removed by keyboard", async (t) => {
  const { page, errors, rules, simulator, onDisk, card } = await open(t);
  const cards = rules.getByRole("list", { name: /^Rules/ });
  await simulate(simulator, "weather.current");
  await eventually(() => order(rules), ["weather.*", "legacy.*", "units.*"]);

  // One more, for one call: it comes first, since it is exact.
  await page.getByRole("button", { name: "Add rule" }).focus();
  await page.keyboard.press("Enter");
  await focused(rules.getByRole("textbox", { name: /^New rule/ }));
  await page.keyboard.type("weather.current");
  await page.keyboard.press("Enter");
  await eventually(() => order(rules), ["weather.current", "weather.*", "legacy.*", "units.*"]);
  await focused(cards.getByRole("button", { name: /^weather\.current/ }));
  await simulator.getByText("The rule weather.current applies").waitFor();

  // Down by one: the numbers say so, and the other applies.
  await page.keyboard.press("Alt+ArrowDown");
  await eventually(() => order(rules), ["weather.*", "weather.current", "legacy.*", "units.*"]);
  await rules.getByText("weather.current is rule 2 of 4").waitFor();
  await focused(cards.getByRole("button", { name: /^weather\.current/ }));
  await card("weather.current")
    .getByText(/^Never applies: “weather\.\*” comes first/)
    .first()
    .waitFor();
  await simulator.getByText("The rule weather.* applies").waitFor();
  await page.keyboard.press("Alt+ArrowUp");
  await eventually(() => order(rules), ["weather.current", "weather.*", "legacy.*", "units.*"]);

  // Off, and it is as if it were not there.
  await rules.getByRole("switch", { name: "weather.current on" }).focus();
  await page.keyboard.press("Space");
  await simulator.getByText("The rule weather.* applies").waitFor();
  assert.equal(await rules.getByRole("switch", { name: "weather.current on" }).getAttribute("aria-checked"), "false");

  // A copy of another, under a pattern of its own; the same pattern is refused.
  await rules.getByRole("button", { name: /^units/ }).click();
  await rules.getByRole("button", { name: "Duplicate units.*" }).click();
  const copy = rules.getByRole("textbox", { name: /^Copy of units/ });
  await focused(copy);
  await rules.getByText("Give the copy another pattern.").waitFor();
  assert.ok(await rules.getByRole("button", { name: "Add", exact: true }).first().isDisabled());
  await copy.fill("units.convert");
  await page.keyboard.press("Enter");
  await card("units.convert").getByText("timeout 5 s").waitFor();
  await rules.getByRole("button", { name: "Rename units.convert" }).click();
  await rules.getByRole("textbox", { name: "New pattern of units.convert" }).fill("units.c*");
  await page.keyboard.press("Enter");
  await card("units.c*").waitFor();
  await eventually(() => card("units.convert").count(), 0);

  // Gone by Delete; the keyboard stays in the list.
  await rules.getByRole("button", { name: /^legacy/ }).focus();
  await page.keyboard.press("Delete");
  await eventually(() => card("legacy.*").count(), 0);
  await page.waitForFunction(() => document.activeElement?.closest(".rule") !== null);

  await page.keyboard.press("Control+s");
  await page.getByText("Saved as version 2").waitFor();
  const { gone, come } = changedLines(FILE, await onDisk());
  assert.deepEqual(gone, ["  # nobody has these any more", '  "legacy.*":', "    timeout: 3"]);
  assert.deepEqual(come.filter((line) => /^ {2}\S/.test(line)).length, 2, `two rules are new: ${come}`);
  assert.ok(come.includes("    enabled: false"), `it is switched off: ${come}`);
  assert.deepEqual(errors, []);
});

test("servers are pretended to be down, weights slide, and a call is kept as a test", async (t) => {
  const config = `${FILE.replace("timeout: 10", "strategy: health_weighted").split("routing_tests")[0]}`;
  const { core, page, errors, rules, simulator, card } = await open(t, config);
  await simulate(simulator, "weather.current", "100");
  await simulator.getByText("The rule weather.* applies").waitFor();
  const down = simulator.getByRole("combobox", { name: "Pretend it is down" });
  for (const name of ["demo-weather-a", "demo-weather-b"]) {
    await down.fill(name);
    await simulator.getByRole("option", { name: new RegExp(name) }).click();
  }
  await eventually(() => shares(simulator), ["Healthy demo-weather-eu 100"]);
  await simulator.getByText("demo-weather-a is down").first().waitFor();
  assert.equal((await core.call("health", {})).servers.find(({ id }) => id)?.status !== "unhealthy", true);

  // All of them: nobody takes it, and why.
  await down.fill("weather-eu");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await simulator.getByText("No server takes it").waitFor();
  await simulator.getByRole("button", { name: "Keep as a test" }).click();
  await page
    .getByText(/^Draft, /)
    .first()
    .waitFor();
  const tests = rules.getByRole("region", { name: "Routing tests" });
  await tests.getByText("It passes").waitFor();
  await tests.getByText("must be refused: no healthy server").waitFor();
  for (const name of ["demo-weather-a", "demo-weather-b", "demo-weather-eu"])
    await simulator
      .getByRole("button", { name: new RegExp(`^${name}`) })
      .first()
      .click();
  await eventually(async () => (await shares(simulator)).length, 2);

  // The weights of a rule that picks by health and speed.
  await rules.getByRole("button", { name: /^weather\.\*/ }).click();
  const slider = rules.getByRole("slider", { name: "Health weight" });
  assert.equal(await slider.inputValue(), "0.7", "what is in effect, also where the rule does not say");
  await slider.focus();
  await page.keyboard.press("ArrowLeft");
  await card("weather.*").getByText("Changed").waitFor();
  await eventually(() => rules.getByRole("textbox", { name: "Health", exact: true }).inputValue(), "0.65");
  await page.keyboard.press("Control+s");
  await page.getByText("Saved as version 2").waitFor();
  const saved = (await core.call("config", {})).effective;
  assert.equal(saved.routing_tests.length, 1);
  assert.deepEqual(errors, []);
});

test("a draft is the same on both screens, and a rule leads to its line and back", async (t) => {
  const { core, page, errors, rules, card } = await open(t);
  await rules.getByRole("button", { name: /^weather\.\*/ }).click();
  await rules.getByRole("textbox", { name: "Timeout", exact: true }).fill("12");
  await drafted(page, 1);
  await card("weather.*").getByRole("button", { name: "line 7" }).first().click();
  await page.getByRole("textbox", { name: "mcp-discovery.yaml" }).waitFor();
  await drafted(page, 1);
  await page.waitForFunction(() => document.querySelector(".host")?.shadowRoot?.activeElement !== null);
  await page.keyboard.press("Control+End");
  await page.keyboard.insertText("a: [\n");
  await page.getByText("Draft cannot be read", { exact: true }).waitFor();
  await page.getByRole("navigation", { name: "Screens" }).getByRole("link", { name: "Routing" }).click();
  await rules.getByText("The draft does not load").waitFor();
  assert.ok(await page.getByRole("button", { name: "Add rule" }).isDisabled());
  assert.deepEqual(await barriers(page), []);
  await page.getByRole("heading", { level: 1, name: "Routing" }).focus();
  await page.keyboard.press("Control+z");
  await drafted(page, 1);
  await page.keyboard.press("Control+z");
  await notDrafted(page);

  // Where there is no rule yet, that is said, and one is added from anywhere.
  await page.keyboard.press("Control+k");
  await page.getByRole("combobox", { name: "Go to" }).fill("routing rule");
  await page.getByRole("option", { name: "Add a routing rule" }).click();
  await focused(rules.getByRole("textbox", { name: /^New rule/ }));
  await page.keyboard.press("Escape");
  await page.goto(`${core.address}/#/routing/units.*`);
  await rules.getByRole("button", { name: "Duplicate units.*" }).waitFor();
  assert.deepEqual(errors, []);
});
