// The screen Connect: where AI clients ask, who has a token, and what they see.
import assert from "node:assert/strict";
import test from "node:test";
import { barriers, eventually, focused, openPage, startCore, startScripted } from "./harness.mjs";

const tools = (count) =>
  Array.from({ length: count }, (_, at) => ({
    name: `tool_${String(at).padStart(3, "0")}`,
    description: "Does something.",
    inputSchema: { type: "object" },
  }));

/** A core with a server of this many tools. */
async function withServer(t, { count = 3, config } = {}) {
  const core = await startCore(t, { config, flags: ["--no-local-discovery"] });
  const server = await startScripted(t, { name: "notes", tools: tools(count) });
  const { server: added } = await core.call("add", { url: `http://${server.address}`, name: "notes" });
  return { core, server, id: added.id };
}

/** Asks the gateway as an AI client does, and gives the status of its answer. */
async function initialize(url, token) {
  const response = await fetch(url, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      accept: "application/json, text/event-stream",
      ...(token ? { authorization: `Bearer ${token}` } : {}),
    },
    body: JSON.stringify({
      jsonrpc: "2.0",
      id: 1,
      method: "initialize",
      params: { protocolVersion: "2025-06-18", capabilities: {}, clientInfo: { name: "t", version: "1" } },
    }),
  });
  await response.body?.cancel();
  return response.status;
}

test("a token is made, used, seen to be used, and revoked, by keyboard alone", async (t) => {
  const { core } = await withServer(t);
  const { page, errors } = await openPage(t, core.link);
  await page.goto(`${core.address}/#/discover`);
  await page.getByRole("heading", { name: "Discover", level: 1 }).waitFor();
  await page.keyboard.press("Control+8");
  await page.getByRole("heading", { name: "Connect", level: 1 }).waitFor();
  const url = `${core.address}/mcp`;
  await page.getByRole("region", { name: "Gateway", exact: true }).getByText(url, { exact: true }).waitFor();
  await page.getByRole("button", { name: "Copy the address" }).press("Enter");
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), url);
  await page.getByRole("heading", { name: "No client has a token yet" }).waitFor();
  assert.equal(await initialize(url), 401);

  // A name is asked for, the token is shown once.
  await page.getByRole("button", { name: "New token" }).press("Enter");
  const name = page.getByRole("combobox", { name: "Name of the client" });
  await focused(name);
  await page.keyboard.type("Cursor");
  await page.keyboard.press("Enter");
  const drawer = page.getByRole("complementary", { name: "The token of Cursor" });
  await drawer.getByText("It cannot be shown again").waitFor();
  const entry = drawer.getByRole("region", { name: "Entry for Cursor" });
  const { mcpServers } = JSON.parse(await entry.innerText());
  assert.equal(mcpServers["mcp-discovery"].url, url);
  const token = mcpServers["mcp-discovery"].headers.Authorization.replace("Bearer ", "");
  assert.match(token, /^mcpd_[0-9a-f]+_[0-9a-f]+$/);
  // Nobody has it yet: a stray key does not lose it.
  await page.keyboard.press("Escape");
  await page.keyboard.press("Control+2");
  await page.keyboard.press("Control+8");
  await drawer.getByRole("combobox", { name: "Set up as" }).selectOption("Claude Code");
  const command = await drawer.getByRole("region", { name: "Command for Claude Code" }).innerText();
  assert.equal(
    command,
    `claude mcp add --transport http mcp-discovery ${url} --header "Authorization: Bearer ${token}"`,
  );
  await drawer.getByRole("button", { name: "Copy the command" }).press("Enter");
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), command);

  // Only a request says that it is connected.
  const row = page.getByRole("row", { name: /^Cursor/ });
  await row.getByText("Waiting for its first request").waitFor();
  assert.equal(await initialize(url, token), 200);
  await drawer.getByRole("status").getByText("Connected").waitFor();
  await row.getByText(/last request/).waitFor();
  await drawer.getByRole("button", { name: "Done" }).press("Enter");
  await focused(page.getByRole("button", { name: "New token" }));
  assert.equal(await page.getByText(token).count(), 0);

  // Whoever has a token already is asked for nothing new without a word.
  await row.getByRole("button", { name: "Replace the token of Cursor" }).press("Enter");
  await page.getByText("Cursor has a token already.").waitFor();
  await page.getByRole("button", { name: "Replace the token", exact: true }).waitFor();
  await page.getByRole("button", { name: "Cancel" }).press("Enter");

  await row.getByRole("button", { name: "Revoke the token of Cursor" }).press("Enter");
  const question = page.getByRole("form", { name: "Revoke the token of Cursor" });
  await focused(question.getByRole("button", { name: "Revoke" }));
  await page.keyboard.press("Escape");
  await focused(row.getByRole("button", { name: "Revoke the token of Cursor" }));
  assert.equal(await initialize(url, token), 200);
  await page.keyboard.press("Enter");
  await question.getByText("What its calls changed on servers stays changed").waitFor();
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "No client has a token yet" }).waitFor();
  await focused(page.getByRole("button", { name: "New token" }));
  assert.equal(await initialize(url, token), 401);
  assert.deepEqual(errors, []);
});

test("what the core refuses is said in the form", async (t) => {
  const { core } = await withServer(t);
  const { page, errors } = await openPage(t, core.link);
  await page.goto(`${core.address}/#/connect`);
  await page.keyboard.press("Control+k");
  await page.keyboard.type("new token");
  await page.getByRole("option", { name: "New token for an AI client" }).waitFor();
  await page.keyboard.press("Enter");
  await page.getByRole("combobox", { name: "Name of the client" }).fill("x".repeat(65));
  await page.getByRole("button", { name: "Create the token" }).press("Enter");
  await page
    .getByRole("alert")
    .getByText(/1 to 64 characters/)
    .waitFor();
  assert.deepEqual(errors, []);
});

test("every entry to paste is read back as this address with this token", async (t) => {
  const { core } = await withServer(t, { count: 1 });
  const { page, errors } = await openPage(t, core.link);
  await page.goto(`${core.address}/#/connect`);
  await page.getByRole("button", { name: "New token" }).click();
  await page.getByRole("combobox", { name: "Name of the client" }).fill("anything");
  await page.keyboard.press("Enter");
  const choice = page.getByRole("combobox", { name: "Set up as" });
  await choice.waitFor();
  const token = await page.getByLabel("Token", { exact: true }).innerText();
  const ways = await choice.locator("option").allInnerTexts();
  let read = 0;
  for (const way of ways) {
    await choice.selectOption(way);
    const entry = page.getByRole("region", { name: `Entry for ${way}` });
    if ((await entry.count()) === 0) continue;
    const text = await entry.innerText();
    assert.ok(text.includes(`Bearer ${token}`), way);
    const form = text.startsWith("{") ? "json" : text.startsWith("[") ? "toml" : "yaml";
    // The core reads the files of all of these clients: it finds the address that was written.
    const report = JSON.stringify(await core.call("import", { text, file: `client.${form}`, dry_run: true }));
    assert.ok(report.includes("mcp-discovery") && report.includes(`${core.address}/mcp`), `${way}: ${report}`);
    read += 1;
  }
  assert.ok(read >= 18, `${read} of ${ways.length}`);
  assert.deepEqual(errors, []);
});

test("hundreds of tools are found by name, lead to their server, and say why they cannot be called", async (t) => {
  const config = "health_monitoring:\n  check_interval: 1\n  timeout: 1\n  max_failures: 1\n";
  const { core, server, id } = await withServer(t, { count: 300, config });
  const { page, errors } = await openPage(t, core.link);
  await page.goto(`${core.address}/#/connect`);
  const grid = page.getByRole("grid", { name: "Tools, by name" });
  await grid.waitFor();
  assert.equal(await grid.getAttribute("aria-rowcount"), "301");
  assert.ok((await grid.getByRole("row").count()) < 60, "only what one sees is drawn");
  await grid.focus();
  await page.keyboard.press("End");
  await grid.getByRole("row", { name: /tool_299.*Can be called/ }).waitFor();
  await page.keyboard.press("/");
  await focused(page.getByRole("textbox", { name: "Filter what clients see" }));
  await page.keyboard.type("notes tool_04");
  await page.getByText("10 of 300 tools").waitFor();
  await server.stop();
  await grid.getByRole("row", { name: /tool_042.*Unavailable: / }).waitFor();
  await page.getByRole("button", { name: "Unavailable 10" }).waitFor();
  await core.call("pause", { ids: [id] });
  await page.getByRole("heading", { name: "Nothing to show" }).waitFor();
  await core.call("resume", { ids: [id] });
  await grid.waitFor();
  await grid.focus();
  await page.keyboard.press("Home");
  await page.keyboard.press("Enter");
  await eventually(() => page.evaluate(() => location.hash), `#/servers/${id}`);
  assert.deepEqual(errors, []);
});

test("an endpoint that is not served says why and what to do, in both themes", async (t) => {
  const first = await startCore(t, { flags: ["--no-local-discovery"] });
  const listen = new URL(first.address).host;
  const second = await startCore(t, {
    config: `gateway:\n  listen: "${listen}"\n`,
    flags: ["--no-local-discovery"],
    listen: null,
  });
  const { page, errors } = await openPage(t, second.link);
  await page.goto(`${second.address}/#/connect`);
  const cell = page.getByRole("region", { name: "Gateway", exact: true });
  await cell.getByText("Not served").waitFor();
  await cell.getByText(new RegExp(`listens on ${listen.replaceAll(".", "\\.")}`)).waitFor();
  await cell.getByText(/^Stop that program, or set another address/).waitFor();
  for (const colorScheme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme });
    assert.deepEqual(await barriers(page), [], colorScheme);
  }
  await cell.getByRole("link", { name: "Gateway settings" }).press("Enter");
  await eventually(() => page.evaluate(() => location.hash), "#/settings/gateway");
  assert.deepEqual(errors, []);
});

test("where no token is needed, that is said, and what to paste has none", async (t) => {
  const { core } = await withServer(t, { config: "gateway:\n  auth: none\n" });
  const { page, errors } = await openPage(t, core.link);
  await page.goto(`${core.address}/#/connect`);
  await page.getByText("Without a token", { exact: true }).waitFor();
  await page.getByRole("heading", { name: "No client needs a token" }).waitFor();
  await page.getByRole("button", { name: "Set up a client" }).click();
  const drawer = page.getByRole("complementary", { name: "Set up a client" });
  await drawer.getByRole("combobox", { name: "Set up as" }).selectOption("VS Code");
  const text = await drawer.getByRole("region", { name: "Entry for VS Code" }).innerText();
  assert.deepEqual(JSON.parse(text), { servers: { "mcp-discovery": { type: "http", url: `${core.address}/mcp` } } });
  await page.keyboard.press("Escape");
  await drawer.waitFor({ state: "detached" });
  assert.deepEqual(errors, []);
});
