import type { BreakerRow, Traffic } from "../../host";
import { count, millis, plural } from "../../shared/format";

/** What the charts show, as columns of one time axis in seconds: each span is drawn at its middle. */
export interface Series {
  at: number[];
  failed: number[];
  /** Calls a minute. */
  rate: number[];
  p50: (number | null)[];
  p95: (number | null)[];
}

export function seriesOf({ buckets }: Traffic): Series {
  return {
    at: buckets.map(({ at, seconds }) => at / 1_000 + seconds / 2),
    failed: buckets.map(({ failed }) => failed),
    rate: buckets.map(({ calls, seconds }) => (seconds > 0 ? (calls * 60) / seconds : 0)),
    p50: buckets.map(({ p50_ms }) => p50_ms),
    p95: buckets.map(({ p95_ms }) => p95_ms),
  };
}

/** Values without neighbours, which no line can reach: they are drawn as points. */
export function lonely(line: readonly (number | null)[]): number[] {
  return line.flatMap((value, at) =>
    value !== null && (line[at - 1] ?? null) === null && (line[at + 1] ?? null) === null ? [at] : [],
  );
}

/** How many calls a minute, over the whole span. */
export function rateOf({ calls, buckets }: Traffic): number {
  const seconds = buckets.reduce((sum, bucket) => sum + bucket.seconds, 0);
  return seconds > 0 ? (calls * 60) / seconds : 0;
}

/** The newest figure of a line. */
export function newest(line: readonly (number | null)[]): number | null {
  return line.findLast((value) => value !== null) ?? null;
}

/** A share, as shown: `1.0 %`. */
export function part(some: number, all: number): string {
  if (all === 0) return "0 %";
  const value = (100 * some) / all;
  return `${value === 0 || value >= 10 ? Math.round(value) : value.toFixed(1)} %`;
}

/** The top of a scale that ends at a round figure: 1, 2 or 5 times a power of ten. */
export function roundTop(most: number): number {
  if (most <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(most));
  const step = [1, 2, 5, 10].find((one) => one * power >= most) ?? 10;
  return step * power;
}

/** Each chart as a sentence, for screen readers. */
export function sentences(traffic: Traffic, span: string): { failed: string; latency: string; rate: string } {
  const { p50, p95, rate } = seriesOf(traffic);
  const [half, most] = [newest(p50), newest(p95)];
  return {
    failed: `Failed calls in the last ${span}: ${count(traffic.failed)} of ${count(traffic.calls)}.`,
    latency:
      half === null
        ? `Latency in the last ${span}: no call was answered.`
        : `Latency in the last ${span}: half of the newest answers took at most ${millis(half)} ms, 95 of 100 at most ${millis(most ?? half)} ms.`,
    rate: `Calls in the last ${span}: ${figure(rateOf(traffic))} a minute on average, ${figure(Math.max(0, ...rate))} at most.`,
  };
}

/** A rate: whole, or with one digit where it is small. */
export function figure(value: number): string {
  return value >= 10 || value === 0 ? count(value) : value.toFixed(1);
}

/** Why a server gets no calls now, and for how much longer; absent if it gets calls. */
export function restWords(row: BreakerRow, since: number, now: number): string | null {
  const left = (seconds: number | null) => (seconds === null ? 0 : Math.ceil(seconds - (now - since) / 1_000));
  const [open, aside] = [left(row.open_for), left(row.set_aside_for)];
  if (aside > 0 && aside >= open) return `asked for a pause, next call in ${aside} s`;
  const failures = `${plural(row.failures, "failure")} in a row`;
  if (row.state === "open" && open > 0) return `${failures}, next trial in ${open} s`;
  if (row.state !== "closed") return `${failures}, the next call is its trial`;
  return null;
}
