/** Reads what a person typed as a server's address. A missing scheme is http, as in a browser's address bar on loopback. */
export function checkAddress(text: string): { url: string } | { problem: string } {
  const trimmed = text.trim();
  if (trimmed === "") return { problem: "Give an address, such as http://127.0.0.1:8000" };
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(trimmed)?.[1]?.toLowerCase();
  if (scheme && scheme !== "http" && scheme !== "https") {
    return { problem: `MCP is spoken over http and https, not ${scheme}. For a program, choose Program above.` };
  }
  const url = scheme ? trimmed : `http://${trimmed}`;
  if (!URL.canParse(url)) return { problem: `“${trimmed}” is not an address. One that works: http://127.0.0.1:8000` };
  return { url };
}

/** Scheme, host and port of what a person typed as an address; nothing where it is none. */
export function originOf(text: string): string | null {
  const read = checkAddress(text);
  return "url" in read ? new URL(read.url).origin : null;
}

/** Cuts a command line into program and arguments: blanks part, quotes hold together. No variables, no shell. */
export function splitCommand(text: string): string[] {
  const words = text.matchAll(/(?:"(?:[^"\\]|\\.)*"|'[^']*'|\S)+/g);
  return [...words].map(([word]) => word.replace(/"((?:[^"\\]|\\.)*)"|'([^']*)'/g, unquoted));
}

/** A backslash is one but before a quote or another: the paths of Windows hold many. */
function unquoted(_: string, double: string | undefined, single: string | undefined): string {
  return double?.replace(/\\(["\\])/g, "$1") ?? single ?? "";
}

/** The reverse of `splitCommand`: what holds blanks or quotes is quoted. */
export function joinCommand(words: readonly string[]): string {
  const quoted = (word: string) => `"${word.replace(/[\\"]/g, "\\$&")}"`;
  return words.map((word) => (/^[^\s"']+$/.test(word) ? word : quoted(word))).join(" ");
}
