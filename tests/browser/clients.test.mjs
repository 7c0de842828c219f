// What AI clients are set up with: listed at the first start, taken over after a person agreed, and nothing before.
import assert from "node:assert/strict";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import test from "node:test";
import { barriers, focused, openPage, startCore, startScripted, temporaryFolder } from "./harness.mjs";

/** A server that leaves its variable behind when it starts. */
const WITNESS = `
const fs = require("node:fs");
fs.appendFileSync(process.argv[2], process.env.API_KEY + "\\n");
require("node:readline").createInterface({ input: process.stdin }).on("line", (line) => {
  const { id, method } = JSON.parse(line);
  if (id === undefined) return;
  const results = {
    initialize: { protocolVersion: "2025-06-18", capabilities: { tools: {} }, serverInfo: { name: "witness", version: "1" } },
    "tools/list": { tools: [{ name: "tell", inputSchema: { type: "object" } }] },
  };
  const answer = results[method] ? { result: results[method] } : { error: { code: -32601, message: "no" } };
  console.log(JSON.stringify({ jsonrpc: "2.0", id, ...answer }));
});
`;

/** A home whose clients are set up; the core's data is in it as well. */
async function home(t, files) {
  const folder = await temporaryFolder(t);
  const write = async (path, content) => {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), typeof content === "string" ? content : JSON.stringify(content));
  };
  await write("witness.cjs", WITNESS);
  const started = join(folder, "started");
  const witness = (more = []) => ({
    command: process.execPath,
    args: [join(folder, "witness.cjs"), started, ...more],
    env: { API_KEY: "hunter2-value" },
  });
  for (const [path, content] of Object.entries(files(witness))) await write(path, content);
  const starts = async () => (await readFile(started, "utf8").catch(() => "")).split("\n").filter(Boolean);
  return { folder, write, witness, starts };
}

const open = async (t, { folder }) => {
  const core = await startCore(t, { dataDir: folder });
  const { page, errors } = await openPage(t, core.link);
  const section = page.getByRole("region", { name: "In AI clients" });
  return { core, page, errors, section };
};

test("the first start shows what clients are set up with, and starts nothing", async (t) => {
  const server = await startScripted(t, { name: "weather", tools: [{ name: "now", inputSchema: { type: "object" } }] });
  const url = `http://${server.address}`;
  const bench = await home(t, (witness) => ({
    ".cursor/mcp.json": { mcpServers: { witness: witness(), weather: { url }, off: { command: "x", disabled: true } } },
    ".config/Code/User/mcp.json": {
      servers: { weather: { type: "http", url }, far: { url: "https://mcp.example.com" } },
    },
    ".codex/config.toml": '[mcp_servers.broken]\ncommand = "x\n',
    ".kiro/settings/mcp.json": { mcpServers: { own: { command: "mcp-discovery", args: ["bridge"] } } },
  }));
  const { page, section, errors, core } = await open(t, bench);
  const begun = Date.now();
  const cursor = section.getByRole("list", { name: "Cursor" });
  await cursor.getByText("answers, 1 tool").waitFor();
  assert.ok(Date.now() - begun < 5_000, "within five seconds, nothing typed");
  await cursor.getByText("also in VS Code").waitFor();
  const line = (list, name) =>
    section.getByRole("list", { name: list }).getByRole("listitem").filter({ hasText: name });
  await line("Cursor", "witness").getByText("not started").waitFor();
  await line("Cursor", "off").getByText("not started · disabled there").waitFor();
  await line("VS Code", "far").getByText("not checked: outside this computer").waitFor();
  await line("Kiro", "own").getByText("this app").waitFor();
  await section.getByText("config.toml, line 2, column").waitFor();
  // Its row among the results says it as well.
  await page.getByRole("table", { name: "Scan results" }).getByText("in Cursor, VS Code").waitFor();
  const name = line("Cursor", "witness").getByRole("button", { name: "witness", exact: true });
  await name.click();
  await line("Cursor", "witness").getByText("variable API_KEY").waitFor();
  assert.equal(await section.getByText("hunter2").count(), 0);
  assert.deepEqual(await bench.starts(), []);
  assert.deepEqual(await barriers(page), []);
  assert.deepEqual((await core.call("servers", {})).servers, []);
  assert.deepEqual(errors, []);
});

test("by keyboard: agreeing starts it with its values, and a file that changed is shown anew", async (t) => {
  const bench = await home(t, (witness) => ({ ".cursor/mcp.json": { mcpServers: { witness: witness() } } }));
  const { page, section, errors } = await open(t, bench);
  const add = section.getByRole("button", { name: "Add witness from Cursor" });
  await add.focus();
  await page.keyboard.press("Enter");
  const dialog = page.getByRole("dialog", { name: "Add witness from Cursor" });
  await dialog.getByText("1 command will be run on this computer").waitFor();
  await dialog.getByText("variable API_KEY").waitFor();
  assert.deepEqual(await barriers(page), []);
  await page.keyboard.press("Escape");
  await dialog.waitFor({ state: "hidden" });
  await focused(add);
  assert.deepEqual(await bench.starts(), []);

  await page.keyboard.press("Enter");
  await dialog.waitFor();
  await bench.write(".cursor/mcp.json", { mcpServers: { witness: bench.witness(["--other"]) } });
  const run = dialog.getByRole("button", { name: "Run and add" });
  await run.focus();
  await page.keyboard.press("Enter");
  await dialog.getByRole("alert").getByText("Its file changed").waitFor();
  await dialog.getByText("--other").waitFor();
  assert.deepEqual(await bench.starts(), []);
  await run.focus();
  await page.keyboard.press("Enter");
  await dialog.waitFor({ state: "hidden" });
  assert.deepEqual(await bench.starts(), ["hunter2-value"]);
  await section.getByRole("link", { name: "In your list: open witness" }).waitFor();

  // What is in the list stays; the entry says that it is another now.
  await bench.write(".cursor/mcp.json", { mcpServers: { witness: bench.witness(["--third"]) } });
  await page.evaluate(() => window.dispatchEvent(new Event("focus")));
  await section.getByText("Its entry is not what it was when you added it").waitFor();
  assert.deepEqual(errors, []);
});

test("a placeholder is asked for, and all others are added at once", async (t) => {
  const first = await startScripted(t, { name: "one", tools: [] });
  const second = await startScripted(t, { name: "two", tools: [], key: "hunter2" });
  const bench = await home(t, () => ({
    ".config/Code/User/mcp.json": {
      servers: {
        first: { url: `http://${first.address}` },
        gone: { url: "http://127.0.0.1:9/mcp" },
        // biome-ignore lint/suspicious/noTemplateCurlyInString: so clients write it
        second: { url: `http://${second.address}`, headers: { "X-Api-Key": "${input:key}" } },
      },
    },
  }));
  const { page, section, errors } = await open(t, bench);
  await section.getByRole("button", { name: "Add all 2…" }).click();
  const all = page.getByRole("dialog", { name: "Add servers from your AI clients" });
  await all.getByText("2 addresses will be contacted").waitFor();
  await all.getByRole("button", { name: "Add 2 servers" }).click();
  await all.getByRole("alert").getByText("It was not added").waitFor();
  await all.getByText("added", { exact: true }).waitFor();
  assert.deepEqual(await barriers(page), []);
  await all.getByRole("button", { name: "Keep it anyway" }).click();
  await all.waitFor({ state: "hidden" });
  await section.getByRole("link", { name: "In your list: open gone" }).waitFor();

  await section.getByRole("button", { name: "Add second from VS Code" }).click();
  const one = page.getByRole("dialog", { name: "Add second from VS Code" });
  const submit = one.getByRole("button", { name: "Check and add" });
  assert.ok(await submit.isDisabled(), "it waits for a value");
  // biome-ignore lint/suspicious/noTemplateCurlyInString: so clients write it
  await one.getByLabel("${input:key}").fill("hunter2");
  await submit.click();
  await one.waitFor({ state: "hidden" });
  await section.getByRole("link", { name: "In your list: open second" }).waitFor();
  assert.deepEqual(errors, []);
});

test("without any client it says so, and looks in the folder of a project that a person names", async (t) => {
  const bench = await home(t, (witness) => ({ "work/app/.cursor/mcp.json": { mcpServers: { witness: witness() } } }));
  const { section, page, errors } = await open(t, bench);
  await section.getByText("No AI client on this computer is set up with a server").waitFor();
  await section.getByRole("button", { name: "Read a project's folder…" }).click();
  const field = section.getByRole("textbox", { name: /^Folder of a project/ });
  await focused(field);
  await field.fill(join(bench.folder, "work/nowhere"));
  await page.keyboard.press("Enter");
  await section.getByRole("alert").getByText("there is no folder").waitFor();
  assert.deepEqual(await barriers(page), []);
  await field.fill(join(bench.folder, "work/app"));
  await page.keyboard.press("Enter");
  await section.getByRole("list", { name: "Cursor" }).getByText("not started").waitFor();
  assert.deepEqual(await barriers(page), []);
  assert.deepEqual(errors, []);
});
