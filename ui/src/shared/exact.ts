/**
 * JSON whose numbers stay as they were written. A page holds numbers as doubles: of 12345678901234567890123 it makes
 * another number, of 1e400 none at all.
 *
 * The core hands on what a tool answered in the server's own text. Both hosts carry the answer to the page as text (Tauri
 * would read an object by itself, and round), `host/read.ts` reads a call's result with `parse`, and whatever shows, copies
 * or keeps a result writes it with `print`. The built-in reader does the work, so answers of many megabytes stay fast.
 */

/** A number that a page would write differently from how it came. */
export class Digits {
  constructor(readonly text: string) {}

  toString(): string {
    return this.text;
  }

  /** For `print`, which removes the mark and the quotes again. */
  toJSON(): string {
    return MARK + this.text;
  }
}

/** A prefix of digits while the built-in reader and writer treat them as text. A server cannot guess it. */
const MARK = `digits-${[...crypto.getRandomValues(new Uint32Array(4))].map((part) => part.toString(36)).join("-")}:`;
const MARKED = new RegExp(`"${MARK}([^"]*)"`, "g");
/** The texts and the numbers in JSON; texts, so that digits within them are left alone. */
const TOKENS = /"[^"\\]*(?:\\.[^"\\]*)*"|-?\d[\d.eE+-]*/g;

/** Reads JSON; numbers that a page would write differently are `Digits`. Throws what `JSON.parse` throws. */
export function parse(text: string): unknown {
  const plain: unknown = JSON.parse(text);
  const marked = text.replace(TOKENS, (token) =>
    token.startsWith('"') || String(Number(token)) === token ? token : `"${MARK}${token}"`,
  );
  if (marked === text) return plain;
  return JSON.parse(marked, (_key, part: unknown) =>
    typeof part === "string" && part.startsWith(MARK) ? new Digits(part.slice(MARK.length)) : part,
  );
}

/** Writes JSON; `Digits` as they came. */
export function print(value: unknown, indent = 0): string {
  return (JSON.stringify(value, null, indent) ?? "undefined").replace(MARKED, "$1");
}

/** It is a number, however long. */
export function isNumber(value: unknown): boolean {
  return typeof value === "number" || value instanceof Digits;
}

/** The first whole number in JSON of which a page holds another one, and where it stands. */
export function findInexact(text: string): { digits: string; at: number } | null {
  for (const match of text.matchAll(TOKENS)) {
    if (!match[0].startsWith('"') && !holds(match[0])) return { digits: match[0], at: match.index };
  }
  return null;
}

/** False for a whole number of which a page holds another one. */
export function holds(digits: string): boolean {
  const whole = digits.replace("+", "");
  if (!/^-?\d+$/.test(whole)) return true;
  const held = Number(whole);
  return Number.isFinite(held) && BigInt(held) === BigInt(whole);
}
