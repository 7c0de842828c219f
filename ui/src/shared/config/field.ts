import type { ConfigProblem } from "../../host";
import { draft } from "./draft.svelte";
import { idOf, type Path } from "./paths";

/** The id of the field of a place. */
export function fieldId(path: Path): string {
  return `f-${path.map((part) => String(part).replace(/[^\w-]/g, (letter) => `_${letter.codePointAt(0)}_`)).join("-")}`;
}

/** The error at a place: a refusal of the core, or an error of the reader. */
export function wrongAt(problems: readonly ConfigProblem[], path: Path): string | null {
  return draft.refused.get(idOf(path)) ?? problems.find(({ severity }) => severity === "error")?.message ?? null;
}

/** Brings a field into view within its form, when it is not. The page itself stays where it is. */
export function reveal(row: HTMLElement): void {
  const form = row.closest<HTMLElement>(".fields");
  if (!form || form.scrollHeight <= form.clientHeight) return;
  const [here, around] = [row.getBoundingClientRect(), form.getBoundingClientRect()];
  if (here.top < around.top) form.scrollTop -= around.top - here.top;
  else if (here.bottom > around.bottom) form.scrollTop += Math.min(here.bottom - around.bottom, here.top - around.top);
}

/** Moves the focus to the field of a place, or to the nearest one above it. */
export function focusField(path: Path): boolean {
  for (let depth = path.length; depth > 0; depth--) {
    const id = fieldId(path.slice(0, depth));
    const row = document.querySelector<HTMLElement>(`[data-field="${id}"], #card-${id}`);
    const control =
      document.getElementById(id) ?? row?.querySelector<HTMLElement>("input, select, textarea, button:not(:disabled)");
    if (control) {
      control.focus();
      control.scrollIntoView({ block: "nearest" });
      return true;
    }
  }
  return false;
}
