import { describe, expect, it } from "vitest";
import { Digits, findInexact, holds, isNumber, parse, print } from "./exact";

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
