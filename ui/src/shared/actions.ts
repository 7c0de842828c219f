import { toast } from "svelte-sonner";
import { asCallError, type Changed, type ServerId } from "../host";
import { core } from "../state/core.svelte";
import { plural } from "./format";
import { oneLine } from "./text";

/** The changes of several servers that the core can take back. */
export type BulkOperation = "remove" | "ignore" | "pause" | "resume" | "restore";

const DONE: Record<BulkOperation, string> = {
  remove: "Removed",
  ignore: "Removed and ignored",
  pause: "Paused",
  resume: "Resumed",
  restore: "Brought back",
};

/** Changes servers and offers to take it back. */
export async function change(operation: BulkOperation, ids: ServerId[]): Promise<Changed | null> {
  const what = nameOf(ids);
  return attempt(`${DONE[operation]} ${what} did not work`, async () => {
    const changed = await core.call(operation, { ids });
    await core.shown(changed.revision);
    offerUndo(`${DONE[operation]} ${what}`, changed.undo);
    return changed;
  });
}

/** Says what was done, with a way back when there is one. */
export function offerUndo(text: string, entry: number | null): void {
  if (entry === null) return void toast(text);
  toast(text, { duration: 10_000, action: { label: "Undo", onClick: () => void undo(entry) } });
}

/** Takes back one change, or the newest. */
export async function undo(entry?: number): Promise<void> {
  await attempt("There is nothing to take back", async () => {
    const undone = await core.call("undo", entry === undefined ? {} : { undo: entry });
    await core.shown(undone.revision);
    toast(`Taken back: ${oneLine(undone.label)}`);
  });
}

/** Checks under way at once: a browser has six lines to the core, and other work needs some. */
const CHECKS = 3;

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
    if (error.code !== "offline" && error.code !== "unauthorized") {
      toast.error(title, { description: oneLine(error.message), duration: Number.POSITIVE_INFINITY });
    }
    return null;
  }
}

function nameOf(ids: ServerId[]): string {
  const [only] = ids;
  if (ids.length !== 1 || only === undefined) return plural(ids.length, "server");
  return oneLine(core.rows.get(only)?.name ?? "1 server");
}
