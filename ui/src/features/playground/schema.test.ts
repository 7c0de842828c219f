import { describe, expect, it } from "vitest";
import { fieldsOf, prefill, problemsOf } from "./schema";

const object = (properties: Record<string, unknown>, required: string[] = [], more = {}) => ({
  type: "object",
  properties,
  required,
  ...more,
});
const kinds = (schema: unknown) =>
  fieldsOf(schema)?.map(
    (field) => `${field.name}: ${field.kind}${field.nullable ? "?" : ""}${field.required ? "!" : ""}`,
  );

describe("fields", () => {
  it("know the flat types", () => {
    const schema = object(
      {
        a: { type: "string" },
        b: { type: "integer" },
        c: { type: "number" },
        d: { type: "boolean" },
        e: { enum: ["x", 1] },
      },
      ["a"],
    );
    expect(kinds(schema)).toEqual(["a: text!", "b: integer", "c: number", "d: boolean", "e: choice"]);
  });

  it("know null in its two spellings", () => {
    const schema = object({ a: { anyOf: [{ type: "string" }, { type: "null" }] }, b: { type: ["integer", "null"] } });
    expect(kinds(schema)).toEqual(["a: text?", "b: integer?"]);
  });

  it("follow local references, and stop at circles", () => {
    const schema = object(
      { a: { $ref: "#/$defs/n" }, b: { $ref: "#/$defs/loop" }, c: { $ref: "https://example.test/x" } },
      [],
      {
        $defs: { n: { type: "number" }, loop: { $ref: "#/$defs/loop" } },
      },
    );
    expect(kinds(schema)).toEqual(["a: number", "b: json", "c: json"]);
  });

  it("enter everything nested as JSON", () => {
    expect(kinds(object({ a: { type: "array", items: { type: "string" } }, b: { type: "object" }, c: {} }))).toEqual([
      "a: json",
      "b: json",
      "c: json",
    ]);
  });

  it("use titles of choices", () => {
    const [field] = fieldsOf(object({ a: { oneOf: [{ const: 1, title: "One" }, { const: 2 }] } })) ?? [];
    expect(field?.options).toEqual([
      { value: 1, label: "One" },
      { value: 2, label: "2" },
    ]);
  });

  it("leave a root that is more than properties to the JSON tab", () => {
    expect(fieldsOf({ oneOf: [object({}), object({})] })).toBeNull();
    expect(fieldsOf(object({}, [], { if: {} }))).toBeNull();
    expect(fieldsOf(true)).toBeNull();
  });

  it("are none for a tool without arguments", () => {
    expect(fieldsOf({ type: "object" })).toEqual([]);
  });
});

describe("the start", () => {
  it("holds what is required and nothing else", () => {
    const schema = object(
      {
        a: { type: "string" },
        b: { type: "integer", minimum: 1 },
        c: { const: "v1" },
        d: { type: "array" },
        e: { type: "number", default: 2.5 },
        f: { type: "string" },
      },
      ["a", "b", "c", "d", "e"],
    );
    expect(prefill(schema)).toEqual({ a: "", b: 1, c: "v1", d: [], e: 2.5 });
  });

  it("goes one level into required objects and ends at references", () => {
    const node = { type: "object", properties: { next: { $ref: "#/$defs/node" } }, required: ["next"] };
    expect(
      prefill({
        ...object({ n: { $ref: "#/$defs/node" }, o: object({ x: { type: "boolean" } }, ["x"]) }, ["n", "o"]),
        $defs: { node },
      }),
    ).toEqual({ n: {}, o: { x: false } });
  });

  it("is empty for what is no schema", () => {
    expect(prefill(null)).toEqual({});
    expect(prefill(true)).toEqual({});
  });
});

describe("problems", () => {
  const fields =
    fieldsOf(
      object(
        {
          q: { type: "string" },
          n: { type: "integer", minimum: 1, maximum: 50 },
          c: { enum: ["a", "b"] },
          o: { type: ["boolean", "null"] },
        },
        ["q"],
      ),
    ) ?? [];
  const say = (value: Record<string, unknown>) => problemsOf(fields, value).map(({ message }) => message);

  it("are none where all fits and untouched fields are absent", () => {
    expect(say({ q: "x", n: 5, c: "a", o: null })).toEqual([]);
    expect(say({ q: "x" })).toEqual([]);
  });

  it.each([
    [{}, /q is required/],
    [{ q: "" }, /q is required/],
    [{ q: 3 }, /q is text/],
    [{ q: "x", n: "high" }, /“high” is not a number. One that works: 1/],
    [{ q: "x", n: 1.5 }, /whole number/],
    [{ q: "x", n: 0 }, /at least 1/],
    [{ q: "x", n: 51 }, /at most 50/],
    [{ q: "x", c: "z" }, /takes a, b/],
    [{ q: "x", o: "yes" }, /yes or no/],
    [{ q: null }, /does not take null/],
  ])("%j is refused", (value, message) => {
    expect(say(value)).toEqual([expect.stringMatching(message)]);
  });
});
