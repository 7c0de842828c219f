import { asCallError, type CallError } from "../../host";
import { core } from "../../state/core.svelte";
import { attempt, offerUndo } from "../actions";
import { messages } from "../messages.svelte";
import { placeWords } from "../secrets";
import { draft } from "./draft.svelte";
import type { Path } from "./paths";

/** The change of the file that can be undone: only the newest one. */
let offered: number[] = [];

/** Reports what was done to the file, and offers to undo it in place of the former offer. */
function offer(text: string, entry: number | null): void {
  messages.settle(offered);
  offered = entry === null ? [] : [entry];
  offerUndo(text, [entry]);
}

/** The name of this page as the author of a save. */
export function face(): "window" | "browser" {
  return core.face === "desktop" ? "window" : "browser";
}

/**
 * Saves the draft and reports it. Returns the reason if it was refused; a conflict is shown beside the file by then.
 */
export async function save(note: string): Promise<CallError | null> {
  try {
    const { version, undo, late } = await draft.save(note);
    offer(undo === null ? "The file already says that" : `Saved as version ${version}`, undo);
    if (late !== null)
      messages.say(`Another program wrote the file at the same moment. Its text is kept as version ${late}.`);
    return null;
  } catch (thrown) {
    const error = asCallError(thrown);
    if (error.code === "config_conflict") {
      await draft.conflict();
      return null;
    }
    return error;
  }
}

/** Stores a secret of the file in the keyring, and refers to it there; reports which store has it now. */
export async function moveSecret(path: Path): Promise<void> {
  const args = { path: [...path], by: face(), ...(draft.saved ? { base: draft.saved.base } : {}) };
  const { reference, kept, saved } = await core.call("config_secret_move", args);
  await draft.look();
  const why = kept.place === "file" && kept.why ? `: there is no keyring here (${kept.why})` : "";
  offer(
    `${reference} is kept ${placeWords(kept.place)}${why}. Earlier versions of the file on this computer still hold it.`,
    saved.undo,
  );
}

/** Restores a version of the file. */
export async function restore(version: number): Promise<void> {
  const args = { version, by: face(), ...(draft.saved ? { base: draft.saved.base } : {}) };
  const done = await core.call("config_restore", args);
  await draft.look();
  offer(
    done.undo === null
      ? `The file is as in version ${version} already`
      : `Restored version ${version} as version ${done.version}`,
    done.undo,
  );
}

/** A change of the file elsewhere, while there was no draft. */
export async function sayLoaded(): Promise<void> {
  const { versions } = await core.call("config_versions", {});
  const [newest, before] = versions;
  if (!newest || newest.by === face()) return;
  if (newest.by !== "disk")
    return messages.say(
      `The settings were saved ${newest.by === "command_line" ? "at the command line" : `in ${newest.by === "window" ? "the window" : "a browser"}`}`,
    );
  const action = before
    ? { label: "Undo", run: () => void attempt("The file was not restored", () => restore(before.version)) }
    : null;
  messages.say("The file changed on disk and was loaded", { action });
}
