import { expect, it } from "vitest";
import { clientWords, filterOffers, KINDS, kindsOf, limitsOf, type Offer, offersOf, reachOf, remedyOf } from "./offers";
import { setupOf } from "./setups";

const read = { name: "notes_read", tool: "read", owner: "Notes", server: null, unavailable: null };
const page = {
  kind: "resource" as const,
  name: "notes://page/1",
  own: "page://1",
  owner: "Notes",
  server: "s",
  unavailable: "connection refused",
};
const greet = { ...page, kind: "prompt" as const, name: "greet", own: "greet", unavailable: null };

it("kinds that nobody offers are left out, and the others keep their order", () => {
  expect(kindsOf(offersOf({ tools: [], others: [] }))).toEqual([]);
  expect(kindsOf(offersOf({ tools: [read], others: [] }))).toEqual(["tool"]);
  expect(kindsOf(offersOf({ tools: [read], others: [greet, page] }))).toEqual(["tool", "resource", "prompt"]);
});

it("a filter finds words in every name and in why not now, of every kind", () => {
  const offers: readonly Offer[] = offersOf({
    tools: [read, { ...read, name: "b", tool: "b" }],
    others: [page, greet],
  });
  const names = (text: string, onlyUnavailable = false) =>
    filterOffers(offers, { text, onlyUnavailable }).map(({ name }) => name);
  expect(names("")).toEqual(["notes_read", "b", "notes://page/1", "greet"]);
  expect(names("notes READ")).toEqual(["notes_read"]);
  expect(names("page://1")).toEqual(["notes://page/1"]);
  expect(names("refused")).toEqual(["notes://page/1"]);
  expect(names("notes", true)).toEqual(["notes://page/1"]);
});

it("each kind says what can be done with it", () => {
  expect(KINDS.tool).toMatchObject({ head: "Tool", title: "Tools", ready: "Can be called" });
  expect(KINDS.template).toMatchObject({ title: "Templates", allReady: "All templates can be read" });
});

const profiles = [{ name: "coding", url: null, tools: 2 }];
const open = { profile: null, rules: { allow: null, deny: null }, calls_per_second: null };
const limits = (client: string, ...clients: object[]) => limitsOf({ gateway: { clients } }, client, profiles);

it("what the configuration limits of a client is told, and of no other client", () => {
  const access = {
    name: "Cursor",
    profile: "coding",
    rules: { allow: ["notes.*", "files.read"], deny: ["*delete*"] },
    calls_per_second: 0.5,
  };
  expect(limits("Cursor", access)).toEqual([
    "profile coding",
    "only notes.*, files.read",
    "not *delete*",
    "0.5 calls/s",
  ]);
  expect(limits("cursor", access)).toEqual([]);
});

it("nothing allowed is not nothing limited, and a profile that is not there is said", () => {
  expect(limits("a", { ...open, name: "a" })).toEqual([]);
  expect(limits("a", { ...open, name: "a", rules: { allow: [], deny: [] } })).toEqual(["only nothing"]);
  expect(limits("a", { ...open, name: "a", profile: "x" })).toEqual(["profile x, which does not exist: sees nothing"]);
  expect(limitsOf({}, "a", profiles)).toEqual([]);
});

const client = { id: "a", name: "Cursor", created_at: 1_000, used_at: null };

it("only a request connects a client, and who waits long is told what helps", () => {
  expect(clientWords(client, 61_000)).toMatchObject({ glyph: "unk", more: "1 min" });
  expect(clientWords(client, 301_000).more).toBe("5 min; restart it?");
  expect(clientWords({ ...client, used_at: 2_000 }, 62_000)).toMatchObject({
    glyph: "ok",
    word: "Connected",
    more: "last request 1 min ago",
  });
});

it.each([
  ["Claude Code", "claude-code"],
  ["claude code", "claude-code"],
  ["vscode", "vscode"],
  ["VS Code Insiders", "vscode-insiders"],
  ["ci-runner", "other"],
  ["", "other"],
])("a client called %j is set up as %s", (name, id) => {
  expect(setupOf(name).id).toBe(id);
});

it("who reaches an address, and what helps where there is none, is said", () => {
  expect(reachOf("http://127.0.0.1:8090/mcp")).toBe("this computer only");
  expect(reachOf("http://[::1]:8090/mcp")).toBe("this computer only");
  expect(reachOf("http://192.168.0.2:8090/mcp")).toBe("anyone who can reach this address");
  expect(remedyOf("`gateway.enabled` is `false`")).toMatch(/^Turn it on/);
  expect(remedyOf("`x` listens on 127.0.0.1:8090")).toMatch(/^Stop that program/);
  expect(remedyOf("the file is damaged")).toMatch(/^Check its settings/);
});
