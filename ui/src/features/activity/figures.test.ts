import { expect, it } from "vitest";
import type { BreakerRow, Traffic } from "../../host";
import { figure, lonely, part, rateOf, restWords, roundTop, sentences, seriesOf } from "./figures";

const bucket = (at: number, calls: number, failed = 0, p50: number | null = null) => ({
  at,
  seconds: 30,
  calls,
  failed,
  p50_ms: p50,
  p95_ms: p50 === null ? null : p50 * 3,
});
const traffic: Traffic = {
  buckets: [bucket(0, 10, 1, 20), bucket(30_000, 20, 0, 40), bucket(60_000, 0)],
  servers: [],
  rules: [],
  calls: 30,
  failed: 1,
  oldest: 0,
};

it("makes columns of spans; a span without an answer has no latency, and no 0", () => {
  expect(seriesOf(traffic)).toEqual({
    at: [15, 45, 75],
    failed: [1, 0, 0],
    rate: [20, 40, 0],
    p50: [20, 40, null],
    p95: [60, 120, null],
  });
  expect(rateOf(traffic)).toBe(20);
});

it("finds the figures that no line reaches", () => {
  expect(lonely([1, null, 2, 3, null, 4])).toEqual([0, 5]);
  expect(lonely([null, null])).toEqual([]);
});

it("says each chart as a sentence", () => {
  const said = sentences(traffic, "hour");
  expect(said.failed).toBe("Failed calls in the last hour: 1 of 30.");
  expect(said.latency).toContain("at most 40 ms, 95 of 100 at most 120 ms");
  expect(said.rate).toBe("Calls in the last hour: 20 a minute on average, 40 at most.");
  expect(sentences({ ...traffic, buckets: [bucket(0, 0)] }, "hour").latency).toContain("no call was answered");
});

it("rounds as people do", () => {
  expect([0, 1, 3, 7, 12, 90, 100, 101].map(roundTop)).toEqual([1, 1, 5, 10, 20, 100, 100, 200]);
  expect([part(0, 0), part(6, 612), part(1, 2), part(3, 3)]).toEqual(["0 %", "1.0 %", "50 %", "100 %"]);
  expect([figure(0), figure(0.46), figure(42.4)]).toEqual(["0", "0.5", "42"]);
});

it("says when a server that rests is tried again", () => {
  const row = (over: Partial<BreakerRow>): BreakerRow => ({
    server: { id: "a", name: "a", region: null },
    state: "closed",
    failures: 5,
    open_for: null,
    set_aside_for: null,
    in_flight: 0,
    ...over,
  });
  expect(restWords(row({ failures: 1 }), 0, 0)).toBe(null);
  expect(restWords(row({ state: "open", open_for: 30 }), 0, 6_000)).toBe("5 failures in a row, next trial in 24 s");
  expect(restWords(row({ state: "open", open_for: 30 }), 0, 31_000)).toBe(
    "5 failures in a row, the next call is its trial",
  );
  expect(restWords(row({ state: "half_open" }), 0, 0)).toContain("the next call is its trial");
  expect(restWords(row({ set_aside_for: 10 }), 0, 2_000)).toBe("asked for a pause, next call in 8 s");
});
