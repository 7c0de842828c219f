/** If nothing is painted, as in a covered window, the wait ends after this time, in milliseconds. */
const UNSEEN_MS = 100;

/** Waits until the last change has been painted: a request that follows does not delay it. */
export function painted(): Promise<void> {
  return new Promise((resolve) => {
    const unseen = setTimeout(resolve, UNSEEN_MS);
    requestAnimationFrame(() => {
      clearTimeout(unseen);
      setTimeout(resolve);
    });
  });
}

/** Nothing is typed any more once no key came for this time, in milliseconds: a fast typist leaves less between two keys. */
const REST_MS = 120;
let typedAt = Number.NEGATIVE_INFINITY;
globalThis.addEventListener?.(
  "input",
  () => {
    typedAt = performance.now();
  },
  true,
);

/** Waits until the last change has been painted and the user has stopped typing: what follows delays no key. */
export async function rested(): Promise<void> {
  await painted();
  for (;;) {
    const left = typedAt + REST_MS - performance.now();
    if (left <= 0) return;
    await new Promise((resolve) => setTimeout(resolve, left));
  }
}

/** The longest wait for a place to be drawn, in milliseconds. */
const PATIENCE_MS = 10_000;
const LOOK_MS = 50;

/** Ends the wait for a place that is not drawn yet; absent if there is no wait. */
let forget: (() => void) | null = null;

/**
 * Moves the focus to the first matching element, as soon as one accepts it. If the user moves the focus meanwhile, it
 * stays there.
 */
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
    // A disabled element does not accept it.
    if ((found && document.activeElement === found) || Date.now() >= giveUp) end();
    else timer = setTimeout(look, LOOK_MS);
  }
}

/**
 * Runs a function once a field is left. When another window gets the focus the field is not left: half-typed text
 * stays.
 */
export function whenLeft(then: () => void): (event: FocusEvent) => void {
  return ({ currentTarget }) => {
    if (document.activeElement !== currentTarget) then();
  };
}

/** No element has the focus, and none is about to get it: the one that had it is gone. */
export function isLost(): boolean {
  return forget === null && (document.activeElement === null || document.activeElement === document.body);
}

/** The element of a screen that gets the focus if no other has it. */
export const HOME = "[data-home], #arguments-panel :is(input, textarea, select), main h1";
/** The first field of a tool; a tool without arguments is run. */
export const FIRST_FIELD = "#arguments-panel :is(input, textarea, select), .run .btn.pri";
