import { describe, expect, it } from "vitest";
import { colour, readObject } from "./json";

describe("reading an object", () => {
  it("reads one", () => {
    expect(readObject('{"a": [1]}')).toEqual({ value: { a: [1] } });
  });

  it("takes nothing for an empty one", () => {
    expect(readObject(" \n")).toEqual({ value: {} });
  });

  it.each(["[1]", "null", "3", '"x"'])("refuses %s, which is no object", (text) => {
    expect(readObject(text)).toMatchObject({ problem: { line: 1, column: 1 } });
  });

  it.each([
    ['{"a": tru}', 1, 7, /not JSON/],
    ['{\n  "a": 1\n  "b": 2\n}', 3, 3, /comma/],
    ['{\n  "a" 1\n}', 2, 7, /colon/],
    ['{"a": 1,}', 1, 9, /name|value/],
    ['{"a": 1', 1, 8, /closing }/],
    ['{"a": "x', 1, 7, /closing quote/],
    ["{'a': 1}", 1, 2, /double quotes/],
    ['{"a": 1} 2', 1, 10, /after the end/],
  ])("says where %j is wrong", (text, line, column, message) => {
    const read = readObject(text);
    expect(read).toMatchObject({ problem: { line, column } });
    expect("problem" in read && read.problem.message).toMatch(message);
  });
});

describe("colouring", () => {
  it("tells keys from strings and loses nothing", () => {
    const text = '{"a": "b\\"c", "d": [1, "e"]}';
    const parts = colour(text);
    expect(parts.map((part) => part.text).join("")).toBe(text);
    expect(parts.filter((part) => part.kind === "key").map((part) => part.text)).toEqual(['"a"', '"d"']);
    expect(parts.filter((part) => part.kind === "string").map((part) => part.text)).toEqual(['"b\\"c"', '"e"']);
  });
});

describe("a number that cannot be held exactly", () => {
  it("is refused where it stands, instead of sending another one", () => {
    const read = readObject('{\n  "id": 12345678901234567891\n}');
    expect(read).toEqual({ problem: expect.objectContaining({ line: 2, column: 9 }) });
  });

  it.each([
    '{"id": 9007199254740992}',
    '{"id": "12345678901234567891"}',
    '{"id": 1.23456789012345678e5}',
    '{"id": 0.12345678901234567}',
  ])("%s is fine", (text) => {
    expect(readObject(text)).toHaveProperty("value");
  });
});
