import { describe, expect, it } from "vitest";
import type { Decision, RouteResult, Stage, Traffic } from "../../host/bindings";
import { inOrder, percent, pretendedFlow, realFlow } from "./flow";
import { readLook, writeLook } from "./place";

const place = (id: string) => ({ id, name: id, region: null });

/** What a dry run answers: who takes how many, and whom which stage leaves out. */
function routed(calls: Record<string, number>, left: [Stage, string, string][] = []): RouteResult {
  const all = Object.values(calls).reduce((sum, count) => sum + count, 0);
  const [winner] = Object.entries(calls).sort(([, a], [, b]) => b - a);
  const stages = left.map(([stage, id, text]) => ({
    stage,
    kept: 1,
    left_out: [{ server: place(id), why: { kind: "no_tool" as const }, text }],
  }));
  const decision: Decision = {
    capability: "weather",
    rule: null,
    strategy: "round_robin",
    relaxed: false,
    stages,
    winner: winner ? place(winner[0]) : null,
    refusal: null,
    runner_up: null,
    weights: [],
  };
  const distribution = Object.entries(calls).map(([id, count]) => ({
    server: place(id),
    calls: count,
    share: count / (all || 1),
  }));
  return { decision, distribution, more: 0, calls: all, latency_ms: null };
}

function traffic(calls: Record<string, number>): Traffic {
  const all = Object.values(calls).reduce((sum, count) => sum + count, 0);
  const servers = Object.entries(calls).map(([id, count]) => ({
    server: place(id),
    calls: count,
    failed: 0,
    share: count / all,
    p50_ms: 1,
  }));
  return { buckets: [], servers, rules: [], calls: all, failed: 0, oldest: null };
}

const said = (flow: ReturnType<typeof realFlow>) =>
  inOrder(flow).map(({ id, part, share, why }) => [id, part, share, why]);

describe("calls", () => {
  it("are those that were made; who else could take them is beside them, with why others come first", () => {
    const route = routed({ a: 60, b: 40 }, [
      ["health", "c", "is down"],
      ["region_tier", "d", "is farther away"],
    ]);
    expect(said(realFlow(traffic({ b: 3, a: 1 }), [route]))).toEqual([
      ["b", "used", 0.75, null],
      ["a", "used", 0.25, null],
      ["d", "eligible", 0, "is farther away"],
      ["c", "out", 0, "is down"],
    ]);
  });

  it("that nobody made yet go to who would take the next one", () => {
    expect(said(realFlow(null, [routed({ a: 1, b: 0 })]))).toEqual([
      ["a", "next", 0, null],
      ["b", "eligible", 0, null],
    ]);
  });

  it("that are only calculated are shared as the dry run says, and none go to who is pretended down", () => {
    const then = routed({ b: 1_000 }, [["health", "a", "is pretended down"]]);
    expect(said(pretendedFlow([then], new Set(["a"])))).toEqual([
      ["a", "pretended", 0, "pretended down"],
      ["b", "used", 1, null],
    ]);
  });

  it("of several capabilities are added up, and who takes one of them is left out of none", () => {
    const both = [routed({ a: 10 }, [["capability", "b", "has no such tool"]]), routed({ b: 30 })];
    expect(said(pretendedFlow(both, new Set()))).toEqual([
      ["b", "used", 0.75, null],
      ["a", "used", 0.25, null],
    ]);
  });

  it.each([
    [0, "0 %"],
    [0.001, "<1 %"],
    [0.597, "60 %"],
    [0.999, "99 %"],
    [1, "100 %"],
  ])("a share of %d is %s", (share, text) => {
    expect(percent(share)).toBe(text);
  });
});

describe("an address", () => {
  it("says how one looks, and is read as it was written", () => {
    const look = {
      by: "host" as const,
      filter: "is:down a&b",
      subject: { kind: "rule" as const, name: "weather.*" },
      down: ["a", "b"],
      camera: { x: -12, y: 40, zoom: 0.846 },
      table: true,
      opened: ["is eu", "none"],
    };
    expect(readLook(writeLook(look))).toEqual(look);
  });

  it("says nothing of what is usual, and nonsense says nothing", () => {
    const usual = {
      by: "region" as const,
      filter: " ",
      subject: null,
      down: [],
      camera: null,
      table: false,
      opened: [],
    };
    expect(writeLook(usual)).toEqual({});
    expect(readLook({ by: "colour", at: "1,2", call: "" })).toEqual({});
    expect(readLook({ at: "1,2,1000" })).toEqual({});
  });
});
