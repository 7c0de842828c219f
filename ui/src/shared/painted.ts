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
