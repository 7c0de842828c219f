// Programs that take long to start, and those that sleep.
import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import test from "node:test";
import { fileURLToPath } from "node:url";
import { barriers, openPage, startCore } from "./harness.mjs";

const ROOT = join(dirname(fileURLToPath(import.meta.url)), "..", "..");
const SLOW = join(ROOT, "crates", "testkit", "peers", "slow_stdio.py");
const CONFIG = "health_monitoring:\n  check_interval: 2\n  timeout: 2\n  idle_after: 3\n";

test("a program that takes long to start says so, is cancelled, and is kept while it starts", async (t) => {
  const core = await startCore(t, { config: CONFIG });
  const { page, errors } = await openPage(t, core.link);
  await page.getByRole("button", { name: "Add by URL" }).first().click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("button", { name: "Program" }).click();
  const command = dialog.getByRole("textbox", { name: /^Program/ });
  await command.fill(`python3 ${SLOW} 300 1`);
  await dialog.getByRole("button", { name: "Add server" }).click();
  const starting = dialog.getByRole("group", { name: "Starting" });
  await starting.getByText(/^Starting, \d+(\.\d)? s:/).waitFor();
  await starting.getByText(/fetching part \d/).waitFor();
  assert.deepEqual(await barriers(page), []);
  if (process.env.PICTURES) await page.screenshot({ path: `${process.env.PICTURES}/starting.png` });
  await starting.getByRole("button", { name: "Cancel" }).click();
  await starting.waitFor({ state: "detached" });
  assert.equal((await core.call("servers", {})).total, 0);
  assert.deepEqual((await core.call("starts", {})).starts, []);

  await command.fill(`python3 ${SLOW} 9 1`);
  await dialog.getByRole("button", { name: /^Name, environment/ }).click();
  await dialog.getByRole("textbox", { name: /^Name/ }).first().fill("slow one");
  await dialog.getByRole("button", { name: "Add server" }).click();
  await starting.getByRole("button", { name: "Keep as starting" }).click();
  await dialog.getByRole("button", { name: "Open in Servers" }).click();
  const details = page.getByRole("complementary", { name: "slow one" });
  await details
    .getByRole("group", { name: "Starting" })
    .getByText(/fetching part/)
    .waitFor();
  await page.getByRole("row").filter({ hasText: "slow one" }).getByText("Starting").waitFor();
  if (process.env.PICTURES) await page.screenshot({ path: `${process.env.PICTURES}/kept.png` });
  await details.getByText(/^Healthy, asleep/).waitFor();
  await page.getByRole("row").filter({ hasText: "slow one" }).getByText("Healthy, asleep").waitFor();
  assert.deepEqual(await barriers(page), []);
  if (process.env.PICTURES) await page.screenshot({ path: `${process.env.PICTURES}/asleep.png` });
  await details.getByRole("button", { name: "Check now" }).click();
  await details
    .getByRole("group", { name: "Starting" })
    .getByText(/fetching part/)
    .waitFor();
  await details.getByRole("group", { name: "Starting" }).getByRole("button", { name: "Cancel" }).click();
  await details.getByText(/its start was cancelled/i).waitFor();
  assert.deepEqual(errors, []);
});
