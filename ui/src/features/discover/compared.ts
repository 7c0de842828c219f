import type { ScanChanged, ScanComparison, ScanRow, ScanStatus } from "../../host";
import { dayName } from "../../shared/days";
import { clock, count, plural } from "../../shared/format";
import { brief, oneLine } from "../../shared/text";
import { shortUrl } from "../../shared/words";

/** What became of a server since an earlier scan. */
export type Fate = "new" | "gone" | "changed" | "moved" | "not_asked";

/** A server, and what became of it. */
export interface Fated {
  fate: Fate;
  row: ScanRow;
  /** It was found before and is not among what was found now. */
  earlier: boolean;
  /** More of it, in a sentence; empty where there is nothing to add. */
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

/** Names of tools that one line says at most. */
const NAMED = 6;

/** Every server that is not as it was. */
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

/** What a scan was of, in a few words: `127.0.0.0/28, ports 3000-3010`. */
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
    ended_with_the_core: "ended with the core",
  }[scan.state];
  return [`${plural(scan.found, "MCP server")}`, state, scan.imported ? "imported" : ""].filter(Boolean).join(", ");
}
