// What a person did is taken back and made again, and it is said what that is.
import assert from "node:assert/strict";
import test from "node:test";
import { eventually, openPage, startCore, startScripted } from "./harness.mjs";

const CONFIG = "health_monitoring:\n  check_interval: 1\n  timeout: 1\n";

/** The list with servers of these names. */
async function listed(t, ...names) {
  const core = await startCore(t, { config: CONFIG });
  const ids = [];
  for (const name of names) {
    const { address } = await startScripted(t, { name });
    ids.push((await core.call("add", { url: `http://${address}`, name })).server.id);
  }
  const { page, errors } = await openPage(t, core.link);
  await page.goto(`${core.address}/#/servers`);
  const row = (name) => page.getByRole("grid").getByRole("row").filter({ hasText: name });
  const message = (text) => page.getByRole("region", { name: "Messages" }).getByText(text);
  for (const name of names) await row(name).getByText("Healthy").waitFor();
  return { core, ids, page, errors, row, message };
}

test("what was measured comes back with a server, and redo removes it again", async (t) => {
  const { core, ids, page, row, message, errors } = await listed(t, "one", "two");
  const before = (await core.call("health", { ids: [ids[0]] })).servers[0];
  await page.getByRole("grid").focus();
  await row("one").click();
  await page.getByRole("complementary").getByRole("button", { name: "Remove" }).click();
  await message("Removed one").waitFor();
  await row("one").waitFor({ state: "hidden" });

  await page.keyboard.press("Control+z");
  await message("Brought back one").waitFor();
  await eventually(() => message("Removed one").count(), 0, "an offer leaves when what it offers is done");
  await row("one").getByText("Healthy").waitFor();
  const after = (await core.call("health", { ids: [ids[0]] })).servers[0];
  assert.equal(after.since, before.since);
  const history = await core.call("history", { server: ids[0] });
  assert.ok(history.minutes.length > 0, "the latency of the last hour is there");

  await page.keyboard.press("Control+Shift+z");
  await message("Redone: removed one").waitFor();
  await row("one").waitFor({ state: "hidden" });
  await page.keyboard.press("Control+z");
  await row("one").waitFor();
  await page.keyboard.press("Control+y");
  await row("one").waitFor({ state: "hidden" });
  await page.getByRole("region", { name: "Messages" }).getByRole("button", { name: "Undo" }).click();
  await row("one").waitFor();
  assert.deepEqual(errors, []);
});

test("what is undone is named by what changed, and named before where one does not see it", async (t) => {
  const { core, ids, page, message, errors } = await listed(t, "one");
  await core.call("edit", { id: ids[0], name: "uno" });
  await core.call("edit", { id: ids[0], capabilities: ["news"] });
  await page.keyboard.press("Control+z");
  await message("Undone: changed the tags of uno").waitFor();

  await page.clock.setFixedTime(Date.now() + 3 * 60_000);
  await page.keyboard.press("Control+5");
  await page.getByRole("heading", { name: "Playground" }).waitFor();
  await page.keyboard.press("Control+z");
  await message("Undo “renamed one to uno”, from 3 min ago?").waitFor();
  assert.equal((await core.call("server", { id: ids[0] })).server.name, "uno");
  await page.keyboard.press("Control+z");
  await message("Undone: renamed one to uno").waitFor();
  assert.equal((await core.call("server", { id: ids[0] })).server.name, "one");
  await page.getByRole("region", { name: "Messages" }).getByRole("button", { name: "Redo" }).last().click();
  await message("Redone: renamed one to uno").waitFor();
  assert.deepEqual(errors, []);
});
