import { expect, it } from "vitest";
import type { RouteShare } from "../../host";
import { shares } from "./shares";

const of = (...pairs: [string, number][]): RouteShare[] =>
  pairs.map(([name, calls]) => ({ server: { id: name, name, region: null }, calls, share: 0 })) as RouteShare[];

it("stands before and after beside each other, the most under the draft first", () => {
  const rows = shares(of(["a", 600], ["b", 400], ["c", 0]), of(["b", 700], ["d", 300], ["c", 0]), "both");
  expect(rows.map(({ id, before, after }) => [id, before, after])).toEqual([
    ["b", 400, 700],
    ["d", 0, 300],
    ["a", 600, 0],
  ]);
});

it("shows one alone when one alone is asked for", () => {
  expect(shares(of(["a", 1]), null, "saved")).toMatchObject([{ id: "a", before: 1, after: null }]);
  expect(shares(of(["a", 1]), of(["b", 1]), "draft")).toMatchObject([{ id: "b", before: null, after: 1 }]);
});
