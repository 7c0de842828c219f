// A core with something of everything in it, for tests of all faces.
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { startCore, startScripted, temporaryFolder } from "./harness.mjs";

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

/** Clients that are set up with servers of this name, and a file of theirs that is broken. */
async function setUpClients(home, name) {
  const program = `/opt/${name.replaceAll(" ", "-")}`;
  const servers = {
    [name]: { command: program, args: ["-y", name, `--root=${name}`], cwd: program, env: { [name]: "x", OTHER: "y" } },
    [`${name} there`]: { url: `https://example.org/${encodeURIComponent(name)}`, headers: { "X-Key": "x" } },
    [`${name} odd`]: { command: 5 },
  };
  const file = async (path, text) => {
    await mkdir(dirname(join(home, path)), { recursive: true });
    await writeFile(join(home, path), text);
  };
  await file(".cursor/mcp.json", JSON.stringify({ mcpServers: servers }));
  await file(".claude.json", JSON.stringify({ projects: { [`/${name}`]: { mcpServers: servers } } }));
  await file(".kiro/settings/mcp.json", "{");
}

/** A core with servers in every state, all of this name. */
export async function filled(t, name) {
  const dataDir = await temporaryFolder(t);
  await setUpClients(dataDir, name);
  const core = await startCore(t, {
    dataDir,
    config: "health_monitoring:\n  check_interval: 3600\n",
    flags: ["--no-local-discovery"],
  });
  const rows = [1, 2].map((row) => ({ place: name, [name.slice(0, 40)]: row }));
  const call = () => ({
    content: [
      { type: "text", text: `${name}: done` },
      { type: "resource_link", uri: `https://example.org/${encodeURIComponent(name)}`, name },
    ],
    structuredContent: { rows },
  });
  const well = await startScripted(t, { name, tools: tools(name), instructions: name, call });
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
  // It is never started: what is measured is how it stands there.
  const program = await core.call("add", {
    stdio: [`/opt/${name.replaceAll(" ", "-")}`, "-y", name, `--root=${name}`],
    name,
    metadata,
    no_probe: true,
  });
  ids.program = program.server.id;
  await core.call("gateway_token_new", { name: name.slice(0, 64).trim() });
  // Calls of every end: answered, answered by who was named, and one that nobody took.
  const { name: tool } = tools(name)[0];
  const made = [{ capability: tool }, { capability: tool, server: ids.well }, { capability: `${tool}_no` }];
  for (const call of made) await core.call("call", { ...call, arguments: { id: 1 }, client: name }).catch(() => {});
  const dropped = await core.call("add", { url: "http://127.0.0.1:9/mcp", name, no_probe: true });
  await core.call("remove", { ids: [dropped.server.id] });
  const scanned = await startScripted(t, { name: `${name}2`.slice(-200) });
  const { id } = await core.call("scan_start", {
    targets: ["127.0.0.1"],
    ports: [String(scanned.port), String(closed.port)],
  });
  for (;;) if ((await core.call("scan", { scan: id })).scan.state !== "running") break;
  return { core, ids, tool: tools(name)[0].name };
}
