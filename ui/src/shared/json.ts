import { type ParseError, parse, printParseErrorCode } from "jsonc-parser";
import { Digits, findInexact } from "./exact";
import { visible } from "./text";

/** A piece of JSON text and its kind. */
export interface Part {
  kind: "key" | "string" | "plain";
  text: string;
}

/** Cuts JSON text into keys, strings and the rest. Joined together, the parts are the text. */
export function colour(text: string): Part[] {
  const parts: Part[] = [];
  let at = 0;
  for (const match of text.matchAll(/"(?:[^"\\]|\\.)*"(\s*:)?/g)) {
    if (match.index > at) parts.push({ kind: "plain", text: text.slice(at, match.index) });
    const colon = match[1] ?? "";
    const body = match[0].slice(0, match[0].length - colon.length);
    parts.push({ kind: colon ? "key" : "string", text: visible(body) });
    if (colon) parts.push({ kind: "plain", text: colon });
    at = match.index + match[0].length;
  }
  if (at < text.length) parts.push({ kind: "plain", text: text.slice(at) });
  return parts;
}

/** What is wrong with a text that should be a JSON object, and where. */
export interface JsonProblem {
  message: string;
  line: number;
  column: number;
}

/** Reads a JSON object, or says what is wrong at which line and column. Empty text is an empty object. */
export function readObject(text: string): { value: Record<string, unknown> } | { problem: JsonProblem } {
  if (text.trim() === "") return { value: {} };
  try {
    const value: unknown = JSON.parse(text);
    const inexact = tooLong(text);
    if (inexact) return { problem: inexact };
    if (isObject(value)) return { value };
    return { problem: { message: 'Arguments are a JSON object, such as {"city": "Oslo"}', line: 1, column: 1 } };
  } catch {
    return { problem: locate(text) };
  }
}

/** A whole number that a page cannot hold exactly: a different one than the shown one would be sent. */
export function tooLong(text: string): JsonProblem | null {
  const found = findInexact(text);
  if (!found) return null;
  const before = text.slice(0, found.at).split("\n");
  const message = `${found.digits.slice(0, 40)} is too long to be sent exactly; send it as text, in double quotes, if the tool takes that`;
  return { message, line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
}

/** A true object: not a list, null or an exact number. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Digits);
}

const REASONS: Record<string, string> = {
  InvalidSymbol: "this is not JSON; text is written in double quotes",
  InvalidNumberFormat: "this is not a number",
  PropertyNameExpected: "a name in double quotes is expected, and no comma after the last entry",
  ValueExpected: "a value is expected, and no comma after the last entry",
  ColonExpected: "a colon is expected",
  CommaExpected: "a comma is expected",
  CloseBraceExpected: "a closing } is expected",
  CloseBracketExpected: "a closing ] is expected",
  EndOfFileExpected: "there is more after the end of the object",
  InvalidCommentToken: "comments are not JSON",
  UnexpectedEndOfString: "a closing quote is expected",
  InvalidUnicode: "this is not a character code",
  InvalidEscapeCharacter: "this cannot follow a backslash",
  InvalidCharacter: "this character is written with a backslash, such as \\n",
};

/** The engines word and place their errors differently (WebKit gives no place at all), so another reader finds it. */
function locate(text: string): JsonProblem {
  const errors: ParseError[] = [];
  parse(text, errors, { disallowComments: true, allowTrailingComma: false });
  const [first] = errors;
  const before = text.slice(0, first?.offset ?? text.length).split("\n");
  const message = (first && REASONS[printParseErrorCode(first.error)]) ?? "this is not JSON";
  return { message, line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
}
