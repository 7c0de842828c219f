import { expect, it } from "vitest";
import { age, ago, bytes, count, millis, plural, span } from "./format";

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
