// The screen Connect: every kind of what clients see, parts of it with endpoints of their own, and what clients are limited to.
import assert from "node:assert/strict";
import test from "node:test";
import { barriers, eventually, focused, openPage, startCore, startEverything, startScripted } from "./harness.mjs";

const CONFIG = `gateway:
  profiles:
    coding:
      servers: [notes]
    empty:
      allow: []
  clients:
    Cursor:
      profile: coding
      deny: ["*delete*"]
      calls_per_second: 5
health_monitoring:
  check_interval: 1
  timeout: 1
  max_failures: 1
`;

/** A core with a server of tools alone, at Connect. */
async function connected(t, { config } = {}) {
  const core = await startCore(t, { config, flags: ["--no-local-discovery"] });
  const tools = ["read", "write"].map((name) => ({ name, inputSchema: { type: "object" } }));
  const server = await startScripted(t, { name: "notes", tools });
  await core.call("add", { url: `http://${server.address}`, name: "notes" });
  const { page, errors } = await openPage(t, core.link);
  await page.goto(`${core.address}/#/connect`);
  await page.getByRole("grid", { name: "Tools, by name" }).waitFor();
  return { core, page, errors };
}

/** How many the core lists of each kind, as the page heads them. */
async function offered(core) {
  const { tools, others } = await core.call("gateway", {});
  const of = (kind) => others.filter((row) => row.kind === kind);
  return { tools, resources: of("resource"), templates: of("template"), prompts: of("prompt") };
}

test("resources, templates and prompts are listed as tools are, filtered together, and named only where somebody offers them", async (t) => {
  const { core, page, errors } = await connected(t, { config: CONFIG });
  const kinds = page.getByRole("group", { name: "Kind" });
  assert.equal(await kinds.count(), 0, "there are tools alone");

  const everything = await startEverything(t);
  const { server } = await core.call("add", { url: `http://${everything.address}`, name: "everything" });
  await kinds.waitFor();
  const { tools, resources, templates, prompts } = await offered(core);
  assert.ok(resources.length > 1 && templates.length > 0 && prompts.length > 1);
  const heads = [
    `Tools ${tools.length}`,
    `Resources ${resources.length}`,
    `Templates ${templates.length}`,
    `Prompts ${prompts.length}`,
  ];
  await eventually(() => kinds.getByRole("button").allInnerTexts(), heads);

  await kinds.getByRole("button", { name: /^Resources/ }).press("Enter");
  const grid = page.getByRole("grid", { name: "Resources, by name" });
  await grid.getByRole("columnheader", { name: "Resource", exact: true }).waitFor();
  await page.getByText(`${resources.length} resources`, { exact: true }).waitFor();
  const names = resources.map(({ name }) => name).sort();
  await grid.focus();
  await page.keyboard.press("End");
  const last = grid.getByRole("row", { selected: true });
  await last.getByText(names.at(-1)).first().waitFor();
  await last.getByText("Can be read").waitFor();
  for (const colorScheme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme });
    assert.deepEqual(await barriers(page), [], colorScheme);
  }

  // One filter for all kinds: each says how many pass.
  await page.keyboard.press("/");
  await page.keyboard.type(names[0]);
  await page.getByText(`1 of ${resources.length} resources`).waitFor();
  await kinds.getByRole("button", { name: "Resources 1", exact: true }).waitFor();
  await kinds.getByRole("button", { name: "Tools 0", exact: true }).press("Enter");
  await page.getByRole("heading", { name: "No such tool" }).waitFor();
  await page.getByRole("button", { name: "Show all" }).press("Enter");
  await eventually(() => kinds.getByRole("button").allInnerTexts(), heads);

  await kinds.getByRole("button", { name: /^Prompts/ }).press("Enter");
  const prompted = page.getByRole("grid", { name: "Prompts, by name" });
  await prompted.getByRole("row", { name: new RegExp(`${prompts[0].name}.*everything.*Can be used`) }).waitFor();
  await everything.stop();
  await prompted
    .getByRole("row", { name: /Unavailable: / })
    .first()
    .waitFor();
  await page.getByRole("button", { name: `Unavailable ${prompts.length}`, exact: true }).press("Enter");
  await kinds.getByRole("button", { name: `Tools ${tools.length - 2}`, exact: true }).waitFor();

  // The kind that is shown is gone with whoever offered it.
  await core.call("pause", { ids: [server.id] });
  await page.getByRole("heading", { name: "All tools can be called" }).waitFor();
  assert.equal(await kinds.count(), 0);
  assert.deepEqual(errors, []);
});

test("each profile has its endpoint to copy and to paste, and what limits a client is said beside it", async (t) => {
  const { core, page, errors } = await connected(t, { config: CONFIG });
  const profiles = page.getByRole("region", { name: "Endpoints of profiles" });
  const coding = profiles.getByRole("listitem").filter({ hasText: "coding" });
  const url = `${core.address}/profiles/coding/mcp`;
  await coding.getByText(url, { exact: true }).waitFor();
  await coding.getByText("2 tools").waitFor();
  await profiles.getByRole("listitem").filter({ hasText: "empty" }).getByText("0 tools").waitFor();
  await coding.getByRole("button", { name: "Copy the address of coding" }).press("Enter");
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), url);

  await page.getByRole("button", { name: "New token" }).click();
  await page.getByRole("combobox", { name: "Name of the client" }).fill("Cursor");
  await page.keyboard.press("Enter");
  const drawer = page.getByRole("complementary", { name: "The token of Cursor" });
  const entry = drawer.getByRole("region", { name: "Entry for Cursor" });
  const pasted = async () => JSON.parse(await entry.innerText()).mcpServers["mcp-discovery"].url;
  const endpoint = drawer.getByRole("combobox", { name: "Endpoint" });
  const choices = ["Everything", "coding, 2 tools", "empty, 0 tools"];
  await eventually(() => endpoint.locator("option").allInnerTexts(), choices);
  assert.equal(await pasted(), `${core.address}/mcp`);
  await endpoint.selectOption("coding");
  await eventually(pasted, url);
  assert.deepEqual(await barriers(page), []);
  await drawer.getByRole("button", { name: "Copy the entry" }).click();
  await drawer.getByRole("button", { name: "Done" }).click();

  const limits = page.getByRole("link", { name: "Limits of Cursor: profile coding · not *delete* · 5 calls/s" });
  await limits.press("Enter");
  await eventually(() => page.evaluate(() => location.hash), "#/settings/gateway");
  await focused(
    page.getByRole("region", { name: "Cursor", exact: true }).getByRole("button", { name: "Cursor", exact: true }),
  );
  await page.goBack();
  await page.getByRole("link", { name: "Edit the profiles" }).press("Enter");
  await focused(page.getByRole("textbox", { name: "Name of a new profile" }));
  assert.deepEqual(errors, []);
});

test("without profiles none is chosen, and a client without limits leads to where they are written", async (t) => {
  const { core, page, errors } = await connected(t);
  await core.call("gateway_token_new", { name: "Zed" });
  await page.getByRole("link", { name: "Add a profile" }).waitFor();
  await page.getByRole("button", { name: "Replace the token of Zed" }).click();
  await page.getByRole("button", { name: "Replace the token", exact: true }).click();
  await page.getByRole("region", { name: "Entry for Zed" }).waitFor();
  assert.equal(await page.getByRole("combobox", { name: "Endpoint" }).count(), 0);
  await page.getByRole("button", { name: "Copy the entry" }).click();
  await page.getByRole("button", { name: "Done" }).click();
  await page.getByRole("link", { name: "Limits of Zed: None" }).press("Enter");
  await focused(page.getByRole("textbox", { name: "Name of a new client" }));
  assert.deepEqual(errors, []);
});

test("that tokens can be read on the way is said where the address is, with what to do", async (t) => {
  const { core, page, errors } = await connected(t);
  const warning = page.getByRole("note", { name: "Tokens are sent unencrypted" });
  assert.equal(await warning.count(), 0, "it listens on loopback");
  // A test serves nothing beyond this computer: what the core says of that is put into its answer.
  await page.route("**/api/v1/gateway", async (route) => {
    const response = await route.fetch();
    const json = { ...(await response.json()), in_clear: true, url: "http://192.0.2.7:8090/mcp" };
    await route.fulfill({ response, json });
  });
  await core.call("gateway_token_new", { name: "Zed" });
  await warning.getByText("anyone on the network path can read and use them").waitFor();
  await warning.getByText("Listen on 127.0.0.1").waitFor();
  await warning.getByText("put TLS in front").waitFor();
  for (const colorScheme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme });
    assert.deepEqual(await barriers(page), [], colorScheme);
  }
  await warning.getByRole("link", { name: "Change where it listens" }).press("Enter");
  await focused(page.getByRole("textbox", { name: /^Listen/ }));
  assert.deepEqual(errors, []);
});
