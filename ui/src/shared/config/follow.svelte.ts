import { untrack } from "svelte";
import { core } from "../../state/core.svelte";
import { attempt } from "../actions";
import { sayLoaded } from "./act";
import { draft } from "./draft.svelte";
import { versions } from "./known.svelte";

/** When a file that was never read is read again, in milliseconds: one broken connection must not leave a screen empty. */
const AGAIN_MS = 2_000;

/**
 * Keeps the draft and its file in step as long as a screen shows them. The given function is called with each reading.
 */
export function followFile(along: () => Promise<unknown> = async () => {}): { again: () => void } {
  let timer: ReturnType<typeof setTimeout> | undefined;
  $effect(() => () => clearTimeout(timer));

  /** Reads the file and its versions again. If that loads a change from elsewhere, it is reported. */
  async function read(isNews: boolean): Promise<void> {
    const before = draft.saved?.base;
    await draft.open();
    // No answer: that is reported once, and everything is read when the core answers again.
    if (draft.trouble) {
      clearTimeout(timer);
      if (draft.saved === null || draft.sections.length === 0) timer = setTimeout(() => void read(isNews), AGAIN_MS);
      return;
    }
    await attempt("The versions could not be read", () => versions.read());
    await along();
    const isLoaded = isNews && before !== undefined && before !== draft.saved?.base && !draft.changed;
    if (isLoaded) await attempt("The versions could not be read", sayLoaded);
  }

  let heard = untrack(() => core.configs);
  void read(false);
  $effect(() => {
    if (core.configs === heard) return;
    heard = core.configs;
    void read(true);
  });
  // The connection to the core was lost: events meanwhile were missed.
  let wasLost = false;
  $effect(() => {
    if (core.link === "lost") wasLost = true;
    else if (wasLost && core.link === "live") {
      wasLost = false;
      void read(true);
    }
  });
  return { again: () => void read(false) };
}
