import { describe, expect, it } from "vitest";
import { server } from "../state/samples";
import { healthWords } from "./words";

const words = (changes: Partial<ReturnType<typeof server>["health"]>) => {
  const { word, since, attention } = healthWords({ ...server("a").health, since: 1, ...changes });
  return [word, since, attention];
};

describe("how a server is said", () => {
  it("tells that its program sleeps or starts, and since when", () => {
    expect(words({})).toEqual(["Healthy", 1, false]);
    expect(words({ asleep: 2 })).toEqual(["Healthy, asleep", 2, false]);
    expect(words({ asleep: 2, starting: 3 })).toEqual(["Starting", 3, false]);
    expect(words({ status: "unknown", starting: 3 })).toEqual(["Starting", 3, false]);
  });

  it("tells what is wrong, and a pause, first", () => {
    expect(words({ status: "unhealthy", starting: 3 })).toEqual(["Down", 1, true]);
    expect(words({ status: "paused", asleep: 2 })).toEqual(["Paused", 1, false]);
  });
});
