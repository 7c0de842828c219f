/** One argument of a program, exactly as the program gets it. */
export class Argument {
  value = $state("");

  constructor(
    value = "",
    /** Even without text it is an argument, not an empty row. */
    readonly isMeantEmpty = false,
  ) {
    this.value = value;
  }
}

/** A command as it is typed: a program, and a row for each of its arguments. */
export class CommandFields {
  /** The program; a whole command that is typed here is split into the rows. */
  program = $state("");
  args = $state<Argument[]>([]);
  /** The program was typed over: with arguments it replaces the rows, instead of coming before them. */
  isAnew = $state(false);

  constructor(command: string | null = null, args: readonly string[] = []) {
    this.program = command === null ? "" : joinCommand([command]);
    this.args = rowsOf(args);
  }

  /** All of it, the program first. */
  get words(): string[] {
    const typed = splitCommand(this.program);
    const given = this.others(typed).filter((one) => one.value !== "" || one.isMeantEmpty);
    return [...typed, ...given.map((one) => one.value)];
  }

  /** The text after the program becomes rows. */
  spread(): void {
    const typed = splitCommand(this.program);
    const others = this.others(typed);
    this.isAnew = false;
    const [program, ...args] = typed;
    if (program === undefined || args.length === 0) return;
    this.program = joinCommand([program]);
    this.args = [...rowsOf(args), ...others];
  }

  /** A whole command replaces the current one; false if the text is only a program. */
  replace(line: string): boolean {
    if (splitCommand(line).length < 2) return false;
    this.program = line;
    this.isAnew = true;
    this.spread();
    return true;
  }

  /** The arguments after the typed program: none if that is a whole new command. */
  private others(typed: readonly string[]): Argument[] {
    return this.isAnew && typed.length > 1 ? [] : this.args;
  }

  /** Several words in this argument become a row each. Returns how many; none if the text is one word. */
  paste(argument: Argument, text: string): number {
    const words = splitCommand(text);
    if (words.length < 2) return 0;
    this.args = this.args.flatMap((one) => (one === argument ? rowsOf(words) : [one]));
    return words.length;
  }

  /** An empty row after the one at this place. */
  add(after: number): void {
    this.args = this.args.toSpliced(after + 1, 0, new Argument());
  }

  remove(argument: Argument): void {
    this.args = this.args.filter((one) => one !== argument);
  }
}

function rowsOf(args: readonly string[]): Argument[] {
  return args.map((one) => new Argument(one, one === ""));
}

/** Reads the typed address of a server. A missing scheme is http, as in a browser's address bar on loopback. */
export function checkAddress(text: string): { url: string } | { problem: string } {
  const trimmed = text.trim();
  if (trimmed === "") return { problem: "Give an address, such as http://127.0.0.1:8000" };
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(trimmed)?.[1]?.toLowerCase();
  if (scheme && scheme !== "http" && scheme !== "https") {
    return { problem: `MCP uses http and https, not ${scheme}. For a program, choose Program above.` };
  }
  const url = scheme ? trimmed : `http://${trimmed}`;
  if (!URL.canParse(url)) return { problem: `“${trimmed}” is not an address. One that works: http://127.0.0.1:8000` };
  return { url };
}

/** Scheme, host and port of a typed address; nothing if it is not one. */
export function originOf(text: string): string | null {
  const read = checkAddress(text);
  return "url" in read ? new URL(read.url).origin : null;
}

/** Cuts a command line into program and arguments: blanks part, quotes hold together. No variables, no shell. */
export function splitCommand(text: string): string[] {
  const words = text.matchAll(/(?:"(?:[^"\\]|\\.)*"|'[^']*'|\S)+/g);
  return [...words].map(([word]) => word.replace(/"((?:[^"\\]|\\.)*)"|'([^']*)'/g, unquoted));
}

/** A backslash is literal except before a quote or another backslash: the paths of Windows hold many. */
function unquoted(_: string, double: string | undefined, single: string | undefined): string {
  return double?.replace(/\\(["\\])/g, "$1") ?? single ?? "";
}

/** The reverse of `splitCommand`: what holds blanks or quotes is quoted. */
export function joinCommand(words: readonly string[]): string {
  const quoted = (word: string) => `"${word.replace(/[\\"]/g, "\\$&")}"`;
  return words.map((word) => (/^[^\s"']+$/.test(word) ? word : quoted(word))).join(" ");
}
