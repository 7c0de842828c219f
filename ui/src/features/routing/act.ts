import { tick } from "svelte";
import type { ConfigEdit } from "../../host";
import { draft } from "../../shared/config/draft.svelte";
import { fieldId } from "../../shared/config/field";
import { nodeAt, starter } from "../../shared/config/keys";
import { at, type Path } from "../../shared/config/paths";
import { isObject } from "../../shared/json";
import { board, type Card, RULES, TESTS } from "./board.svelte";
import { moved } from "./order";

/** The id of a card's button, for the keyboard. */
export const cardId = (pattern: string): string => `rule-${fieldId([pattern])}`;

/** Gives the keyboard focus back to a card once its list is drawn again. */
async function focusCard(pattern: string): Promise<void> {
  await draft.settled();
  await tick();
  document.getElementById(cardId(pattern))?.focus();
}

/** Adds a rule for this pattern: an empty one, or a copy of another. */
export async function add(pattern: string, from: string | null): Promise<void> {
  const node = nodeAt(draft.sections, [RULES]);
  const like = from === null ? undefined : draft.value([RULES, from]);
  const value = isObject(like) ? like : node ? starter(node) : {};
  draft.edit([{ op: "set", path: [RULES, pattern], value }], [RULES]);
  board.opened = pattern;
  await focusCard(pattern);
}

export async function remove(card: Card): Promise<void> {
  const here = board.cards.findIndex(({ pattern }) => pattern === card.pattern);
  const next = board.cards[here + 1] ?? board.cards[here - 1];
  if (board.cards.length === 1) draft.remove([RULES]);
  else draft.edit([{ op: "remove", path: [...card.path] }], [RULES]);
  if (board.opened === card.pattern) board.opened = null;
  if (next) await focusCard(next.pattern);
  else document.getElementById("add-rule")?.focus();
}

/** Renames the pattern; the rule keeps its place in the file. */
export async function rename(card: Card, to: string): Promise<void> {
  const all = Object.keys((draft.value([RULES]) ?? {}) as object);
  draft.edit(
    [
      { op: "set", path: [RULES, to], value: draft.value(card.path) },
      { op: "remove", path: [...card.path] },
      { op: "move", path: [RULES, to], to: all.indexOf(card.pattern) },
    ],
    [RULES],
  );
  board.opened = to;
  await focusCard(to);
}

/** Disables or enables the rule; it stays at its place. */
export function enable(card: Card, on: boolean): void {
  const path: Path = [...card.path, "enabled"];
  const own = draft.value(card.path);
  const only = isObject(own) && Object.keys(own).length === 1;
  // A default value needs no line, unless the file has one.
  if (on && !only && at(draft.saved?.values, path) === undefined) draft.remove(path);
  else draft.set(path, on);
}

/** Moves the rule up or down, by changing as few priorities as possible. Returns what was done. */
export async function shift(card: Card, step: 1 | -1): Promise<string> {
  const rows = board.cards.flatMap(({ row }) => row ?? []);
  const from = rows.findIndex(({ pattern }) => pattern === card.pattern);
  const to = from + step;
  const changes = moved(rows, from, to);
  if (changes.size === 0) return "";
  const edits = [...changes].map(([pattern, priority]): ConfigEdit => {
    const path = [RULES, pattern, "priority"];
    const isSaid = draft.value(path) !== undefined;
    return priority === 0 && isSaid && at(draft.saved?.values, path) === undefined
      ? { op: "remove", path }
      : { op: "set", path, value: priority };
  });
  draft.edit(edits, [RULES]);
  await focusCard(card.pattern);
  return `${card.pattern} is rule ${to + 1} of ${rows.length}`;
}

/** Saves a call and its result as a routing test. */
export async function addTest(test: Record<string, unknown>): Promise<number> {
  const tests = draft.value([TESTS]);
  const count = Array.isArray(tests) ? tests.length : 0;
  draft.edit(
    [count === 0 ? { op: "set", path: [TESTS], value: [test] } : { op: "insert", path: [TESTS, count], value: test }],
    [TESTS],
  );
  await draft.settled();
  return count;
}

export function removeTest(number: number): void {
  const tests = draft.value([TESTS]);
  if (Array.isArray(tests) && tests.length === 1) draft.remove([TESTS]);
  else draft.edit([{ op: "remove", path: [TESTS, number] }], [TESTS]);
}
