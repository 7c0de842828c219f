import { isObject } from "../../../shared/json";
import { names, resolve, type Schema } from "./resolve";
import { fixedValue, type Shape, shapeOf } from "./shape";

/** Required objects within required objects are begun this deep; a schema that requires itself never ends. */
const MAX_DEPTH = 6;
/** Entries a list is begun with at most, when its schema asks for some. */
const MAX_ENTRIES = 5;

/**
 * The arguments a person starts from: what is required, each with its default, constant or first choice, and nothing
 * else; a number has to be given. The default of an optional property is shown and not sent: the server has it already.
 */
export function prefill(schema: unknown): Record<string, unknown> {
  if (!isObject(schema)) return {};
  const value = startOf(schema, schema);
  return isObject(value) ? value : {};
}

/** A value to begin with at one place of a schema. */
export function startOf(schema: unknown, root: Schema, way: readonly string[] = []): unknown {
  const shape = shapeOf(schema, root);
  const own = shape.schema;
  const reference = isObject(schema) && typeof schema.$ref === "string" ? schema.$ref : "";
  const ends = way.length >= MAX_DEPTH || (reference !== "" && way.includes(reference));
  const on = [...way, reference];
  if (own.default !== undefined) return own.default;
  const [option] = shape.options;
  if (option) return option.value;
  if (shape.nullable) return null;
  switch (shape.kind) {
    case "text":
      return "";
    case "integer":
    case "number":
      return typeof own.minimum === "number" ? own.minimum : 0;
    case "boolean":
      return false;
    case "union":
      return ends ? null : startOf(shape.variants[0]?.schema, root, on);
    case "list":
      return ends ? [] : entries(own).map(() => startOf(shape.items, root, on));
    case "tuple":
      return ends ? [] : shape.fixed.map((part) => startOf(part, root, on));
    case "map":
      return {};
    case "object": {
      if (ends) return {};
      const required = shape.properties.filter(({ required, schema }) => required && !isOpen(shapeOf(schema, root)));
      return Object.fromEntries(required.map(({ name, schema }) => [name, startOf(schema, root, on)]));
    }
    default:
      return own.type === "object" || (way.length === 0 && !own.type) ? {} : own.type === "array" ? [] : null;
  }
}

/** A number without a suggestion stays empty: 0 or the minimum would be sent although nobody meant it. */
function isOpen({ kind, schema, options, nullable }: Shape): boolean {
  if (kind !== "number" && kind !== "integer") return false;
  return schema.default === undefined && options.length === 0 && !nullable;
}

function entries(schema: Schema): unknown[] {
  const least = typeof schema.minItems === "number" ? schema.minItems : 0;
  return Array.from({ length: Math.min(MAX_ENTRIES, Math.max(0, least)) });
}

/** The variant of a union for a value: the chosen one as long as it matches at all, else the best one. */
export function pick(shape: Shape, value: unknown, root: Schema, chosen: number | null): number {
  const scores = shape.variants.map(({ schema }) => suits(schema, value, root));
  if (chosen !== null && (scores[chosen] ?? -1) >= 0) return chosen;
  const best = Math.max(...scores);
  return Math.max(0, scores.indexOf(best));
}

/** How well a value matches, by its type, its fixed properties and its names. Below 0 it does not match at all. */
function suits(schema: Schema, value: unknown, root: Schema): number {
  const own = resolve(schema, root);
  const fixed = fixedValue(own);
  if (fixed) return JSON.stringify(fixed.value) === JSON.stringify(value) ? 5 : -1;
  if (!hasType(own.type, value)) return -1;
  if (!isObject(value) || !isObject(own.properties)) return 0;
  let score = 1;
  for (const [name, property] of Object.entries(own.properties)) {
    if (!Object.hasOwn(value, name)) continue;
    const only = fixedValue(resolve(property, root));
    if (only && JSON.stringify(only.value) !== JSON.stringify(value[name])) return -1;
    score += only ? 5 : 1;
  }
  const missing = names(own.required).filter((name) => !Object.hasOwn(value, name));
  return Math.max(0, score - missing.length);
}

/** The value has the type, or one of the types; without a type every value matches. */
export function hasType(type: unknown, value: unknown): boolean {
  if (Array.isArray(type)) return type.some((one) => hasType(one, value));
  switch (type) {
    case "string":
    case "boolean":
      return typeof value === type;
    case "number":
      return typeof value === "number";
    case "integer":
      return Number.isInteger(value);
    case "array":
      return Array.isArray(value);
    case "object":
      return isObject(value);
    case "null":
      return value === null;
    default:
      return true;
  }
}
