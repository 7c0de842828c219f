import { expect, it } from "vitest";
import type { ConfigKey } from "../../host";
import { belongs, find, inWords, keyName, nodeAt, read, sectionName, starter, tree, write } from "./keys";
import { at, changes, same, sharing } from "./paths";

function key(path: string, more: Partial<ConfigKey> = {}): ConfigKey {
  const blank = { items: null, words: [], low: null, high: null, unit: null, default: null, since: "0.1", only: null };
  const no = { needed: false, restart: false, secret: false, no_effect: false };
  return { path, kind: "text", meaning: `meaning of ${path}`, example: "x", ...blank, ...no, ...more };
}

const KEYS = tree([
  key("strict", { kind: "truth" }),
  key("registries", { kind: "list", items: "section" }),
  key("registries[].backend", { kind: "word", words: ["sqlite", "redis"] }),
  key("registries[].config", { kind: "section" }),
  key("registries[].config.redis_urls", { kind: "list", items: "url", only: "redis" }),
  key("custom_checks", { kind: "named", items: "section" }),
  key("custom_checks.*.type", { kind: "word", words: ["http", "tcp"], needed: true }),
  key("custom_checks.*.timeout", { kind: "number", unit: "seconds" }),
  key("health_monitoring", { kind: "section" }),
  key("health_monitoring.timeout", { kind: "number", default: 10 }),
]);

it("the description is a tree, and no default is none", () => {
  expect(KEYS.map(({ name }) => name)).toEqual(["strict", "registries", "custom_checks", "health_monitoring"]);
  expect(KEYS[1]?.below.map(({ name }) => name)).toEqual(["backend", "config"]);
  expect(KEYS[1]?.below[1]?.below[0]?.name).toBe("redis_urls");
  expect(KEYS[2]?.below[0]?.key.default).toBeUndefined();
  expect(KEYS[3]?.below[0]?.key.default).toBe(10);
});

it("a place is of a key, or of an item that has none", () => {
  expect(nodeAt(KEYS, ["registries", 0, "config", "redis_urls"])?.name).toBe("redis_urls");
  expect(nodeAt(KEYS, ["registries", 0])).toBeNull();
  expect(nodeAt(KEYS, ["custom_checks", "timeout"])).toBeNull();
  expect(nodeAt(KEYS, ["custom_checks", "timeout", "timeout"])?.key.unit).toBe("seconds");
  expect(nodeAt(KEYS, ["nothing", "here"])).toBeNull();
});

it("keys have names that people read", () => {
  expect([keyName("check_interval"), keyName("tls_verify"), keyName("redis_urls"), keyName("idle_stdio")]).toEqual([
    "Check interval",
    "TLS verify",
    "Redis URLs",
    "Idle stdio",
  ]);
  expect([sectionName("custom_checks"), sectionName("a_new_one")]).toEqual(["Custom checks", "A new one"]);
});

it("what belongs to a backend shows with it, or where it stands in the file", () => {
  const urls = KEYS[1]?.below[1]?.below[0];
  if (!urls) throw new Error("no such key");
  expect([belongs(urls, "redis", false), belongs(urls, "file", false), belongs(urls, "file", true)]).toEqual([
    true,
    false,
    true,
  ]);
});

it("a new item has what its section needs", () => {
  expect(KEYS[2] && starter(KEYS[2])).toEqual({ type: "http" });
  expect(KEYS[1] && starter(KEYS[1])).toEqual({ backend: "memory" });
});

it("a setting is found by its name before its meaning, and leads to what is always there", () => {
  const found = find(KEYS, "timeout");
  expect(found.map(({ node }) => node.key.path)).toEqual(["custom_checks.*.timeout", "health_monitoring.timeout"]);
  expect(found[0]?.path).toEqual(["custom_checks"]);
  expect(found[1]?.path).toEqual(["health_monitoring", "timeout"]);
  expect(find(KEYS, "  ")).toEqual([]);
});

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
