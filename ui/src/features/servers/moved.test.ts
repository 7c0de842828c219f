import { expect, it } from "vitest";
import type { Traffic } from "../../host";
import { elsewhere, mostCalled } from "./moved";

const traffic = (...pairs: [string, number, number?][]) =>
  ({
    servers: pairs.map(([name, calls, failed = 0]) => ({ server: { id: name, name, region: null }, calls, failed })),
  }) as unknown as Traffic;

it("finds what is called most, by the calls that rows stand for", () => {
  expect(mostCalled([])).toBe(null);
  expect(
    mostCalled([
      { capability: "a", stands_for: 1 },
      { capability: "a", stands_for: 1 },
      { capability: "b", stands_for: 40 },
    ]),
  ).toBe("b");
});

it("says who takes the calls now", () => {
  expect(elsewhere(traffic(["x", 5]), "x")).toBe(null);
  expect(elsewhere(traffic(["a", 6], ["x", 2, 2], ["b", 4]), "x")).toBe("a (60 %), b (40 %)");
  expect(elsewhere(traffic(["a", 4], ["b", 3], ["c", 2], ["d", 1]), "x")).toBe(
    "a (40 %), b (30 %), c (20 %) and 1 more",
  );
  expect(elsewhere(traffic(["a", 3, 3]), "x")).toBe(null);
});
