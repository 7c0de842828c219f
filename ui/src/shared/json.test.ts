import { describe, expect, it } from "vitest";
import { Digits, findInexact, holds, isNumber, parse, print } from "./exact";
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

const RESULT =
  '{"content":[{"type":"text","text":"see the data","priority":0.10,"later":{"n":-98765432109876543210}}],' +
  '"structuredContent":{"n":12345678901234567890123,"odd":9007199254740993,"d":0.1234567890123456789,' +
  '"huge":1e400,"tidy":1.0,"zero":-0,"unknownField":{"x":1}},' +
  '"_meta":{"example.org/trace":18446744073709551617},"futureField":[1E2,null]}';

describe("JSON whose numbers matter", () => {
  it("is written as it was read", () => {
    expect(print(parse(RESULT))).toBe(RESULT);
    expect(print(parse(print(parse(RESULT), 2)))).toBe(RESULT);
  });

  it("is laid out like any other", () => {
    expect(print(parse('{"n":12345678901234567890123,"a":[1e400]}'), 2)).toBe(
      '{\n  "n": 12345678901234567890123,\n  "a": [\n    1e400\n  ]\n}',
    );
    expect(print(undefined)).toBe("undefined");
  });

  it("holds ordinary numbers as numbers and the others as they came", () => {
    expect(parse("[1, -2.5, 1e21, 9007199254740992]")).toEqual([1, -2.5, new Digits("1e21"), 9007199254740992]);
    const [long] = parse("[9007199254740993]") as unknown[];
    expect(long).toBeInstanceOf(Digits);
    expect(String(long)).toBe("9007199254740993");
    expect([long, 3, "3", null, { text: "3" }].map(isNumber)).toEqual([true, true, false, false, false]);
  });

  it.each([
    '"12345678901234567890123"',
    String.raw`"a \" 12345678901234567890123 \\"`,
    String.raw`{"\"1.0":"1.0","__proto__":"1.0"}`,
    '{"digits-":"digits-1:1.0"}',
  ])("leaves texts alone: %s", (text) => {
    expect(print(parse(text))).toBe(text);
  });

  it("keeps a name that would change an object", () => {
    const read = parse('{"__proto__":{"n":1.0},"toJSON":1.00}');
    expect(print(read)).toBe('{"__proto__":{"n":1.0},"toJSON":1.00}');
  });

  it.each(["", "01", "1.", "-", "[1 2]", '{"a":1.e5}', "+1", "NaN"])("refuses what is no JSON: %j", (text) => {
    expect(() => parse(text)).toThrow(SyntaxError);
  });

  it("is read at once when it is large", () => {
    const data = "iVBORw0KGgo=".repeat(500_000);
    const read = parse(`{"data":"${data}","n":1.0}`) as { data: string };
    expect(read.data.length).toBe(data.length);
  });
});

describe("a whole number", () => {
  it.each(["0", "-7", "+7", "9007199254740992", "100000000000000000000", "1.5", "1e400", "x"])(
    "%s is held",
    (digits) => {
      expect(holds(digits)).toBe(true);
    },
  );

  it.each(["9007199254740993", "-12345678901234567890123", "9".repeat(400)])("%s is not held", (digits) => {
    expect(holds(digits)).toBe(false);
    expect(findInexact(`["${digits}", 0.${digits.replace("-", "")}, ${digits}]`)).toMatchObject({ digits });
  });
});
