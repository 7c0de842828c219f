import type { ConfigKey, ConfigKind } from "../../host";
import { findInexact } from "../exact";
import { plural } from "../format";

/** What was written into a field: a value, nothing, or something that a page cannot hold. */
export type Written = { value: unknown } | "nothing" | { refused: string };

/** Kinds whose plain digits are a number in the file. */
const DIGITS: readonly ConfigKind[] = ["number", "whole", "ports", "listen"];

/** What a person wrote, as the file has it. What the reader will not take is written all the same: it says why. */
export function read(kind: ConfigKind, text: string): Written {
  const bare = text.trim();
  if (bare === "") return "nothing";
  if (kind === "any") return readAny(bare);
  if (kind === "number" || kind === "whole" ? isNumber(bare) : DIGITS.includes(kind) && /^\d+$/.test(bare)) {
    const plain = bare.replaceAll(",", "");
    if (findInexact(plain)) return { refused: "A page cannot hold so many digits: write this number in the file." };
    return { value: Number(plain) };
  }
  return { value: kind === "text" ? text : bare };
}

function isNumber(text: string): boolean {
  return (
    /^[+-]?(\d{1,3}(,\d{3})+|\d+)?(\.\d+)?(e[+-]?\d+)?$/i.test(text) &&
    Number.isFinite(Number(text.replaceAll(",", "")))
  );
}

/** JSON where it is some, else text. */
function readAny(text: string): Written {
  if (findInexact(text)) return { refused: "A page cannot hold so many digits: write this number in the file." };
  try {
    return { value: JSON.parse(text) };
  } catch {
    return { value: text };
  }
}

/** A value as it stands in a field. */
export function write(kind: ConfigKind, value: unknown): string {
  if (value === undefined || value === null) return "";
  if (typeof value !== "string") return typeof value === "object" ? JSON.stringify(value) : String(value);
  // A text that would be read as something else keeps its quotes.
  return kind === "any" && !sameAfter(value) ? JSON.stringify(value) : value;
}

function sameAfter(text: string): boolean {
  const again = readAny(text.trim());
  return typeof again === "object" && "value" in again && again.value === text;
}

/** A value in a few words: `was 1000`, `default on`. */
export function inWords(value: unknown): string {
  if (value === undefined || value === null) return "not set";
  if (typeof value === "boolean") return value ? "on" : "off";
  if (Array.isArray(value))
    return value.length === 0
      ? "none"
      : value.every((one) => typeof one !== "object")
        ? value.join(", ")
        : `${value.length}`;
  if (typeof value === "object") return plural(Object.keys(value).length, "key");
  return String(value);
}

/** What can stand in a field, for who has nothing there yet. */
export function hint(key: ConfigKey, kind: ConfigKind): string {
  if (kind !== key.kind) return "";
  return key.example.replace(/^(["'])(.*)\1$/, "$2");
}
