/** Where nothing is painted, as in a window that is covered, nobody waits for longer, in milliseconds. */
const UNSEEN_MS = 100;

/** Waits until what changed just now has been painted: what is asked for then takes no time from it. */
export function painted(): Promise<void> {
  return new Promise((resolve) => {
    const unseen = setTimeout(resolve, UNSEEN_MS);
    requestAnimationFrame(() => {
      clearTimeout(unseen);
      setTimeout(resolve);
    });
  });
}

/** How long a place may take to be drawn, in milliseconds. */
const PATIENCE_MS = 10_000;
const LOOK_MS = 50;

/** Ends the wait for a place that is not drawn yet; absent when nothing is waited for. */
let forget: (() => void) | null = null;

/** Gives the keyboard to the first element that fits, as soon as there is one that takes it. Whoever goes elsewhere meanwhile is left there. */
export function focusOn(selector: string): void {
  forget?.();
  const giveUp = Date.now() + PATIENCE_MS;
  let timer = setTimeout(look);
  const acts = ["keydown", "pointerdown"] as const;
  const end = () => {
    clearTimeout(timer);
    for (const act of acts) window.removeEventListener(act, end, true);
    forget = null;
  };
  forget = end;
  for (const act of acts) window.addEventListener(act, end, true);

  function look() {
    const found = document.querySelector<HTMLElement>(selector);
    found?.focus();
    // What is not enabled yet does not take it.
    if ((found && document.activeElement === found) || Date.now() >= giveUp) end();
    else timer = setTimeout(look, LOOK_MS);
  }
}

/** Does something once a field is left. While another window has the keyboard it is not: what is half written there waits. */
export function whenLeft(then: () => void): (event: FocusEvent) => void {
  return ({ currentTarget }) => {
    if (document.activeElement !== currentTarget) then();
  };
}

/** Nobody has the keyboard, and nobody is about to get it: what had it is gone. */
export function isLost(): boolean {
  return forget === null && (document.activeElement === null || document.activeElement === document.body);
}

/** Where the keyboard belongs on a screen, when nothing else has it. */
export const HOME = "[data-home], #arguments-panel :is(input, textarea, select), main h1";
/** The first thing of a tool that can be filled in; a tool without arguments is run. */
export const FIRST_FIELD = "#arguments-panel :is(input, textarea, select), .run .btn.pri";
