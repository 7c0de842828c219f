import { SvelteSet } from "svelte/reactivity";
import { asCallError, type CallError, type ServerId, type ServerRow } from "../../host";
import { core } from "../../state/core.svelte";
import { statusWords } from "../words";

/** A wrong filter is reported when typing has paused for this long, in milliseconds: half a word is not a mistake. */
const PAUSE_MS = 400;
/** A longer wait is shown as one, in milliseconds. */
const SLOW_MS = 300;
/** While servers change, a filter is applied again at most this often, in milliseconds. */
const AGAIN_MS = 1_000;

/** The filter and the selection of servers: the same on every screen that shows them. */
class Filtering {
  /** The filter as it is typed. */
  text = $state("");
  /** Why the core cannot read it. */
  error = $state.raw<CallError | null>(null);
  /** The servers for the next action on several. */
  selected = new SvelteSet<ServerId>();
  /** The matching ids, in the core's order; absent without a filter. */
  matched = $state.raw<ServerId[] | null>(null);
  /** The filter that `matched` belongs to. */
  answered = $state.raw("");

  #timer: ReturnType<typeof setTimeout> | undefined;
  /** The last change needs a request too. */
  #again: ReturnType<typeof setTimeout> | null = null;
  #asked = 0;
  #asking = false;
  #slow: ReturnType<typeof setTimeout> | undefined;
  #onset: (() => void)[] = [];
  #onanswer: (() => void)[] = [];

  /** The shown result belongs to another filter than the current one. */
  stale = $derived(this.text.trim() !== "" && this.text !== this.answered);
  /** That has lasted long enough to be shown. */
  waited = $state(false);
  /** A filter is on. */
  on = $derived(this.matched !== null);
  /** Servers in trouble that the filter hides, worst first. */
  outside: readonly ServerRow[] = $derived.by(() => {
    if (!this.matched) return [];
    const inside = new Set(this.matched);
    return core.servers.filter((row) => isTrouble(row) && !inside.has(row.id));
  });

  /** Called with another filter, and with its first result, before rows are drawn. */
  heed(onset: () => void, onanswer: () => void): void {
    this.#onset.push(onset);
    this.#onanswer.push(onanswer);
  }

  /** Changes the filter; the core is asked at once, one request at a time. */
  set(text: string): void {
    this.text = text;
    for (const heard of this.#onset) heard();
    clearTimeout(this.#timer);
    clearTimeout(this.#slow);
    this.waited = false;
    if (text.trim() === "") {
      this.matched = null;
      this.error = null;
      this.answered = "";
      return;
    }
    this.#slow = setTimeout(() => {
      this.waited = this.stale && !this.error;
    }, SLOW_MS);
    void this.#ask();
  }

  /** Applies the filter again because servers changed. */
  serversChanged(): void {
    if (this.text.trim() === "") return;
    const left = this.#asked + AGAIN_MS - Date.now();
    if (left <= 0 && !this.#asking) void this.#ask();
    else this.#again ??= setTimeout(() => this.#askAgain(), Math.max(left, 0));
  }

  #askAgain(): void {
    this.#again = null;
    if (this.text.trim() !== "") this.serversChanged();
  }

  async #ask(): Promise<void> {
    if (this.#asking) return;
    const text = this.text;
    this.#asked = Date.now();
    this.#asking = true;
    try {
      this.#take(text, (await core.call("order", { filter: text })).ids);
    } catch (thrown) {
      this.#refuse(text, asCallError(thrown));
    } finally {
      this.#asking = false;
    }
    // The user went on typing while the core answered.
    if (text !== this.text && this.text.trim() !== "") void this.#ask();
  }

  /**
   * The answer for an older text is still closer to the current one than what is shown; for an empty text it is not.
   */
  #take(text: string, ids: ServerId[]): void {
    if (this.text.trim() === "") return;
    const fresh = text !== this.answered;
    this.matched = ids;
    if (fresh) for (const heard of this.#onanswer) heard();
    this.answered = text;
    if (text !== this.text) return;
    this.error = null;
    this.waited = false;
  }

  #refuse(text: string, error: CallError): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(
      () => {
        if (text !== this.text) return;
        this.error = error;
        this.waited = false;
      },
      this.error ? 0 : PAUSE_MS,
    );
  }
}

function isTrouble(row: ServerRow): boolean {
  const { status } = row.health;
  return statusWords(status).attention || status === "unknown";
}

/** The filter and the selection of this page. */
export const filtering = new Filtering();
