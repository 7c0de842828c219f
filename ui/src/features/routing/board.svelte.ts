import { asCallError, type CallError, type RuleList, type RuleRow } from "../../host";
import { draft } from "../../shared/config/draft.svelte";
import { type Path, sharing } from "../../shared/config/paths";
import { sim } from "../../shared/decision/sim.svelte";
import { isObject } from "../../shared/json";
import { Latest } from "../../shared/latest";
import { rested } from "../../shared/painted";
import { core } from "../../state/core.svelte";

export const RULES = "routing_rules";
export const TESTS = "routing_tests";

/** A rule of the draft, and what the core reports about it. */
export interface Card {
  pattern: string;
  path: Path;
  /** Its place and reach; absent while the draft does not load. */
  row: RuleRow | null;
}

/** The rules of the draft in the order in which they are tried. */
class Board {
  list = $state.raw<RuleList | null>(null);
  error = $state.raw<CallError | null>(null);
  /**
   * When each rule matched last, by its pattern; the entry without a pattern is the defaults. Absent until that is
   * known.
   */
  used = $state.raw<ReadonlyMap<string | null, number> | null>(null);
  /** The card that is open; or the defaults. */
  opened = $state<string | null>(null);
  /** A rule is being added: its initial pattern, and the rule it is a copy of. */
  adding = $state.raw<{ pattern: string; from: string | null } | null>(null);

  /** The text that rules are read from: the draft, while it differs from the file and loads. */
  text: string | null = $derived(
    draft.changed && draft.fresh && draft.read && draft.read.values !== null && !this.#isBroken()
      ? draft.read.text
      : null,
  );
  /** The draft holds something that does not load. */
  broken = $derived(draft.changed && (!draft.readable || this.#isBroken()));

  /** The core's answer belongs to the newest text of the draft: only then its rules can be requested. */
  settled = $derived(!draft.changed || this.text !== null || this.broken);

  /** The simulator's answer belongs to the newest text: the rest of the screen can be requested. */
  simulated = $derived(this.settled && (sim.args === null || sim.of === this.text));

  cards: readonly Card[] = $derived.by(() => {
    const own = draft.value([RULES]);
    const patterns = new Set(isObject(own) ? Object.keys(own) : []);
    const known = (this.list?.rules ?? []).filter(({ pattern }) => patterns.delete(pattern));
    const rows = [
      ...known.map((row) => [row.pattern, row] as const),
      ...[...patterns].map((one) => [one, null] as const),
    ];
    const cards = rows.map(([pattern, row]) => this.#card(pattern, row));
    this.#made = new Map(cards.map((card) => [card.pattern, card]));
    return cards;
  });
  #made: ReadonlyMap<string, Card> = new Map();

  /** The existing card, as long as the core reports the same: then nothing of it is drawn again. */
  #card(pattern: string, row: RuleRow | null): Card {
    const made = this.#made.get(pattern);
    return made?.row === row ? made : { pattern, path: [RULES, pattern], row };
  }

  #latest = new Latest<string | null>(
    async (text, isNewest) => {
      try {
        const list = await core.call("rules", text === null ? {} : { rules: text });
        if (!isNewest()) return;
        this.list = sharing(this.list, list) as RuleList;
        this.error = null;
      } catch (thrown) {
        if (isNewest()) this.error = asCallError(thrown);
      }
    },
    () => (this.list === null ? Promise.resolve() : rested()),
  );

  #uses = new Latest<null>(async () => {
    try {
      const { rules } = await core.call("traffic", {});
      this.used = new Map(rules.map(({ pattern, last_at }) => [pattern, last_at]));
    } catch {
      // Rules can be edited without it.
    }
  });

  /** Reads when each rule matched last. */
  askUse(): void {
    this.#uses.ask(null);
  }

  ask(text: string | null): void {
    this.#latest.ask(text);
  }

  /** Routing tests do not count: rules that break one are read and simulated all the same. */
  #isBroken(): boolean {
    return draft.errors.some(({ path }) => !/^routing_tests\[\d+\]$/.test(path));
  }
}

export const board = new Board();
