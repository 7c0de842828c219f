import { isObject } from "../../../shared/json";
import { merge, names, resolve, type Schema, without } from "./resolve";

/** How a value is entered. */
export type Kind =
  | "text"
  | "number"
  | "integer"
  | "boolean"
  | "choice"
  | "constant"
  | "object"
  | "map"
  | "list"
  | "tuple"
  | "union"
  | "json";

/** A property of an object. */
export interface Property {
  name: string;
  schema: unknown;
  required: boolean;
}

/** One of a closed set of values. */
export interface Option {
  value: unknown;
  label: string;
}

/** One place of a schema, as the form shows it. */
export interface Shape {
  kind: Kind;
  /** What it says, with its references followed and without null. */
  schema: Schema;
  nullable: boolean;
  description: string;
  /** Of a choice or a constant. */
  options: readonly Option[];
  /** Of an object. */
  properties: readonly Property[];
  /** Of a union: complete schemas. */
  variants: readonly { label: string; schema: Schema }[];
  /** Of a list, a map, and what follows the fixed entries of a tuple; absent when nothing may. */
  items: unknown;
  /** Of a tuple. */
  fixed: readonly unknown[];
}

/** Ways to choose from; more are entered as JSON. */
const MAX_VARIANTS = 40;

/** Reads one place of a schema. Parts of it are read when they are shown, so schemas may contain themselves. */
export function shapeOf(schema: unknown, root: Schema): Shape {
  const resolved = resolve(schema, root);
  const { schema: own, nullable } = withoutNull(resolved, root);
  const description = firstText(isObject(schema) ? schema.description : "", resolved.description, own.description);
  const shape: Shape = {
    kind: "json",
    schema: own,
    nullable,
    description,
    options: [],
    properties: [],
    variants: [],
    items: undefined,
    fixed: [],
  };
  return { ...shape, ...detail(own, root) };
}

/** A free-form object, an unknown type and a schema without a suitable field stay JSON. */
function detail(schema: Schema, root: Schema): Partial<Shape> {
  if ("const" in schema) return { kind: "constant", options: [{ value: schema.const, label: labelOf(schema.const) }] };
  const options = optionsOf(schema);
  if (options.length) return { kind: "choice", options };
  const variants = variantsOf(schema, root);
  if (variants.length > 1) return { kind: "union", variants };
  switch (typeOf(schema)) {
    case "string":
      return { kind: "text" };
    case "number":
    case "integer":
    case "boolean":
      return { kind: schema.type as Kind };
    case "array":
      return listOf(schema);
    case "object":
      return objectOf(schema);
    default:
      return {};
  }
}

function objectOf(schema: Schema): Partial<Shape> {
  const properties = isObject(schema.properties) ? schema.properties : {};
  const required = names(schema.required);
  const all = [...new Set([...Object.keys(properties), ...required])];
  const extra = firstPattern(schema) ?? schema.additionalProperties;
  if (all.length > 0) {
    return {
      kind: "object",
      properties: all.map((name) => ({
        name,
        schema: Object.hasOwn(properties, name) ? properties[name] : {},
        required: required.includes(name),
      })),
      items: isObject(extra) || extra === true ? extra : undefined,
    };
  }
  if (isObject(extra) && Object.keys(extra).length > 0) return { kind: "map", items: extra };
  return extra === false ? { kind: "object" } : { kind: "json" };
}

function listOf(schema: Schema): Partial<Shape> {
  // Before 2020-12 a list under `items` meant what `prefixItems` means now, and `additionalItems` what `items` means.
  const old = Array.isArray(schema.items);
  const fixed = Array.isArray(schema.prefixItems) ? schema.prefixItems : old ? (schema.items as unknown[]) : [];
  const rest = old ? schema.additionalItems : schema.items;
  if (fixed.length > 0) return { kind: "tuple", fixed, items: isObject(rest) ? rest : undefined };
  return rest === false ? {} : { kind: "list", items: rest ?? {} };
}

function firstPattern(schema: Schema): unknown {
  return isObject(schema.patternProperties) ? Object.values(schema.patternProperties)[0] : undefined;
}

function optionsOf(schema: Schema): Option[] {
  if (Array.isArray(schema.enum)) {
    const titles = Array.isArray(schema.enumNames) ? schema.enumNames : [];
    return schema.enum.map((value, at) => ({ value, label: labelOf(titles[at] ?? value) }));
  }
  const titled = schema.oneOf ?? schema.anyOf;
  if (!Array.isArray(titled) || !titled.every((one) => isObject(one) && "const" in one)) return [];
  return titled.map((one) => ({ value: one.const, label: labelOf(one.title ?? one.description ?? one.const) }));
}

/** Each variant is the whole schema: keywords beside `oneOf` apply to all of them. */
function variantsOf(schema: Schema, root: Schema): Shape["variants"] {
  const members = alternatives(schema);
  if (members) {
    const base = without(schema, "oneOf", "anyOf", "title", "description", "default");
    const variants = members.slice(0, MAX_VARIANTS).map((member) => merge(base, resolve(member, root)));
    return variants.map((variant, at) => ({ label: variantLabel(variant, at), schema: variant }));
  }
  if (!Array.isArray(schema.type)) return [];
  return names(schema.type).map((type) => ({ label: TYPE_WORDS[type] ?? type, schema: { ...schema, type } }));
}

/** A union of nothing but requirements ("a or b") is one form; the check says what is missing. */
function alternatives(schema: Schema): unknown[] | null {
  const members = [schema.oneOf, schema.anyOf].find(Array.isArray);
  if (!members || members.length < 2) return null;
  return members.every((one) => isObject(one) && Object.keys(one).every((key) => key === "required")) ? null : members;
}

const TYPE_WORDS: Record<string, string> = {
  string: "Text",
  number: "Number",
  integer: "Whole number",
  boolean: "Yes or no",
  array: "List",
  object: "Object",
};

function variantLabel(variant: Schema, at: number): string {
  if (typeof variant.title === "string" && variant.title) return variant.title;
  const tag = Object.entries(isObject(variant.properties) ? variant.properties : {}).find(([, one]) => fixedValue(one));
  if (tag && isObject(tag[1])) return labelOf(fixedValue(tag[1])?.value);
  if ("const" in variant) return labelOf(variant.const);
  const needed = names(variant.required);
  if (variant.type === "object" || isObject(variant.properties))
    return needed.length ? needed.join(", ") : `Object ${at + 1}`;
  if (variant.type === "array" && isObject(variant.items) && typeof variant.items.type === "string")
    return `List of ${(TYPE_WORDS[variant.items.type] ?? variant.items.type).toLowerCase()}`;
  return TYPE_WORDS[String(variant.type)] ?? `Option ${at + 1}`;
}

/** The only value that a schema takes. */
export function fixedValue(schema: unknown): { value: unknown } | null {
  if (!isObject(schema)) return null;
  if ("const" in schema) return { value: schema.const };
  return Array.isArray(schema.enum) && schema.enum.length === 1 ? { value: schema.enum[0] } : null;
}

/** `anyOf: [X, null]` and `type: [x, "null"]` are X that may be null. */
function withoutNull(schema: Schema, root: Schema): { schema: Schema; nullable: boolean } {
  for (const key of ["anyOf", "oneOf"] as const) {
    const members = schema[key];
    if (!Array.isArray(members) || !members.some(isNull)) continue;
    const others = members.filter((one) => !isNull(one));
    const base = without(schema, key);
    if (others.length === 1) return { schema: merge(resolve(others[0], root), base), nullable: true };
    return { schema: { ...base, [key]: others }, nullable: true };
  }
  if (Array.isArray(schema.enum) && schema.enum.includes(null) && schema.enum.length > 1) {
    const type = names(schema.type).find((one) => one !== "null");
    const values = schema.enum.filter((one) => one !== null);
    return { schema: { ...schema, ...(type ? { type } : {}), enum: values }, nullable: true };
  }
  if (Array.isArray(schema.type) && schema.type.includes("null")) {
    const types = schema.type.filter((type) => type !== "null");
    return { schema: { ...schema, type: types.length === 1 ? types[0] : types }, nullable: true };
  }
  if (Array.isArray(schema.type) && schema.type.length === 1) {
    return { schema: { ...schema, type: schema.type[0] }, nullable: schema.nullable === true };
  }
  return { schema, nullable: schema.nullable === true };
}

const isNull = (schema: unknown) =>
  isObject(schema) && (schema.type === "null" || schema.const === null) && !schema.$ref;

function typeOf(schema: Schema): unknown {
  if (schema.type !== undefined) return schema.type;
  if (isObject(schema.properties) || isObject(schema.additionalProperties) || schema.required) return "object";
  return schema.items !== undefined || schema.prefixItems !== undefined ? "array" : undefined;
}

/** A value as text, without quotes. */
export function labelOf(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

function firstText(...texts: unknown[]): string {
  return texts.find((text): text is string => typeof text === "string" && text !== "") ?? "";
}

/** Names that mark a secret, whatever the schema says. */
const NAMES = /pass(word|phrase|wd)|secret|token$|^token|api_?-?key|private_?-?key|credential|^authorization$/i;
const MAX_DEPTH = 12;
/** Shorter secrets would hide ordinary words. */
const MIN_HIDDEN = 4;

/** The place holds a secret: it is masked on the screen and never stored. */
export function isSecret(shape: Shape, name: string): boolean {
  if (shape.kind !== "text") return false;
  return shape.schema.format === "password" || shape.schema.writeOnly === true || NAMES.test(name);
}

/** The arguments without their secrets, and the secrets. */
export function withoutSecrets(
  value: Record<string, unknown>,
  schema: unknown,
): { value: Record<string, unknown>; secrets: string[] } {
  const secrets: string[] = [];
  const root = isObject(schema) ? schema : {};
  const kept = strip(value, root, "", { root, secrets, depth: 0 });
  return { value: isObject(kept) ? kept : {}, secrets };
}

/** A text in which secrets are replaced by dots, such as the answer of a tool that repeats them. */
export function hide(text: string, secrets: readonly string[]): string {
  return secrets
    .filter((secret) => secret.length >= MIN_HIDDEN)
    .reduce((hidden, secret) => hidden.split(JSON.stringify(secret).slice(1, -1)).join("••••"), text);
}

function strip(
  value: unknown,
  schema: unknown,
  name: string,
  on: { root: Schema; secrets: string[]; depth: number },
): unknown {
  if (on.depth > MAX_DEPTH) return value;
  const shape = shapeOf(schema, on.root);
  if (typeof value === "string" && (isSecret(shape, name) || (shape.kind === "json" && NAMES.test(name)))) {
    if (value !== "") on.secrets.push(value);
    return undefined;
  }
  const deeper = { ...on, depth: on.depth + 1 };
  if (Array.isArray(value)) {
    const items = value.map((entry, at) => strip(entry, shape.fixed[at] ?? shape.items ?? {}, name, deeper));
    return items.filter((entry) => entry !== undefined);
  }
  if (!isObject(value)) return value;
  const ways = [...shape.properties, ...shape.variants.flatMap((way) => shapeOf(way.schema, on.root).properties)];
  const entries = Object.entries(value).map(([key, part]) => {
    const known = ways.filter((property) => property.name === key);
    const secret = known.find((property) => isSecret(shapeOf(property.schema, on.root), key));
    return [key, strip(part, (secret ?? known[0])?.schema ?? shape.items ?? {}, key, deeper)] as const;
  });
  return Object.fromEntries(entries.filter(([, part]) => part !== undefined));
}
