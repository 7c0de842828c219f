import { asCallError, type Changed, type ServerId, type ServerRow, type Undone } from "../host";
import { core } from "../state/core.svelte";
import { ago, plural } from "./format";
import { messages } from "./messages.svelte";
import { nav, type Screen } from "./nav.svelte";
import { oneLine, paragraph } from "./text";

/** The changes of several servers that the core can undo. */
export type BulkOperation = "remove" | "ignore" | "pause" | "resume" | "restore";

const DONE: Record<BulkOperation, string> = {
  remove: "Removed",
  ignore: "Removed and ignored",
  pause: "Paused",
  resume: "Resumed",
  restore: "Restored",
};

const VERB: Record<BulkOperation, string> = {
  remove: "remove",
  ignore: "remove and ignore",
  pause: "pause",
  resume: "resume",
  restore: "restore",
};

/** Whether it still holds for a server. */
const IS_DONE: Record<BulkOperation, (row: ServerRow | undefined) => boolean> = {
  remove: (row) => row === undefined,
  ignore: (row) => row === undefined,
  pause: (row) => row?.health.status === "paused",
  resume: (row) => row !== undefined && row.health.status !== "paused",
  restore: (row) => row !== undefined,
};

/** Changes servers and offers to undo it. */
export async function change(operation: BulkOperation, ids: ServerId[]): Promise<Changed | null> {
  const what = nameOf(ids);
  return attempt(`Could not ${VERB[operation]} ${what}`, async () => {
    const changed = await core.call(operation, { ids });
    await core.shown(changed.revision);
    offerUndo(`${DONE[operation]} ${what}`, [changed.undo], () =>
      ids.some((id) => IS_DONE[operation](core.rows.get(id))),
    );
    return changed;
  });
}

/**
 * Reports what was done, with an Undo button if possible, for as long as it holds. Several entries are undone as one.
 */
export function offerUndo(text: string, entries: readonly (number | null)[], holds: () => boolean = () => true): void {
  const known = entries.filter((entry) => entry !== null);
  for (const entry of known) madeOn.set(entry, nav.place.screen);
  const action = known.length ? { label: "Undo", run: () => void undo(known) } : null;
  messages.say(text, { action, entries: known, holds });
}

/** That any of these servers is in the list. */
export const anyKept = (ids: readonly ServerId[]) => () => ids.some((id) => core.rows.has(id));

/** The changes that were made from this page. */
const madeOn = new Map<number, Screen>();
/** An older change is undone only after a notice if it is not visible, in milliseconds. */
const FRESH_MS = 60_000;
/** The change of the last notice. */
let askedAbout: number | null = null;

/** Undoes the newest change. An older one that was made elsewhere is named first; the same key then undoes it. */
export async function undoNewest(): Promise<void> {
  await attempt("Undo failed", async () => {
    const { undo: step } = await core.call("upcoming", {});
    if (!step) return messages.say("There is nothing to undo");
    const surprises = Date.now() - step.at > FRESH_MS && madeOn.get(step.entry) !== nav.place.screen;
    const asked = askedAbout === step.entry && messages.list.some(({ entries }) => entries.includes(step.entry));
    if (!surprises || asked) return undo([step.entry]);
    askedAbout = step.entry;
    messages.settle([step.entry]);
    const question = `Undo “${oneLine(step.label)}”, from ${ago(step.at, Date.now())}?`;
    messages.say(question, { action: { label: "Undo", run: () => void undo([step.entry]) }, entries: [step.entry] });
  });
}

/** Undoes these changes, the newest first. */
export async function undo(entries: readonly number[]): Promise<void> {
  await attempt("Undo failed", async () => {
    const undone = await turn(
      "undo",
      [...entries].sort((a, b) => b - a),
    );
    messages.say(undoneWords(together(undone)), { action: { label: "Redo", run: () => void redo(entries) }, entries });
  });
}

/** Redoes these changes, or the one that was undone last. */
export async function redo(entries?: readonly number[]): Promise<void> {
  await attempt("Redo failed", async () => {
    const step = entries ?? [(await core.call("upcoming", {})).redo?.entry].filter((entry) => entry !== undefined);
    if (step.length === 0) return messages.say("There is nothing to redo");
    const redone = await turn(
      "redo",
      [...step].sort((a, b) => a - b),
    );
    offerUndo(`Redone: ${together(redone)}`, step);
  });
}

/** One after the other, as one. */
async function turn(operation: "undo" | "redo", entries: readonly number[]): Promise<Undone[]> {
  const turned: Undone[] = [];
  for (const entry of entries) turned.push(await core.call(operation, { undo: entry }));
  messages.settle(entries);
  await core.shown(turned.at(-1)?.revision ?? 0);
  return turned;
}

/** What several changes did that were one for the user. */
function together(turned: readonly Undone[]): string {
  const [first, ...others] = turned.map(({ label }) => oneLine(label));
  if (others.length === 0) return first ?? "";
  const added = turned.every(({ label }) => label.startsWith("added "));
  return added ? `added ${plural(turned.length, "server")}` : `${first} and ${plural(others.length, "more change")}`;
}

/** The result, if there is a shorter text for it. */
function undoneWords(label: string): string {
  const removed = /^(?:removed|ignored) (.*)$/s.exec(label);
  return removed ? `Restored ${removed[1]}` : `Undone: ${label}`;
}

/** Checks under way at once: a browser has six connections to the core, and other requests need some. */
const CHECKS = 2;

/** Checks servers now, a few at a time. */
export async function check(ids: ServerId[], done: (id: ServerId) => void): Promise<void> {
  const left = [...ids];
  const line = async () => {
    for (let id = left.shift(); id !== undefined; id = left.shift()) {
      const now = id;
      await attempt("The check could not be made", () => core.call("check", { id: now }));
      done(now);
    }
  };
  await Promise.all(Array.from({ length: CHECKS }, line));
}

/** Runs an action outside a form: a failure is reported in the page, and not in a message that vanishes. */
export async function attempt<T>(title: string, work: () => Promise<T>): Promise<T | null> {
  try {
    return await work();
  } catch (thrown) {
    const error = asCallError(thrown);
    const why =
      error.code === "offline" ? "MCP Discovery does not answer. Try again when it is back." : paragraph(error.message);
    if (error.code !== "unauthorized") messages.fail(title, oneLine(why));
    return null;
  }
}

function nameOf(ids: ServerId[]): string {
  const [only] = ids;
  if (ids.length !== 1 || only === undefined) return plural(ids.length, "server");
  return oneLine(core.rows.get(only)?.name ?? "1 server");
}
