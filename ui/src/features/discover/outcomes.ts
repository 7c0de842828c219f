import type { Outcome, ScanChanged, ScanComparison, ScanRow, ScanStatus, ServerRow } from "../../host";
import { dayName } from "../../shared/days";
import { demoServers } from "../../shared/demo.svelte";
import { clock, count, plural, span } from "../../shared/format";
import { brief, oneLine } from "../../shared/text";
import { RESULT_OUTCOMES, shortUrl } from "../../shared/words";

/** Rows of one outcome, or of none: those that only an earlier scan found. */
export interface OutcomeGroup {
  outcome: Outcome | "gone" | "not_asked";
  rows: ScanRow[];
}

/** The results by outcome, without `not_mcp`. New ones come before known ones, both by name. */
export function resultGroups(found: readonly ScanRow[]): OutcomeGroup[] {
  return RESULT_OUTCOMES.map((outcome) => ({
    outcome,
    rows: found.filter((row) => row.outcome === outcome).sort(newFirst),
  })).filter((group) => group.rows.length > 0);
}

/** A line of the table of results. */
export type ResultLine = { key: string; outcome: OutcomeGroup["outcome"]; at: number } & (
  | { kind: "group"; size: number }
  | { kind: "row"; row: ScanRow; fated: Fated | null }
  | { kind: "failure"; row: ScanRow; text: string }
  | { kind: "note"; text: string }
);

/** The results of one fate, or of all, with those that only an earlier scan found; without `not_mcp`. */
export function comparedGroups(found: readonly ScanRow[], fated: readonly Fated[], only: Fate | null): OutcomeGroup[] {
  const wanted = fated.filter(({ fate }) => only === null || fate === only);
  const here = new Set(wanted.filter(({ earlier }) => !earlier).map(({ row }) => row.url));
  const left = (["gone", "not_asked"] as const).map((outcome) => ({
    outcome,
    rows: wanted.filter(({ fate, earlier }) => earlier && fate === outcome).map(({ row }) => row),
  }));
  const shown = only === null ? found : found.filter((row) => here.has(row.url));
  return [...resultGroups(shown), ...left.filter((group) => group.rows.length > 0)];
}

/** The group holds servers that only an earlier scan found. */
export function isEarlier(outcome: OutcomeGroup["outcome"]): outcome is "gone" | "not_asked" {
  return outcome === "gone" || outcome === "not_asked";
}

/** The table's lines: each group under its name, each row followed by its details. */
export function resultLines(
  groups: readonly OutcomeGroup[],
  failed: ReadonlyMap<string, string>,
  fated: readonly Fated[] = [],
): ResultLine[] {
  const fates = new Map(fated.map((one) => [`${one.earlier} ${one.row.url}`, one]));
  const lines: ResultLine[] = [];
  for (const { outcome, rows } of groups) {
    const add = (line: ResultLine) => void lines.push({ ...line, outcome, at: lines.length });
    const earlier = isEarlier(outcome);
    add({ key: outcome, outcome, at: 0, kind: "group", size: rows.length });
    for (const row of rows) {
      const key = earlier ? `${outcome} ${row.url}` : row.url;
      const fate = fates.get(`${earlier} ${row.url}`) ?? null;
      add({ key, outcome, at: 0, kind: "row", row, fated: fate });
      const text = earlier ? undefined : failed.get(row.url);
      if (text) add({ key: `${key} failure`, outcome, at: 0, kind: "failure", row, text });
      if (fate?.fate === "changed" || fate?.fate === "moved") {
        add({ key: `${key} note`, outcome, at: 0, kind: "note", text: fate.note });
      }
    }
  }
  return lines;
}

/** A service that is not MCP has a kind; the reason of each row says the rest. */
const KINDS: readonly { fits: RegExp; one: string; many?: string }[] = [
  { fits: /web page|text\/html/, one: "web page" },
  { fits: /sends nothing|too slow|time limit|closes|connection broke|closed the connection/, one: "silent port" },
  { fits: /TLS|certificate/, one: "port with a TLS problem", many: "ports with a TLS problem" },
  { fits: /does not speak HTTP/, one: "service that is not HTTP", many: "services that are not HTTP" },
  {
    fits: /credentials|sign-in|refuses the request/,
    one: "service that asks for credentials",
    many: "services that ask for credentials",
  },
  { fits: /JSON/, one: "JSON service" },
];

/** Services that answer but are not MCP, of one kind. */
export interface Kind {
  /** `21 web pages`. */
  title: string;
  rows: ScanRow[];
}

/** Services that answer but are not MCP, by kind, most frequent first. */
export function notMcp(found: readonly ScanRow[]): Kind[] {
  const kinds = new Map<(typeof KINDS)[number] | null, ScanRow[]>();
  for (const row of found) {
    if (row.outcome !== "not_mcp") continue;
    const kind = KINDS.find(({ fits }) => fits.test(row.reason ?? "")) ?? null;
    kinds.set(kind, [...(kinds.get(kind) ?? []), row]);
  }
  const title = (kind: (typeof KINDS)[number] | null, size: number) =>
    kind ? plural(size, kind.one, kind.many) : plural(size, "other service");
  const all = [...kinds].map(([kind, rows]) => ({ title: title(kind, rows.length), rows }));
  return all.sort((a, b) => b.rows.length - a.rows.length);
}

/** Whether the user can add it: known ones are in the list, incomplete ones have no verdict. */
export function canAdd(row: ScanRow): boolean {
  return !row.known && (row.outcome === "mcp" || row.outcome === "needs_sign_in" || row.outcome === "probable");
}

/**
 * How long the rest will take at the speed so far, in milliseconds; absent while that is a guess. Ports that are slow already
 * are no part of it: the speed says nothing of them.
 */
export function timeLeft(scan: ScanStatus, now: number): number | null {
  const spent = now - scan.started_at;
  const rest = scan.total - scan.done - scan.slow;
  if (scan.state !== "running" || scan.done < 20 || spent < 1_000 || rest <= 0) return null;
  return (rest * spent) / scan.done;
}

/** What the scan waits for at the end: `2 slow ports, at most 5 s each`. */
export function slowWords({ slow, timeout }: ScanStatus): string | null {
  if (slow === 0) return null;
  return `${plural(slow, "slow port")}, at most ${span(timeout * 1_000)}${slow === 1 ? "" : " each"}`;
}

/** Ports as typed, `3000-3010, 8080`, in the core's form. Empty means the core's default. */
export function splitPorts(text: string): { ports: string[] } | { problem: string } {
  const ports = text.split(/[\s,]+/).filter(Boolean);
  const wrong = ports.find((port) => !isPort(port));
  if (wrong) return { problem: `“${wrong}” is not a port. Ports are 1 to 65535, such as 8080 or 3000-3010` };
  return { ports };
}

function isPort(text: string): boolean {
  const parts = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(text);
  if (!parts) return false;
  const from = Number(parts[1]);
  const to = Number(parts[2] ?? parts[1]);
  return from >= 1 && from <= to && to <= 65_535;
}

function newFirst(a: ScanRow, b: ScanRow): number {
  return Number(a.known) - Number(b.known) || a.name.localeCompare(b.name) || a.url.localeCompare(b.url);
}

/** Servers of one kind on this computer. */
export interface HereGroup {
  title: string;
  /** They are of the demo fleet. */
  demo?: boolean;
  rows: ServerRow[];
}

/** The servers in the list that run on this computer, by how they are reached. */
export function onThisComputer(servers: readonly ServerRow[]): HereGroup[] {
  const own = servers.filter((row) => row.source !== "demo");
  const groups = [
    { title: "On a port of this computer", rows: own.filter((row) => row.transport !== "stdio" && isLoopback(row)) },
    { title: "Started by MCP Discovery", rows: own.filter((row) => row.transport === "stdio") },
    { title: "Demo fleet", rows: demoServers(servers), demo: true },
  ];
  return groups.filter((group) => group.rows.length > 0);
}

function isLoopback(row: ServerRow): boolean {
  const url = row.endpoint ?? row.url;
  if (!url || !URL.canParse(url)) return false;
  const host = new URL(url).hostname;
  return host === "localhost" || host === "[::1]" || host.startsWith("127.");
}

/** The change of a server since an earlier scan. */
export type Fate = "new" | "gone" | "changed" | "moved" | "not_asked";

/** A server, and how it changed. */
export interface Fated {
  fate: Fate;
  row: ScanRow;
  /** It was found before and was not found now. */
  earlier: boolean;
  /** Details, as a sentence; empty if there are none. */
  note: string;
}

/** The fates in the order they are shown, as a word before their count. */
export const FATES: readonly { fate: Fate; word: string }[] = [
  { fate: "new", word: "New" },
  { fate: "changed", word: "Tools changed" },
  { fate: "moved", word: "Moved" },
  { fate: "gone", word: "Gone" },
  { fate: "not_asked", word: "Not asked" },
];

/** Names of tools in one line, at most. */
const NAMED = 6;

/** Every server that changed. */
export function fates(compared: ScanComparison): Fated[] {
  const now = { earlier: false, note: "" };
  return [
    ...compared.new.map((row): Fated => ({ ...now, fate: "new", row })),
    ...compared.changed.map((one): Fated => ({ ...now, fate: "changed", row: one.row, note: toolWords(one) })),
    ...compared.moved.map(
      (one): Fated => ({ ...now, fate: "moved", row: one.row, note: `It was at ${oneLine(shortUrl(one.from))}` }),
    ),
    ...compared.gone.map((one): Fated => ({ fate: "gone", row: one.row, earlier: true, note: brief(one.reason) })),
    ...compared.not_asked.map(
      (one): Fated => ({ fate: "not_asked", row: one.row, earlier: one.was_found_before, note: unaskedWords(one) }),
    ),
  ];
}

function unaskedWords({ was_found_before, reason }: ScanComparison["not_asked"][number]): string {
  return was_found_before
    ? `Found before; this time ${oneLine(reason)}`
    : `Found now; the time before ${oneLine(reason)}`;
}

/** `Tools: added a, b; changed c`. */
export function toolWords({ added, removed, changed }: Pick<ScanChanged, "added" | "removed" | "changed">): string {
  const names = (tools: readonly string[]) =>
    tools.slice(0, NAMED).map(oneLine).join(", ") +
    (tools.length > NAMED ? ` and ${count(tools.length - NAMED)} more` : "");
  const parts = [
    ["added", added],
    ["removed", removed],
    ["changed", changed],
  ] as const;
  const said = parts.filter(([, tools]) => tools.length > 0).map(([word, tools]) => `${word} ${names(tools)}`);
  return `Tools ${said.join("; ")}`;
}

/** `yesterday, 18:02`. */
export function since(scan: ScanStatus, now: number): string {
  const day = dayName(scan.started_at, now);
  return `${day === "Today" || day === "Yesterday" ? day.toLowerCase() : day}, ${clock(scan.started_at).slice(0, 5)}`;
}

/** `Since yesterday, 18:02: 2 new, 1 gone, 1 changed its tools`. */
export function sentence(compared: ScanComparison, now: number): string {
  if (!compared.with) return "";
  const { new: news, gone, changed, moved, not_asked } = compared;
  const parts = [
    news.length && `${count(news.length)} new`,
    gone.length && `${count(gone.length)} gone`,
    changed.length && `${count(changed.length)} changed ${changed.length === 1 ? "its" : "their"} tools`,
    moved.length && `${count(moved.length)} moved`,
    not_asked.length && `${count(not_asked.length)} not asked`,
  ].filter(Boolean);
  return `Since ${since(compared.with, now)}: ${parts.length ? parts.join(", ") : "nothing changed"}`;
}

/** What a scan covered, in a few words: `127.0.0.0/28, ports 3000-3010`. */
export function scopeWords({ targets, named_ports }: Pick<ScanStatus, "targets" | "named_ports">): string {
  const where = targets.map(oneLine).join(", ") || "this computer";
  return named_ports
    ? `${where}, ${named_ports.length === 1 && !named_ports[0]?.includes("-") ? "port" : "ports"} ${named_ports.map(oneLine).join(", ")}`
    : where;
}

/** How a scan ended, and what it found. */
export function endWords(scan: ScanStatus): string {
  const state = {
    running: "running",
    finished: "",
    cancelled: "cancelled",
    ended_with_the_core: "stopped with MCP Discovery",
  }[scan.state];
  return [`${plural(scan.found, "MCP server")}`, state, scan.imported ? "imported" : ""].filter(Boolean).join(", ");
}
