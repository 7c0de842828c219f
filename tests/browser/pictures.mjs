// Every screen in both themes, against real servers, and a sheet of all faces: those that documents show are in `docs`, the others in
// `target/pictures` to be looked at. `cargo xtask pictures`.
// With `fleet` or `faces` behind it, those alone.
// Servers that happen to run on this computer are found as well; `unshare --net` with `lo` up keeps them out.
import { mkdir, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { faces, menus } from "./faces.mjs";
import { filled } from "./filled.mjs";
import { openPage, PEERS, startCore, startEverything, startScripted, temporaryFolder } from "./harness.mjs";
import { pressRun } from "./playground.mjs";

const DOCS = join(dirname(fileURLToPath(import.meta.url)), "..", "..", "docs");
const OTHERS = join(DOCS, "..", "target", "pictures");
/** What the documents show. */
const SHOWN = ["servers", "routing", "topology"];
const placeOf = (picture) => join(SHOWN.includes(picture) ? DOCS : OTHERS, picture);
const CONFIG = `# How this computer looks after its servers.

health_monitoring:
  # Replicas come and go: look often.
  check_interval: 2
  timeout: 1
  max_failures: 2   # the VPN drops one

routing_rules:
  # The team is in Europe.
  "weather_*":
    preferred_regions: [eu-central]
    min_health_score: 0.5
    timeout: 20
  "get-sum":
    timeout: 5

routing_tests:
  - capability: weather_current
    expect: { region: eu-central }
`;

const undo = [];
const t = { after: (end) => undo.unshift(end) };

/** Three replicas of one service in two regions, one of them stopped; one that requires authentication; two commands; two of npm's. */
async function start() {
  const everything = await startEverything(t);
  const replicas = await Promise.all(["weather-1", "weather-2", "weather-3"].map((name) => startWeather(name)));
  const locked = await startLocked();
  const PATH = [join(PEERS, "node_modules", ".bin"), process.env.PATH].join(delimiter);
  const dataDir = await temporaryFolder(t);
  await setUpClients(dataDir, `http://${everything.address}`);
  const core = await startCore(t, { dataDir, config: CONFIG, env: { PATH } });
  const add = async (url, name, metadata) => (await core.call("add", { url, name, metadata })).server.id;
  const ids = {
    everything: await add(`http://${everything.address}`, "everything", { region: "eu-central", owner: "tools" }),
    locked: await add(`http://${locked.address}`, "billing", { region: "us-west-2" }),
  };
  for (const [at, replica] of replicas.entries()) {
    const region = at === 2 ? "us-west-2" : "eu-central";
    ids[`weather${at + 1}`] = await add(`http://${replica.address}`, `weather-${at + 1}`, { region, priority: 3 - at });
  }
  const command = async (name, ...stdio) => (await core.call("add", { stdio, name })).server.id;
  ids.memory = await command("memory", "mcp-server-memory");
  ids.files = await command("files", "mcp-server-filesystem", ".");
  await core.call("pause", { ids: [ids.memory] });
  const call = (capability, server, given) => core.call("call", { capability, server, arguments: given });
  await call("weather_current", ids.weather1, { city: "Oslo" });
  await call("weather_current", ids.weather1, { city: "Atlantis" });
  await call("get-sum", ids.everything, { a: 2, b: 3 });
  await until(async () => (await statusOf(core, ids.weather1)) === "healthy");
  await replicas[2].stop();
  await replicas[0].stop();
  await until(async () => (await healthOf(core, ids.weather1)).consecutive_failures >= 5);
  await replicas[0].again();
  await until(async () => (await statusOf(core, ids.weather1)) === "healthy");
  // Whoever calls by what it needs is sent where the rules say.
  for (let at = 0; at < 48; at++) {
    const [client, city] = [["claude-desktop", "ci", "cursor"][at % 3], at % 12 === 7 ? "Atlantis" : "Oslo"];
    await core.call("call", { capability: "weather_current", arguments: { city }, client }).catch(() => null);
  }
  // One more that is not in the list yet, and minutes enough for a line.
  await startEverything(t);
  await core.call("scan_start", { targets: [] });
  await until(async () => (await core.call("scan", {})).scan.state !== "running");
  await until(async () => (await core.call("history", { server: ids.weather1 })).minutes.length > 3);
  return { core, ids };
}

/** What three clients are set up with, and a file that is broken. */
async function setUpClients(home, everything) {
  const github = { command: "npx", args: ["-y", "@modelcontextprotocol/server-github"], env: { GITHUB_TOKEN: "x" } };
  const sentry = { type: "http", url: "https://mcp.sentry.dev/mcp" };
  for (const [path, content] of [
    [".cursor/mcp.json", JSON.stringify({ mcpServers: { everything: { url: everything }, github } }, null, 2)],
    [".config/Code/User/mcp.json", JSON.stringify({ servers: { github, sentry } }, null, 2)],
    [".codex/config.toml", '[mcp_servers.notes]\ncommand = "uvx\n'],
  ]) {
    await mkdir(dirname(join(home, path)), { recursive: true });
    await writeFile(join(home, path), content);
  }
}

async function photograph({ core, ids }, theme) {
  const { page } = await openPage(t, core.link, { theme });
  const at = async (place, ready, picture) => {
    await page.goto(`${core.address}/#/${place}`);
    await ready();
    await take(picture);
  };
  const take = (picture) => page.screenshot({ path: `${placeOf(picture)}-${theme}.png` });
  const grid = page.getByRole("grid");
  const drawer = page.getByRole("complementary");
  const tab = async (name) => {
    await drawer.getByRole("tab", { name: new RegExp(`^${name}`) }).click();
    const panel = drawer.getByRole("tabpanel", { name: new RegExp(`^${name}`) });
    await panel.getByRole("heading").or(panel.getByRole("list")).first().waitFor();
  };

  await at(
    "discover",
    () =>
      page
        .getByText(/Scanned this computer/)
        .first()
        .waitFor(),
    "discover",
  );
  await at("servers", () => grid.getByText("Connection refused").waitFor(), "list");
  const down = () => drawer.getByText(/^Down for/).waitFor();
  await at(`servers/${ids.weather3}`, down, "servers");
  await at(`servers/${ids.everything}`, () => tab("Tools"), "tools");
  await at(`servers/${ids.weather1}`, () => tab("Health"), "health");
  await at(`servers/${ids.weather1}`, () => tab("Logs"), "logs");

  await page.goto(`${core.address}/#/playground/${ids.weather2}/weather_alerts`);
  await page.getByRole("textbox", { name: "city" }).fill("Bergen");
  await page.getByRole("button", { name: "Add an item to filters" }).click();
  await pressRun(page);
  await page.getByRole("table", { name: "Result" }).waitFor();
  await take("playground");

  await page.goto(`${core.address}/#/settings/health_monitoring`);
  await page.getByRole("textbox", { name: "Timeout" }).fill("0.5");
  await page.getByRole("textbox", { name: "Slow above" }).fill("1500");
  await page.getByRole("region", { name: "Review before saving" }).getByText("warn_ms: 1500").waitFor();
  await page.getByRole("textbox", { name: "mcp-discovery.yaml" }).waitFor();
  await take("settings");
  await page.getByRole("button", { name: "Discard draft" }).click();

  await page.goto(`${core.address}/#/routing`);
  const simulator = page.getByRole("region", { name: "Simulator" });
  await simulator.getByRole("combobox", { name: "Capability" }).fill("weather_current");
  await simulator.getByText("The rule weather_* applies").waitFor();
  await page.getByRole("button", { name: /^weather_\*/ }).click();
  await page.getByRole("textbox", { name: "Timeout", exact: true }).fill("12");
  await page.getByRole("region", { name: "Review before saving" }).getByText("timeout: 12").waitFor();
  await take("routing");
  await page.getByRole("button", { name: "Discard draft" }).click();

  await page.goto(`${core.address}/#/topology?view=map&call=weather_current&down=${ids.weather2}`);
  const then = page.getByRole("complementary", { name: "What would change" });
  await then.getByRole("table", { name: "Shares now and then" }).waitFor();
  await take("topology");
  await page.keyboard.press("Escape");

  await page.goto(`${core.address}/#/activity`);
  const calls = page.getByRole("grid", { name: "Calls, newest first" });
  await calls.getByRole("row").filter({ hasText: "weather_current" }).nth(2).click();
  await drawer.getByText("The rule weather_* applies").waitFor();
  await page.locator(".uplot canvas").first().waitFor();
  await take("activity");

  await at("servers", () => grid.getByText("Connection refused").waitFor(), "list");
  await page.keyboard.press("Control+k");
  await page.keyboard.type("weather");
  await page
    .getByRole("option", { name: /weather_current/ })
    .first()
    .waitFor();
  await take("palette");
}

const CITY = { type: "string", description: "A city, such as Oslo" };
const FILTER = {
  type: "object",
  properties: {
    field: { enum: ["kind", "severity"] },
    above: { type: "number", minimum: 0, maximum: 1 },
    area: { type: "string" },
  },
  required: ["field"],
};
const TOOLS = [
  {
    name: "weather_current",
    description: "The weather in a city now.",
    inputSchema: { type: "object", properties: { city: CITY }, required: ["city"] },
    annotations: { readOnlyHint: true },
  },
  {
    name: "weather_alerts",
    description: "Warnings for a city, the most severe first.",
    inputSchema: {
      type: "object",
      properties: {
        city: CITY,
        limit: { type: "integer", minimum: 1, maximum: 50, default: 10 },
        details: { type: "boolean", description: "With the whole text" },
        filters: { type: "array", items: FILTER },
      },
      required: ["city"],
    },
    annotations: { readOnlyHint: true },
  },
  {
    name: "weather_subscribe",
    description: "Sends warnings for a city to an address.",
    inputSchema: { type: "object", properties: { city: CITY, address: { type: "string", format: "uri" } } },
    annotations: { readOnlyHint: false, destructiveHint: false },
  },
];
const ALERTS = [
  { kind: "Wind", severity: 0.9, area: "Coast", until: "18:00" },
  { kind: "Snow", severity: 0.6, area: "Mountains", until: "22:00" },
  { kind: "Ice", severity: 0.4, area: "City", until: "09:00" },
];

/** A replica that can be stopped and started again at its address. */
async function startWeather(name) {
  const call = (tool, { city }) => {
    if (city === "Atlantis")
      return { isError: true, content: [{ type: "text", text: "There is no city called Atlantis." }] };
    const structuredContent = tool === "weather_alerts" ? { alerts: ALERTS } : { city, celsius: -2, sky: "clear" };
    return { structuredContent, content: [{ type: "text", text: JSON.stringify(structuredContent) }] };
  };
  const told = { name, version: "2.1.0", tools: TOOLS, call };
  const first = await startScripted(t, told);
  const again = () => startScripted(t, { ...told, port: first.port });
  return { ...first, again };
}

/** A server that requires authentication, as MCP says it has to. */
async function startLocked() {
  const server = createServer((request, response) => {
    const about = `http://${request.headers.host}/.well-known/oauth-protected-resource`;
    response.writeHead(401, { "www-authenticate": `Bearer resource_metadata="${about}"` }).end();
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => server.close());
  return { address: `127.0.0.1:${server.address().port}/mcp` };
}

const healthOf = async (core, id) => (await core.call("health", { ids: [id] })).servers[0];
const statusOf = async (core, id) => (await healthOf(core, id)).status;

async function until(holds) {
  const giveUp = Date.now() + 300_000;
  while (!(await holds())) {
    if (Date.now() > giveUp) throw new Error(`this never came true: ${holds}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** All faces of a theme on one sheet: screens, tabs, dialogs and what goes wrong. */
async function photographFaces(given, theme) {
  const { page } = await openPage(t, given.core.link, { theme });
  const pictures = [];
  for (const [name, open] of Object.entries({ ...faces(given), ...menus(given) })) {
    await page.goto("about:blank");
    await open(page);
    const picture = await page.screenshot({ type: "jpeg", quality: 90 });
    pictures.push(
      `<figure><img src="data:image/jpeg;base64,${picture.toString("base64")}"><figcaption>${name}</figcaption></figure>`,
    );
  }
  await page.goto("about:blank");
  await page.setViewportSize({ width: 2_640, height: 800 });
  await page.setContent(`<style>
    body { margin: 16px; display: grid; grid-template-columns: repeat(4, 1fr); gap: 16px; font: 16px sans-serif; background: #888 }
    figure { margin: 0 } img { width: 100%; display: block }
  </style>${pictures.join("")}`);
  await page.waitForFunction(() => [...document.images].every((image) => image.complete));
  await page.screenshot({ path: `${placeOf("faces")}-${theme}.jpg`, type: "jpeg", quality: 80, fullPage: true });
}

try {
  await mkdir(OTHERS, { recursive: true });
  const only = process.argv[2];
  if (only !== "faces") {
    const fleet = await start();
    for (const theme of ["light", "dark"]) await photograph(fleet, theme);
  }
  if (only !== "fleet") {
    const given = await filled(t, "weather");
    for (const theme of ["light", "dark"]) await photographFaces(given, theme);
  }
} finally {
  for (const end of undo) await end();
}
