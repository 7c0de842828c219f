import { parse } from "../../shared/exact";
import { isObject } from "../../shared/json";

/** A piece of a tool's answer, as the protocol knows them. */
export type Content =
  | { type: "text"; text: string }
  | { type: "image"; mime: string; data: string }
  | { type: "audio"; mime: string; data: string; size: number }
  | { type: "link"; uri: string; name: string; description: string; mime: string }
  | { type: "resource"; uri: string; mime: string; text: string | null; blob: string; size: number }
  | { type: "other"; value: unknown };

/** A tool's answer, read tolerantly. */
export interface Answer {
  isError: boolean;
  content: Content[];
  /** `structuredContent`; absent when the tool sent none. */
  structured: unknown;
  hasStructured: boolean;
}

/** A list of flat objects, as a table. */
export interface Table {
  /** The name of the list, if it has one. */
  title: string;
  columns: string[];
  rows: Record<string, unknown>[];
}

/** Wider or longer lists are shown as JSON. */
const MAX_COLUMNS = 8;
const MAX_ROWS = 500;
/** Image formats that are drawn. SVG is not: it is a document, not a picture. */
const IMAGES = /^image\/(png|jpeg|gif|webp|avif|bmp)$/;

/** Sounds that are played. */
const SOUNDS = /^audio\/(mpeg|mp3|wav|x-wav|wave|ogg|webm|mp4|aac|flac)$/;

/** Whether a page can play it. */
export function isPlayable(mime: string, data: string): boolean {
  return SOUNDS.test(mime) && isBase64(data);
}

/** Reads a `CallToolResult`. */
export function readAnswer(result: unknown): Answer {
  const object = isObject(result) ? result : {};
  const content = Array.isArray(object.content) ? object.content.map(readContent) : [];
  const hasStructured = object.structuredContent !== undefined && object.structuredContent !== null;
  return { isError: object.isError === true, content, structured: object.structuredContent, hasStructured };
}

/** The JSON that the answer carries: structured content, else a lone text that is JSON. */
export function jsonOf(answer: Answer): { value: unknown } | null {
  if (answer.hasStructured) return { value: answer.structured };
  const [only] = answer.content;
  if (answer.content.length !== 1 || only?.type !== "text" || !/^\s*[[{]/.test(only.text)) return null;
  try {
    return { value: parse(only.text) };
  } catch {
    return null;
  }
}

/** The value as a table: a list of flat objects, alone or as the only list of an object. */
export function tableOf(value: unknown): Table | null {
  if (Array.isArray(value)) return toTable("", value);
  if (!isObject(value)) return null;
  const lists = Object.entries(value).filter(([, part]) => Array.isArray(part));
  const [list] = lists;
  return lists.length === 1 && list ? toTable(list[0], list[1] as unknown[]) : null;
}

function toTable(title: string, list: unknown[]): Table | null {
  if (list.length === 0 || list.length > MAX_ROWS || !list.every(isObject)) return null;
  const columns = [...new Set(list.flatMap((row) => Object.keys(row)))];
  const flat = list.every((row) => Object.values(row).every((cell) => !isObject(cell) && !Array.isArray(cell)));
  return flat && columns.length > 0 && columns.length <= MAX_COLUMNS ? { title, columns, rows: list } : null;
}

function readContent(value: unknown): Content {
  if (!isObject(value)) return { type: "other", value };
  const text = (key: string) => (typeof value[key] === "string" ? value[key] : "");
  switch (value.type) {
    case "text":
      return { type: "text", text: text("text") };
    case "image":
      if (!IMAGES.test(text("mimeType")) || !isBase64(text("data"))) return { type: "other", value };
      return { type: "image", mime: text("mimeType"), data: text("data") };
    case "audio":
      return { type: "audio", mime: text("mimeType"), data: text("data"), size: sizeOf(text("data")) };
    case "resource_link":
      return {
        type: "link",
        uri: text("uri"),
        name: text("title") || text("name"),
        description: text("description"),
        mime: text("mimeType"),
      };
    case "resource":
      return isObject(value.resource) ? readResource(value.resource) : { type: "other", value };
    default:
      return { type: "other", value };
  }
}

function readResource(resource: Record<string, unknown>): Content {
  const text = typeof resource.text === "string" ? resource.text : null;
  const blob = typeof resource.blob === "string" ? resource.blob : "";
  const mime = typeof resource.mimeType === "string" ? resource.mimeType : "";
  return {
    type: "resource",
    uri: String(resource.uri ?? ""),
    mime,
    text,
    blob,
    size: text === null ? sizeOf(blob) : text.length,
  };
}

function isBase64(text: string): boolean {
  return text.length > 0 && /^[A-Za-z0-9+/]+={0,2}$/.test(text);
}

/** The size of the decoded base64 text, in bytes. */
function sizeOf(base64: string): number {
  return Math.floor((base64.replace(/=+$/, "").length * 3) / 4);
}

/** A line of a comparison of two texts. */
export interface DiffLine {
  kind: "same" | "gone" | "new";
  text: string;
}

/** Longer texts are compared up to here, in lines: the table of the comparison grows with the square. */
const MAX_LINES = 1_000;

/** What changed from one text to the other, line by line. */
export function diff(before: string, after: string): DiffLine[] {
  const a = before.split("\n").slice(0, MAX_LINES);
  const b = after.split("\n").slice(0, MAX_LINES);
  const common = commonLengths(a, b);
  const lines: DiffLine[] = [];
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      lines.push({ kind: "same", text: a[i] ?? "" });
      i++;
      j++;
    } else if (j >= b.length || (i < a.length && at(common, i + 1, j) >= at(common, i, j + 1))) {
      lines.push({ kind: "gone", text: a[i++] ?? "" });
    } else {
      lines.push({ kind: "new", text: b[j++] ?? "" });
    }
  }
  return lines;
}

/** Runs of equal lines are left out but for some around each change; `null` stands for a gap. */
export function focus(lines: readonly DiffLine[], around = 3): (DiffLine | null)[] {
  const near = lines.map((_, index) =>
    lines.slice(Math.max(0, index - around), index + around + 1).some(({ kind }) => kind !== "same"),
  );
  return lines.flatMap((line, index) => (near[index] ? [line] : near[index - 1] || index === 0 ? [null] : []));
}

function at(table: Uint16Array[], i: number, j: number): number {
  return table[i]?.[j] ?? 0;
}

/** The length of the longest common run of lines from each pair of places. */
function commonLengths(a: string[], b: string[]): Uint16Array[] {
  const table = Array.from({ length: a.length + 1 }, () => new Uint16Array(b.length + 1));
  for (let i = a.length - 1; i >= 0; i--) {
    const row = table[i];
    if (!row) continue;
    for (let j = b.length - 1; j >= 0; j--) {
      row[j] = a[i] === b[j] ? at(table, i + 1, j + 1) + 1 : Math.max(at(table, i + 1, j), at(table, i, j + 1));
    }
  }
  return table;
}
