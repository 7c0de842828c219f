import type { Health, ScanRow, ServerRow, Tool } from "../src/host/bindings.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const NOW = Date.now();

type Seed = [
  name: string,
  address: string,
  region: string | null,
  status: Health["status"],
  ageMs: number,
  ms: number | null,
  reason: string | null,
  source?: ServerRow["source"],
];

const SEEDS: Seed[] = [
  [
    "weather-usw2-b",
    "10.20.4.12:8080/mcp",
    "us-west-2",
    "unhealthy",
    18 * MINUTE,
    null,
    "Connection refused: the computer answers, but nothing listens on port 8080. The server process has most likely stopped.",
  ],
  ["weather-usw2-c", "10.20.4.13:8080/mcp", "us-west-2", "degraded", 3 * HOUR, 1240, "Slow, limit 1,000 ms"],
  ["translate-euc1", "10.60.1.40:8080/mcp", "eu-central-1", "degraded", 41 * MINUTE, 96, "1 of 3 tools missing"],
  [
    "billing-ledger",
    "https://10.20.4.55/mcp",
    "us-west-2",
    "needs_sign_in",
    5 * HOUR,
    71,
    "Asks for a bearer token",
    "scan",
  ],
  ["whisper-stt", "192.168.1.31:9000/mcp", "local", "unknown", 20_000, null, null, "scan"],
  ["staging-catalog", "10.60.1.50:8080/mcp", "eu-central-1", "paused", 3 * HOUR, 88, "Drained by you"],
  ["analytics-query", "10.20.4.30:9000/mcp", "us-west-2", "healthy", 6 * DAY, 143, null],
  ["code-runner-gpu", "10.20.4.50:8765/mcp", "us-west-2", "healthy", 5 * HOUR, 57, null],
  ["everything", "127.0.0.1:3001/mcp", "local", "healthy", 12 * MINUTE, 4, null, "scan"],
  ["invoice-ocr", "10.60.1.34:8080/mcp", "eu-central-1", "healthy", 11 * HOUR, 310, null, "import"],
  ["memory", "", "local", "healthy", 2 * HOUR, 6, null],
  ["nas-photos", "192.168.1.20:8811/mcp", "local", "healthy", 52 * MINUTE, 9, null],
  ["search-docs-euc1", "10.60.1.21:8000/mcp", "eu-central-1", "healthy", 6 * DAY, 124, null],
  ["search-docs-usw2", "10.20.4.21:8000/mcp", "us-west-2", "healthy", 6 * DAY, 62, null],
  ["sqlite-notes", "127.0.0.1:8000/mcp", "local", "healthy", 2 * DAY, 11, null, "scan"],
  ["vector-store-1", "10.20.4.41:8080/mcp", "us-west-2", "healthy", 2 * DAY, 21, null],
  ["vector-store-2", "10.20.4.42:8080/mcp", "us-west-2", "healthy", 2 * DAY, 24, null],
  ["weather-euc1-a", "10.60.1.11:8080/mcp", "eu-central-1", "healthy", 6 * DAY, 112, null],
  ["weather-euc1-b", "10.60.1.12:8080/mcp", "eu-central-1", "healthy", 6 * DAY, 118, null],
  ["weather-usw2-a", "10.20.4.11:8080/mcp", "us-west-2", "healthy", 6 * DAY, 38, null],
];

const SCORE: Partial<Record<Health["status"], number>> = { healthy: 1, degraded: 0.75, unknown: 0.5 };

const SUMMARY: Partial<Record<Health["status"], string>> = { unhealthy: "Connection refused" };

export function row(seed: Seed): ServerRow {
  const [name, address, region, status, ageMs, ms, reason, source] = seed;
  const url = address && (address.includes("://") ? address : `http://${address}`);
  const stdio = url === "";
  return {
    id: fakeId(name),
    name,
    transport: stdio ? "stdio" : "http",
    url: url || null,
    endpoint: url || null,
    command: stdio ? "npx" : null,
    args: stdio ? ["-y", "@modelcontextprotocol/server-memory"] : [],
    capabilities: TOOLS.map((tool) => tool.name),
    metadata: region ? { region, capacity: 4, owner: "platform" } : {},
    region,
    health: {
      status,
      score: SCORE[status] ?? 0,
      reason,
      response_time_ms: ms,
      checked_at: status === "unknown" ? null : NOW - 12_000,
      since: NOW - ageMs,
      summary: reason ? (SUMMARY[status] ?? reason).slice(0, 24) : null,
      consecutive_failures: status === "unhealthy" ? 7 : 0,
      next_check: status === "paused" ? null : NOW + 18_000,
      last_success: status === "unhealthy" ? NOW - ageMs : NOW - 12_000,
    },
    source: source ?? "manual",
    tools: status === "needs_sign_in" || status === "unknown" ? 0 : TOOLS.length,
    resources: 2,
    prompts: 1,
    auth_required: status === "needs_sign_in",
    version: "1.0.0",
    server_version: "2.1.4",
    protocol_version: name.startsWith("nas") ? "2025-06-18" : "2026-07-28",
    era: name.startsWith("nas") ? "legacy" : "modern",
    created_at: NOW - 7 * DAY,
    updated_at: NOW - ageMs,
    last_seen: status === "unknown" ? null : NOW - 12_000,
  };
}

function fakeId(name: string): string {
  const hex = [...name].map((char) => char.charCodeAt(0).toString(16)).join("");
  return `${hex.padEnd(8, "0").slice(0, 8)}-${hex.padEnd(24, "7").slice(8, 12)}-5abc-8def-${hex.split("").reverse().join("").padEnd(12, "3").slice(0, 12)}`;
}

const hints = (
  read: boolean | null,
  destructive: boolean | null,
  idempotent: boolean | null = null,
): Tool["hints"] => ({ read_only: read, destructive, idempotent, open_world: null });
const tool = (
  name: string,
  description: string,
  h: Tool["hints"],
  properties: Record<string, unknown>,
  required: string[],
): Tool => ({
  name,
  title: null,
  description,
  input_schema: { type: "object", properties, required },
  output_schema: null,
  hints: h,
});

export const TOOLS: Tool[] = [
  tool(
    "search_docs",
    "Full-text and vector search over indexed documents.",
    hints(true, false, true),
    {
      query: { type: "string", description: "What to look for" },
      source: { type: "string", enum: ["runbooks", "handbook", "incidents"], description: "Only this source" },
      filters: {
        type: "array",
        items: {
          type: "object",
          properties: {
            field: { enum: ["source", "updated", "score"] },
            op: {
              oneOf: [
                { const: "in", title: "in" },
                { const: "gte", title: "≥" },
                { const: "gt", title: ">" },
              ],
            },
            score: { type: "number", minimum: 0, maximum: 1 },
          },
          required: ["field", "op"],
        },
      },
      language: { type: "string", default: "en" },
      cursor: { type: ["string", "null"] },
      since: { type: "string", format: "date" },
      sort: {
        oneOf: [
          { type: "string", enum: ["score", "date"], title: "By name" },
          { type: "object", title: "By weights", additionalProperties: { type: "number" } },
        ],
      },
      api_key: { type: "string" },
      limit: { type: "integer", minimum: 1, maximum: 50, default: 5 },
      rerank: { anyOf: [{ type: "boolean" }, { type: "null" }], default: null },
    },
    ["query"],
  ),
  tool(
    "echo",
    "Echoes back the input string",
    hints(true, null),
    { message: { type: "string", description: "Message to echo" } },
    ["message"],
  ),
  tool("get_document", "One document by its id.", hints(true, false), { id: { type: "string" } }, ["id"]),
  tool("list_sources", "What is indexed.", hints(true, false), {}, []),
  tool(
    "slow_task",
    "Takes a while and says how far it is.",
    hints(null, null),
    { duration: { type: "number", default: 10, description: "Seconds" }, steps: { type: "number", default: 5 } },
    [],
  ),
  tool("picture", "Draws a tiny picture and links to a larger one.", hints(true, null), {}, []),
  tool("fails", "Says isError.", hints(null, null), {}, []),
  tool("breaks", "Answers with a protocol error.", hints(null, null), {}, []),
  tool("reindex_source", "Reads a source again.", hints(false, false), { source: { type: "string" } }, ["source"]),
  tool("delete_document", "Deletes a document for good.", hints(false, true), { id: { type: "string" } }, ["id"]),
];

/** `MOCK_EMPTY` starts with nothing, `MOCK_MANY=5000` with many, `MOCK_HOSTILE` with a server that means ill. */
export function seedRows(): ServerRow[] {
  if (process.env.MOCK_EMPTY) return [];
  const many = Array.from(
    { length: Number(process.env.MOCK_MANY ?? 0) },
    (_, at): Seed => [
      `replica-${String(at).padStart(5, "0")}`,
      `10.${at >> 8}.${at & 255}.1:8080/mcp`,
      "eu-central-1",
      "healthy",
      6 * DAY,
      at % 300,
      null,
    ],
  );
  const hostile: Seed[] = process.env.MOCK_HOSTILE
    ? [
        [
          `<img src=x onerror="document.title='owned'"> \u202egnp.exe\u202c \u0007${"long-name-".repeat(40)}`,
          "127.0.0.1:6666/mcp",
          "<b>region</b>",
          "degraded",
          HOUR,
          5,
          `<script>alert(1)</script> ${"why ".repeat(2_000)}`,
        ],
      ]
    : [];
  return [...SEEDS, ...hostile, ...many].map(row);
}

type Found = [
  name: string,
  address: string,
  outcome: ScanRow["outcome"],
  ms: number,
  reason: string | null,
  process: string | null,
  known?: boolean,
  tools?: number,
  version?: string,
];

const FOUND: Found[] = [
  ["everything", "127.0.0.1:3001/mcp", "mcp", 4, null, "node", true, 12, "2025-11-25"],
  ["sqlite-notes", "127.0.0.1:8000/mcp", "mcp", 11, null, "python3", true, 6, "2026-07-28"],
  ["filesystem", "127.0.0.1:3002/mcp", "mcp", 6, null, "node", false, 14, "2025-11-25"],
  ["home-assistant", "127.0.0.1:8123/sse", "mcp", 33, null, "hass", false, 21, "2024-11-05"],
  [
    "127.0.0.1:8443",
    "127.0.0.1:8443/mcp",
    "needs_sign_in",
    71,
    "Asks for a bearer token (401 with a challenge)",
    "billing",
    false,
  ],
  ["127.0.0.1:5173", "127.0.0.1:5173/mcp", "probable", 8, "421 Invalid Host", "node", false],
  ["127.0.0.1:9100", "127.0.0.1:9100", "not_mcp", 3, "a web page", "nginx", false],
  ["127.0.0.1:8081", "127.0.0.1:8081", "not_mcp", 3, "a web page", "caddy", false],
  ["127.0.0.1:5432", "127.0.0.1:5432", "not_mcp", 150, "speaks first", "postgres", false],
  ["127.0.0.1:7000", "127.0.0.1:7000", "not_mcp", 5, "404 on every path", null, false],
  ["127.0.0.1:6006", "127.0.0.1:6006", "not_mcp", 5, "silent for 5 s", "tensorboard", false],
  ["127.0.0.1:6007", "127.0.0.1:6007", "incomplete", 5000, "the 5 s for this port were over", "python3", false],
];

export function foundRows(): ScanRow[] {
  const many = Array.from(
    { length: Number(process.env.MOCK_FOUND ?? 0) },
    (_, at): Found => [
      `found-${String(at).padStart(5, "0")}`,
      `127.0.${at >> 8}.${at & 255}:8080/mcp`,
      "mcp",
      at % 90,
      null,
      "node",
      false,
      3,
      "2026-07-28",
    ],
  );
  return [...FOUND, ...many].map(([name, address, outcome, latency_ms, reason, program, known, tools, version]) => ({
    id: fakeId(name),
    name,
    url: `http://${address}`,
    transport: address.endsWith("/sse") ? "sse" : "http",
    era: outcome === "mcp" ? (version === "2026-07-28" ? "modern" : "legacy") : null,
    protocol_version: version ?? null,
    server_version: null,
    auth_required: outcome === "needs_sign_in",
    tools: tools ?? null,
    latency_ms,
    outcome,
    reason,
    known: process.env.MOCK_EMPTY ? false : (known ?? false),
    process: program,
  }));
}
