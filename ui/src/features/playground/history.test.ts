import { beforeEach, expect, it } from "vitest";
import type { CallResult } from "../../host";
import { parse, print } from "../../shared/exact";
import { type Entry, recallHistory, remember } from "./history";

const RESULT = '{"n":12345678901234567890123,"d":0.1234567890123456789,"huge":1e400,"said":"s3cret-word"}';

const entry = (more: Partial<Entry>): Entry => ({
  id: "1",
  at: 1,
  tool: "t",
  server: null,
  text: "{}",
  ending: "answered",
  ms: 1,
  result: {
    result: parse(RESULT),
    server: { id: "a", name: "a", url: "" },
    tool: "t",
    attempts: [],
    elapsed_ms: 1.5,
  } as CallResult,
  error: null,
  ...more,
});

beforeEach(() => localStorage.clear());

it("keeps the digits of a result over a restart", () => {
  remember([], entry({}));
  const [kept] = recallHistory();
  expect(print(kept?.result?.result)).toBe(RESULT);
  expect(kept?.result?.elapsed_ms).toBe(1.5);
});

it("keeps them where a secret is taken out of the answer", () => {
  remember([], entry({ secrets: ["s3cret-word"], safe: "{}" }));
  const [kept] = recallHistory();
  expect(print(kept?.result?.result)).toBe(RESULT.replace("s3cret-word", "••••"));
});
