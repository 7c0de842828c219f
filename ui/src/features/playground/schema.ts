import { isObject } from "../../shared/json";

/** How a property is entered. */
export type Kind = "text" | "number" | "integer" | "boolean" | "choice" | "json";

/** One property of a tool's arguments, as the form shows it. */
export interface Field {
  name: string;
  kind: Kind;
  required: boolean;
  nullable: boolean;
  description: string;
  /** What it takes, in a few words: `text, required`, `1 to 50`. */
  hint: string;
  minimum: number | null;
  maximum: number | null;
  options: readonly { value: unknown; label: string }[];
}

type Schema = Record<string, unknown>;

/** Schemas that refer to themselves are followed this deep. */
const MAX_REFS = 8;

/**
 * The fields of a flat object schema. Absent when the root is more than an object with properties (`oneOf`, `if`, …):
 * then the JSON tab is the honest one. Properties that are not flat are entered as JSON.
 */
export function fieldsOf(schema: unknown): Field[] | null {
  if (!isObject(schema)) return null;
  const root = resolve(schema, schema);
  if (["oneOf", "anyOf", "allOf", "not", "if", "patternProperties", "dependentSchemas"].some((key) => key in root))
    return null;
  const properties = root.properties ?? {};
  if (!isObject(properties)) return null;
  const required = Array.isArray(root.required) ? root.required : [];
  return Object.entries(properties).map(([name, property]) =>
    toField(name, isObject(property) ? property : {}, required.includes(name), schema),
  );
}

/** The arguments a person starts from: every required property, with its default, constant or first choice. */
export function prefill(schema: unknown): Record<string, unknown> {
  if (!isObject(schema)) return {};
  const root = resolve(schema, schema);
  const properties = isObject(root.properties) ? root.properties : {};
  const required = Array.isArray(root.required) ? root.required.filter((name) => typeof name === "string") : [];
  return Object.fromEntries(required.map((name) => [name, start(properties[name], schema)]));
}

/** Something the schema does not allow, by property. */
export interface Problem {
  field: string;
  message: string;
}

/** What is wrong with the arguments, as far as the form knows. The server has the last word. */
export function problemsOf(fields: readonly Field[], value: Record<string, unknown>): Problem[] {
  return fields.flatMap((field) => {
    const message = problemOf(field, value[field.name], Object.hasOwn(value, field.name));
    return message ? [{ field: field.name, message }] : [];
  });
}

function problemOf(field: Field, value: unknown, present: boolean): string | null {
  if (!present) return field.required ? `${field.name} is required` : null;
  if (value === null) return field.nullable || field.kind === "json" ? null : `${field.name} does not take null`;
  if (field.kind === "text") return textProblem(field, value);
  if (field.kind === "number" || field.kind === "integer") return numberProblem(field, value);
  if (field.kind === "boolean") return typeof value === "boolean" ? null : `${field.name} is yes or no`;
  if (field.kind === "choice" && !field.options.some((option) => same(option.value, value))) {
    return `${field.name} takes ${field.options.map((option) => option.label).join(", ")}`;
  }
  return null;
}

function textProblem(field: Field, value: unknown): string | null {
  if (typeof value !== "string") return `${field.name} is text`;
  return field.required && value === "" ? `${field.name} is required` : null;
}

function numberProblem(field: Field, value: unknown): string | null {
  const example = field.minimum ?? field.maximum ?? 1;
  if (typeof value !== "number") return `“${String(value)}” is not a number. One that works: ${example}`;
  if (field.kind === "integer" && !Number.isInteger(value))
    return `${field.name} is a whole number, such as ${Math.round(value)}`;
  if (field.minimum !== null && value < field.minimum) return `${field.name} is at least ${field.minimum}`;
  if (field.maximum !== null && value > field.maximum) return `${field.name} is at most ${field.maximum}`;
  return null;
}

function toField(name: string, property: Schema, required: boolean, root: Schema): Field {
  const { schema, nullable } = withoutNull(resolve(property, root), root);
  const options = optionsOf(schema);
  const kind = options.length ? "choice" : kindOf(schema);
  const minimum = typeof schema.minimum === "number" ? schema.minimum : null;
  const maximum = typeof schema.maximum === "number" ? schema.maximum : null;
  const description = firstText(property.description, schema.description, schema.title);
  const hint = hintOf(kind, schema, { required, nullable, minimum, maximum });
  return { name, kind, required, nullable, description, hint, minimum, maximum, options };
}

function hintOf(
  kind: Kind,
  schema: Schema,
  is: { required: boolean; nullable: boolean; minimum: number | null; maximum: number | null },
): string {
  const types: Record<Kind, string> = {
    text: typeof schema.format === "string" ? schema.format : "text",
    number: "number",
    integer: "whole number",
    boolean: "yes or no",
    choice: "one of",
    json: Array.isArray(schema.type)
      ? "JSON"
      : schema.type === "array"
        ? "JSON list"
        : schema.type === "object"
          ? "JSON object"
          : "JSON",
  };
  const parts = [types[kind]];
  if (is.minimum !== null && is.maximum !== null) parts.push(`${is.minimum} to ${is.maximum}`);
  else if (is.minimum !== null) parts.push(`${is.minimum} or more`);
  else if (is.maximum !== null) parts.push(`${is.maximum} or less`);
  if (is.required) parts.push("required");
  if (is.nullable) parts.push("or null");
  return parts.join(", ");
}

function kindOf(schema: Schema): Kind {
  if (schema.type === "string") return "text";
  if (schema.type === "number" || schema.type === "integer" || schema.type === "boolean") return schema.type;
  return "json";
}

function optionsOf(schema: Schema): { value: unknown; label: string }[] {
  if ("const" in schema) return [{ value: schema.const, label: String(schema.const) }];
  if (Array.isArray(schema.enum)) {
    const names = Array.isArray(schema.enumNames) ? schema.enumNames : [];
    return schema.enum.map((value, at) => ({ value, label: String(names[at] ?? value) }));
  }
  const titled = schema.oneOf;
  if (!Array.isArray(titled) || !titled.every((one) => isObject(one) && "const" in one)) return [];
  return titled.map((one) => ({ value: one.const, label: String(one.title ?? one.const) }));
}

/** `anyOf: [X, null]` and `type: [x, "null"]` are X that may be null. */
function withoutNull(schema: Schema, root: Schema): { schema: Schema; nullable: boolean } {
  const union = Array.isArray(schema.anyOf) ? schema.anyOf : Array.isArray(schema.oneOf) ? schema.oneOf : null;
  if (union?.length === 2 && union.some(isNull)) {
    const other = union.find((one) => !isNull(one));
    return { schema: isObject(other) ? resolve(other, root) : {}, nullable: true };
  }
  if (Array.isArray(schema.type) && schema.type.length === 2 && schema.type.includes("null")) {
    return { schema: { ...schema, type: schema.type.find((type) => type !== "null") }, nullable: true };
  }
  return { schema, nullable: false };
}

const isNull = (schema: unknown) => isObject(schema) && schema.type === "null";

/** Follows local references, `#/$defs/City`. Others are left as they are: nothing is ever fetched. */
function resolve(schema: Schema, root: Schema): Schema {
  let at = schema;
  for (let step = 0; step < MAX_REFS && typeof at.$ref === "string"; step++) {
    const found = at.$ref
      .replace(/^#\//, "")
      .split("/")
      .reduce<unknown>(
        (node, key) => (isObject(node) ? node[key.replace(/~1/g, "/").replace(/~0/g, "~")] : undefined),
        root,
      );
    if (!at.$ref.startsWith("#/") || !isObject(found)) return at;
    const { $ref: _, ...own } = at;
    at = { ...found, ...own };
  }
  return at;
}

function start(property: unknown, root: Schema): unknown {
  if (!isObject(property)) return null;
  const resolved = resolve(property, root);
  if ("default" in resolved) return resolved.default;
  const { schema, nullable } = withoutNull(resolved, root);
  if ("default" in schema) return schema.default;
  const [first] = optionsOf(schema);
  if (first) return first.value;
  if (nullable) return null;
  switch (schema.type) {
    case "string":
      return "";
    case "integer":
    case "number":
      return typeof schema.minimum === "number" ? schema.minimum : 0;
    case "boolean":
      return false;
    case "array":
      return [];
    case "object":
      return prefillNested(schema, root);
    default:
      return null;
  }
}

function prefillNested(schema: Schema, root: Schema): Record<string, unknown> {
  const properties = isObject(schema.properties) ? schema.properties : {};
  const required = Array.isArray(schema.required) ? schema.required.filter((name) => typeof name === "string") : [];
  // A schema that contains itself as required could go on for ever: its objects start empty.
  if (JSON.stringify(schema).includes('"$ref"')) return {};
  return Object.fromEntries(required.map((name) => [name, start(properties[name], root)]));
}

function firstText(...texts: unknown[]): string {
  return texts.find((text): text is string => typeof text === "string" && text !== "") ?? "";
}

function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
