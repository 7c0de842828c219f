import { SvelteSet } from "svelte/reactivity";
import { asCallError, type CallError, type ServerId, type ServerRow } from "../../host";
import { core } from "../../state/core.svelte";
import { statusWords } from "../words";

/** A filter that is wrong is said to be so when nobody has typed for so long, in milliseconds: half a word is no mistake. */
const PAUSE_MS = 400;
/** A wait that is longer is said to be one, in milliseconds. */
const SLOW_MS = 300;
/** While servers change, a filter is asked again at most this often, in milliseconds. */
const AGAIN_MS = 1_000;

/** Which servers a person looks at and has selected: the same on every screen that shows them. */
class Filtering {
  /** The filter as it is typed. */
  text = $state("");
  /** Why the core cannot read it. */
  error = $state.raw<CallError | null>(null);
  /** The servers for the next action on several. */
  selected = new SvelteSet<ServerId>();
  /** The ids that pass, in the core's order; absent without a filter. */
  matched = $state.raw<ServerId[] | null>(null);
  /** The filter that `matched` is of. */
  answered = $state.raw("");

  #timer: ReturnType<typeof setTimeout> | undefined;
  /** The last change is asked about too. */
  #again: ReturnType<typeof setTimeout> | null = null;
  #asked = 0;
  #asking = false;
  #slow: ReturnType<typeof setTimeout> | undefined;
  #onset: (() => void)[] = [];
  #onanswer: (() => void)[] = [];

  /** What is shown is of another filter than the one that stands there. */
  stale = $derived(this.text.trim() !== "" && this.text !== this.answered);
  /** That has lasted long enough to be said. */
  waited = $state(false);
  /** A filter is on. */
  on = $derived(this.matched !== null);
  /** Servers in trouble that the filter leaves out, worst first. */
  outside: readonly ServerRow[] = $derived.by(() => {
    if (!this.matched) return [];
    const inside = new Set(this.matched);
    return core.servers.filter((row) => isTrouble(row) && !inside.has(row.id));
  });

  /** Whoever orders rows hears of another filter, and of its first answer, before they are drawn. */
  heed(onset: () => void, onanswer: () => void): void {
    this.#onset.push(onset);
    this.#onanswer.push(onanswer);
  }

  /** Changes the filter; the core is asked at once, one question at a time. */
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

  /** Asks again because servers changed. */
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
    // Somebody went on typing while the core answered.
    if (text !== this.text && this.text.trim() !== "") void this.#ask();
  }

  /** An answer for a text that has changed since is still nearer to it than what is shown; for no text it is not. */
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
