import { expect, it } from "vitest";
import { found, scan } from "../../state/samples";
import { endWords, fates, scopeWords, sentence, toolWords } from "./compared";

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
    "2 MCP servers, ended with the core, imported",
  );
});
