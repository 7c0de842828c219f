// A kept server is mended in its own form: by keyboard, tried first, with what does not go along said.
import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import test from "node:test";
import { barriers, eventually, focused, openPage, startCore, startScripted } from "./harness.mjs";

const TOKEN = "s3cret-of-the-test";
const TOOLS = [{ name: "pay", inputSchema: { type: "object" } }];

/** Opens the form of a kept server, by keyboard. */
async function edit(page, id) {
  await page.goto(`${page.url().split("#")[0]}#/servers/${id}`);
  const drawer = page.getByRole("complementary");
  await drawer.getByRole("button", { name: "More actions" }).focus();
  await page.keyboard.press("Enter");
  await focused(page.getByRole("menuitem", { name: "Edit…" }));
  await page.keyboard.press("Enter");
  const dialog = page.getByRole("dialog", { name: /^Edit/ });
  // The form takes the keyboard to its first field; who types before that is interrupted.
  await focused(dialog.getByRole("textbox", { name: "Name", exact: true }));
  return dialog;
}

async function type(page, field, text) {
  await field.focus();
  await page.keyboard.press("Control+a");
  await page.keyboard.type(text);
}

test("a wrong address is mended by keyboard, tested before it is kept, and taken back", async (t) => {
  const server = await startScripted(t, { name: "billing", tools: TOOLS });
  const core = await startCore(t);
  const { server: row } = await core.call("add", { url: "http://127.0.0.1:9/mcp", name: "billing", no_probe: true });
  const { page, errors } = await openPage(t, core.link);
  const dialog = await edit(page, row.id);
  const address = dialog.getByRole("textbox", { name: /^Address/ });
  assert.equal(await address.inputValue(), "http://127.0.0.1:9/mcp");
  assert.deepEqual(await barriers(page), []);

  await type(page, address, `https://${server.address}`);
  await page.keyboard.press("Enter");
  await dialog.getByText("It was not changed").waitFor();
  const said = await dialog.getByRole("alert").filter({ hasText: "It was not changed" }).innerText();
  assert.doesNotMatch(said, /`|--[a-z]/);
  await dialog.getByRole("button", { name: "Use http:// instead" }).focus();
  await page.keyboard.press("Enter");
  await dialog.waitFor({ state: "detached" });
  assert.equal((await core.call("server", { id: row.id })).server.health.status, "healthy");

  const again = await edit(page, row.id);
  await type(page, again.getByRole("textbox", { name: "Name" }), "payments");
  await again.getByRole("button", { name: "Test" }).focus();
  await page.keyboard.press("Enter");
  const steps = again.getByRole("list", { name: "Steps of the test" });
  await steps.getByText("ms").first().waitFor();
  assert.equal((await core.call("server", { id: row.id })).server.name, "billing", "nothing is kept by a test");
  assert.deepEqual(await barriers(page), []);
  await page.keyboard.press("Escape");
  await again.waitFor({ state: "detached" });
  await page.keyboard.press("Control+z");
  await page.getByText(/^Undone: changed .* of billing/).waitFor();
  assert.equal((await core.call("server", { id: row.id })).server.url, "http://127.0.0.1:9/mcp");
  assert.deepEqual(errors, []);
});

test("a server that was found needs a token, gets it, and leaves it behind when it moves", async (t) => {
  const server = await startScripted(t, { name: "billing", token: TOKEN, tools: TOOLS });
  const other = await startScripted(t, { name: "other", token: TOKEN, tools: TOOLS });
  const core = await startCore(t);
  const { page } = await openPage(t, core.link);
  await page.getByRole("row").filter({ hasText: server.address }).getByRole("checkbox").focus();
  await page.keyboard.press("Space");
  await page.getByRole("button", { name: "Add 1 server" }).focus();
  await page.keyboard.press("Enter");
  await page.getByText("Added 1 server").waitFor();
  const { servers } = await core.call("servers", {});
  const { id } = servers[0];
  const dialog = await edit(page, id);
  await type(page, dialog.getByLabel("Token", { exact: true }), TOKEN);
  await page.keyboard.press("Enter");
  await dialog.waitFor({ state: "detached" });
  assert.equal((await core.call("check", { id })).health.status, "healthy");
  assert.ok(!(await page.content()).includes(TOKEN), "the page holds no token");

  const again = await edit(page, id);
  await type(page, again.getByRole("textbox", { name: /^Address/ }), `http://${other.address}`);
  await again.getByText(/Not sent to the new address: token\. It was given for http:/).waitFor();
  await again.getByRole("button", { name: "Save" }).focus();
  await page.keyboard.press("Enter");
  await again.waitFor({ state: "detached" });
  assert.equal((await core.call("check", { id })).health.status, "needs_sign_in");
  await page.keyboard.press("Control+z");
  await page.getByText(/^Undone: changed/).waitFor();
  assert.equal((await core.call("check", { id })).health.status, "healthy");
});

/** A program that does not start without KEY. */
const KEYED = `
import readline from "node:readline";
if (process.env.KEY !== "${TOKEN}") { console.error("KEY is missing or wrong"); process.exit(1); }
readline.createInterface({ input: process.stdin }).on("line", (line) => {
  const { id, method } = JSON.parse(line);
  if (id === undefined) return;
  const results = {
    initialize: { protocolVersion: "2025-06-18", capabilities: { tools: {} }, serverInfo: { name: "keyed", version: "1" } },
    "tools/list": { tools: [{ name: "pay", inputSchema: { type: "object" } }] },
    ping: {},
  };
  const answer = results[method] ? { result: results[method] } : { error: { code: -32601, message: "no" } };
  console.log(JSON.stringify({ jsonrpc: "2.0", id, ...answer }));
});
`;

test("a command is added with a key, and edited without losing it", async (t) => {
  const core = await startCore(t);
  const script = join(core.data, "keyed.mjs");
  await writeFile(script, KEYED);
  const { page } = await openPage(t, core.link);
  await page.getByRole("button", { name: "Add by URL" }).first().focus();
  await page.keyboard.press("Enter");
  const dialog = page.getByRole("dialog", { name: "Add a server" });
  await dialog.getByRole("button", { name: "Program" }).focus();
  await page.keyboard.press("Enter");
  const command = `"${process.execPath}" "${script}"`;
  await type(page, dialog.getByRole("textbox", { name: /^Program/ }), command);
  await page.keyboard.press("Enter");
  await dialog.getByText("KEY is missing or wrong").waitFor();
  await dialog.getByRole("button", { name: "Address", exact: true }).focus();
  await page.keyboard.press("Enter");
  await dialog.getByText("It was not added").waitFor({ state: "detached" });
  await dialog.getByRole("button", { name: "Program" }).focus();
  await page.keyboard.press("Enter");
  await dialog.getByRole("button", { name: "Name, environment and folder" }).focus();
  await page.keyboard.press("Enter");
  await dialog.getByRole("button", { name: "Add a variable" }).focus();
  await page.keyboard.press("Enter");
  await page.waitForFunction(() => document.activeElement?.getAttribute("aria-label") === "Name of variable 1");
  await page.keyboard.type("KEY");
  await page.keyboard.press("Tab");
  const value = dialog.getByLabel("Value of variable 1");
  assert.equal(await value.getAttribute("type"), "password");
  await page.keyboard.type(TOKEN);
  await page.keyboard.press("Enter");
  await dialog.getByText("What you gave it is kept in a file").waitFor();
  await page.keyboard.press("Escape");
  const { servers } = await core.call("servers", {});
  const { id } = servers[0];
  assert.equal(servers[0].health.status, "healthy");

  const form = await edit(page, id);
  await form.getByRole("button", { name: "Add an argument" }).focus();
  await page.keyboard.press("Enter");
  await page.waitForFunction(() => document.activeElement?.getAttribute("aria-label") === "Argument 2");
  await page.keyboard.type("--verbose");
  await form.getByText("Not given to the new command: variable KEY.").waitFor();
  await form.getByRole("button", { name: "Save" }).focus();
  await page.keyboard.press("Enter");
  await form.getByText("It was not changed").waitFor();
  await page.waitForFunction(() => document.activeElement?.getAttribute("aria-label") === "Value of variable 1");
  assert.deepEqual(await barriers(page), []);
  await form.getByRole("checkbox", { name: /^Give the values/ }).focus();
  await page.keyboard.press("Space");
  await form.getByRole("button", { name: "Save" }).focus();
  await page.keyboard.press("Enter");
  await form.waitFor({ state: "detached" });
  assert.deepEqual((await core.call("server", { id })).server.args.at(-1), "--verbose");
  assert.equal((await core.call("check", { id })).health.status, "healthy");
  const file = await readFile(join(core.data, "secrets.json"), "utf8");
  assert.match(file, new RegExp(TOKEN));
});

// What a person did is taken back and made again, and it is said what that is.

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
  await message("Restored one").waitFor();
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
