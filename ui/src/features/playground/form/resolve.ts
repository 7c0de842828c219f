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
export function follow(reference: string, root: Schema): Schema | null {
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
