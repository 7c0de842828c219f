import { asCallError, type CallError, type Replay, type ReplayArgs } from "../../host";
import { Latest } from "../../shared/latest";
import { rested } from "../../shared/painted";
import { core } from "../../state/core.svelte";

/** How many of the newest calls are replayed. */
export const REPLAYED = 100;

/** The last real calls, replayed with the draft. */
class Replays {
  result = $state.raw<Replay | null>(null);
  error = $state.raw<CallError | null>(null);
  /** The calls are listed instead of the stages. */
  listing = $state(false);

  #latest = new Latest<ReplayArgs>(
    async (args, isNewest) => {
      try {
        const result = await core.call("replay", args);
        if (!isNewest()) return;
        this.result = result;
        this.error = null;
      } catch (thrown) {
        if (isNewest()) this.error = asCallError(thrown);
      }
    },
    () => (this.result === null ? Promise.resolve() : rested()),
  );

  ask(rules: string | null, down: readonly string[]): void {
    this.#latest.ask({
      calls: REPLAYED,
      ...(rules === null ? {} : { rules }),
      ...(down.length ? { down: [...down] } : {}),
    });
  }
}

export const replay = new Replays();
