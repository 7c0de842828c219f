import { isObject } from "../../../shared/json";
import type { Schema } from "./resolve";
import { type Shape, shapeOf } from "./shape";

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

/** A number that nothing suggests: nobody means the 0, or the smallest, that would stand there, and it would be sent. */
function isOpen({ kind, schema, options, nullable }: Shape): boolean {
  if (kind !== "number" && kind !== "integer") return false;
  return schema.default === undefined && options.length === 0 && !nullable;
}

function entries(schema: Schema): unknown[] {
  const least = typeof schema.minItems === "number" ? schema.minItems : 0;
  return Array.from({ length: Math.min(MAX_ENTRIES, Math.max(0, least)) });
}
