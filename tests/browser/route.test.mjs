// A tool that several servers offer: who takes a call and why, before and after one of them is paused, and when nobody can.
import assert from "node:assert/strict";
import test from "node:test";
import { openPage, startCore } from "./harness.mjs";

test("a call is routed by capability, says why, goes elsewhere after a pause, and says why nobody takes it", async (t) => {
  const core = await startCore(t, { config: "health_monitoring:\n  check_interval: 3600\n" });
  await core.call("demo_start", {});
  const { page, errors } = await openPage(t, core.link);
  await page.goto(`${core.address}/#/playground`);
  const tools = page.getByRole("region", { name: "Tools" });
  const form = page.getByRole("tabpanel", { name: /^Form/ });
  await tools.getByText("Offered by several servers").waitFor();
  assert.equal(await tools.getByRole("combobox", { name: "Where to call" }).inputValue(), "Route by capability");
  await tools.getByRole("link", { name: /weather_current|weather\.current/ }).click();
  await form.getByRole("combobox", { name: /^city/ }).selectOption("Oslo");
  const result = page.getByRole("complementary", { name: "Result" });
  const run = () => page.keyboard.press("Control+Enter");
  await run();
  await result.getByText("Answered", { exact: true }).waitFor();
  await result.getByRole("tab", { name: "Route" }).click();
  const goes = result.getByText(/^Goes to/);
  const winner = /Goes to (demo-weather-\w+)/.exec(await goes.innerText())?.[1];
  assert.ok(winner, "it says who takes it");
  await result.getByText("Round robin", { exact: true }).waitFor();
  const shares = result.getByRole("table", { name: "Shares" });
  assert.equal(await shares.getByRole("row").count(), 4, "three servers share the calls");

  await core.call("pause", { ids: [winner] });
  await run();
  await result.getByText(`${winner} is paused`).waitFor();
  assert.ok(!(await goes.innerText()).includes(`Goes to ${winner}`));
  assert.equal(await shares.getByRole("row").count(), 3);

  const others = ["demo-weather-a", "demo-weather-b", "demo-weather-eu"].filter((name) => name !== winner);
  await core.call("pause", { ids: others });
  await run();
  await result.getByText("Goes to no server").waitFor();
  for (const name of [winner, ...others]) await result.getByText(`${name} is paused`).waitFor();
  await result.getByRole("tab", { name: "Result" }).click();
  await result.getByRole("alert").getByText("No server can take it").waitFor();
  await result.getByRole("button", { name: "See why" }).click();
  await result.getByText("Goes to no server").waitFor();
  assert.deepEqual(errors, []);
});
