/** What AI clients call the gateway in their files. */
const NAME = "mcp-discovery";

/** Where the gateway is, and what opens it; no token where none is needed. */
export interface Given {
  url: string;
  token: string | null;
}

/** How one AI client is told of the gateway. */
export interface Setup {
  /** As the core calls the client. */
  id: string;
  /** As people call it. */
  name: string;
  /** The person's own file, or where a command is typed. */
  where: string;
  /** A command is run; an entry stands beside the others of a file; some clients take no address at all. */
  kind: "command" | "entry" | "none";
  /** What is run or pasted. */
  text: (given: Given) => string;
}

const bearer = (token: string) => `Bearer ${token}`;
const headers = ({ token }: Given) => (token === null ? {} : { headers: { Authorization: bearer(token) } });
const json = (value: unknown) => JSON.stringify(value, null, 2);

/** An entry of a JSON file, below the key under which the client keeps its servers. */
function entry(id: string, name: string, where: string, shape: (given: Given) => object, key = "mcpServers"): Setup {
  return { id, name, where, kind: "entry", text: (given) => json({ [key]: { [NAME]: shape(given) } }) };
}

/** Programs are all that it starts. */
function none(id: string, name: string): Setup {
  return { id, name, where: "", kind: "none", text: () => "" };
}

const plain = (given: Given) => ({ url: given.url, ...headers(given) });
const http = (given: Given) => ({ type: "http", ...plain(given) });
const serverUrl = (given: Given) => ({ serverUrl: given.url, ...headers(given) });
const remote = (given: Given) => ({ type: "remote", ...plain(given), enabled: true });
const vscode = (id: string, name: string) =>
  entry(id, name, "its command “MCP: Open User Configuration”", http, "servers");

function claudeCode({ url, token }: Given): string {
  const add = `claude mcp add --transport http ${NAME} ${url}`;
  return token === null ? add : `${add} --header "Authorization: ${bearer(token)}"`;
}

function codex({ url, token }: Given): string {
  const lines = [`[mcp_servers.${NAME}]`, `url = "${url}"`];
  if (token !== null) lines.push(`http_headers = { Authorization = "${bearer(token)}" }`);
  return lines.join("\n");
}

function goose({ url, token }: Given): string {
  const lines = ["extensions:", `  ${NAME}:`, `    name: ${NAME}`, "    type: streamable_http", `    uri: ${url}`];
  if (token !== null) lines.push("    headers:", `      Authorization: ${bearer(token)}`);
  return [...lines, "    enabled: true", "    timeout: 300"].join("\n");
}

/** Every client whose way is known, by name; any other takes the last one. */
export const SETUPS: readonly Setup[] = [
  entry("antigravity", "Antigravity", "~/.gemini/config/mcp_config.json", serverUrl),
  { id: "claude-code", name: "Claude Code", where: "a terminal", kind: "command", text: claudeCode },
  none("claude-desktop", "Claude Desktop"),
  entry("cline", "Cline", "cline_mcp_settings.json, which Cline opens under “MCP Servers”", (given) => ({
    ...plain(given),
    type: "streamableHttp",
    disabled: false,
  })),
  { id: "codex", name: "Codex", where: "~/.codex/config.toml", kind: "entry", text: codex },
  entry("copilot-cli", "Copilot CLI", "~/.copilot/mcp-config.json", (given) => ({ ...http(given), tools: ["*"] })),
  entry("crush", "Crush", "~/.config/crush/crush.json", http, "mcp"),
  entry("cursor", "Cursor", "~/.cursor/mcp.json", plain),
  entry("gemini-cli", "Gemini CLI", "~/.gemini/settings.json", http),
  { id: "goose", name: "Goose", where: "~/.config/goose/config.yaml", kind: "entry", text: goose },
  none("junie", "Junie"),
  entry("kilo", "Kilo Code", "~/.config/kilo/kilo.json", remote, "mcp"),
  entry("kiro", "Kiro", "~/.kiro/settings/mcp.json", plain),
  entry("lm-studio", "LM Studio", "~/.lmstudio/mcp.json", plain),
  entry("opencode", "OpenCode", "~/.config/opencode/opencode.json", remote, "mcp"),
  entry("roo", "Roo Code", "mcp_settings.json, which Roo Code opens under “MCP Servers”", (given) => ({
    type: "streamable-http",
    ...plain(given),
  })),
  vscode("vscode", "VS Code"),
  vscode("vscode-insiders", "VS Code Insiders"),
  vscode("vscodium", "VSCodium"),
  entry("warp", "Warp", "~/.warp/.mcp.json", http),
  entry("windsurf", "Windsurf", "~/.codeium/windsurf/mcp_config.json", serverUrl),
  entry(
    "zed",
    "Zed",
    "~/.config/zed/settings.json",
    (given) => ({ source: "custom", ...http(given) }),
    "context_servers",
  ),
];

/** A client that we do not know: most of them take this. */
export const OTHER: Setup = entry("other", "Another client", "the file that lists its MCP servers", http);

/** How a client of this name is told; people write names as they like. */
export function setupOf(name: string): Setup {
  const letters = (text: string) => text.toLowerCase().replace(/[^a-z0-9]/g, "");
  const wanted = letters(name);
  return SETUPS.find((setup) => [letters(setup.name), letters(setup.id)].includes(wanted)) ?? OTHER;
}
