import { expect, it } from "vitest";
import type { ClientEntry, ClientFile, ClientReport } from "../../../host";
import { found } from "../../../state/samples";
import { answering, canTake, clientGroups, clientsOf, goesAlong, placeOf, stateWords } from "./rows";

function entry(name: string, more: Partial<ClientEntry> = {}): ClientEntry {
  return {
    name,
    project: null,
    line: 3,
    column: 5,
    kind: "command",
    transport: "stdio",
    address: `npx ${name}`,
    cwd: null,
    env: [],
    headers: [],
    query: [],
    reads: [],
    placeholders: [],
    disabled: false,
    id: name,
    known: false,
    changed: false,
    consent: name,
    notes: [],
    ...more,
  };
}

function client(id: string, entries: ClientEntry[], more: Partial<ClientFile> = {}): ClientReport {
  const file: ClientFile = {
    path: `/home/me/.${id}/mcp.json`,
    scope: "user",
    project: null,
    entries,
    more: 0,
    problems: [],
    ...more,
  };
  return { id, name: id.toUpperCase(), files: [file] };
}

it("what is given the same is one row, under the first client that has it", () => {
  const list = {
    clients: [
      client("a", [entry("one"), entry("two")]),
      client("b", [entry("uno", { consent: "one" }), entry("one", { consent: "other" })]),
      client("c", [entry("one"), entry("one", { disabled: true })]),
    ],
  };
  const rows = clientGroups(list).map((group) => group.rows.map((row) => [row.entry.name, ...row.also].join(" ")));
  expect(rows).toEqual([["one B C", "two"], ["one"], ["one"]]);
});

it("what cannot be used is told of each by its name, and a broken file without servers is there", () => {
  const problem = { line: 2, column: 9, message: "cut off", unread: true };
  const list = {
    clients: [
      client("a", [entry("x", { kind: "unusable", consent: "-" }), entry("y", { kind: "unusable", consent: "-" })]),
      client("b", [], { problems: [problem] }),
      client("c", []),
    ],
  };
  const groups = clientGroups(list);
  expect(groups.map((group) => [group.client.id, group.rows.length, group.broken.length])).toEqual([
    ["a", 2, 0],
    ["b", 0, 1],
  ]);
  expect(placeOf("C:\\Users\\me\\mcp.json", problem)).toBe("mcp.json, line 2, column 9");
  expect(placeOf("/a/mcp.json", { line: null, column: null })).toBe("mcp.json");
});

it("an address of this computer is joined with what answers there", () => {
  const here = entry("web", { kind: "here", id: "1" });
  const answers = found("http://127.0.0.1:3000/mcp", { id: "1", tools: 2 });
  expect(answering(here, [found("http://b", { id: "2" }), answers])).toBe(answers);
  expect(answering(entry("x", { id: "1" }), [answers])).toBeUndefined();
  expect(stateWords(here, answers, true)).toBe("answers, 2 tools");
  expect(stateWords(here, undefined, true)).toBe("nothing answers there");
  expect(stateWords(here, undefined, false)).toBe("not asked yet");
  expect(clientsOf(answers, { clients: [client("a", [here]), client("b", [entry("x", { id: "1" })])] })).toEqual(["A"]);
});

it("each kind says why it was not asked", () => {
  const words = (more: Partial<ClientEntry>) => stateWords(entry("x", more), undefined, true);
  expect(words({})).toBe("not started");
  expect(words({ kind: "elsewhere" })).toBe("not checked: outside this computer");
  expect(words({ kind: "own" })).toBe("this app");
  expect(words({ disabled: true, placeholders: ["$A", "$B"] })).toBe("not started · disabled there · waits for $A, $B");
  const notes = [{ line: 1, column: 1, message: "its `command` is a number", unread: false }];
  expect(words({ kind: "unusable", notes })).toBe("Its “command” is a number");
  expect([{}, { known: true }, { kind: "own" as const }].map((more) => canTake(entry("x", more)))).toEqual([
    true,
    false,
    false,
  ]);
  expect(goesAlong(entry("x", { env: ["A"], headers: ["H"], query: ["q"] }))).toEqual([
    "variable A",
    "header H",
    "key q",
  ]);
});
