import { dialogs } from "../dialogs/dialogs.svelte";
import { isInDialog } from "../shortcuts";
import { draft } from "./draft.svelte";

/** The keyboard shortcuts of the draft, on every screen that edits it. Returns whether one was used. */
export function draftKeys(event: KeyboardEvent, save: () => void): boolean {
  if (event.defaultPrevented || dialogs.current || isInDialog(event.target) || event.altKey) return false;
  if (!event.ctrlKey && !event.metaKey) return false;
  const key = event.key.toLowerCase();
  if (key === "s" && !event.shiftKey) saveNow(save);
  else if (isApart(event.target)) return false;
  else if (key === "z" && !event.shiftKey && draft.canUndo) draft.undo();
  else if ((key === "y" || (key === "z" && event.shiftKey)) && draft.canRedo) draft.redo();
  else return false;
  event.preventDefault();
  return true;
}

/** The text of a field is used as if the field were left. */
function saveNow(save: () => void): void {
  const field = document.activeElement;
  if (field instanceof HTMLInputElement && field.closest(".fields")) {
    field.blur();
    field.focus();
  }
  save();
}

/**
 * A field whose text is in no draft yet has an undo of its own: a note, a search, an item to be added. An empty one has
 * nothing to undo.
 */
function isApart(target: EventTarget | null): boolean {
  const isText = target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement;
  return isText && target.value !== "" && (!target.closest(".fields") || target.closest("form") !== null);
}
