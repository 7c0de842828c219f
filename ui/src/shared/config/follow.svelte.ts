import { untrack } from "svelte";
import { core } from "../../state/core.svelte";
import { attempt } from "../actions";
import { sayLoaded } from "./act";
import { draft } from "./draft.svelte";
import { versions } from "./known.svelte";

/** Keeps the draft beside its file as long as a screen shows it. What is given is read along with it. */
export function followFile(along: () => Promise<unknown> = async () => {}): { again: () => void } {
  /** Reads again what the file and its versions are. What was loaded because it changed elsewhere is said. */
  async function read(isNews: boolean): Promise<void> {
    const before = draft.saved?.base;
    await draft.open();
    // Nobody answers: that is said once, and all of it is read when somebody does.
    if (draft.trouble) return;
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
  // The line to the core was gone: what was told meanwhile was not heard.
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
