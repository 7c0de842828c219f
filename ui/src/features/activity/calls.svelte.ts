import { type CallFilter, CallPages } from "../../shared/calls/pages.svelte";

/** The calls of the Activity screen; the user's choices are kept while another screen is open. */
class Calls extends CallPages {
  /** Shows other calls: an option that is not given stays as it was. */
  only(part: Partial<CallFilter>): void {
    this.show({ ...this.filter, ...part });
  }
}

export const calls = new Calls();
