import { type CallFilter, CallPages } from "../../shared/calls/pages.svelte";

/** The calls of the Activity screen; what a person chose stays while they are elsewhere. */
class Calls extends CallPages {
  /** Shows other calls: what is not said stays as it was chosen. */
  only(part: Partial<CallFilter>): void {
    this.show({ ...this.filter, ...part });
  }
}

export const calls = new Calls();
