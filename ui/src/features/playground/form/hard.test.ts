import { describe, expect, it } from "vitest";
import { checkFor } from "./check";
import { prefill } from "./start";

/** Schemas on which forms fail: what one starts from, what is accepted, and what is refused in which words. */
interface Case {
  name: string;
  schema: Record<string, unknown>;
  start: Record<string, unknown>;
  good: Record<string, unknown>[];
  bad: [value: unknown, at: string, message: RegExp][];
}

const object = (properties: Record<string, unknown>, required: string[] = [], more = {}) => ({
  type: "object",
  properties,
  required,
  ...more,
});

const HARD: Case[] = [
  {
    name: "a root of oneOf with a discriminator",
    schema: {
      type: "object",
      oneOf: [
        object({ kind: { const: "circle" }, radius: { type: "number", exclusiveMinimum: 0 } }, ["kind", "radius"]),
        object({ kind: { const: "square" }, side: { type: "number" } }, ["kind", "side"]),
      ],
    },
    start: { kind: "circle", radius: 0 },
    good: [
      { kind: "circle", radius: 2 },
      { kind: "square", side: 3 },
    ],
    bad: [
      [{ kind: "square", side: "wide" }, "/side", /“wide” is not a number. side takes a number, such as 1\./],
      [{ kind: "circle", radius: 0 }, "/radius", /0 is too small/],
      [{ kind: "circle" }, "/radius", /radius is required/],
    ],
  },
  {
    name: "a root of anyOf beside shared properties",
    schema: object({ limit: { type: "integer", default: 10 } }, [], {
      anyOf: [object({ id: { type: "string" } }, ["id"]), object({ query: { type: "string" } }, ["query"])],
    }),
    start: { id: "" },
    good: [{ id: "a" }, { query: "b", limit: 3 }],
    bad: [
      [{ query: "b", limit: 1.5 }, "/limit", /1.5 is not a whole number/],
      [{}, "/id", /id is required/],
    ],
  },
  {
    name: "references and recursion",
    schema: object({ tree: { $ref: "#/$defs/node" } }, ["tree"], {
      $defs: {
        node: object({ name: { type: "string" }, children: { type: "array", items: { $ref: "#/$defs/node" } } }, [
          "name",
        ]),
      },
    }),
    start: { tree: { name: "" } },
    good: [{ tree: { name: "a", children: [{ name: "b", children: [{ name: "c" }] }] } }],
    bad: [
      [
        { tree: { name: "a", children: [{ name: "b", children: [{}] }] } },
        "/tree/children/0/children/0/name",
        /name is required/,
      ],
      [{ tree: "a" }, "/tree", /tree is an object/],
    ],
  },
  {
    name: "null in all its spellings",
    schema: object(
      {
        a: { type: ["integer", "null"] },
        b: { anyOf: [{ type: "string", format: "email" }, { type: "null" }], default: null },
        c: { oneOf: [{ type: "null" }, { $ref: "#/$defs/on" }] },
        d: { enum: ["x", null] },
      },
      [],
      { $defs: { on: { type: "boolean" } } },
    ),
    start: {},
    good: [{}, { a: null, b: null, c: null, d: null }, { a: 1, b: "ada@example.org", c: true, d: "x" }],
    bad: [
      [{ a: "one" }, "/a", /“one” is not a number/],
      [{ b: "nobody" }, "/b", /“nobody” is not an e-mail address. b takes one such as ada@example.org/],
      [{ c: "yes" }, "/c", /c is yes or no/],
    ],
  },
  {
    name: "nested lists of objects",
    schema: object({
      filters: {
        type: "array",
        maxItems: 3,
        items: object(
          {
            field: { enum: ["source", "score"] },
            score: { type: "number", minimum: 0, maximum: 1 },
            tags: { type: "array", items: { type: "string", minLength: 2 }, uniqueItems: true },
          },
          ["field"],
        ),
      },
    }),
    start: {},
    good: [{}, { filters: [] }, { filters: [{ field: "score", score: 0.5, tags: ["ab", "cd"] }] }],
    bad: [
      [
        { filters: [{ field: "score", score: "high" }] },
        "/filters/0/score",
        /^“high” is not a number. score takes 0 to 1, such as 0.7.$/,
      ],
      [{ filters: [{ field: "age" }] }, "/filters/0/field", /“age” is not one of them. field takes source, score/],
      [{ filters: [{ field: "score", tags: ["ab", "ab"] }] }, "/filters/0/tags", /tags has an item twice/],
      [{ filters: [{ field: "score", tags: ["a"] }] }, "/filters/0/tags/0", /Item 1 has at least 2 characters/],
      [{ filters: [1, 2, 3, 4].map(() => ({ field: "score" })) }, "/filters", /at most 3 items/],
    ],
  },
  {
    name: "constants and titled choices",
    schema: object(
      {
        version: { const: "v2" },
        level: {
          oneOf: [
            { const: 1, title: "Quiet" },
            { const: 5, title: "Loud" },
          ],
        },
      },
      ["version"],
    ),
    start: { version: "v2" },
    good: [{ version: "v2" }, { version: "v2", level: 5 }],
    bad: [
      [{ version: "v1" }, "/version", /version is always v2/],
      [{ version: "v2", level: 2 }, "/level", /“2” is not one of them. level takes Quiet, Loud/],
    ],
  },
  {
    name: "formats",
    schema: object({
      day: { type: "string", format: "date" },
      at: { type: "string", format: "date-time" },
      home: { type: "string", format: "uri" },
      pin: { type: "string", format: "password", pattern: "^\\d{4}$" },
      odd: { type: "string", format: "made-up" },
    }),
    start: {},
    good: [{ day: "2026-11-23", at: "2026-11-23T09:30:00Z", home: "https://example.org", pin: "1234", odd: "any" }],
    bad: [
      [{ day: "2026-13-40" }, "/day", /“2026-13-40” is not a date. day takes one such as 2026-11-23/],
      [{ at: "noon" }, "/at", /not a date and time/],
      [{ home: "example" }, "/home", /not an address/],
      [{ pin: "12" }, "/pin", /pin has to match/],
    ],
  },
  {
    name: "fixed lists",
    schema: object({
      point: {
        type: "array",
        prefixItems: [{ type: "number" }, { type: "number" }, { type: "string" }],
        items: false,
        minItems: 2,
      },
    }),
    start: {},
    good: [{ point: [1, 2] }, { point: [1, 2, "c"] }],
    bad: [
      [{ point: [1, "b"] }, "/point/1", /“b” is not a number/],
      [{ point: [1] }, "/point", /at least 2 items/],
      [{ point: [1, 2, "c", "d"] }, "/point/3", /schema does not allow/],
    ],
  },
  {
    name: "free-form objects, and names with one type of value",
    schema: object(
      {
        any: { type: "object" },
        whatever: {},
        counts: { type: "object", additionalProperties: { type: "integer" } },
        closed: object({ a: { type: "string" } }, [], { additionalProperties: false }),
      },
      ["any"],
    ),
    start: { any: {} },
    good: [{ any: { deep: [{ x: null }] }, whatever: [1], counts: { a: 1 }, closed: {} }],
    bad: [
      [{ any: [] }, "/any", /any is an object/],
      [{ any: {}, counts: { a: "one" } }, "/counts/a", /“one” is not a number/],
      [{ any: {}, closed: { b: 1 } }, "/closed/b", /“b” is not a name it knows: it takes a/],
    ],
  },
  {
    name: "allOf, and what is needed only sometimes",
    schema: {
      allOf: [{ $ref: "#/$defs/base" }, object({ notify: { type: "boolean" } })],
      if: { properties: { notify: { const: true } }, required: ["notify"] },
      // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
      then: { properties: { address: { type: "string" } }, required: ["address"] },
      $defs: { base: object({ id: { type: "string" } }, ["id"]) },
    },
    start: { id: "" },
    good: [{ id: "a" }, { id: "a", notify: true, address: "b" }],
    bad: [
      [{ id: "a", notify: true }, "", /schema does not allow this/],
      [{ notify: false }, "/id", /id is required/],
    ],
  },
  {
    name: "unions of types inside a list, by draft 7",
    schema: {
      $schema: "http://json-schema.org/draft-07/schema#",
      ...object(
        {
          values: {
            type: "array",
            minItems: 1,
            items: { anyOf: [{ type: "string" }, { type: "number" }, object({ from: { type: "number" } }, ["from"])] },
          },
          pair: { type: "array", items: [{ type: "string" }, { type: "integer" }], additionalItems: false },
        },
        ["values"],
      ),
    },
    start: { values: [""] },
    good: [{ values: ["a", 1, { from: 2 }] }, { values: [1], pair: ["a", 2] }],
    bad: [
      [{ values: [] }, "/values", /at least 1 item/],
      [{ values: [{ from: "a" }] }, "/values/0/from", /“a” is not a number/],
      [{ values: [1], pair: ["a", 2.5] }, "/pair/1", /2.5 is not a whole number/],
    ],
  },
];

describe.each(HARD)("$name", ({ schema, start, good, bad }) => {
  it("starts from what is required and nothing else", () => {
    expect(prefill(schema)).toEqual(start);
  });

  it.each(good.map((value) => [JSON.stringify(value)]))("accepts %s", (text) => {
    expect(checkFor(schema)(JSON.parse(text))).toEqual([]);
  });

  it.each(bad.map(([value, at, message]) => [JSON.stringify(value), at, message] as const))(
    "refuses %s at %s",
    (text, at, message) => {
      const found = checkFor(schema)(JSON.parse(text));
      expect(found).toContainEqual(expect.objectContaining({ at, message: expect.stringMatching(message) }));
    },
  );
});
