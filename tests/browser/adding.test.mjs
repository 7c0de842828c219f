// What went wrong when a server is added: what happened, the likely cause, one action, and the keyboard where it is mended.
import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import test from "node:test";
import { fileURLToPath } from "node:url";
import { barriers, focused, openPage, startCore, startScripted } from "./harness.mjs";

test("an error is plain, names one action, and goes with the kind of server", async (t) => {
  const core = await startCore(t);
  const server = await startScripted(t, { name: "plain" });
  const { page, errors } = await openPage(t, core.link);
  await page.goto(`${core.address}/#/servers`);
  await page.getByRole("button", { name: "More about the list" }).waitFor();
  await page.keyboard.press("Control+k");
  await page.getByRole("combobox", { name: "Go to" }).fill("add server");
  await page.keyboard.press("Enter");
  const dialog = page.getByRole("dialog", { name: "Add a server" });
  const address = dialog.getByRole("textbox", { name: /^Address/ });
  await address.fill(`https://127.0.0.1:${server.port}/mcp`);
  await page.keyboard.press("Enter");
  const alert = dialog.getByRole("alert").filter({ hasText: "It was not added" });
  await alert.waitFor();
  const said = await alert.innerText();
  assert.doesNotMatch(said, /`/, said);
  const sentences = said.split("\n").filter((line) => /[a-z]{3}/.test(line));
  for (const line of sentences) assert.match(line, /^[^a-z]/, line);
  await alert.getByRole("button", { name: "Use http:// instead" }).waitFor();
  await focused(address);
  await dialog.getByRole("button", { name: "Program" }).click();
  await alert.waitFor({ state: "hidden" });
  await dialog.getByRole("button", { name: "Add server" }).click();
  await dialog.getByText("Give the program and its arguments", { exact: false }).waitFor();
  await focused(dialog.getByRole("textbox", { name: /^Program/ }));
  await dialog.getByRole("button", { name: "Address", exact: true }).click();
  await address.fill(`http://127.0.0.1:${server.port}/elsewhere`);
  await page.keyboard.press("Enter");
  await dialog.getByRole("button", { name: "Give the whole path" }).or(dialog.getByText("plain")).first().waitFor();
  assert.deepEqual(errors, []);
});

// Programs that take long to start, and those that sleep.

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
