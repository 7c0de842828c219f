import { expect, it } from "vitest";
import { at, changes, same, sharing } from "./paths";
import { inWords, read, write } from "./values";

it.each([
  ["number", "1.5", { value: 1.5 }],
  ["number", "1,500", { value: 1500 }],
  ["number", "soon", { value: "soon" }],
  ["number", "", "nothing"],
  ["number", "1,5", { value: "1,5" }],
  ["ports", "8080", { value: 8080 }],
  ["ports", "3000-3010", { value: "3000-3010" }],
  ["text", "5", { value: "5" }],
  ["any", "5432", { value: 5432 }],
  ["any", '{"a": 1}', { value: { a: 1 } }],
  ["any", "mcp", { value: "mcp" }],
] as const)("%s %j is read", (kind, text, value) => {
  expect(read(kind, text)).toEqual(value);
});

it("digits that a page cannot hold are not rounded in silence", () => {
  expect(read("whole", "18446744073709551615")).toHaveProperty("refused");
});

it.each([["5432"], ["mcp"], ["true"], ['{"a":1}'], [5432], [{ a: [1] }], [true]])(
  "%j comes back from its field",
  (value) => {
    expect(read("any", write("any", value))).toEqual({ value });
  },
);

it("values are said in words", () => {
  expect([inWords(true), inWords(undefined), inWords([1, 2]), inWords([]), inWords({ a: 1 })]).toEqual([
    "on",
    "not set",
    "1, 2",
    "none",
    "1 key",
  ]);
});

it("what differs is named as deep as it can be", () => {
  const before = { a: { b: 1, c: [1, 2] }, d: [{ e: 1 }] };
  expect(changes(before, before)).toEqual([]);
  expect(changes(before, { a: { b: 2, c: [1, 3] }, d: [{ e: 1 }] })).toEqual([
    ["a", "b"],
    ["a", "c"],
  ]);
  expect(changes(before, { a: { b: 1, c: [1, 2] }, d: [{ e: 1 }, { f: 1 }] })).toEqual([["d", 1, "f"]]);
  expect(changes(null, { a: { b: 1, c: 2 } })).toEqual([
    ["a", "b"],
    ["a", "c"],
  ]);
  expect(same({ a: 1, b: 2 }, { b: 2, a: 1 })).toBe(true);
  expect([at(before, ["d", 0, "e"]), at(before, ["a", "x", "y"]), at(before, ["d", "e"])]).toEqual([
    1,
    undefined,
    undefined,
  ]);
});

it("what says the same stays the same object, and no other", () => {
  const rules = (score: number) => ({ rules: { a: { score: 0.5, tags: ["x", "y"] }, b: { score } }, strict: true });
  const before = rules(0.4);
  expect(sharing(before, rules(0.4))).toBe(before);
  const after = sharing(before, rules(0.9)) as typeof before;
  expect(after).toEqual(rules(0.9));
  expect(after.rules.a).toBe(before.rules.a);
  expect(after.rules.b).not.toBe(before.rules.b);
  // The order of rules means something.
  const turned = sharing(before.rules, { b: { score: 0.4 }, a: before.rules.a });
  expect(Object.keys(turned as object)).toEqual(["b", "a"]);
  expect(sharing([1, 2], [1, 2, 3])).toEqual([1, 2, 3]);
  expect(sharing({ a: 1, b: 2 }, { a: 1 })).toEqual({ a: 1 });
  expect(sharing({ 0: "a" }, ["a"])).toEqual(["a"]);
});
