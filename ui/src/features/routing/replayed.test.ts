import { expect, it } from "vitest";
import type { Replay } from "../../host";
import { replayWords } from "./replayed";

const place = (name: string, region: string | null) => ({ id: name, name, region });
const replay = (over: Partial<Replay>) =>
  ({
    calls: 100,
    stays: 100,
    moves: 0,
    fails: 0,
    unknowns: 0,
    moved: [],
    would_fail: [],
    unknown: [],
    ...over,
  }) as Replay;
const to = (...places: ReturnType<typeof place>[]) => places.map((one) => ({ to: one })) as unknown as Replay["moved"];

it("says what would move, fail and cannot be known", () => {
  expect(replayWords(replay({ calls: 0 }))).toBe("No call was recorded yet.");
  expect(replayWords(replay({}))).toBe("None would move. None would fail.");
  expect(replayWords(replay({ moves: 2, fails: 1, unknowns: 3, moved: to(place("a", "us"), place("b", "eu")) }))).toBe(
    "2 would move. 1 would fail. 3 cannot be known.",
  );
});

it("says where to, when that is one server or one region", () => {
  const moved = (...places: ReturnType<typeof place>[]) => replayWords(replay({ moves: 53, moved: to(...places) }));
  expect(moved(place("a", "us"), place("b", "us"))).toBe("53 would move to us. None would fail.");
  expect(moved(place("a", null), place("a", null))).toBe("53 would move to a. None would fail.");
});
