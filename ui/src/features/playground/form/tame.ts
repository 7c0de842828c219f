import { isObject } from "../../../shared/json";
import { follow, type Schema } from "./resolve";

/** Places a check may visit; a few nested `allOf` of references can mean billions. */
const MAX_PLACES = 50_000;

/** Checking a value against the schema ends soon. A schema comes from a server and may be made to hang the page. */
export function affordable(schema: Schema): boolean {
  return cost(schema, schema, new Map()) <= MAX_PLACES;
}

/**
 * A copy that may be handed to the check, which writes into it: without regular expressions that take exponential time
 * (a repeated group that repeats something), without names of other documents.
 */
export function tamed(schema: Schema): Schema {
  return JSON.parse(JSON.stringify(schema), (_key, value: unknown) => {
    if (!isObject(value)) return value;
    const { pattern, patternProperties } = value;
    if (typeof pattern === "string" && !isTame(pattern)) delete value.pattern;
    if (isObject(patternProperties))
      for (const key of Object.keys(patternProperties)) if (!isTame(key)) delete patternProperties[key];
    if (typeof value.$id === "string") delete value.$id;
    if (typeof value.$ref === "string" && !value.$ref.startsWith("#")) delete value.$ref;
    return value;
  }) as Schema;
}

function isTame(pattern: string): boolean {
  if (pattern.length > 500 || /\\[1-9]/.test(pattern)) return false;
  if (/[+*}]\??\)[+*{?]/.test(pattern) || /\|[^)]*\)[+*{]/.test(pattern)) return false;
  try {
    return Boolean(new RegExp(pattern, "u"));
  } catch {
    return false;
  }
}

/** How many places are visited with every reference followed, circles once. */
function cost(node: unknown, root: Schema, known: Map<unknown, number>): number {
  if (typeof node !== "object" || node === null) return 0;
  const before = known.get(node);
  if (before !== undefined) return before;
  known.set(node, 1);
  const parts = Array.isArray(node)
    ? node
    : Object.entries(node).flatMap(([key, part]) => (key === "$defs" || key === "definitions" ? [] : [part]));
  let sum = 1 + parts.reduce((all: number, part) => Math.min(MAX_PLACES + 1, all + cost(part, root, known)), 0);
  const reference = isObject(node) && typeof node.$ref === "string" ? follow(node.$ref, root) : null;
  if (reference) sum = Math.min(MAX_PLACES + 1, sum + cost(reference, root, known));
  known.set(node, sum);
  return sum;
}
