import { flushSync, mount, unmount } from "svelte";
import { afterEach, describe, expect, it } from "vitest";
import { checkFor, type Problem } from "./check";
import HARD from "./hard.json";
import { affordable } from "./resolve";
import SchemaForm from "./SchemaForm.svelte";
import { hide, withoutSecrets } from "./shape";
import { prefill } from "./start";

let shown: ReturnType<typeof mount> | null = null;
afterEach(() => {
  if (shown) void unmount(shown);
  shown = null;
  document.body.replaceChildren();
});

/** Shows a form; what it makes of the arguments is in `sent`. */
function open(schema: unknown, value: Record<string, unknown> = prefill(schema)) {
  const props = recording({ schema, value, problems: [] as readonly Problem[], tried: false });
  shown = mount(SchemaForm, { target: document.body, props });
  flushSync();
  return props;
}

function recording<T extends { value: Record<string, unknown> }>(props: T) {
  const sent: Record<string, unknown>[] = [];
  return { ...props, sent, onchange: (next: Record<string, unknown>) => void sent.push(next) };
}

const field = (name: string) => {
  const label = [...document.querySelectorAll("label")].find((one) => one.textContent === name);
  return document.getElementById(label?.htmlFor ?? "") as HTMLInputElement;
};
const type = (into: HTMLInputElement, text: string) => {
  into.value = text;
  into.dispatchEvent(new Event("input", { bubbles: true }));
  flushSync();
};

describe("the form", () => {
  const schema = {
    type: "object",
    properties: {
      q: { type: "string" },
      n: { type: "integer", default: 7 },
      key: { type: "string", format: "password" },
    },
    required: ["q"],
  };

  it("shows a default and does not send it", () => {
    const { sent } = open(schema);
    expect(field("n").placeholder).toBe("Not sent, default 7");
    type(field("q"), "x");
    expect(sent.at(-1)).toEqual({ q: "x" });
  });

  it("takes an optional field away again when it is emptied", () => {
    const { sent } = open(schema, { q: "x", n: 3 });
    type(field("n"), "");
    expect(sent.at(-1)).toEqual({ q: "x" });
  });

  it("keeps what is no number, to be seen and mended", () => {
    const { sent } = open(schema);
    type(field("n"), "high");
    expect(sent.at(-1)).toEqual({ q: "", n: "high" });
  });

  it("masks secrets", () => {
    open(schema);
    expect(field("key").type).toBe("password");
  });

  it("says what is wrong at the field, and what is missing not before one was there", () => {
    open(schema, { q: "", n: "high" });
    expect(document.body.textContent).toContain("“high” is not a number. n takes a whole number, such as 7.");
    expect(document.body.textContent).not.toContain("q is required");
    field("q").dispatchEvent(new Event("blur"));
    flushSync();
    expect(document.body.textContent).toContain("q is required");
  });

  it.each([{ type: "object" }, { type: "object", properties: {}, additionalProperties: false }])(
    "says when there is nothing to fill in: %j",
    (nothing) => {
      open(nothing);
      expect(document.body.textContent).toContain("It takes no arguments");
    },
  );

  it("offers JSON where a schema says that anything goes", () => {
    open({ type: "object", additionalProperties: true });
    expect(document.querySelector("textarea")?.getAttribute("aria-label")).toBe("Arguments as a JSON object");
  });
});

describe("what may be written down", () => {
  const schema = {
    type: "object",
    properties: {
      user: { type: "string" },
      pin: { type: "string", format: "password" },
      api_key: { type: "string" },
      logins: { type: "array", items: { type: "object", properties: { secret: { type: "string" } } } },
    },
  };

  it("leaves out secrets, by format and by name, at any depth", () => {
    const { value, secrets } = withoutSecrets(
      { user: "ada", pin: "1234", api_key: "k-99", logins: [{ secret: "hush", at: 1 }], password: "stray" },
      schema,
    );
    expect(value).toEqual({ user: "ada", logins: [{ at: 1 }] });
    expect(secrets).toEqual(["1234", "k-99", "hush", "stray"]);
  });

  it("leaves out what an answer repeats", () => {
    expect(hide(JSON.stringify({ text: 'you said "quo\\"ted" twice' }), ['quo\\"ted'])).not.toContain("quo");
  });
});

describe("a schema that wants to hang the page", () => {
  it("by doubling is not followed", () => {
    const $defs = Object.fromEntries(
      Array.from({ length: 40 }, (_, at) => [
        `d${at}`,
        { allOf: [{ $ref: `#/$defs/d${at + 1}` }, { $ref: `#/$defs/d${at + 1}` }] },
      ]),
    );
    const schema = {
      type: "object",
      properties: { a: { $ref: "#/$defs/d0" } },
      $defs: { ...$defs, d40: { type: "string" } },
    };
    expect(affordable(schema)).toBe(false);
    expect(checkFor(schema)({ a: "x" })).toEqual([]);
  });

  it("by a regular expression is not asked", () => {
    const schema = { type: "object", properties: { a: { type: "string", pattern: "^(a+)+$" } } };
    expect(checkFor(schema)({ a: `${"a".repeat(40)}!` })).toEqual([]);
  });

  it("by circles ends", () => {
    const schema = { $ref: "#/$defs/a", $defs: { a: { $ref: "#/$defs/b" }, b: { $ref: "#/$defs/a" } } };
    expect(prefill(schema)).toEqual({});
    expect(checkFor(schema)({})).toEqual([]);
  });

  it("by nonsense is read as far as it can be", () => {
    const schema = { type: 7, properties: [], required: "x", $ref: "https://example.test/x", enum: "no", allOf: {} };
    expect(() => checkFor(schema)({ a: 1 })).not.toThrow();
    expect(prefill(schema)).toEqual({});
  });
});

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
