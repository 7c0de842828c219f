import { expect, it } from "vitest";
import { asks, kindOf } from "./words";

it.each([
  ["search.docs", "exact name"],
  ["weather.*", "prefix of 8"],
  ["*.current", "any prefix"],
  ["a?c", "prefix of 1"],
  ["[ab]c", "any prefix"],
])("%s is a pattern of its kind", (pattern, kind) => {
  expect(kindOf(pattern)).toBe(kind);
});

it("a rule says what it asks for, and nothing that changes nothing", () => {
  expect(
    asks({
      priority: 10,
      strategy: "health_weighted",
      preferred_regions: ["us-west-2", "eu"],
      min_health_score: 0.8,
      required_metadata: { gpu: true, cores: { $gte: 4 } },
      timeout: 60,
      affinity: "none",
      on_empty: "fail",
      auto_retry: true,
    }),
  ).toEqual([
    "health weighted",
    "prefers us-west-2, eu",
    "health from 0.8",
    'gpu: true, cores: {"$gte":4}',
    "timeout 60 s",
  ]);
  expect(asks({ affinity: "argument", affinity_argument: "user_id" })).toEqual(["affinity by user_id"]);
  expect(asks(null)).toEqual([]);
});
