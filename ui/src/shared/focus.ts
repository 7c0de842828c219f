/** How long a place may take to be drawn, in milliseconds. */
const PATIENCE_MS = 2_000;
const LOOK_MS = 50;

/** Gives the keyboard to the first element that fits, as soon as there is one. */
export function focusOn(selector: string): void {
  const giveUp = Date.now() + PATIENCE_MS;
  const look = () => {
    const found = document.querySelector<HTMLElement>(selector);
    if (found) found.focus();
    else if (Date.now() < giveUp) setTimeout(look, LOOK_MS);
  };
  setTimeout(look);
}

/** Nobody has the keyboard: what had it is gone. */
export function isLost(): boolean {
  return document.activeElement === null || document.activeElement === document.body;
}

/** Where the keyboard belongs on a screen, when nothing else has it. */
export const HOME = "[data-home], #arguments-panel :is(input, textarea, select), main h1";
/** The first thing of a tool that can be filled in; a tool without arguments is run. */
export const FIRST_FIELD = "#arguments-panel :is(input, textarea, select), .run .btn.pri";
