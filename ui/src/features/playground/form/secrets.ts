import { isObject } from "../../../shared/json";
import type { Schema } from "./resolve";
import { type Shape, shapeOf } from "./shape";

/** Names under which secrets travel, whatever the schema says of them. */
const NAMES = /pass(word|phrase|wd)|secret|token$|^token|api_?-?key|private_?-?key|credential|^authorization$/i;
const MAX_DEPTH = 12;
/** Shorter secrets would hide ordinary words. */
const MIN_HIDDEN = 4;

/** The place is for a secret: it is masked on the screen and never written down. */
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
