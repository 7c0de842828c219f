// The first run, and the demo fleet, by role and name, against a real core.
import assert from "node:assert/strict";
import { performance } from "node:perf_hooks";
import test from "node:test";
import { barriers, eventually, openPage, startCore, startEverything, startScripted } from "./harness.mjs";
import { pressRun } from "./playground.mjs";

/** How long the first run may take to show what listens on this computer, in milliseconds. Generous. */
const FILLED_MS = 5_000;

const toScreen = (page, name) => page.getByRole("navigation", { name: "Screens" }).getByRole("link", { name }).click();
const start = (page) => page.getByRole("button", { name: "Start the demo fleet" });
const members = (page) => page.getByRole("list", { name: "Demo fleet" }).getByRole("listitem");

test("the first run shows three loopback servers within five seconds", async (t) => {
  const servers = await Promise.all([
    startEverything(t),
    startScripted(t, { name: "alpha" }),
    startScripted(t, { name: "beta" }),
  ]);
  const began = performance.now();
  const core = await startCore(t);
  const ready = performance.now();
  const { page, errors } = await openPage(t, core.link);
  const opened = performance.now();
  const results = page.getByRole("table", { name: "Scan results" });
  for (const { address } of servers) await results.getByRole("row").filter({ hasText: address }).waitFor();
  const filled = performance.now();
  const ms = (from, to) => `${Math.round(to - from)} ms`;
  t.diagnostic(
    `core ready ${ms(began, ready)}, page open ${ms(ready, opened)} later, filled ${ms(opened, filled)} later`,
  );
  assert.ok(filled - ready < FILLED_MS, `filled ${ms(ready, filled)} after it was opened`);
  assert.deepEqual(errors, []);
});

test("who asked for no look at this computer gets none before they ask for one", async (t) => {
  const server = await startScripted(t, { name: "alpha" });
  const core = await startCore(t, { flags: ["--no-local-discovery"] });
  const { page, errors } = await openPage(t, core.link);
  await page.getByRole("heading", { name: "This computer was not scanned" }).waitFor();
  await page.getByRole("button", { name: "Scan this computer" }).click();
  await page.getByRole("row").filter({ hasText: server.address }).waitFor();
  assert.deepEqual(errors, []);
});

test("the demo fleet starts by a click, shows its states, and is gone by another", async (t) => {
  const core = await startCore(t);
  const { page, errors } = await openPage(t, core.link);
  await start(page).click();
  await page.getByRole("heading", { name: "Demo fleet" }).waitFor();
  await eventually(() => members(page).count(), 6);
  await eventually(() => start(page).count(), 0, "there is nothing to start any more");
  assert.deepEqual(await barriers(page), []);

  await toScreen(page, "Servers");
  const row = (name) => page.getByRole("grid").getByRole("row").filter({ hasText: name });
  for (const [name, state] of [
    ["demo-weather-a", "Healthy"],
    ["demo-weather-b", "Healthy"],
    ["demo-weather-eu", "Healthy"],
    ["demo-units", "Healthy"],
    ["demo-parcels", "Degraded"],
    ["demo-notes", "Needs sign-in"],
  ]) {
    await row(name).getByText(state).first().waitFor();
  }
  await page.getByRole("combobox", { name: "Filter servers" }).fill("source:demo is:degraded");
  await page.getByText("1 of 6").waitFor();

  await toScreen(page, "Discover");
  await page.getByRole("button", { name: "Remove the demo" }).click();
  await start(page).waitFor();
  await eventually(() => members(page).count(), 0);
  await toScreen(page, "Servers");
  await page.getByRole("heading", { name: "No servers yet" }).waitFor();
  await page.keyboard.press("Control+z");
  await page.getByText("There is nothing to undo").waitFor();
  assert.deepEqual(errors, []);
});

test("the palette starts it and removes it, and its slow tool can be cancelled", async (t) => {
  const core = await startCore(t);
  const { page, errors } = await openPage(t, core.link);
  await start(page).waitFor();
  const command = async (name) => {
    await page.keyboard.press("Control+k");
    await page.getByRole("combobox", { name: "Go to" }).fill(name);
    await page.getByRole("option", { name }).click();
  };
  await command("Start the demo fleet");
  await page.getByRole("heading", { name: "Demo fleet" }).waitFor();

  await page
    .getByRole("list", { name: "Demo fleet" })
    .getByRole("link", { name: /demo-weather-a/ })
    .click();
  await page.getByRole("tab", { name: /^Tools/ }).click();
  await page.getByRole("button", { name: "Try weather.history", exact: true }).click();
  await page.getByRole("combobox", { name: /^city/ }).selectOption("Oslo");
  await pressRun(page);
  const result = page.getByRole("complementary", { name: "Result" });
  await result.getByText(/Reading the weather of \d+ days ago/).waitFor();
  await page.getByRole("button", { name: "Cancel" }).first().click();
  await result.getByText("Cancelled").first().waitFor();

  await command("Remove the demo fleet");
  await page.getByText("The demo fleet was removed").waitFor();
  assert.deepEqual(errors, []);
});
