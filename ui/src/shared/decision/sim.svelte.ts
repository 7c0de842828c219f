import { asCallError, type CallError, type RouteArgs, type RouteResult, type ServerId } from "../../host";
import { core } from "../../state/core.svelte";
import { readObject } from "../json";
import { Latest } from "../latest";
import { keep, recall } from "../persist";

/** The rules that are shown. */
export type Which = "both" | "draft" | "saved";

/** The result of one of the two sets of rules. */
export interface Answer {
  result: RouteResult | null;
  /** Why there is no result. */
  error: CallError | null;
}

const isText = (value: unknown): value is string => typeof value === "string";

/** More calls are not simulated at once. */
const MOST_CALLS = 100_000;
/** Servers listed for a draft: otherwise each key press would pay for a thousand that nobody reads. */
export const NAMED = 12;

/** Simulated calls: what the rules would do with them. Kept while another screen is open. */
class Simulation {
  capability = $state(recall("routing.capability", "", isText));
  client = $state("");
  /** The arguments as text; empty means that no schema is checked. */
  given = $state("");
  calls = $state("1,000");
  /** Servers assumed to be down. */
  down = $state.raw<readonly ServerId[]>([]);
  which = $state<Which>("both");

  /** Under the rules in use. */
  saved = $state.raw<Answer | null>(null);
  /** Under the draft; absent without one. */
  draft = $state.raw<Answer | null>(null);

  /** All servers of a draft are listed: the user wants to see them. */
  whole = $state(false);

  /** The text that the answers belong to; undefined before the first. */
  of = $state.raw<string | null | undefined>(undefined);

  #count = $derived(Number(this.calls.replaceAll(/[,\s]/g, "")));
  /** The number of calls; absent if the input is not one. */
  count = $derived(
    this.calls.trim() !== "" && Number.isInteger(this.#count) && this.#count >= 1 && this.#count <= MOST_CALLS
      ? this.#count
      : null,
  );
  #read = $derived(this.given.trim() === "" ? null : readObject(this.given));
  /** What is wrong with the arguments. */
  wrong = $derived(this.#read && "problem" in this.#read ? this.#read.problem : null);
  /** The request; absent while the input is not valid. */
  args: RouteArgs | null = $derived.by(() => {
    const capability = this.capability.trim();
    if (capability === "" || this.count === null || this.wrong) return null;
    const down = this.down.filter((id) => core.rows.has(id));
    return {
      capability,
      calls: this.count,
      ...(this.client.trim() ? { client: this.client.trim() } : {}),
      ...(this.#read && "value" in this.#read ? { arguments: this.#read.value } : {}),
      ...(down.length ? { down: [...down] } : {}),
    };
  });

  /** The request for a draft. */
  drafted: RouteArgs | null = $derived(this.args && !this.whole ? { ...this.args, most: NAMED } : this.args);

  #latest: Latest<null> = new Latest<null>(async (): Promise<void> => {
    const [args, drafted, text, trials] = [this.args, this.drafted, this.#text, this.#trials];
    if (!args || !drafted) return;
    const [saved, draft] = await Promise.all([
      this.#underSaved(args),
      text === null ? null : routed({ ...drafted, rules: text }),
    ]);
    // The call changed meanwhile: this answer belongs to nothing on the screen.
    if (!sameCall(drafted, this.drafted)) {
      void this.#latest.ask(null);
      return;
    }
    this.saved = saved;
    // The results for a newer draft stay.
    if (trials === this.#trials) [this.draft, this.of] = [draft, text];
    if (text !== this.#text) this.#latest.ask(null);
  });
  #text: string | null = null;
  /** The results for the newest draft; nobody has asked for them yet. */
  #tried: { args: RouteArgs; text: string } | null = null;
  #trials = 0;
  /** The capability that the browser stores; to store it at each key press costs more than to draw the result. */
  #kept = this.capability;
  /** What the result under the saved rules depends on: while a draft is edited, none of it changes. */
  #known: { args: RouteArgs; rows: unknown; configs: number } | null = null;

  async #underSaved(args: RouteArgs): Promise<Answer> {
    const now = { args, rows: core.rows, configs: core.configs };
    const isKnown =
      this.#known !== null &&
      sameCall(this.#known.args, args) &&
      this.#known.rows === now.rows &&
      this.#known.configs === now.configs;
    if (isKnown && this.saved?.result) return this.saved;
    const answer = await routed(args);
    this.#known = now;
    return answer;
  }

  /** Receives the core's results for the calls with a draft. */
  tried(args: RouteArgs, text: string, result: RouteResult): void {
    if (!sameCall(args, this.drafted)) return;
    this.draft = { result, error: null };
    this.of = text;
    this.#text = text;
    this.#trials += 1;
    this.#tried = { args, text };
  }

  /** Requests the results of the rules in use and of a draft; not again if they came with the draft. */
  ask(draft: string | null): void {
    this.#text = draft;
    const tried = this.#tried;
    this.#tried = null;
    if (tried?.text === draft && sameCall(tried.args, this.drafted)) return;
    if (this.args && this.args.capability !== this.#kept) {
      this.#kept = this.args.capability;
      keep("routing.capability", this.#kept);
    }
    this.#latest.ask(null);
  }

  /** Lists all servers of a draft from now on. */
  nameAll(): void {
    if (this.whole) return;
    this.whole = true;
    this.#latest.ask(null);
  }

  /** The result with every server that gets calls: of the draft if there is one. */
  async inFull(isDrafted: boolean): Promise<RouteResult | null> {
    const known = (isDrafted ? this.draft : this.saved)?.result ?? null;
    if (!known?.more || !this.args || this.#text === null) return known;
    return (await routed({ ...this.args, rules: this.#text })).result ?? known;
  }

  pretend(id: ServerId): void {
    if (!this.down.includes(id)) this.down = [...this.down, id];
  }

  /** Shows another call. Servers are given by id or by name; unknown ones are left out. */
  take(capability: string, client: string, down: readonly string[]): void {
    this.capability = capability;
    this.client = client;
    this.given = "";
    const known = (key: string) => (core.rows.has(key) ? key : core.servers.find(({ name }) => name === key)?.id);
    this.down = down.flatMap((key) => known(key) ?? []);
  }

  pretendNot(id: ServerId): void {
    this.down = this.down.filter((other) => other !== id);
  }
}

async function routed(args: RouteArgs): Promise<Answer> {
  try {
    return { result: await core.call("route", args), error: null };
  } catch (thrown) {
    return { result: null, error: asCallError(thrown) };
  }
}

function sameCall(one: RouteArgs, other: RouteArgs | null): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

/** The simulator. */
export const sim = new Simulation();
