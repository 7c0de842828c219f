import { isObject } from "../../../shared/json";
import { names, resolve, type Schema } from "./resolve";
import { fixedValue, type Shape } from "./shape";

/** The way of a union that a value is meant to go: the chosen one as long as it fits at all, else the best. */
export function pick(shape: Shape, value: unknown, root: Schema, chosen: number | null): number {
  const scores = shape.variants.map(({ schema }) => suits(schema, value, root));
  if (chosen !== null && (scores[chosen] ?? -1) >= 0) return chosen;
  const best = Math.max(...scores);
  return Math.max(0, scores.indexOf(best));
}

/** How well a value fits, by its type, its fixed properties and the names it has. Below 0 it does not fit at all. */
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

/** The value is of the type, or of one of the types; nothing said fits all. */
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
