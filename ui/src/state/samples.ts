import type { ScanRow, ScanStatus, ServerRow } from "../host/bindings";

/** A server for tests, healthy unless said otherwise. */
export function server(id: string, changes: Partial<ServerRow> = {}): ServerRow {
  return {
    id,
    name: id,
    transport: "http",
    url: `http://127.0.0.1:8000/${id}`,
    endpoint: null,
    command: null,
    args: [],
    capabilities: [],
    metadata: {},
    region: null,
    health: {
      status: "healthy",
      score: 1,
      reason: null,
      summary: null,
      certificate: null,
      response_time_ms: 4,
      checked_at: 0,
      asleep: null,
      seen_by: [],
      starting: null,
      since: 0,
      consecutive_failures: 0,
      next_check: null,
      last_success: 0,
    },
    source: "manual",
    tools: 0,
    resources: 0,
    prompts: 0,
    auth_required: false,
    version: null,
    server_version: null,
    protocol_version: null,
    era: null,
    created_at: 0,
    updated_at: 0,
    last_seen: null,
    ...changes,
  };
}

/** A scan for tests, running unless said otherwise. */
export function scan(id: string, changes: Partial<ScanStatus> = {}): ScanStatus {
  return {
    id,
    targets: ["this computer"],
    named_ports: null,
    deep: false,
    imported: false,
    left_out: 0,
    state: "running",
    started_at: 1,
    finished_at: null,
    addresses: 1,
    ports: 100,
    total: 100,
    done: 0,
    open: 0,
    found: 0,
    slow: 0,
    timeout: 5,
    ...changes,
  };
}

/** A found row for tests, an MCP server unless said otherwise. */
export function found(url: string, changes: Partial<ScanRow> = {}): ScanRow {
  return {
    id: url,
    name: url,
    url,
    transport: "http",
    era: "modern",
    protocol_version: "2026-07-28",
    server_version: null,
    auth_required: false,
    tools: 3,
    latency_ms: 4,
    outcome: "mcp",
    certificate: null,
    reason: null,
    known: false,
    process: null,
    definition: null,
    ...changes,
  };
}
