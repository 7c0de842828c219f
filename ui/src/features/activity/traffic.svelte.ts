import { asCallError, type BreakerRow, type CallError, type Traffic } from "../../host";
import { Latest } from "../../shared/latest";
import { keep, recall } from "../../shared/persist";
import { core } from "../../state/core.svelte";

/** The time spans to choose from, in minutes. */
export const SPANS = [15, 60, 1_440] as const;
export type Span = (typeof SPANS)[number];

const isSpan = (value: unknown): value is Span => SPANS.includes(value as Span);

/** The sum of the recent calls, and the servers whose calls are stopped. */
class TrafficNow {
  span = $state<Span>(recall("activity.span", 60, isSpan));
  result = $state.raw<Traffic | null>(null);
  error = $state.raw<CallError | null>(null);
  /** Servers that failed or get no calls now, and when that was read. */
  breakers = $state.raw<{ rows: readonly BreakerRow[]; at: number }>({ rows: [], at: 0 });

  #latest = new Latest<Span>(async (span, isNewest) => {
    try {
      const [result, { breakers }] = await Promise.all([
        core.call("traffic", { since: Date.now() - span * 60_000 }),
        core.call("breakers", {}),
      ]);
      if (!isNewest()) return;
      this.result = result;
      this.breakers = { rows: breakers, at: Date.now() };
      this.error = null;
    } catch (thrown) {
      if (isNewest()) this.error = asCallError(thrown);
    }
  });

  read(): void {
    this.#latest.ask(this.span);
  }

  look(span: Span): void {
    this.span = span;
    keep("activity.span", span);
    this.read();
  }
}

export const traffic = new TrafficNow();
