import {
  type Advice,
  type CallError,
  type Health,
  type HealthStatus,
  type Outcome,
  SEVERITY,
  type ServerRow,
  type Source,
  STATUS_WORDS,
  type Transport,
} from "../host";

/** The shapes that repeat a status for people who do not see its colour. */
export type GlyphName = "ok" | "warn" | "down" | "unk" | "sign" | "paused" | "say";

interface StatusWords {
  /** The label. */
  word: string;
  glyph: GlyphName;
  /** The word after `is:` in a filter. */
  is: string;
  /** It needs the user's attention. */
  attention: boolean;
}

const DRAWN: Record<HealthStatus, Pick<StatusWords, "glyph" | "attention">> = {
  unhealthy: { glyph: "down", attention: true },
  degraded: { glyph: "warn", attention: true },
  blocked: { glyph: "down", attention: true },
  needs_sign_in: { glyph: "sign", attention: true },
  unknown: { glyph: "unk", attention: false },
  paused: { glyph: "paused", attention: false },
  healthy: { glyph: "ok", attention: false },
};

/** Every status, in the order in which counts are shown: what needs attention first. */
export const STATUSES = (Object.keys(DRAWN) as HealthStatus[]).sort((a, b) => SEVERITY[a] - SEVERITY[b]);

/** The label and look of a status. */
export function statusWords(status: HealthStatus): StatusWords {
  const known = status in DRAWN ? status : "unknown";
  return { ...STATUS_WORDS[known], ...DRAWN[known] };
}

/** The label of a server's state: its status, or that its program is starting or asleep; and since when. */
export function healthWords(
  health: Pick<Health, "status" | "starting" | "asleep" | "since">,
): StatusWords & { since: number | null } {
  const words = { ...statusWords(health.status), since: health.since };
  const open = ["unknown", "healthy", "degraded"].includes(health.status);
  if (open && health.starting !== null) {
    return { ...words, word: "Starting", glyph: "unk", attention: false, since: health.starting };
  }
  if (health.status === "healthy" && health.asleep !== null) {
    return { ...words, word: "Healthy, asleep", since: health.asleep };
  }
  return words;
}

interface OutcomeWords {
  word: string;
  /** What the status means, for a new user. */
  meaning: string;
  glyph: GlyphName;
}

const OUTCOME: Record<Outcome, OutcomeWords> = {
  mcp: { word: "MCP servers", meaning: "", glyph: "ok" },
  needs_sign_in: { word: "Needs sign-in", meaning: "MCP servers that require sign-in", glyph: "sign" },
  probable: {
    word: "Probable",
    meaning: "Answers like an MCP server but refuses our Host header",
    glyph: "unk",
  },
  incomplete: { word: "Incomplete", meaning: "The time limit of this address passed before a result", glyph: "warn" },
  not_mcp: { word: "Answers, but not MCP", meaning: "", glyph: "unk" },
};

/** Outcomes that are results, in the order they are listed. `not_mcp` is separate. */
export const RESULT_OUTCOMES: readonly Outcome[] = ["mcp", "needs_sign_in", "probable", "incomplete"];

/** The label and look of an outcome. */
export function outcomeWords(outcome: Outcome): OutcomeWords {
  return OUTCOME[outcome];
}

const TRANSPORT: Record<Transport, string> = {
  http: "Streamable HTTP",
  sse: "HTTP + SSE",
  stdio: "stdio",
};

/** The name of a transport. */
export function transportWords(transport: Transport): string {
  return TRANSPORT[transport] ?? transport;
}

const SOURCE: Record<Source, string> = {
  manual: "Added by you",
  import: "Imported",
  scan: "Found by a scan",
  client: "From an AI client",
  demo: "Demo fleet",
};

/** The label of a server's source. */
export function sourceWords(source: Source): string {
  return SOURCE[source] ?? source;
}

/** A server's address as it is shown: no scheme, no trailing slash; the command line of a stdio server. */
export function addressOf(row: Pick<ServerRow, "endpoint" | "url" | "command" | "args">): string {
  const url = row.endpoint ?? row.url;
  if (url) return shortUrl(url);
  return [row.command ?? "", ...row.args].join(" ").trim();
}

/** `http://127.0.0.1:8000/mcp` as `127.0.0.1:8000/mcp`; `https://` stays, since it is worth knowing. */
export function shortUrl(url: string): string {
  return url.replace(/^http:\/\//, "").replace(/\/$/, "");
}

const CHECKS: Record<string, string> = {
  endpoint_reachable: "Endpoint reachable",
  response_time: "Response time",
  tool_availability: "Tools available",
  calls: "Calls",
};

/** The label of a check. */
export function checkWords(name: string): string {
  return CHECKS[name] ?? name;
}

/** What to do about an error, in a sentence; nothing if a button says it, or if there is nothing to say. */
const REMEDY: Partial<Record<Advice, string>> = {
  give_credentials: "Give its token, or the header it asks for.",
  use_http: "It may not speak TLS.",
  give_path: "MCP may be at another path: give the whole address.",
  forget_token: "Forget its token first, on the Overview tab of the server.",
  give_environment: "Give it variables of an environment instead.",
  give_variable: "Give the variable a value, or remove it.",
  agree_to_command: "Choose Edit, review the command, and save it.",
  keep_in_file: "You can keep it in a file instead.",
  resume: "Resume it first.",
  check: "Check it first: that finds out what it offers.",
};

/** The core's advice on an error. */
export function adviceOf(error: CallError | null): Advice | null {
  const detail = error?.detail;
  if (typeof detail !== "object" || detail === null || !("advice" in detail)) return null;
  return typeof detail.advice === "string" ? (detail.advice as Advice) : null;
}

/** The advice in words. */
export function remedy(error: CallError): string {
  const advice = adviceOf(error);
  return (advice && REMEDY[advice]) ?? "";
}

/** The names that `detail` gives with an advice. */
export function named(error: CallError, key: "variable"): string | null {
  const detail = error.detail as Record<string, unknown> | null;
  const name = detail?.[key];
  return typeof name === "string" ? name : null;
}
