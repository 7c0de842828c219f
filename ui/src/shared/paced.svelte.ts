import { untrack } from "svelte";

/** While the component lives: does something now, and again after what changes, at most once in so many milliseconds. */
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
