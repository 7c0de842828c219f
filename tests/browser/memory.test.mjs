// The memory of scans: what changed since the scan before, the list of scans, saved ranges, who saw a server.
import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import test from "node:test";
import { barriers, eventually, focused, openPage, startCore, startScripted, temporaryFolder } from "./harness.mjs";

const tool = (name, description = "x") => ({ name, description, inputSchema: { type: "object" } });

/** Real servers on ports that stay theirs: each has a name and a tool. */
async function servers(t) {
  const start = (name, tools, port = 0) => startScripted(t, { name, tools, port });
  const all = {};
  for (const name of ["stays", "stops", "changes", "moves", "added", "goal"])
    all[name] = await start(name, [tool(name)]);
  await all.added.stop();
  await all.goal.stop();
  const ports = Object.values(all).map(({ port }) => String(port));
  /** One is added, one stopped, one changes a tool, one moves to another port. */
  const next = async () => {
    for (const name of ["stops", "changes", "moves"]) await all[name].stop();
    await start("added", [tool("added")], all.added.port);
    await start("changes", [tool("changes", "something else")], all.changes.port);
    await start("moves", [tool("moves")], all.goal.port);
  };
  return { ports, next, all };
}

async function scan(core, ports) {
  const { id } = await core.call("scan_start", { targets: ["127.0.0.1"], ports });
  for (;;) if ((await core.call("scan", { scan: id })).scan.state !== "running") return id;
}

test("what changed since the scan before filters the results, and survives a restart", async (t) => {
  const { ports, next } = await servers(t);
  const dataDir = await temporaryFolder(t);
  const first = await startCore(t, { dataDir, flags: ["--no-local-discovery"] });
  await scan(first, ports);
  await first.stop();
  const core = await startCore(t, { dataDir, flags: ["--no-local-discovery"] });
  const { page, errors } = await openPage(t, core.link);
  const region = page.getByRole("region", { name: "Scan" });
  await region.getByText("The first scan of these addresses").waitFor();
  await next();
  await scan(core, ports);
  await region.getByText(/^Since today, \d\d:\d\d: 1 new, 1 gone, 1 changed its tools, 1 moved$/).waitFor();
  const group = region.getByRole("group", { name: "Compared with the scan before" });
  const rows = region.getByRole("row");
  const choose = async (name) => {
    await group.getByRole("button", { name }).click();
    await eventually(() => group.getByRole("button", { name }).getAttribute("aria-pressed"), "true");
  };
  const names = async () => (await region.locator("tr.res .name").allInnerTexts()).sort();
  assert.deepEqual(await names(), ["added", "changes", "moves", "stays", "stops"]);
  await rows.filter({ hasText: "stops" }).getByText("Gone", { exact: true }).waitFor();
  for (const [name, wanted] of [
    [/^New 1/, "added"],
    [/^Tools changed 1/, "changes"],
    [/^Moved 1/, "moves"],
    [/^Gone 1/, "stops"],
  ]) {
    await choose(name);
    assert.deepEqual(await names(), [wanted]);
  }
  await choose(/^Moved/);
  await region.getByText(/^It was at 127\.0\.0\.1:\d+\/mcp$/).waitFor();
  await choose(/^Tools changed/);
  await region.getByText("Tools changed changes", { exact: true }).waitFor();
  await choose(/^All 5/);
  assert.equal((await names()).length, 5);
  assert.deepEqual(errors, []);
});

test("scans are opened, forgotten with a way back, saved as files and read in again, by keyboard", async (t) => {
  const server = await startScripted(t, { name: "=cmd()", tools: [tool("x")] });
  const core = await startCore(t, { flags: ["--no-local-discovery"] });
  const ports = [String(server.port)];
  const old = await scan(core, ports);
  await scan(core, ports);
  const { page, errors } = await openPage(t, core.link);
  const region = page.getByRole("region", { name: "Scan" });
  const opener = region.getByRole("button", { name: "Scans…" });
  await opener.focus();
  await page.keyboard.press("Enter");
  const dialog = page.getByRole("dialog", { name: "Scans" });
  const items = dialog.getByRole("list", { name: "Today" }).getByRole("listitem");
  await eventually(() => items.count(), 2);
  const menu = items.last().getByRole("button", { name: /^Actions for the scan of 127\.0\.0\.1, port/ });

  const saved = async (name) => {
    await menu.focus();
    await page.keyboard.press("Enter");
    const download = page.waitForEvent("download");
    await page.getByRole("menuitem", { name }).press("Enter");
    return await readFile(await (await download).path(), "utf8");
  };
  assert.match(await saved("Save as CSV"), /"'=cmd\(\)"/);
  const json = await saved("Save as JSON");
  assert.equal(JSON.parse(json).rows[0].name, "=cmd()");

  await menu.focus();
  await page.keyboard.press("Enter");
  await page.getByRole("menuitem", { name: "Forget" }).press("Enter");
  await eventually(() => items.count(), 1);
  assert.deepEqual((await core.call("scans", {})).scans.length, 1);
  await page.keyboard.press("Escape");
  await dialog.waitFor({ state: "hidden" });
  await focused(opener);
  await page.keyboard.press("Control+z");
  await page.getByText("Undone: forgot a scan").waitFor();
  await eventually(async () => (await core.call("scans", {})).scans.some(({ id }) => id === old), true);

  await page.keyboard.press("Enter");
  await eventually(() => items.count(), 2);
  const file = join(await temporaryFolder(t), "scan.json");
  await writeFile(file, json);
  await dialog.getByLabel("Scan to import").setInputFiles(file);
  await eventually(() => items.count(), 3);
  await dialog.getByText(/imported/).waitFor();
  await writeFile(file, "{ oops");
  await dialog.getByLabel("Scan to import").setInputFiles(file);
  await page.getByText("The file was not imported").waitFor();
  await items.first().getByRole("button", { name: /^127/ }).press("Enter");
  await dialog.waitFor({ state: "hidden" });
  assert.deepEqual(errors, []);
});

test("a range is saved with its scan, scanned again by its name, and forgotten with a way back", async (t) => {
  const server = await startScripted(t, { name: "lab", tools: [tool("x")] });
  const core = await startCore(t, { flags: ["--no-local-discovery"] });
  await scan(core, [String(server.port)]);
  const { page, errors } = await openPage(t, core.link);
  const open = () => page.getByRole("button", { name: "Scan other addresses…" }).press("Enter");
  await open();
  const form = page.getByRole("form", { name: "Scan other addresses" });
  await form.getByRole("textbox", { name: /^Addresses/ }).fill("127.0.0.1");
  await form.getByRole("textbox", { name: /^Ports/ }).fill(String(server.port));
  await form.getByRole("textbox", { name: /^Save these/ }).fill("my lab");
  const start = form.getByRole("button", { name: "Start scan" });
  await eventually(() => start.isEnabled(), true);
  await start.press("Enter");
  await page.getByText("Saved the range my lab").waitFor();
  await form.waitFor({ state: "hidden" });
  await eventually(async () => (await core.call("ranges", {})).ranges.map(({ name }) => name).join(), "my lab");

  await open();
  await form.getByRole("textbox", { name: /^Addresses/ }).fill("127.0.0.9");
  await form.getByRole("button", { name: "my lab", exact: true }).press("Enter");
  await eventually(() => form.getByRole("textbox", { name: /^Addresses/ }).inputValue(), "127.0.0.1");
  await eventually(() => form.getByRole("textbox", { name: /^Ports/ }).inputValue(), String(server.port));
  await form.getByRole("button", { name: "Forget my lab" }).press("Enter");
  await form.getByRole("list", { name: "Saved ranges" }).waitFor({ state: "hidden" });
  await page.getByText("Forgot the range my lab").waitFor();
  assert.deepEqual((await core.call("ranges", {})).ranges, []);
  await core.call("undo", {});
  await form.getByRole("button", { name: "my lab", exact: true }).waitFor();
  assert.deepEqual(errors, []);
});

test("the details of a server say who saw it, the filter knows it, and who is gone is marked", async (t) => {
  const server = await startScripted(t, { name: "watched", tools: [tool("x")] });
  const core = await startCore(t, { flags: ["--no-local-discovery"] });
  await core.call("add", { url: server.address.replace(/^/, "http://"), name: "watched" });
  await core.call("add", { url: "http://127.0.0.1:9/never", name: "unseen", no_probe: true });
  await scan(core, [String(server.port)]);
  const filtered = async (filter) => (await core.call("servers", { filter })).servers.map(({ name }) => name).join();
  await eventually(() => filtered("seen:scan"), "watched");
  assert.equal(await filtered("-has:seen"), "unseen");
  const { page, errors } = await openPage(t, core.link);
  const { servers } = await core.call("servers", { filter: "seen:scan" });
  await page.goto(`${core.address}/#/servers/${servers[0].id}`);
  const seen = page.getByRole("list", { name: "Seen by" });
  await seen.getByText(server.address).waitFor();
  assert.equal(await seen.getByText("Gone", { exact: true }).count(), 0);
  await server.stop();
  await scan(core, [String(server.port)]);
  await seen.getByText("Gone", { exact: true }).waitFor();
  await eventually(() => filtered("seen:scan"), "");
  assert.deepEqual(errors, []);
});

test("the line and the list are without fault for a screen reader, light and dark, wide and narrow", async (t) => {
  const { ports, next } = await servers(t);
  const core = await startCore(t, { flags: ["--no-local-discovery"] });
  await scan(core, ports);
  await next();
  await scan(core, ports);
  for (const [theme, size] of [
    ["light", [1280, 800]],
    ["dark", [420, 800]],
  ]) {
    const { page, errors } = await openPage(t, core.link, { theme, size });
    await page.getByRole("button", { name: /^Gone 1/ }).waitFor();
    const wide = await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth);
    assert.ok(wide, "nothing is wider than the window");
    const clean = async (what) => assert.deepEqual(await barriers(page), [], `${what}, ${theme}`);
    await clean("results");
    await page.getByRole("button", { name: "Scans…" }).click();
    await page.getByRole("dialog", { name: "Scans" }).getByRole("listitem").first().waitFor();
    await clean("scans");
    assert.deepEqual(errors, []);
  }
});
