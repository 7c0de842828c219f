/**
 * Characters that draw nothing or change how their neighbours are drawn: C0 and C1 controls (without tab and line feed),
 * bidi marks, embeddings and isolates, zero-width characters, the byte order mark, tag characters.
 */
const TRICKS =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: finding them is the point
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\u{e0000}-\u{e007f}]/gu;

/** More marks on one letter than any script uses: they paint over the lines above and below. */
const STACK = /(\p{M}{8})(\p{M}+)/gu;

/** Marks what a server's text would hide: each such character is shown as `␛`, `⟨U+202E⟩` and so on. */
export function visible(text: string): string {
  return text
    .replace(TRICKS, show)
    .replace(STACK, (_, kept: string, more: string) => `${kept}⟨${[...more].length} marks⟩`);
}

/** `visible`, and on one line: for names, cells and labels. */
export function oneLine(text: string): string {
  return visible(text.replace(/[\t\n\r]+/g, " "));
}

/** Names and values are in backticks in texts that programs read, too; on a screen they are in quotes. */
function plain(text: string): string {
  return text.replace(/`([^`\n]*)`/g, "“$1”");
}

/** A reason by itself begins with a capital, unless it begins with an address or a name. */
export function sentence(text: string): string {
  const said = plain(text);
  return /^[a-z]+(?:'s)?(?:[ ,:;]|$)/.test(said) ? said.charAt(0).toUpperCase() + said.slice(1) : said;
}

/** The same where it is a paragraph, or others follow it: it ends with a full stop. */
export function paragraph(text: string): string {
  return sentence(text).replace(/([^.!?…:;])[.:;]?$/u, "$1.");
}

/** The same on one line, for cells, lists and tooltips. */
export function brief(text: string): string {
  return oneLine(sentence(text));
}

/** At most `max` characters, with the number of omitted ones at the end. */
export function clip(text: string, max: number): string {
  if (text.length <= max) return text;
  return `${text.slice(0, max)}… (${(text.length - max).toLocaleString("en-US")} more characters)`;
}

function show(char: string): string {
  const code = char.codePointAt(0) ?? 0;
  if (code < 0x20) return String.fromCodePoint(0x2400 + code);
  return `⟨U+${code.toString(16).toUpperCase().padStart(4, "0")}⟩`;
}
