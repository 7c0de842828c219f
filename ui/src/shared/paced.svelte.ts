import { untrack } from "svelte";

/** While the component lives: runs a function now, and again after a change, at most once in this many milliseconds. */
export function paced(changes: () => unknown, ms: number, act: () => void): void {
  let timer: ReturnType<typeof setTimeout> | null = null;
  let last = 0;
  $effect(() => {
    changes();
    timer ??= setTimeout(
      () => {
        timer = null;
        last = Date.now();
        untrack(act);
      },
      Math.max(0, last + ms - Date.now()),
    );
  });
  $effect(() => () => {
    if (timer) clearTimeout(timer);
  });
}
