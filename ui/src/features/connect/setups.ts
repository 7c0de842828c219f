/** How AI clients name the gateway in their files. */
const NAME = "mcp-discovery";

/** Where the gateway is, and its token; no token if none is needed. */
export interface Given {
  url: string;
  token: string | null;
}

/** How one AI client is set up for the gateway. */
export interface Setup {
  /** As the core calls the client. */
  id: string;
  /** Its product name. */
  name: string;
  /** The user's own file, or where a command is typed. */
  where: string;
  /** The client needs a command, or an entry in its file; some clients accept no URL at all. */
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

/** It can only start programs. */
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

/** Every client with known instructions, by name; any other gets the last one. */
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

/** A client that we do not know: most clients accept this. */
export const OTHER: Setup = entry("other", "Another client", "the file that lists its MCP servers", http);

/** The instructions for a client of this name; spelling and case may differ. */
export function setupOf(name: string): Setup {
  const letters = (text: string) => text.toLowerCase().replace(/[^a-z0-9]/g, "");
  const wanted = letters(name);
  return SETUPS.find((setup) => [letters(setup.name), letters(setup.id)].includes(wanted)) ?? OTHER;
}
