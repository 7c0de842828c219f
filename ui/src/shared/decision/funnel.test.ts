import { expect, it } from "vitest";
import type { Decision } from "../../host";
import { rows } from "./funnel";

it("counts who leaves also where not all are named", () => {
  const place = { id: "a", name: "a", region: null };
  const left = { server: place, why: { kind: "no_tool" }, text: "is down" };
  const decision = {
    strategy: "round_robin",
    weights: [],
    stages: [
      { stage: "capability", kept: 10, left_out: [] },
      { stage: "health", kept: 0, left_out: [left], more: 9 },
    ],
  } as unknown as Decision;
  const [first, second] = rows(decision);
  expect([first?.left, second?.left, second?.leaves.length]).toEqual([0, 10, 1]);
  expect(second?.squares?.filter((square) => square === "left").length).toBe(10);
});
