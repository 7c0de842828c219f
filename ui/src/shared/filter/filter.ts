import { FILTER_FIELDS, FILTER_SIGNS, type FilterField, type ServerRow } from "../../host";
import { STATUSES, statusWords } from "../words";

/** One word of a filter, where it stands, and its parts when it names a field. */
export interface Token {
  start: number;
  end: number;
  text: string;
  /** `region` of `region:eu`; absent for a plain word. */
  field: string | null;
  /** `:`, `=`, `!=`, `>=`, `<=`, `>`, `<`, `~`. */
  op: string;
  value: string;
}

/** What a completion offers: it replaces `from..to` of the text. */
export interface Completion {
  from: number;
  to: number;
  options: readonly Option[];
}

/** One offered word and what it means. */
export interface Option {
  insert: string;
  about: string;
}

/** The most used fields, in the order in which they are offered. */
const USUAL = [
  "region",
  "name",
  "capabilities",
  "transport",
  "source",
  "era",
  "tools",
  "response_time",
  "score",
  "auth_required",
  "protocol_version",
  "server_version",
] as const satisfies readonly (keyof typeof FILTER_FIELDS)[];

/** A suggestion: a field by its shortest word, with its usual operator. */
const FIELDS: readonly { word: string; op: string; about: string }[] = [
  { word: "is", op: ":", about: "status" },
  ...USUAL.map((word) => {
    const { aliases, about, sign }: FilterField = FILTER_FIELDS[word];
    const shortest = [word, ...aliases].sort((a, b) => a.length - b.length)[0] ?? word;
    return { word: shortest, op: sign, about: about.charAt(0).toLowerCase() + about.slice(1) };
  }),
  { word: "metadata.", op: "", about: "free data, by dotted path" },
];

/** The possible values of a field, if they are a closed set. */
function wordsOf(field: string): readonly string[] {
  if (field === "is") return STATUSES.map((status) => statusWords(status).is);
  const known = Object.entries<FilterField>(FILTER_FIELDS);
  return known.find(([word, { aliases }]) => word === field || aliases.includes(field))?.[1].values ?? [];
}

/** Every word that names a field. */
const OWN_KEYS: readonly string[] = [
  "is",
  "has",
  ...Object.entries<FilterField>(FILTER_FIELDS).flatMap(([word, { aliases }]) => [word, ...aliases]),
];

const SIGNS = FILTER_SIGNS.map((sign) => sign.replace(/[=~<>!:]/g, "\\$&")).join("|");
const WORD = new RegExp(`^-?([A-Za-z_][\\w.]*)(${SIGNS})(.*)$`, "s");

/** Words from the servers themselves are offered at most this many times. */
const MAX_OPTIONS = 8;

/** Cuts a filter into its words. Quotes hold blanks together. */
export function tokens(text: string): Token[] {
  const found: Token[] = [];
  for (const match of text.matchAll(/(?:"(?:[^"\\]|\\.)*"?|[^\s"])+/g)) {
    const word = match[0];
    const parts = WORD.exec(word);
    const span = { start: match.index, end: match.index + word.length, text: word };
    found.push({ ...span, field: parts?.[1] ?? null, op: parts?.[2] ?? "", value: parts?.[3] ?? "" });
  }
  return found;
}

/** The suggestions at the caret. Nothing if the word there is finished or unknown. */
export function complete(text: string, caret: number, rows: readonly ServerRow[]): Completion | null {
  const token = tokens(text).find((word) => word.start <= caret && caret <= word.end);
  if (!token) return fieldsFor("", caret, caret);
  if (!token.field) return fieldsFor(text.slice(token.start, caret), token.start, token.end);
  const from = token.end - token.value.length;
  if (caret < from) return null;
  return valuesFor(token.field, text.slice(from, caret), from, token.end, rows);
}

/** The status of a filter's one `is:` word, when it has exactly one. */
export function statusIn(text: string): string | null {
  const words = tokens(text).filter((token) => token.field === "is");
  return words.length === 1 ? (words[0]?.value ?? null) : null;
}

/** The filter with its `is:` word replaced, or taken out. */
export function withStatus(text: string, status: string | null): string {
  const others = tokens(text).filter((token) => token.field !== "is");
  const words = others.map((token) => token.text);
  return (status ? [`is:${status}`, ...words] : words).join(" ");
}

/** Every key that a filter can use here: fields of every server, and keys of the data that some have. */
export function keysOf(rows: readonly ServerRow[]): ReadonlySet<string> {
  const keys = new Set(OWN_KEYS);
  for (const row of rows) addKeys(keys, row.metadata, "");
  return keys;
}

function addKeys(keys: Set<string>, data: Record<string, unknown>, path: string): void {
  for (const [key, value] of Object.entries(data)) {
    keys.add(path + key);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) {
      addKeys(keys, value as Record<string, unknown>, `${path}${key}.`);
    }
  }
}

/** The first key of a filter that is none of these. */
export function unknownKeyIn(text: string, known: ReadonlySet<string>): string | null {
  const asked = tokens(text).map(({ field, op, value }) => (field === "has" && op === ":" ? value : field));
  const wrong = asked.find((key) => key && !isAddress(key) && !known.has(key.replace(/^metadata\./, "")));
  return wrong ?? null;
}

/** `http://…` is a word to search for, and not a field. */
const isAddress = (word: string) => /^(https?|localhost)$/.test(word);

/** The key that was probably meant, if there is a similar one: a third of its letters may be wrong. */
export function nearestKey(key: string, known: ReadonlySet<string>): string | null {
  const wanted = key.replace(/^metadata\./, "").toLowerCase();
  let best: { key: string; distance: number } | null = null;
  for (const candidate of known) {
    const distance = distanceOf(wanted, candidate.toLowerCase());
    if (distance <= Math.max(candidate.length, 3) / 3 && (!best || distance < best.distance))
      best = { key: candidate, distance };
  }
  return best?.key ?? null;
}

/** The number of wrong letters; two that changed places are one. */
function distanceOf(a: string, b: string): number {
  let [before, row] = [[] as number[], Array.from({ length: b.length + 1 }, (_, at) => at)];
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const swaps = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const costs = [(row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)];
      next.push(Math.min(...costs, ...(swaps ? [(before[j - 2] ?? 0) + 1] : [])));
    }
    [before, row] = [row, next];
  }
  return row[b.length] ?? 0;
}

/** The filter with one key replaced by another. */
export function withKey(text: string, from: string, to: string): string {
  return text.replace(from, to);
}

function fieldsFor(prefix: string, from: number, to: number): Completion | null {
  const wanted = prefix.toLowerCase();
  const options = FIELDS.filter(({ word }) => word.startsWith(wanted)).map(({ word, op, about }) => ({
    insert: word + op,
    about,
  }));
  return options.length ? { from, to, options } : null;
}

function valuesFor(
  field: string,
  prefix: string,
  from: number,
  to: number,
  rows: readonly ServerRow[],
): Completion | null {
  const wanted = prefix.replace(/^"/, "").toLowerCase();
  const fixed = wordsOf(field);
  const known = fixed.length > 0 ? fixed : valuesOf(field, rows);
  const fitting = known.filter((value) => value.toLowerCase().startsWith(wanted));
  if (fitting.length === 0 || (fitting.length === 1 && fitting[0] === prefix)) return null;
  const options = fitting.slice(0, MAX_OPTIONS).map((value) => ({ insert: quote(value), about: "" }));
  return { from, to, options };
}

function valuesOf(field: string, rows: readonly ServerRow[]): string[] {
  const seen = new Set<string>();
  for (const row of rows) for (const value of read(field, row)) seen.add(value);
  return [...seen].sort((a, b) => a.localeCompare(b));
}

function read(field: string, row: ServerRow): string[] {
  if (field === "region") return row.region ? [row.region] : [];
  if (field === "name") return [row.name];
  if (field === "capability" || field === "capabilities") return row.capabilities;
  if (field === "protocol_version") return row.protocol_version ? [row.protocol_version] : [];
  if (field === "server_version") return row.server_version ? [row.server_version] : [];
  if (!field.startsWith("metadata.")) return [];
  const value = field
    .split(".")
    .slice(1)
    .reduce<unknown>((at, key) => (at as Record<string, unknown> | undefined)?.[key], row.metadata);
  return ["string", "number", "boolean"].includes(typeof value) ? [String(value)] : [];
}

/** Values with blanks or quotes are written in quotes. */
function quote(value: string): string {
  return /[\s"]/.test(value) ? `"${value.replace(/(["\\])/g, "\\$1")}"` : value;
}
