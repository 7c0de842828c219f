import { expect, it } from "vitest";
import type { ConfigKey } from "../../host";
import { belongs, find, keyName, nodeAt, sectionName, starter, tree } from "./keys";

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
  expect([sectionName("custom_checks"), sectionName("a_new_one")]).toEqual(["Own checks", "A new one"]);
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
