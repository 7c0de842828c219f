import { isObject } from "../../../shared/json";

/** A JSON Schema that is an object. */
export type Schema = Record<string, unknown>;

/** References and parts of `allOf` that are followed to read one place of a schema. */
const MAX_STEPS = 64;

/**
 * What a schema says at one place: local references followed, `allOf` folded in, the properties of conditions offered.
 * References to elsewhere stay as they are: nothing is ever fetched.
 */
export function resolve(schema: unknown, root: Schema): Schema {
  return fold(schema, root, { left: MAX_STEPS });
}

/** What a local reference such as `#/$defs/City` points to. */
function follow(reference: string, root: Schema): Schema | null {
  if (reference === "#") return root;
  if (!reference.startsWith("#/")) return null;
  const found = reference
    .slice(2)
    .split("/")
    .map(plainKey)
    .reduce<unknown>((node, key) => (isObject(node) || Array.isArray(node) ? Reflect.get(node, key) : undefined), root);
  return isObject(found) ? found : null;
}

/** Puts what `over` says on top of `base`: properties are joined, what is required in either is required. */
export function merge(base: Schema, over: Schema): Schema {
  const merged: Schema = { ...base, ...over };
  if (isObject(base.properties) && isObject(over.properties))
    merged.properties = join(base.properties, over.properties);
  const required = [...names(base.required), ...names(over.required)];
  if (required.length) merged.required = [...new Set(required)];
  return merged;
}

/** The schema without some of its keywords. */
export function without(schema: Schema, ...keywords: string[]): Schema {
  return Object.fromEntries(Object.entries(schema).filter(([key]) => !keywords.includes(key)));
}

/** The texts of a list, such as `required`. */
export function names(list: unknown): string[] {
  return Array.isArray(list) ? list.filter((name) => typeof name === "string") : [];
}

function fold(schema: unknown, root: Schema, budget: { left: number }): Schema {
  if (!isObject(schema)) return {};
  let at = schema;
  while (typeof at.$ref === "string") {
    if (budget.left-- <= 0) return {};
    const found = follow(at.$ref, root);
    if (!found) return at;
    at = merge(found, without(at, "$ref"));
  }
  for (const part of Array.isArray(at.allOf) ? at.allOf : []) {
    if (budget.left-- <= 0) break;
    at = merge(fold(part, root, budget), at);
  }
  return withConditions(without(at, "allOf"), root, budget);
}

/** What `then`, `else` and `dependentSchemas` add can be filled in at any time; the check says when it has to be. */
function withConditions(schema: Schema, root: Schema, budget: { left: number }): Schema {
  const dependent = isObject(schema.dependentSchemas) ? Object.values(schema.dependentSchemas) : [];
  const parts = [schema.then, schema.else, ...dependent].filter(isObject);
  let at = schema;
  for (const part of parts) {
    if (budget.left-- <= 0) break;
    const { properties } = fold(part, root, budget);
    if (isObject(properties))
      at = { ...at, properties: join(properties, isObject(at.properties) ? at.properties : {}) };
  }
  return at;
}

function join(base: Schema, over: Schema): Schema {
  const joined: Schema = { ...base };
  for (const [name, schema] of Object.entries(over)) {
    const other = Object.hasOwn(base, name) ? base[name] : undefined;
    joined[name] = isObject(other) && isObject(schema) ? { ...other, ...schema } : schema;
  }
  return joined;
}

function plainKey(key: string): string {
  const plain = key.replace(/~1/g, "/").replace(/~0/g, "~");
  try {
    return decodeURIComponent(plain);
  } catch {
    return plain;
  }
}

/** Places that validation can visit; a few nested `allOf` of references can mean billions. */
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
