import type { CallResult, ErrorCode, ServerId } from "../../host";
import { isObject } from "../../shared/json";
import { keep, recall } from "../../shared/persist";

/** How a call ended. */
export type Ending = "answered" | "tool_error" | "failed" | "cancelled";

/** A call that was made. */
export interface Entry {
  id: string;
  at: number;
  tool: string;
  /** Where it was sent; absent means any server. */
  server: ServerId | null;
  /** The text of its arguments, exactly as it was sent. */
  text: string;
  ending: Ending;
  ms: number;
  result: CallResult | null;
  error: { code: ErrorCode | "offline"; message: string; detail: unknown } | null;
}

const KEY = "playground.history";
/** Calls that are remembered. */
const MAX = 30;
/** Larger results are not kept beyond the life of the page, in characters. */
const MAX_KEPT = 20_000;

/** What was called before, newest first. */
export function recallHistory(): Entry[] {
  return recall<Entry[]>(KEY, [], isHistory);
}

/** Puts a call in front and remembers. */
export function remember(history: readonly Entry[], entry: Entry): Entry[] {
  const next = [entry, ...history].slice(0, MAX);
  keep(KEY, next.map(lean));
  return next;
}

/** Forgets all. */
export function forget(): void {
  keep(KEY, []);
}

function lean(entry: Entry): Entry {
  return JSON.stringify(entry.result).length > MAX_KEPT ? { ...entry, result: null } : entry;
}

function isHistory(value: unknown): value is Entry[] {
  return (
    Array.isArray(value) &&
    value.every(
      (entry) =>
        isObject(entry) &&
        typeof entry.tool === "string" &&
        typeof entry.text === "string" &&
        typeof entry.at === "number",
    )
  );
}
