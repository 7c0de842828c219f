import { describe, expect, it } from "vitest";
import type { Event } from "../host/bindings";
import { byAddress, countStates, EMPTY, type Model, reduce, withKnown, withList, withOrder } from "./reducer";
import { found, scan, server } from "./samples";

const listed = (revision: number, ...ids: string[]): Model =>
  withList(EMPTY, { revision, servers: ids.map((id) => server(id)), total: ids.length });
const take = (model: Model, revision: number, ...events: Event[]) => reduce(model, { revision, events });
const changed = (id: string, changes = {}): Event => ({ type: "server_changed", server: server(id, changes) });

describe("servers", () => {
  it("takes a changed row in place and asks for nothing when its place cannot change", () => {
    const { model, stale } = take(listed(7, "a", "b"), 8, changed("a", { tools: 3 }));
    expect(model.rows.get("a")?.tools).toBe(3);
    expect(model.order).toEqual(["a", "b"]);
    expect([...stale]).toEqual([]);
  });

  it("asks for the order when a status or a name changed, since the core puts the worst first", () => {
    const health = { ...server("b").health, status: "unhealthy" as const };
    expect([...take(listed(7, "a", "b"), 8, changed("b", { health })).stale]).toEqual(["order"]);
    expect([...take(listed(7, "a", "b"), 8, changed("b", { name: "z" })).stale]).toEqual(["order"]);
  });

  it("are counted as they are shown", () => {
    const health = { ...server("b").health, status: "unhealthy" as const };
    const { model } = take(listed(7, "a", "b"), 8, changed("b", { health }));
    expect(countStates(model.rows.values())).toEqual({ all: 2, [server("a").health.status]: 1, unhealthy: 1 });
  });

  it("shows a new server at once, at the end, and asks for its place", () => {
    const { model, stale } = take(listed(7, "a"), 8, changed("b"));
    expect(model.order).toEqual(["a", "b"]);
    expect([...stale]).toEqual(["order"]);
  });

  it("takes an order of the rows it has, and none of rows it has not", () => {
    const model = listed(7, "a", "b");
    const order = (...ids: string[]) => withOrder(model, { revision: 8, ids, total: ids.length })?.order;
    expect(order("b", "a")).toEqual(["b", "a"]);
    expect(order("b")).toBeUndefined();
    expect(order("b", "c")).toBeUndefined();
  });

  it("never lists one server twice, however often it is sent", () => {
    const { model } = take(listed(7, "a"), 9, changed("b"), changed("b"));
    expect(model.order).toEqual(["a", "b"]);
  });

  it("takes a removed server out", () => {
    const { model } = take(listed(7, "a", "b"), 8, { type: "server_removed", id: "a" });
    expect(model.order).toEqual(["b"]);
    expect(model.rows.has("a")).toBe(false);
  });

  it("leaves events out that are older than the list", () => {
    const { model } = take(listed(7, "a"), 6, { type: "server_removed", id: "a" }, changed("a", { name: "old" }));
    expect(model.rows.get("a")?.name).toBe("a");
    expect(model.revision).toBe(7);
  });

  it("asks again when revisions went by that were not sent", () => {
    expect(take(listed(7, "a"), 9, changed("a")).stale.has("servers")).toBe(true);
    expect(take(listed(7, "a"), 9).stale.has("servers")).toBe(true);
  });

  it("keeps the identity of what a batch does not touch", () => {
    const before = listed(7, "a");
    const { model } = take(before, 7, { type: "scan_changed", scan: scan("s") });
    expect(model.rows).toBe(before.rows);
    expect(model.order).toBe(before.order);
  });
});

describe("scans", () => {
  it("follows a new scan from its first event and drops the rows of the last one", () => {
    const first = take({ ...EMPTY, scan: scan("s1"), found: byAddress([found("http://a")]) }, 0, {
      type: "scan_changed",
      scan: scan("s2", { started_at: 2 }),
    });
    expect(first.model.scan?.id).toBe("s2");
    expect(first.model.found.size).toBe(0);
    expect(first.stale.has("scan")).toBe(true);
  });

  it("leaves an older scan out", () => {
    const { model } = take({ ...EMPTY, scan: scan("s2", { started_at: 2 }) }, 0, {
      type: "scan_changed",
      scan: scan("s1"),
    });
    expect(model.scan?.id).toBe("s2");
  });

  it("keeps one row for each address, the newest", () => {
    const row = (outcome: "incomplete" | "mcp"): Event => ({
      type: "scan_found",
      scan: "s",
      row: found("http://a", { outcome }),
    });
    const { model } = take({ ...EMPTY, scan: scan("s") }, 0, row("incomplete"), row("mcp"));
    expect([...model.found.values()].map(({ outcome }) => outcome)).toEqual(["mcp"]);
  });

  it("asks for the scan when a row of an unknown one comes", () => {
    expect(take(EMPTY, 0, { type: "scan_found", scan: "x", row: found("http://a") }).stale.has("scan")).toBe(true);
  });

  it("marks rows as known while their server is in the list", () => {
    const rows = byAddress([found("http://a", { id: "a" }), found("http://b", { id: "b", known: true })]);
    expect(withKnown(rows, new Map([["a", server("a")]])).map(({ known }) => known)).toEqual([true, false]);
  });
});

it("keeps what a call says of its progress, and notices up to a limit", () => {
  const notice = (at: number): Event => ({ type: "notice", notice: { level: "info", text: "", at } });
  const many = Array.from({ length: 60 }, (_, at) => notice(at));
  const { model } = take(
    EMPTY,
    0,
    { type: "call_progress", call: "c", progress: 2, total: 8, message: "two" },
    ...many,
  );
  expect(model.progress.get("c")).toEqual({ progress: 2, total: 8, message: "two" });
  expect(model.notices).toHaveLength(50);
  expect(model.notices.at(-1)?.at).toBe(59);
});

it("knows the commands that are starting, with their newest line", () => {
  const start = { id: "a", command: "npx -y a", since: 1, line: null, call: null };
  const begun = take(EMPTY, 0, { type: "starting", start }, { type: "starting", start: { ...start, line: "two" } });
  expect(begun.model.starts.get("a")?.line).toBe("two");
  expect(take(begun.model, 0, { type: "started", id: "a" }).model.starts.size).toBe(0);
});

it("asks for everything when events were lost", () => {
  expect([...take(EMPTY, 0, { type: "resync" }).stale]).toEqual(["everything"]);
});
