import { expect, it } from "vitest";
import { found, scan, server } from "../../state/samples";
import {
  canAdd,
  comparedGroups,
  endWords,
  type Fate,
  type Fated,
  fates,
  notMcp,
  onThisComputer,
  resultGroups,
  resultLines,
  scopeWords,
  sentence,
  slowWords,
  splitPorts,
  timeLeft,
  toolWords,
} from "./outcomes";

it("results are grouped by outcome, new ones first, and what is no MCP is no result", () => {
  const rows = [
    found("http://b", { known: true }),
    found("http://c"),
    found("http://a", { outcome: "not_mcp" }),
    found("http://d", { outcome: "needs_sign_in" }),
  ];
  expect(resultGroups(rows).map(({ outcome, rows }) => [outcome, ...rows.map(({ url }) => url)])).toEqual([
    ["mcp", "http://c", "http://b"],
    ["needs_sign_in", "http://d"],
  ]);
});

it("the table has a line for each group, each row and each failure, in that order", () => {
  const groups = resultGroups([found("http://a"), found("http://b"), found("http://c", { outcome: "probable" })]);
  const lines = resultLines(groups, new Map([["http://a", "refused"]]));
  expect(lines.map((line) => `${line.at} ${line.kind} ${line.key}`)).toEqual([
    "0 group mcp",
    "1 row http://a",
    "2 failure http://a failure",
    "3 row http://b",
    "4 group probable",
    "5 row http://c",
  ]);
});

it("what is no MCP is counted by its kind, the most frequent first", () => {
  const groups = notMcp([
    found("http://a", { outcome: "not_mcp", reason: "it is a web page" }),
    found("http://b", { outcome: "not_mcp", reason: "it accepts connections and sends nothing" }),
    found("http://c", { outcome: "not_mcp", reason: "it is a web page" }),
    found("http://d", { outcome: "not_mcp", reason: "something new" }),
    found("http://e"),
  ]);
  expect(groups.map(({ title }) => title)).toEqual(["2 web pages", "1 silent port", "1 other service"]);
});

it("known and undecided rows cannot be added", () => {
  expect(canAdd(found("http://a"))).toBe(true);
  expect(canAdd(found("http://a", { outcome: "needs_sign_in" }))).toBe(true);
  expect(canAdd(found("http://a", { known: true }))).toBe(false);
  expect(canAdd(found("http://a", { outcome: "incomplete" }))).toBe(false);
  expect(canAdd(found("http://a", { outcome: "not_mcp" }))).toBe(false);
});

it("the time left is told once it is more than a guess", () => {
  expect(timeLeft(scan("s", { done: 50, started_at: 0 }), 10_000)).toBe(10_000);
  expect(timeLeft(scan("s", { done: 2, started_at: 0 }), 10_000)).toBeNull();
  expect(timeLeft(scan("s", { done: 50, state: "finished", started_at: 0 }), 10_000)).toBeNull();
});

it("ports that are slow already are told apart, and no part of the time left", () => {
  const most = scan("s", { done: 98, slow: 2, started_at: 0 });
  expect(timeLeft(most, 10_000)).toBeNull();
  expect(timeLeft({ ...most, done: 49, slow: 2 }, 10_000)).toBe(10_000);
  expect(slowWords(most)).toBe("2 slow ports, at most 5 s each");
  expect(slowWords({ ...most, slow: 1, timeout: 60 })).toBe("1 slow port, at most 1 min");
  expect(slowWords({ ...most, slow: 0 })).toBeNull();
});

it.each([
  ["3000-3010, 8080", ["3000-3010", "8080"]],
  ["", []],
  ["80 443", ["80", "443"]],
])("ports %j are read", (text, ports) => {
  expect(splitPorts(text)).toEqual({ ports });
});

it.each(["0", "65536", "99999", "3010-3000", "http", "1-"])("port %j is refused by name", (text) => {
  expect(splitPorts(`8080, ${text}`)).toMatchObject({ problem: expect.stringContaining(`“${text}”`) });
});

it("servers on loopback and programs are on this computer, others are not", () => {
  const at = (id: string, url: string) => server(id, { url, endpoint: null });
  const servers = [
    at("a", "http://127.0.0.9:1/mcp"),
    at("b", "http://[::1]:1/"),
    at("c", "http://localhost:1"),
    at("d", "http://10.0.0.1/"),
    server("e", { transport: "stdio", url: null }),
  ];
  expect(onThisComputer(servers).map(({ rows }) => rows.map(({ id }) => id))).toEqual([["a", "b", "c"], ["e"]]);
});

it("the demo fleet stands apart from what else listens here", () => {
  const servers = [
    server("a", { url: "http://127.0.0.1:1/mcp" }),
    server("b", { url: "http://127.0.0.1:2/mcp", source: "demo" }),
  ];
  const groups = onThisComputer(servers).map(({ title, rows, demo }) => [title, !!demo, ...rows.map(({ id }) => id)]);
  expect(groups).toEqual([
    ["On a port of this computer", false, "a"],
    ["Demo fleet", true, "b"],
  ]);
});

it("what became of servers is shown beside what was found, and alone", () => {
  const [same, fresh, moved, gone] = ["a", "b", "c", "d"].map((host) => found(`http://${host}`));
  if (!same || !fresh || !moved || !gone) throw new Error("there are four");
  const replaced = found("http://b", { name: "who was there" });
  const fated: Fated[] = [
    { fate: "new", row: fresh, earlier: false, note: "" },
    { fate: "moved", row: moved, earlier: false, note: "It was at x" },
    { fate: "gone", row: gone, earlier: true, note: "no answer" },
    { fate: "gone", row: replaced, earlier: true, note: "another server answers there: b" },
  ];
  const rows = [same, fresh, moved];
  const keys = (only: Fate | null) =>
    resultLines(comparedGroups(rows, fated, only), new Map(), fated).map((line) => line.key);
  expect(keys(null)).toEqual([
    "mcp",
    "http://a",
    "http://b",
    "http://c",
    "http://c note",
    "gone",
    "gone http://d",
    "gone http://b",
  ]);
  expect(keys("new")).toEqual(["mcp", "http://b"]);
  expect(keys("gone")).toEqual(["gone", "gone http://d", "gone http://b"]);
  expect(keys("changed")).toEqual([]);
});

const day = 86_400_000;
const now = new Date(2026, 10, 23, 12, 0).getTime();
const before = scan("before", { state: "finished", started_at: new Date(2026, 10, 22, 18, 2).getTime() });
const none = { new: [], gone: [], changed: [], moved: [], not_asked: [], same: 0 };

it("says in one sentence what changed, and since when", () => {
  const compared = {
    ...none,
    scan: scan("now"),
    with: before,
    new: [found("http://a"), found("http://b")],
    gone: [{ row: found("http://c"), reason: "no answer" }],
    changed: [{ row: found("http://d"), added: [], removed: [], changed: ["x"] }],
  };
  expect(sentence(compared, now)).toBe("Since yesterday, 18:02: 2 new, 1 gone, 1 changed its tools");
  expect(sentence({ ...none, scan: scan("now"), with: before }, now)).toBe("Since yesterday, 18:02: nothing changed");
  expect(sentence({ ...none, scan: scan("now"), with: before }, now + 9 * day)).toMatch(/^Since Sun 22 Nov, 18:02/);
  expect(sentence({ ...none, scan: scan("now"), with: null }, now)).toBe("");
});

it("what a server says is on one line, and only so much of it", () => {
  const tools = Array.from({ length: 9 }, (_, at) => `t${at}`);
  expect(toolWords({ added: tools, removed: ["a\nb"], changed: [] })).toBe(
    "Tools added t0, t1, t2, t3, t4, t5 and 3 more; removed a b",
  );
});

it("who was not asked says when", () => {
  const not_asked = [
    { row: found("http://a"), was_found_before: true, reason: "it was not asked" },
    { row: found("http://b"), was_found_before: false, reason: "it was not asked" },
  ];
  const said = fates({ ...none, scan: scan("now"), with: before, not_asked });
  expect(said.map(({ earlier, note }) => [earlier, note])).toEqual([
    [true, "Found before; this time it was not asked"],
    [false, "Found now; the time before it was not asked"],
  ]);
});

it("a scan is told by what it was of and how it ended", () => {
  expect(scopeWords(scan("a"))).toBe("this computer");
  expect(scopeWords(scan("a", { targets: ["10.0.0.1"], named_ports: ["80"] }))).toBe("10.0.0.1, port 80");
  expect(scopeWords(scan("a", { targets: ["10.0.0.1"], named_ports: ["80-90"] }))).toBe("10.0.0.1, ports 80-90");
  expect(endWords(scan("a", { found: 2, state: "ended_with_the_core", imported: true }))).toBe(
    "2 MCP servers, stopped with MCP Discovery, imported",
  );
});
