import { expect, it } from "vitest";
import { moved, type Ranked } from "./order";

/** As the core does it: the highest priority first, then what is more exact, which here is the letter. */
function sorted(rules: readonly Ranked[]): Ranked[] {
  return [...rules].sort((a, b) => b.priority - a.priority || (a.pattern < b.pattern ? -1 : 1));
}

function after(rules: readonly Ranked[], changes: ReadonlyMap<string, number>): string[] {
  return sorted(rules.map((rule) => ({ ...rule, priority: changes.get(rule.pattern) ?? rule.priority }))).map(
    ({ pattern }) => pattern,
  );
}

const rules = (...priorities: number[]) =>
  sorted(priorities.map((priority, at) => ({ pattern: String.fromCharCode(97 + at), priority })));

it("the last of equals goes up by one number, and the first down by one", () => {
  expect([...moved(rules(0, 0), 1, 0)]).toEqual([["b", 1]]);
  expect([...moved(rules(0, 0), 0, 1)]).toEqual([["a", -1]]);
  expect([...moved(rules(0, 0, 0), 2, 1)]).toEqual([["b", -1]]);
});

it("a gap is used, and nobody else is touched", () => {
  expect([...moved(rules(10, 5, 0), 2, 1)]).toEqual([["c", 6]]);
  expect([...moved(rules(10, 5, 0), 0, 1)]).toEqual([["a", 4]]);
});

it("nowhere is nothing", () => {
  for (const [from, to] of [
    [0, 0],
    [0, -1],
    [1, 2],
    [5, 0],
  ] as const)
    expect(moved(rules(0, 0), from, to).size).toBe(0);
});

it("whatever the numbers, the order is the one that was asked for", () => {
  let seed = 1;
  const random = (below: number) => {
    seed = (seed * 48_271) % 2_147_483_647;
    return seed % below;
  };
  for (let round = 0; round < 2_000; round++) {
    const some = rules(...Array.from({ length: 2 + random(6) }, () => random(4) - 1));
    const [from, to] = [random(some.length), random(some.length)];
    const wanted = some.map(({ pattern }) => pattern);
    const [one] = wanted.splice(from, 1);
    wanted.splice(to, 0, one as string);
    expect(after(some, moved(some, from, to))).toEqual(wanted);
  }
});
