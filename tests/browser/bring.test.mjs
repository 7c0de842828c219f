// What a person brings along: addresses, files, drafts.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import test from "node:test";
import { openPage, startCore, startEverything } from "./harness.mjs";

const toScreen = (page, name) => page.getByRole("navigation", { name: "Screens" }).getByRole("link", { name }).click();

test("an address is added, and one where nobody listens says so and can be kept anyway", async (t) => {
  const server = await startEverything(t);
  const core = await startCore(t);
  const { page } = await openPage(t, core.link);
  await page.getByRole("button", { name: "Add by URL" }).click();
  const dialog = page.getByRole("dialog");
  const address = dialog.getByRole("textbox", { name: /^Address/ });

  await address.fill("gopher://old");
  await dialog.getByRole("button", { name: "Add server" }).click();
  await dialog
    .getByRole("alert")
    .filter({ hasText: /not gopher/ })
    .waitFor();

  await address.fill(`127.0.0.1:${server.port}`);
  await dialog.getByRole("button", { name: "Add server" }).click();
  await dialog
    .getByText("13 tools")
    .or(dialog.getByText(/\d+ tools/))
    .first()
    .waitFor();
  await dialog.getByRole("button", { name: "Add another" }).click();

  await server.stop();
  await address.fill(`127.0.0.1:${server.port}/other`);
  await dialog.getByRole("button", { name: "Add server" }).click();
  await dialog.getByText("It was not added").waitFor();
  await dialog.getByRole("button", { name: "Keep it anyway" }).click();
  await dialog.getByRole("button", { name: "Open in Servers" }).click();
  await page.getByRole("complementary", { name: new RegExp(String(server.port)) }).waitFor();
});

test("a servers.json is imported with its warnings, taken back, and exported again", async (t) => {
  const core = await startCore(t);
  const { page } = await openPage(t, core.link);
  await page.getByRole("button", { name: "Import file…" }).click();
  const dialog = page.getByRole("dialog");
  const file = (text) => ({ name: "servers.json", mimeType: "application/json", buffer: Buffer.from(text) });

  await dialog.getByLabel("File to import").setInputFiles(file('{"servers": {"a": {'));
  await dialog.getByText("servers.json was not imported").waitFor();

  const entries = {
    one: { name: "one", transport: "http", url: "http://127.0.0.1:9/mcp", response_time: null },
    two: { name: "two", transport: "sse", url: "http://127.0.0.1:10/sse" },
    three: { name: "three" },
  };
  await dialog.getByLabel("File to import").setInputFiles(file(JSON.stringify({ servers: entries })));
  await dialog.getByRole("button", { name: "Import 2 servers" }).click();
  await dialog.getByText(/^2 servers added/).waitFor();
  await dialog.getByText(/three/).waitFor();
  await dialog.getByRole("button", { name: "Done" }).click();
  await toScreen(page, "Servers");
  // By its name: where a check was quicker, the reason stands in the place of the address.
  await page.getByRole("row").filter({ hasText: "one" }).waitFor();

  await page.getByRole("button", { name: "More about the list" }).click();
  await page.getByRole("menuitem", { name: "Export…" }).click();
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    dialog.getByRole("button", { name: "Save servers.json" }).click(),
  ]);
  const saved = JSON.parse(await readFile(await download.path(), "utf8"));
  assert.deepEqual(
    Object.values(saved.servers)
      .map(({ name }) => name)
      .sort(),
    ["one", "two"],
  );

  await page.keyboard.press("Escape");
  await page.keyboard.press("Control+z");
  await page.getByRole("heading", { name: "No servers yet" }).waitFor();
});

test("arguments and the last calls survive going away and a reload", async (t) => {
  const server = await startEverything(t);
  const core = await startCore(t);
  const { page } = await openPage(t, core.link);
  await page.getByRole("row").filter({ hasText: server.address }).getByRole("checkbox").check();
  await page.getByRole("button", { name: "Add 1 server" }).click();
  await toScreen(page, "Playground");
  await page.getByRole("link", { name: /^echo/ }).click();
  await page.getByRole("textbox", { name: /^message/ }).fill("first");
  await page.keyboard.press("Control+Enter");
  await page.getByText("Echo: first").waitFor();
  await page.getByRole("textbox", { name: /^message/ }).fill("a draft");
  await toScreen(page, "Discover");
  await toScreen(page, "Playground");
  assert.equal(await page.getByRole("textbox", { name: /^message/ }).inputValue(), "a draft");

  await page.reload();
  await page.getByRole("heading", { name: "echo" }).waitFor();
  assert.equal(await page.getByRole("textbox", { name: /^message/ }).inputValue(), "a draft");
  await page.getByRole("list", { name: "History" }).getByRole("button", { name: /echo/ }).click();
  await page.getByText("Echo: first").waitFor();
  assert.equal(await page.getByRole("textbox", { name: /^message/ }).inputValue(), "first");

  await page.getByRole("button", { name: "Copy as" }).click();
  await page.getByRole("menuitem", { name: "Command line" }).click();
  await page.getByText("Command line copied").waitFor();
  const copied = await page.evaluate(() => navigator.clipboard.readText());
  assert.equal(copied, `mcp-discovery call echo '{"message":"first"}'`);
});

test("the first run shows what runs on this computer within five seconds", async (t) => {
  const servers = await Promise.all([startEverything(t), startEverything(t), startEverything(t)]);
  const core = await startCore(t);
  const opened = Date.now();
  const { page } = await openPage(t, core.link);
  for (const { address } of servers) await page.getByRole("row").filter({ hasText: address }).waitFor();
  const took = Date.now() - opened;
  t.diagnostic(`three servers stood there ${took} ms after the browser was started`);
  assert.ok(took < 5_000, `${took} ms`);
});
