// Servers that offer the same tools are proposed to be one: looked at, made a group of, taken back, dismissed.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import test from "node:test";
import { barriers, eventually, focused, openPage, startCore, startScripted, temporaryFolder } from "./harness.mjs";

const CONFIG = "# Mine.\nhealth_monitoring:\n  check_interval: 1 # often\n  timeout: 1\n";
const TOOLS = ["current", "forecast"].map((name) => ({
  name,
  description: "Weather.",
  inputSchema: { type: "object", properties: { city: { type: "string" } } },
}));

/** A core with replicas of one service in several regions, and a server that is something else. */
async function withReplicas(t, { count = 3, dataDir } = {}) {
  const core = await startCore(t, { config: CONFIG, flags: ["--no-local-discovery"], dataDir });
  const add = async (name, server, region) =>
    (await core.call("add", { url: `http://${server.address}`, name, metadata: { region } })).server.id;
  const ids = [];
  for (let at = 1; at <= count; at += 1) {
    const server = await startScripted(t, { name: "weather", version: `1.${at}`, tools: TOOLS });
    ids.push(await add(`weather-${at}`, server, at === 1 ? "eu-central" : "us-west-2"));
  }
  const other = await startScripted(t, { name: "notes", tools: TOOLS.slice(1) });
  await add("notes", other, "eu-central");
  return { core, ids };
}

async function servers(t, core, settings) {
  const opened = await openPage(t, core.link, settings);
  await opened.page.goto(`${core.address}/#/servers`);
  const offer = opened.page.getByText("3 servers offer the same 2 tools");
  return { ...opened, offer, message: (text) => opened.page.getByRole("region", { name: "Messages" }).getByText(text) };
}

const namesOf = async (core) => (await core.call("gateway", {})).tools.map((tool) => `${tool.owner}/${tool.tool}`);
const file = (core) => readFile(join(core.data, "mcp-discovery.yaml"), "utf8");

test("servers that offer the same are looked at, made one by keyboard, and taken apart again", async (t) => {
  const { core, ids } = await withReplicas(t);
  const { page, offer, message, errors } = await servers(t, core);
  const before = await namesOf(core);
  assert.equal(before.length, 7);
  await offer.waitFor();
  await page.getByRole("button", { name: "Details", exact: true }).press("Enter");
  const dialog = page.getByRole("dialog", { name: "Group 3 servers as replicas of one server?" });
  await dialog.getByText("2 names of tools instead of 6.").waitFor();
  await dialog.getByText("They differ in addresses, regions and versions.").waitFor();
  await dialog.getByRole("rowheader", { name: "weather-3" }).waitFor();
  const name = dialog.getByRole("textbox", { name: "Name of the group" });
  await focused(name);
  assert.equal(await name.inputValue(), "weather");
  assert.deepEqual(await barriers(page), []);
  await name.fill("team");
  const { tools } = await core.call("replica_preview", { name: "team", servers: ids });
  const then = tools.map((tool) => tool.then);
  const last = dialog.getByRole("region", { name: "What your AI clients see" }).locator("tbody td:last-child");
  await eventually(() => last.allInnerTexts(), then, "the names are those that clients will see");
  await page.keyboard.press("Enter");
  await message("3 servers are now replicas of one server: team").waitFor();
  await dialog.waitFor({ state: "hidden" });

  const one = ["notes/forecast", "team/current", "team/forecast"];
  await eventually(async () => (await namesOf(core)).sort(), one);
  const made = (await core.call("gateway", {})).tools.filter((tool) => tool.owner === "team");
  assert.deepEqual(made.map((tool) => tool.name).sort(), [...then].sort());
  const text = await file(core);
  assert.ok(text.startsWith(CONFIG) && text.includes("weather-2"), text);
  await page.getByRole("grid").getByRole("row").filter({ hasText: "weather-1" }).click();
  const drawer = page.getByRole("complementary", { name: "weather-1" });
  await drawer.getByText("One of 3 replicas of team: your AI clients see each of its 2 tools once.").waitFor();
  await drawer.getByRole("list", { name: "Other replicas" }).getByRole("button", { name: "weather-3" }).waitFor();
  assert.deepEqual(await barriers(page), []);

  await page.keyboard.press("Control+z");
  await eventually(() => namesOf(core), before);
  assert.equal(await file(core), CONFIG);
  await drawer.getByText("It offers the same 2 tools as 2 other servers.").waitFor();

  // What is not of this page shows as well: a group that the file has, and its end.
  await core.call("replica_group_accept", { name: "weather", servers: ids });
  await drawer.getByText("One of 3 replicas of weather").waitFor();
  await drawer.getByRole("button", { name: "Dissolve the group" }).click();
  await message("Dissolved the replicas weather").waitFor();
  await eventually(() => namesOf(core), before);
  await page.getByRole("region", { name: "Messages" }).getByRole("button", { name: "Undo" }).last().click();
  await drawer.getByText("One of 3 replicas of weather").waitFor();
  assert.deepEqual(errors, []);
});

test("what is not wanted does not come again, also after a restart, and nothing moves under the pointer", async (t) => {
  const dataDir = await temporaryFolder(t);
  const { core } = await withReplicas(t, { dataDir });
  const { page, offer, message, errors } = await servers(t, core);
  await offer.waitFor();
  const grid = page.getByRole("grid");
  const top = async () => (await grid.boundingBox()).y;
  const below = await top();
  await page.getByRole("button", { name: "Dismiss" }).click();
  await message("3 servers are not proposed as replicas again").waitFor();
  await page.getByText("These servers are no longer proposed as replicas.").waitFor();
  assert.equal(await top(), below, "what one points at stays while the pointer is there");
  await page.getByRole("heading", { name: "Servers", level: 1 }).hover();
  await page.getByRole("heading", { name: "Servers", level: 1 }).focus();
  await eventually(async () => (await top()) < below, true);
  const above = await top();
  // While the pointer is in the list, nothing comes in above it.
  await grid.hover();
  await core.call("undo", {});
  await page.getByRole("complementary").waitFor({ state: "hidden" });
  await eventually(async () => (await core.call("replica_proposals", {})).proposals.length, 1);
  await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
  assert.equal(await top(), above);
  await page.getByRole("heading", { name: "Servers", level: 1 }).hover();
  await offer.waitFor();

  await page.getByRole("button", { name: "Dismiss" }).click();
  await message("3 servers are not proposed as replicas again").first().waitFor();
  await core.stop();
  const again = await startCore(t, { config: CONFIG, dataDir, flags: ["--no-local-discovery"] });
  const found = await again.call("replica_proposals", {});
  assert.deepEqual([found.proposals.length, found.dismissed], [0, 1]);
  assert.deepEqual(errors, []);
});
