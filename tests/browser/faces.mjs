// Every face of the app, with something in it and without.
import { startCore, startScripted } from "./harness.mjs";

/** A name that no list, dialog or tooltip may break over. */
export const LONG = "a name as long as a page and more ".repeat(8).slice(0, 200).trim();
const tools = (name) => [
  {
    name: name === LONG ? LONG.replaceAll(" ", "_").slice(0, 120) : "read_note",
    description: `Reads. ${name}`,
    inputSchema: {
      type: "object",
      properties: {
        id: { type: "integer", description: name },
        [name === LONG ? LONG.slice(0, 80) : "deep"]: { type: "boolean" },
        list: {
          type: "array",
          items: { type: "object", properties: { a: { type: "string" }, b: { type: "number" } } },
        },
      },
      required: ["id"],
    },
    annotations: { destructiveHint: true },
  },
];

/** A core with servers in every state, all of this name. */
export async function filled(t, name) {
  const core = await startCore(t, {
    config: "health_monitoring:\n  check_interval: 3600\n",
    flags: ["--no-local-discovery"],
  });
  const well = await startScripted(t, { name, tools: tools(name), instructions: name });
  const closed = await startScripted(t, { name, token: "x" });
  const gone = await startScripted(t, { name });
  await gone.stop();
  const metadata = { region: name === LONG ? LONG.slice(0, 60) : "eu-central-1", owner: name };
  const ids = {};
  for (const [state, server] of Object.entries({ well, closed, gone })) {
    const added = await core.call("add", {
      url: `http://${server.address}`,
      name,
      metadata,
      capabilities: [name.slice(0, 60)],
      no_probe: state === "gone",
    });
    ids[state] = added.server.id;
    await core.call("check", { id: added.server.id }).catch(() => {});
  }
  const scanned = await startScripted(t, { name: `${name}2`.slice(-200) });
  const { id } = await core.call("scan_start", {
    targets: ["127.0.0.1"],
    ports: [String(scanned.port), String(closed.port)],
  });
  for (;;) if ((await core.call("scan", { scan: id })).scan.state !== "running") break;
  return { core, ids, tool: tools(name)[0].name };
}

/** Every face of the app, each brought about by a few steps. */
export function faces({ core, ids, tool }) {
  const at = (hash) => async (page) => {
    await page.goto(`${core.address}/#/${hash}`);
    await page.locator("main h1").waitFor();
  };
  const drawer = (id, tab) => async (page) => {
    await at(`servers/${id}`)(page);
    await page.getByRole("tab", { name: new RegExp(`^${tab}`) }).click();
    await page.getByRole("tabpanel").locator("p, dl, ul, ol, pre").first().waitFor();
  };
  const dialog = (open) => async (page) => {
    await at("servers")(page);
    await open(page);
    await page.getByRole("dialog").waitFor();
  };
  const menu = (item) => async (page) => {
    await page.getByRole("button", { name: "More about the list" }).click();
    await page.getByRole("menuitem", { name: item }).click();
  };
  const settings = (section) => async (page) => {
    await at(`settings/${section}`)(page);
    await page.getByRole("textbox", { name: "mcp-discovery.yaml" }).waitFor();
  };
  const drafted = (section, change) => async (page) => {
    await settings(section)(page);
    await change(page);
    await page
      .getByText(/^Draft(,| cannot)/)
      .first()
      .waitFor();
  };
  const empty = ids === undefined;
  return {
    discover: at("discover"),
    servers: at("servers"),
    playground: at("playground"),
    settings: settings("health_monitoring"),
    "settings, lists": settings("network_discovery"),
    "settings, secrets": settings("secrets"),
    "settings, versions": async (page) => {
      await settings("health_monitoring")(page);
      await page.getByRole("button", { name: "Versions", exact: true }).click();
      await page.getByRole("region", { name: "Versions" }).waitFor();
    },
    "settings, draft": drafted("health_monitoring", (page) =>
      page.getByRole("textbox", { name: "Max failures" }).fill("7"),
    ),
    "settings, wrong": drafted("health_monitoring", (page) =>
      page.getByRole("textbox", { name: "Timeout" }).fill("5000"),
    ),
    "settings, a rule": drafted("routing_rules", async (page) => {
      await page.getByRole("textbox", { name: "Name of a new rule" }).fill(empty ? "weather.*" : tool);
      await page.keyboard.press("Enter");
      await page.getByRole("textbox", { name: "Priority" }).waitFor();
    }),
    "settings, found": async (page) => {
      await settings("gateway")(page);
      await page.getByRole("combobox", { name: "Find a setting" }).fill("timeout");
      await page.getByRole("listbox", { name: "Settings that fit" }).waitFor();
    },
    "settings, broken": drafted("gateway", async (page) => {
      await page.getByRole("textbox", { name: "mcp-discovery.yaml" }).focus();
      await page.keyboard.insertText("a: [");
      await page.getByText(/^The forms wait/).waitFor();
    }),
    ...(empty
      ? {}
      : {
          "drawer, well": drawer(ids.well, "Overview"),
          "drawer, down": drawer(ids.gone, "Overview"),
          "drawer, sign-in": drawer(ids.closed, "Overview"),
          tools: drawer(ids.well, "Tools"),
          health: drawer(ids.gone, "Health"),
          logs: drawer(ids.gone, "Logs"),
          raw: drawer(ids.well, "Raw"),
          form: at(`playground/${ids.well}/${encodeURIComponent(tool)}`),
          question: async (page) => {
            await at(`playground/${ids.well}/${encodeURIComponent(tool)}`)(page);
            await page.getByRole("textbox", { name: /^id/ }).fill("1");
            await page.getByRole("button", { name: "Run", exact: true }).click();
            await page.getByRole("alertdialog").waitFor();
          },
          selecting: async (page) => {
            await at("servers")(page);
            await page.getByRole("grid").focus();
            await page.keyboard.press("Control+a");
            await page.getByRole("button", { name: "Label…" }).waitFor();
          },
          filtered: async (page) => {
            await at("servers")(page);
            await page.getByRole("combobox", { name: "Filter servers" }).fill("is:healthy");
            await page.getByText(/1 of 3/).waitFor();
          },
          edit: dialog(async (page) => {
            await at(`servers/${ids.well}`)(page);
            await page.getByRole("button", { name: "More actions" }).click();
            await page.getByRole("menuitem", { name: /^Edit/ }).click();
          }),
        }),
    add: dialog((page) =>
      page.keyboard.press("Control+k").then(() => page.getByRole("option", { name: "Add server by address" }).click()),
    ),
    import: dialog(empty ? (page) => page.getByRole("button", { name: "Import file…" }).click() : menu(/^Import/)),
    removed: dialog(
      empty ? (page) => page.getByRole("button", { name: "Recently removed" }).click() : menu(/^Recently/),
    ),
    help: dialog((page) => page.getByRole("button", { name: "Help", exact: true }).click()),
    shortcuts: dialog((page) => page.keyboard.press("?")),
    palette: dialog((page) => page.keyboard.press("Control+k")),
  };
}
