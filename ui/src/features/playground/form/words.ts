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
    const [least, most] = limits(schema);
    if (least !== null && most !== null) return `${least} to ${most}`;
    if (least !== null) return `${least} or more`;
    return most !== null ? `${most} or less` : "";
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

/** The smallest and the largest number, where there is one. */
export function limits(schema: Schema): [number | null, number | null] {
  const number = (value: unknown) => (typeof value === "number" ? value : null);
  return [
    number(schema.minimum) ?? number(schema.exclusiveMinimum),
    number(schema.maximum) ?? number(schema.exclusiveMaximum),
  ];
}

/** A value that works: an example of the schema, its default, else one between the limits. */
export function exampleOf({ kind, schema, options }: Shape): string {
  const given = Array.isArray(schema.examples) && schema.examples.length ? schema.examples[0] : schema.default;
  if (given !== undefined && given !== null && typeof given !== "object") return String(given);
  if (options[0]) return options[0].label;
  if (kind !== "number" && kind !== "integer") return formatOf(schema)?.example ?? "";
  const [least, most] = limits(schema);
  const between = least !== null && most !== null ? least + 0.7 * (most - least) : (least ?? most ?? 1);
  return String(kind === "integer" ? Math.round(between) : Number(between.toPrecision(2)));
}
