import { plural } from "../../../shared/format";
import type { Schema } from "./resolve";
import type { Shape } from "./shape";

const FORMATS: Record<string, { word: string; example: string }> = {
  date: { word: "date", example: "2026-11-23" },
  "date-time": { word: "date and time", example: "2026-11-23T09:30:00Z" },
  time: { word: "time", example: "09:30:00Z" },
  duration: { word: "duration", example: "PT15M" },
  uri: { word: "address", example: "https://example.org/a" },
  url: { word: "address", example: "https://example.org/a" },
  "uri-reference": { word: "address", example: "/a/b" },
  email: { word: "e-mail address", example: "ada@example.org" },
  hostname: { word: "host name", example: "example.org" },
  ipv4: { word: "IPv4 address", example: "192.0.2.1" },
  ipv6: { word: "IPv6 address", example: "2001:db8::1" },
  uuid: { word: "UUID", example: "123e4567-e89b-12d3-a456-426614174000" },
  regex: { word: "regular expression", example: "^a+$" },
  "json-pointer": { word: "JSON pointer", example: "/a/0" },
  password: { word: "secret text", example: "" },
};

/** What a format is called, and a text that has it; absent for formats that are not known. */
export function formatOf(schema: Schema): { word: string; example: string } | null {
  return (typeof schema.format === "string" && FORMATS[schema.format]) || null;
}

/** What a place takes, in a few words: `whole number, 1 to 50, required`. */
export function hintOf(shape: Shape, required: boolean | "entry"): string {
  const parts = [kindWords(shape), bounds(shape)].filter(Boolean);
  if (required === true) parts.push("required");
  if (shape.nullable) parts.push("or null");
  return parts.join(", ");
}

function kindWords({ kind, schema, items }: Shape): string {
  switch (kind) {
    case "text":
      return formatOf(schema)?.word ?? "text";
    case "number":
      return "number";
    case "integer":
      return "whole number";
    case "boolean":
      return "";
    case "choice":
    case "union":
      return "one of";
    case "constant":
      return "always the same";
    case "object":
      return "object";
    case "map":
      return "names and values";
    case "list":
      return `list of ${listWord(items)}`;
    case "tuple":
      return "fixed list";
    default:
      return schema.type === "array" ? "JSON list" : schema.type === "object" ? "JSON object" : "JSON";
  }
}

function listWord(items: unknown): string {
  const type = typeof items === "object" && items !== null ? (items as Schema).type : undefined;
  const words: Record<string, string> = {
    string: "texts",
    number: "numbers",
    integer: "whole numbers",
    boolean: "yes or no",
    array: "lists",
  };
  return (
    (typeof type === "string" && words[type]) ||
    (typeof items === "object" && items !== null && Object.keys(items).length ? "objects" : "anything")
  );
}

/** The limits: `1 to 50`. */
function bounds({ kind, schema }: Shape): string {
  if (kind === "number" || kind === "integer") {
    return rangeOf(schema);
  }
  if (kind === "text") return counted(schema.minLength, schema.maxLength, "character");
  return kind === "list" ? counted(schema.minItems, schema.maxItems, "item") : "";
}

function counted(least: unknown, most: unknown, what: string): string {
  const low = typeof least === "number" && least > 0 ? least : null;
  if (typeof most === "number")
    return low === null ? `at most ${plural(most, what)}` : `${low} to ${plural(most, what)}`;
  return low === null ? "" : `at least ${plural(low, what)}`;
}

/** Which numbers it takes: `1 to 50`, `more than 0`. Empty when it takes any. */
export function rangeOf(schema: Schema): string {
  const [least, most] = limits(schema);
  if (least && most && !least.open && !most.open) return `${least.at} to ${most.at}`;
  const low = least && (least.open ? `more than ${least.at}` : `${least.at} or more`);
  const high = most && (most.open ? `less than ${most.at}` : `${most.at} or less`);
  return [low, high].filter(Boolean).join(", ");
}

/** A bound, which may be outside itself. */
interface Limit {
  at: number;
  open: boolean;
}

/** The smallest and the largest number, where there is one; of two the narrower. */
export function limits({ minimum, exclusiveMinimum, maximum, exclusiveMaximum }: Schema): [Limit | null, Limit | null] {
  return [
    narrower(minimum, exclusiveMinimum, (open, closed) => open >= closed),
    narrower(maximum, exclusiveMaximum, (open, closed) => open <= closed),
  ];
}

function narrower(closed: unknown, open: unknown, wins: (open: number, closed: number) => boolean): Limit | null {
  if (typeof open === "number" && (typeof closed !== "number" || wins(open, closed))) return { at: open, open: true };
  return typeof closed === "number" ? { at: closed, open: false } : null;
}

/** A value that works: an example of the schema, its default, else one between the limits. */
export function exampleOf({ kind, schema, options }: Shape): string {
  const given = Array.isArray(schema.examples) && schema.examples.length ? schema.examples[0] : schema.default;
  if (given !== undefined && given !== null && typeof given !== "object") return String(given);
  if (options[0]) return options[0].label;
  if (kind !== "number" && kind !== "integer") return formatOf(schema)?.example ?? "";
  const [least, most] = limits(schema);
  const inside = (limit: Limit, step: number) => (limit.open ? limit.at + step : limit.at);
  const between =
    least && most ? least.at + 0.7 * (most.at - least.at) : least ? inside(least, 1) : most ? inside(most, -1) : 1;
  return String(kind === "integer" ? Math.round(between) : Number(between.toPrecision(2)));
}
