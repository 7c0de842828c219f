// A command is a program and a row for each of its arguments, by keyboard, also when the whole of it is pasted or typed.
import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import test from "node:test";
import { barriers, openPage, startCore } from "./harness.mjs";

/** A program that is a server whatever its arguments are. */
const SERVER = `
import readline from "node:readline";
readline.createInterface({ input: process.stdin }).on("line", (line) => {
  const { id, method } = JSON.parse(line);
  if (id === undefined) return;
  const results = {
    initialize: { protocolVersion: "2025-06-18", capabilities: { tools: {} }, serverInfo: { name: "any", version: "1" } },
    "tools/list": { tools: [{ name: "tell", inputSchema: { type: "object" } }] },
    ping: {},
  };
  const answer = results[method] ? { result: results[method] } : { error: { code: -32601, message: "no" } };
  console.log(JSON.stringify({ jsonrpc: "2.0", id, ...answer }));
});
`;

async function begun(t, size) {
  const core = await startCore(t);
  // The blank in its path is what quotes are for.
  const script = join(core.data, "a server.mjs");
  await writeFile(script, SERVER);
  const { page, errors } = await openPage(t, core.link, { size });
  await page.getByRole("button", { name: "Add by URL" }).first().click();
  const dialog = page.getByRole("dialog", { name: "Add a server" });
  await dialog.getByRole("button", { name: "Program" }).click();
  const picture = (name) =>
    process.env.PICTURES && page.screenshot({ path: join(process.env.PICTURES, `${name}-${size[0]}.png`) });
  return { core, script, page, errors, dialog, picture };
}

const program = (dialog) => dialog.getByRole("textbox", { name: /^Program/ });

/** What the rows hold. */
async function rows(dialog) {
  const group = dialog.getByRole("group", { name: /^Arguments/ });
  return group.getByRole("textbox").evaluateAll((fields) => fields.map((field) => field.value));
}

/** Waits until the keyboard is on what has this label. */
function isOn(page, label) {
  return page.waitForFunction((label) => document.activeElement?.getAttribute("aria-label") === label, label);
}

async function paste(page, text) {
  await page.evaluate((text) => navigator.clipboard.writeText(text), text);
  await page.keyboard.press("Control+v");
}

for (const size of [
  [1280, 800],
  [640, 800],
])
  test(`arguments are rows that the keyboard alone makes and takes away, ${size[0]} px wide`, async (t) => {
    const { core, script, page, errors, dialog, picture } = await begun(t, size);
    await program(dialog).focus();
    await paste(page, `${process.execPath} "${script}" --root="/a b"`);
    assert.equal(await program(dialog).inputValue(), process.execPath);
    assert.deepEqual(await rows(dialog), [script, "--root=/a b"]);

    await dialog.getByRole("textbox", { name: "Argument 2" }).focus();
    await page.keyboard.press("Enter");
    await isOn(page, "Argument 3");
    await page.keyboard.type("it's as it is");
    await page.keyboard.press("Enter");
    await isOn(page, "Argument 4");
    await paste(page, `-v 'two words' last`);
    await isOn(page, "Argument 6");
    assert.deepEqual(await rows(dialog), [script, "--root=/a b", "it's as it is", "-v", "two words", "last"]);
    await page.keyboard.press("Enter");
    await isOn(page, "Argument 7");
    await page.keyboard.press("Backspace");
    await isOn(page, "Argument 6");
    assert.equal((await rows(dialog)).length, 6);
    await page.keyboard.press("Tab");
    await isOn(page, "Remove argument 6");
    await page.keyboard.press("Enter");
    await isOn(page, "Argument 5");
    assert.deepEqual(await barriers(page), []);
    await picture("arguments-add");
    await dialog.getByRole("button", { name: "Add server" }).focus();
    await page.keyboard.press("Enter");
    await dialog.getByRole("button", { name: "Done" }).waitFor();
    await page.keyboard.press("Escape");
    const added = (await core.call("servers", {})).servers[0];
    assert.deepEqual(
      [added.command, ...added.args],
      [process.execPath, script, "--root=/a b", "it's as it is", "-v", "two words"],
    );

    await page.goto(`${core.address}/#/servers/${added.id}`);
    await page.getByRole("complementary").getByRole("button", { name: "More actions" }).click();
    await page.getByRole("menuitem", { name: "Edit…" }).click();
    const form = page.getByRole("dialog", { name: /^Edit/ });
    assert.deepEqual(await rows(form), added.args);
    await form.getByRole("button", { name: "Remove argument 2" }).focus();
    await page.keyboard.press("Enter");
    await isOn(page, "Argument 2");
    await page.keyboard.press("Control+a");
    await page.keyboard.type("--changed");
    assert.deepEqual(await barriers(page), []);
    await picture("arguments-edit");
    await form.getByRole("button", { name: "Save" }).focus();
    await page.keyboard.press("Enter");
    await form.waitFor({ state: "detached" });
    assert.deepEqual((await core.call("server", { id: added.id })).server.args, [
      script,
      "--changed",
      "-v",
      "two words",
    ]);
    assert.deepEqual(errors, []);
  });

test("a whole command that is typed into the one line is added at once, and typed over is another one", async (t) => {
  const { core, script, page, errors, dialog } = await begun(t, [1280, 800]);
  await program(dialog).focus();
  await page.keyboard.type("/nowhere/program one two");
  await page.keyboard.press("Enter");
  await dialog.getByText("It was not added").waitFor();
  assert.deepEqual(await rows(dialog), ["one", "two"]);
  await program(dialog).focus();
  await page.keyboard.press("End");
  await page.keyboard.type(" zero");
  await page.keyboard.press("Tab");
  assert.deepEqual(await rows(dialog), ["zero", "one", "two"], "what is added to the program loses nothing");
  await program(dialog).focus();
  await page.keyboard.press("Control+a");
  await page.keyboard.type(`${process.execPath} '${script}' --flag`);
  await page.keyboard.press("Enter");
  await dialog.getByRole("button", { name: "Done" }).waitFor();
  const added = (await core.call("servers", {})).servers[0];
  assert.deepEqual([added.command, ...added.args], [process.execPath, script, "--flag"]);
  assert.deepEqual(errors, []);
});
