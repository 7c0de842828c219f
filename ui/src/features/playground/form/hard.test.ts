import { describe, expect, it } from "vitest";
import { checkFor } from "./check";
import HARD from "./hard.json";
import { prefill } from "./start";

// Schemas on which forms fail: what one starts from, what is accepted, and what is refused in which words. The browser's
// tests run the same ones against a server.
describe.each(HARD)("$name", ({ schema, start, good, bad }) => {
  it("starts from what is required and nothing else", () => {
    expect(prefill(schema)).toEqual(start);
  });

  it.each(good.map((value) => [JSON.stringify(value)]))("accepts %s", (text) => {
    expect(checkFor(schema)(JSON.parse(text))).toEqual([]);
  });

  it.each(bad.map(({ value, at, message }) => [JSON.stringify(value), at, new RegExp(message)] as const))(
    "refuses %s at %s",
    (text, at, message) => {
      const found = checkFor(schema)(JSON.parse(text));
      expect(found).toContainEqual(expect.objectContaining({ at, message: expect.stringMatching(message) }));
    },
  );
});
