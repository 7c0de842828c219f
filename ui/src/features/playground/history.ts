import type { CallResult, ErrorCode, ServerId } from "../../host";
import { parse, print } from "../../shared/exact";
import { isObject } from "../../shared/json";
import { keep, recall } from "../../shared/persist";
import { hide } from "./form/shape";

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
  /** Its numbers are as they came, here and where it is written down: see `shared/exact.ts`. */
  result: CallResult | null;
  error: { code: ErrorCode | "offline"; message: string; detail: unknown } | null;
  /** The user pinned it. */
  pinned?: boolean;
  /** What its arguments mean, as long as the page lives: it says which of them are secrets. */
  schema?: unknown;
  /** Secrets among its arguments, as long as the page lives. Never written down. */
  secrets?: readonly string[];
  /** The arguments as they can be stored; absent if that is all of them. */
  safe?: string;
  /** It had secrets, which are gone. */
  withheld?: boolean;
}

const KEY = "playground.history";
/** Calls that are remembered besides the pinned ones. */
const MAX = 30;
/** Calls that can be pinned. */
const MAX_PINNED = 20;
/** Larger results are not kept beyond the life of the page, in characters. */
const MAX_KEPT = 20_000;

/** Earlier calls, newest first. */
export function recallHistory(): Entry[] {
  return recall<Entry[]>(KEY, [], isHistory);
}

/** Puts a call in front and remembers. */
export function remember(history: readonly Entry[], entry: Entry): Entry[] {
  return written([entry, ...history]);
}

/** Pins a call, so that it is kept beyond the newest ones, or unpins it. */
export function pin(history: readonly Entry[], id: string): Entry[] {
  return written(history.map((entry) => (entry.id === id ? { ...entry, pinned: !entry.pinned } : entry)));
}

/** Forgets all but the pinned calls. */
export function forget(history: readonly Entry[]): Entry[] {
  return written(history.filter((entry) => entry.pinned));
}

function written(history: readonly Entry[]): Entry[] {
  let pinned = 0;
  let others = 0;
  const next = history.filter((entry) => (entry.pinned ? pinned++ < MAX_PINNED : others++ < MAX));
  keep(KEY, next.map(lean));
  return next;
}

/** The stored form of a call: no secrets, neither in its arguments nor repeated in its answer. */
function lean(entry: Entry): Entry {
  const { secrets = [], safe, schema: _, ...rest } = entry;
  const bare: Entry = secrets.length
    ? {
        ...rest,
        text: safe ?? "{}",
        withheld: true,
        result: hidden(rest.result, secrets),
        error: hidden(rest.error, secrets),
      }
    : rest;
  return print(bare.result).length > MAX_KEPT ? { ...bare, result: null } : bare;
}

function hidden<T>(value: T, secrets: readonly string[]): T {
  try {
    return parse(hide(print(value), secrets)) as T;
  } catch {
    return null as T;
  }
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
