import { describe, expect, it } from "vitest";
import { server } from "../state/samples";
import { byDay, dayName } from "./days";
import { age, ago, bytes, count, millis, plural, span } from "./format";
import { healthWords } from "./words";

const MINUTE = 60_000;

it.each([
  [0, "now"],
  [999, "now"],
  [12_000, "12 s"],
  [59_999, "59 s"],
  [18 * MINUTE, "18 min"],
  [3 * 60 * MINUTE, "3 h"],
  [6 * 24 * 60 * MINUTE, "6 d"],
])("an age of %d ms reads %s", (ms, text) => {
  expect(age(1_000, 1_000 + ms)).toBe(text);
});

it("a time in the future counts as now", () => {
  expect(age(9_000, 1_000)).toBe("now");
  expect(ago(9_000, 1_000)).toBe("just now");
});

it.each([
  [0, "0"],
  [0.02, "0.1"],
  [0.42, "0.4"],
  [37.6, "38"],
  [1_240, "1,240"],
])("%d milliseconds read %s", (ms, text) => {
  expect(millis(ms)).toBe(text);
});

it.each([
  [840, "840 ms"],
  [1_940, "1.9 s"],
  [22_400, "22 s"],
  [181_000, "3 min"],
])("a span of %d ms reads %s", (ms, text) => {
  expect(span(ms)).toBe(text);
});

it("counts have separators and their noun", () => {
  expect(count(12_640)).toBe("12,640");
  expect(plural(1, "server")).toBe("1 server");
  expect(plural(24, "server")).toBe("24 servers");
  expect(plural(0, "entry", "entries")).toBe("0 entries");
});

it("sizes are of the bytes that are sent", () => {
  expect(bytes("{}")).toBe("2 bytes");
  expect(bytes("é")).toBe("2 bytes");
  expect(bytes("x".repeat(3_400))).toBe("3.4 kB");
});

const now = new Date(2026, 10, 29, 0, 30).getTime();
const at = (...parts: [number, number, number, number, number]) => new Date(...parts).getTime();

it("a day is one of the calendar, not 24 hours", () => {
  expect(dayName(at(2026, 10, 29, 0, 1), now)).toBe("Today");
  expect(dayName(at(2026, 10, 28, 23, 59), now)).toBe("Yesterday");
  expect(dayName(at(2026, 10, 28, 0, 0), now)).toBe("Yesterday");
  expect(dayName(at(2026, 10, 27, 23, 59), now)).toBe("Fri 27 Nov");
  expect(dayName(at(2025, 11, 31, 12, 0), now)).toBe("Wed 31 Dec 2025");
});

it("things of one day stand together, in their order", () => {
  const things = [at(2026, 10, 29, 0, 2), at(2026, 10, 29, 0, 1), at(2026, 10, 28, 9, 0)];
  const days = byDay(things, (thing) => thing, now);
  expect(days.map(({ name, things: of }) => `${name} ${of.length}`)).toEqual(["Today 2", "Yesterday 1"]);
});

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
