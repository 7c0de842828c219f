import { expect, it } from "vitest";
import type { CallRow } from "../../host";
import { ALL, argsOf } from "./pages.svelte";
import { outcomeOf, spoken } from "./words";

const row = (over: Partial<CallRow> = {}): CallRow => ({
  id: 1,
  at: new Date(2026, 10, 29, 12, 20, 38).getTime(),
  client: null,
  capability: "weather.current",
  tool: "weather_current",
  server: { id: "a", name: "weather-a", region: null },
  outcome: "ok",
  code: null,
  reason: null,
  attempts: 1,
  ms: 39,
  stands_for: 1,
  rule: null,
  named: false,
  ...over,
});

it("says how a call ended", () => {
  const word = (over: Partial<CallRow>) => outcomeOf(row(over)).word;
  expect(word({})).toBe("Answered");
  expect(word({ attempts: 2 })).toBe("Retried once");
  expect(word({ attempts: 4 })).toBe("Retried 3 times");
  expect(word({ outcome: "tool_error" })).toBe("Tool error");
  expect(word({ outcome: "failed", code: "needs_sign_in" })).toBe("Needs sign-in");
  expect(word({ outcome: "failed" })).toBe("Failed");
  expect(word({ outcome: "refused", server: null })).toBe("No server took it");
  expect(word({ outcome: "cancelled" })).toBe("Cancelled");
});

it("says a call as a sentence", () => {
  expect(spoken(row())).toBe("weather.current at 12:20:38: answered by weather-a in 39 ms");
  expect(spoken(row({ stands_for: 40 }))).toContain("represents 40 calls");
  expect(spoken(row({ outcome: "refused", server: null, reason: "nobody offers it" }))).toBe(
    "weather.current at 12:20:38: no server took it in 39 ms: nobody offers it",
  );
});

it("a word may stand anywhere in a capability, a pattern is one", () => {
  expect(argsOf(ALL)).toEqual({});
  expect(argsOf({ ...ALL, capability: " weather " })).toEqual({ capability: "*weather*" });
  expect(argsOf({ ...ALL, capability: "weather.*", client: "ci", server: "x", outcome: "failed" })).toEqual({
    capability: "weather.*",
    client: "ci",
    server: "x",
    outcome: "failed",
  });
});
