import { diff3Merge, diffComm } from "node-diff3";
import type { DiffLine } from "../../host";

/** A typed change, in positions of the text as it is shown. */
export interface Typed {
  from: number;
  to: number;
  insert: string;
}

const MARK = "\uFEFF";

/** A text as an editor shows it: without a byte order mark, with equal line ends. */
export function shown(text: string): string {
  return text.replace(MARK, "").replace(/\r\n?/g, "\n");
}

/** The text with what was typed in it. Unchanged parts keep their line ends. */
export function typedInto(text: string, typed: readonly Typed[]): string {
  const start = text.startsWith(MARK) ? 1 : 0;
  const newline = /\r\n/.test(text) ? "\r\n" : "\n";
  const places = mapped(text, start);
  let result = text;
  for (const { from, to, insert } of [...typed].sort((one, other) => other.from - one.from)) {
    const [begin, end] = [places(from), places(to)];
    result = result.slice(0, begin) + insert.replaceAll("\n", newline) + result.slice(end);
  }
  return result;
}

/** From positions of the shown text to those of the text itself. */
function mapped(text: string, start: number): (place: number) => number {
  if (!text.includes("\r\n")) return (place) => place + start;
  const ends: number[] = [];
  for (let at = text.indexOf("\r\n", start); at !== -1; at = text.indexOf("\r\n", at + 2))
    ends.push(at - start - ends.length);
  // A position behind the n-th such line end has n characters more before it.
  return (place) => place + start + ends.filter((end) => end < place).length;
}

/** The smallest part in which two texts differ, as one change of the first. */
export function changeTo(before: string, after: string): Typed | null {
  if (before === after) return null;
  const most = Math.min(before.length, after.length);
  let head = 0;
  while (head < most && before[head] === after[head]) head++;
  let tail = 0;
  while (tail < most - head && before[before.length - 1 - tail] === after[after.length - 1 - tail]) tail++;
  return { from: head, to: before.length - tail, insert: after.slice(head, after.length - tail) };
}

/** The correction of a problem, if the reader knows the one word that was meant; absent if the user has to decide. */
export function remedyOf(
  text: string,
  { line, column, message }: { line: number; column: number; message: string },
): Typed | null {
  const meant = /did you mean `([\w.-]+)`/.exec(message)?.[1];
  const lines = text.split("\n");
  const from = lines.slice(0, line - 1).reduce((sum, one) => sum + one.length + 1, 0) + column - 1;
  const there = /^["']?([\w.-]+)/.exec(lines[line - 1]?.slice(column - 1) ?? "");
  if (!meant || !there?.[1]) return null;
  const start = from + there[0].length - there[1].length;
  return { from: start, to: from + there[0].length, insert: meant };
}

/** Two texts with a common origin, merged. */
export interface Merged {
  text: string;
  /** How many changes of mine conflict with one of theirs, which is in the text. */
  met: number;
}

/** Takes their changes; of mine those stay that do not conflict. */
export function merge(base: string, mine: string, theirs: string): Merged {
  const lines = (text: string) => text.split(/(?<=\n)/);
  let met = 0;
  const parts = diff3Merge(lines(mine), lines(base), lines(theirs), { excludeFalseConflicts: true }).flatMap((part) => {
    if (part.ok) return part.ok;
    const { a = [], o = [], b = [] } = part.conflict ?? {};
    // Adjacent lines do not conflict as long as none was added or removed.
    const paired = a.length === o.length && b.length === o.length;
    if (!paired) {
      met += 1;
      return b;
    }
    return o.map((was, line) => {
      if (b[line] === was) return a[line] ?? "";
      if (a[line] !== was && a[line] !== b[line]) met += 1;
      return b[line] ?? "";
    });
  });
  return { text: parts.join(""), met };
}

/** How many lines around a difference are shown with it. */
const AROUND = 3;

/** The difference of two texts, with some lines around it, in the core's form. */
export function difference(before: string, after: string): DiffLine[] {
  const lines = (text: string) =>
    text
      .replace(/\n$/, "")
      .split("\n")
      .filter((_, at, all) => all.length > 1 || all[at] !== "");
  const told: DiffLine[] = [];
  let [old, now] = [0, 0];
  for (const part of diffComm(lines(before), lines(after))) {
    if ("common" in part)
      for (const text of part.common ?? []) told.push({ fate: "kept", old: ++old, new: ++now, text });
    else {
      for (const text of part.buffer1 ?? []) told.push({ fate: "removed", old: ++old, new: null, text });
      for (const text of part.buffer2 ?? []) told.push({ fate: "added", old: null, new: ++now, text });
    }
  }
  const near = (at: number) =>
    told.slice(Math.max(0, at - AROUND), at + AROUND + 1).some(({ fate }) => fate !== "kept");
  return told.filter((_, at) => near(at));
}

/** Typing continues one step for this long, in milliseconds. */
const ONE_STEP_MS = 1_500;
/** More steps cannot be undone. */
const MOST = 200;

interface Step {
  text: string;
  /** The kind of a change: another one of the same kind soon after is the same step. */
  what: string;
  at: number;
}

/** The former texts of a draft, step by step, and those that were undone. */
export class Past {
  #before: Step[] = [];
  #after: Step[] = [];

  get canUndo(): boolean {
    return this.#before.length > 0;
  }

  get canRedo(): boolean {
    return this.#after.length > 0;
  }

  /** Stores the text before a change. */
  keep(text: string, what: string, now: number): void {
    const last = this.#before.at(-1);
    const goesOn = last?.what === what && now - last.at < ONE_STEP_MS;
    if (goesOn) last.at = now;
    else this.#before = [...this.#before, { text, what, at: now }].slice(-MOST);
    this.#after = [];
  }

  /** The text before the last step; absent when there is none. */
  undo(text: string): string | null {
    return turn(this.#before, this.#after, text);
  }

  /** The text after the step that was undone last; absent if there is none. */
  redo(text: string): string | null {
    return turn(this.#after, this.#before, text);
  }

  /** Forgets everything: the draft was saved or discarded. */
  forget(): void {
    this.#before = [];
    this.#after = [];
  }
}

function turn(from: Step[], to: Step[], text: string): string | null {
  const step = from.pop();
  if (!step) return null;
  to.push({ ...step, text, at: 0 });
  return step.text;
}
