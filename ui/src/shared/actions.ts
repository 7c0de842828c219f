import { asCallError, type Changed, type ServerId, type ServerRow, type Undone } from "../host";
import { core } from "../state/core.svelte";
import { ago, plural } from "./format";
import { messages } from "./messages.svelte";
import { nav, type Screen } from "./nav.svelte";
import { oneLine, paragraph } from "./text";

/** The changes of several servers that the core can take back. */
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

/** Whether it is still so for a server. */
const IS_DONE: Record<BulkOperation, (row: ServerRow | undefined) => boolean> = {
  remove: (row) => row === undefined,
  ignore: (row) => row === undefined,
  pause: (row) => row?.health.status === "paused",
  resume: (row) => row !== undefined && row.health.status !== "paused",
  restore: (row) => row !== undefined,
};

/** Changes servers and offers to take it back. */
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

/** Says what was done, with a way back when there is one, for as long as it is so. Several entries are taken back as one. */
export function offerUndo(text: string, entries: readonly (number | null)[], holds: () => boolean = () => true): void {
  const known = entries.filter((entry) => entry !== null);
  for (const entry of known) madeOn.set(entry, nav.place.screen);
  const action = known.length ? { label: "Undo", run: () => void undo(known) } : null;
  messages.say(text, { action, entries: known, holds });
}

/** That any of these servers is in the list. */
export const anyKept = (ids: readonly ServerId[]) => () => ids.some((id) => core.rows.has(id));

/** Where changes were made from this page. */
const madeOn = new Map<number, Screen>();
/** A change that is older is not taken back without a word where one does not see it, in milliseconds. */
const FRESH_MS = 60_000;
/** The change that was just asked about. */
let askedAbout: number | null = null;

/** Takes back the newest change. What was done elsewhere a while ago is named first; the same key then does it. */
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

/** Takes these changes back, the newest first. */
export async function undo(entries: readonly number[]): Promise<void> {
  await attempt("Undo failed", async () => {
    const undone = await turn(
      "undo",
      [...entries].sort((a, b) => b - a),
    );
    messages.say(undoneWords(together(undone)), { action: { label: "Redo", run: () => void redo(entries) }, entries });
  });
}

/** Makes these changes again, or the one that was taken back last. */
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

/** What several changes that were one for a person did. */
function together(turned: readonly Undone[]): string {
  const [first, ...others] = turned.map(({ label }) => oneLine(label));
  if (others.length === 0) return first ?? "";
  const added = turned.every(({ label }) => label.startsWith("added "));
  return added ? `added ${plural(turned.length, "server")}` : `${first} and ${plural(others.length, "more change")}`;
}

/** What became of it, where that is said more shortly than what it was. */
function undoneWords(label: string): string {
  const removed = /^(?:removed|ignored) (.*)$/s.exec(label);
  return removed ? `Restored ${removed[1]}` : `Undone: ${label}`;
}

/** Checks under way at once: a browser has six lines to the core, and other work needs some. */
const CHECKS = 2;

/** Measures servers now, a few at a time. */
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

/** Runs what may fail outside a form: the failure is said where people look, and not as something that vanishes. */
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
