import type { ConfigKey, ConfigKind } from "../../host";
import { findInexact } from "../exact";
import { plural } from "../format";
import { at, type Path } from "./paths";

/** A key of the file, and the keys below it, or below each of its items. */
export interface KeyNode {
  /** Its own name, as the file has it. */
  name: string;
  key: ConfigKey;
  below: readonly KeyNode[];
}

/** The keys as a tree; at its top are the sections of the file. */
export function tree(keys: readonly ConfigKey[]): KeyNode[] {
  const nodes = new Map<string, KeyNode & { below: KeyNode[] }>();
  const top: KeyNode[] = [];
  for (const key of keys) {
    const steps = key.path.split(".");
    const name = (steps.at(-1) ?? "").replace("[]", "");
    const above = steps
      .slice(0, -1)
      .filter((step) => step !== "*")
      .join(".")
      .replaceAll("[]", "");
    // No default means none, and not the value null.
    const node = { name, key: { ...key, default: key.default ?? undefined }, below: [] };
    nodes.set(key.path.replaceAll("[]", "").replaceAll(".*", ""), node);
    const parent = nodes.get(above);
    if (parent) parent.below.push(node);
    else top.push(node);
  }
  return top;
}

/** The titles of sections; one without an entry here is shown by its key. */
const SECTIONS: Record<string, string> = {
  strict: "General",
  service_registry: "Main registry",
  network_discovery: "Discovery",
  health_monitoring: "Health checks",
  load_balancing: "Balancing",
  defaults: "Rule defaults",
  custom_checks: "Custom checks",
};

/** The sections that the Routing screen edits. */
export const ROUTING: readonly string[] = ["routing_rules", "routing_tests", "defaults"];

/** Keys whose names alone say too little. */
const NAMES: Record<string, string> = { on: "Notify about", warn_ms: "Slow above" };

/** Words that are written differently from the key. */
const WORDS: Record<string, string> = {
  acl: "ACL",
  ca: "CA",
  json: "JSON",
  redis: "Redis",
  stdio: "stdio",
  tls: "TLS",
  ttl: "TTL",
  url: "URL",
  urls: "URLs",
};

/** The key of a place; absent for an item, a name, and unknown keys. */
export function nodeAt(nodes: readonly KeyNode[], path: Path): KeyNode | null {
  let [node, below]: [KeyNode | null, readonly KeyNode[]] = [null, nodes];
  let isInside = true;
  for (const part of path) {
    // Below a list and a map of names the first step is an item.
    if (!isInside) {
      isInside = true;
      node = null;
      continue;
    }
    node = below.find(({ name }) => name === part) ?? null;
    if (!node) return null;
    below = node.below;
    isInside = node.key.kind === "section";
  }
  return node;
}

/** The description of a key, without Markdown marks. */
export function keyMeaning(key: { meaning: string }): string {
  return key.meaning.replaceAll("`", "");
}

/** The title of a section. */
export function sectionName(key: string): string {
  return SECTIONS[key] ?? keyName(key);
}

/** The title of a key: `check_interval` is “Check interval”. */
export function keyName(key: string): string {
  if (NAMES[key]) return NAMES[key];
  const words = key.split("_").map((word) => WORDS[word] ?? word);
  const text = words.join(" ");
  return /^[a-z]/.test(text) && !text.startsWith("stdio") ? text.charAt(0).toUpperCase() + text.slice(1) : text;
}

/** A word of the file as it is shown: `round_robin` is “round robin”. */
export function wordName(word: string): string {
  return word.replaceAll("_", " ");
}

/** Whether a key has an effect at its place: some belong to one backend alone. */
export function belongs(node: KeyNode, backend: string | undefined, isThere: boolean): boolean {
  if (isThere || node.key.only === null) return true;
  return backend !== undefined && node.key.only.split(/,\s*/).includes(backend);
}

/** The backend that the keys at this place are for: the value in the file, or the default. */
export function backendAt(values: unknown, path: Path, fallback: unknown): string | undefined {
  const own = at(values, [...path, "backend"]);
  const word = own ?? fallback ?? "sqlite";
  return typeof word === "string" ? word : undefined;
}

/** A setting that was searched for. */
export interface FoundKey {
  node: KeyNode;
  section: string;
  /** Its place in a file without items or names: the nearest place that always exists. */
  path: Path;
}

/** The settings whose name or description matches: matches by name first. */
export function find(nodes: readonly KeyNode[], query: string): FoundKey[] {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return [];
  const found: (FoundKey & { rank: number })[] = [];
  const walk = (node: KeyNode, section: string, path: Path, open: boolean) => {
    const here = open ? [...path, node.name] : path;
    const name =
      `${node.key.path} ${keyName(node.name)} ${path.length === 0 ? sectionName(node.name) : ""}`.toLowerCase();
    const all = `${name} ${node.key.meaning.toLowerCase()}`;
    if (words.every((word) => all.includes(word))) {
      const rank = words.every((word) => node.name.includes(word))
        ? 0
        : words.every((word) => name.includes(word))
          ? 1
          : 2;
      found.push({ node, section, path: here, rank });
    }
    const isFixed = node.key.kind === "section";
    for (const child of node.below) walk(child, section, here, open && isFixed);
  };
  for (const node of nodes) walk(node, node.name, [], true);
  return found.sort((one, other) => one.rank - other.rank);
}

/** The units of a number: `s`, `ms`. */
export function unitOf(key: ConfigKey): string {
  return key.unit === "seconds" ? "s" : key.unit === "milliseconds" ? "ms" : "";
}

/** A new item, or the content of a new name: what its section requires, so that it can be saved and filled in. */
export function starter(node: KeyNode): Record<string, unknown> {
  const needed = node.below.filter((child) => child.key.needed && child.key.only === null);
  const from = needed.length > 0 ? needed : node.below.filter((child) => SEEDS[child.name] !== undefined).slice(0, 1);
  return Object.fromEntries(from.map((child) => [child.name, seed(child)]));
}

/** A valid value for a section without required keys. */
const SEEDS: Record<string, unknown> = { backend: "memory", priority: 0 };

function seed({ name, key, below }: KeyNode): unknown {
  if (SEEDS[name] !== undefined) return SEEDS[name];
  // A section with alternatives gets one of them.
  if (key.kind === "section") return Object.fromEntries(below.slice(0, 1).map((child) => [child.name, seed(child)]));
  if (key.kind === "word") return key.words[0] ?? "";
  if (key.kind === "whole" || key.kind === "number") return key.low ?? 0;
  if (key.kind === "truth") return false;
  return key.example;
}

/** The input of a field: a value, nothing, or something that a page cannot represent. */
export type Written = { value: unknown } | "nothing" | { refused: string };

/** Kinds for which plain digits are a number in the file. */
const DIGITS: readonly ConfigKind[] = ["number", "whole", "ports", "listen"];

/** The user's input, as the file has it. An invalid value is written all the same: the reader reports why. */
export function read(kind: ConfigKind, text: string): Written {
  const bare = text.trim();
  if (bare === "") return "nothing";
  if (kind === "any") return readAny(bare);
  if (kind === "number" || kind === "whole" ? isNumber(bare) : DIGITS.includes(kind) && /^\d+$/.test(bare)) {
    const plain = bare.replaceAll(",", "");
    if (findInexact(plain))
      return { refused: "This form cannot hold that many digits: write this number in the file." };
    return { value: Number(plain) };
  }
  return { value: kind === "text" ? text : bare };
}

function isNumber(text: string): boolean {
  return (
    /^[+-]?(\d{1,3}(,\d{3})+|\d+)?(\.\d+)?(e[+-]?\d+)?$/i.test(text) &&
    Number.isFinite(Number(text.replaceAll(",", "")))
  );
}

/** JSON if it is valid, else text. */
function readAny(text: string): Written {
  if (findInexact(text)) return { refused: "This form cannot hold that many digits: write this number in the file." };
  try {
    return { value: JSON.parse(text) };
  } catch {
    return { value: text };
  }
}

/** A value as it stands in a field. */
export function write(kind: ConfigKind, value: unknown): string {
  if (value === undefined || value === null) return "";
  if (typeof value !== "string") return typeof value === "object" ? JSON.stringify(value) : String(value);
  // A text that would be read as another type keeps its quotes.
  return kind === "any" && !sameAfter(value) ? JSON.stringify(value) : value;
}

function sameAfter(text: string): boolean {
  const again = readAny(text.trim());
  return typeof again === "object" && "value" in again && again.value === text;
}

/** A value in a few words: `was 1000`, `default on`. */
export function inWords(value: unknown): string {
  if (value === undefined || value === null) return "not set";
  if (typeof value === "boolean") return value ? "on" : "off";
  if (Array.isArray(value))
    return value.length === 0
      ? "none"
      : value.every((one) => typeof one !== "object")
        ? value.join(", ")
        : `${value.length}`;
  if (typeof value === "object") return plural(Object.keys(value).length, "key");
  return String(value);
}

/** The placeholder of an empty field. */
export function hint(key: ConfigKey, kind: ConfigKind): string {
  if (kind !== key.kind) return "";
  return key.example.replace(/^(["'])(.*)\1$/, "$2");
}
