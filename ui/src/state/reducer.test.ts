import { describe, expect, it } from "vitest";
import type { Event, HealthStatus, ServerRow } from "../host/bindings";
import { compareRows, reordered } from "./order";
import { byAddress, countStates, EMPTY, type Model, reduce, withKnown, withList } from "./reducer";
import { found, scan, server } from "./samples";

const listed = (revision: number, ...ids: string[]): Model =>
  withList(EMPTY, { revision, servers: ids.map((id) => server(id)), total: ids.length });
const batch = (from: number, to: number, ...events: Event[]) => ({ from, to, events });
const take = (model: Model, to: number, ...events: Event[]) =>
  reduce(model, batch(model.revision ?? to, to, ...events));
const changed = (id: string, changes = {}): Event => ({ type: "server_changed", server: server(id, changes) });
const measured = (id: string, changes = {}): Event => ({
  type: "health_changed",
  id,
  health: { ...server(id).health, ...changes },
});
const down = { status: "unhealthy" as const };

describe("servers", () => {
  it("takes a changed row in place and asks for nothing", () => {
    const { model, stale } = take(listed(7, "a", "b"), 8, changed("a", { tools: 3 }));
    expect(model.rows.get("a")?.tools).toBe(3);
    expect(model.order).toEqual(["a", "b"]);
    expect([...stale]).toEqual([]);
  });

  it("takes a measurement into the row and leaves its record as it is", () => {
    const before = take(listed(7, "a"), 8, changed("a", { tools: 3, last_seen: 5 })).model;
    const { model } = take(before, 9, measured("a", { checked_at: 9, last_success: 9 }));
    expect(model.rows.get("a")).toMatchObject({ tools: 3, last_seen: 9, health: { checked_at: 9 } });
    expect(take(before, 9, measured("a")).model.rows.get("a")?.last_seen).toBe(5);
  });

  it("puts a row where it belongs when a status or a name changed, and asks for nothing", () => {
    const status = take(listed(7, "a", "b", "c"), 8, measured("c", down));
    expect([status.model.order, [...status.stale]]).toEqual([["c", "a", "b"], []]);
    expect(take(status.model, 9, measured("c")).model.order).toEqual(["a", "b", "c"]);
    expect(take(listed(7, "a", "b"), 8, changed("a", { name: "z" })).model.order).toEqual(["b", "a"]);
  });

  it("are counted as they are shown", () => {
    const { model } = take(listed(7, "a", "b"), 8, measured("b", down));
    expect(countStates(model.rows.values())).toEqual({ all: 2, [server("a").health.status]: 1, unhealthy: 1 });
  });

  it("shows a new server at once, where it belongs", () => {
    const { model, stale } = take(listed(7, "a", "c"), 8, changed("b"));
    expect([model.order, [...stale]]).toEqual([["a", "b", "c"], []]);
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
    const events = [{ type: "server_removed", id: "a" } as const, changed("a", { name: "old" })];
    const { model, stale } = reduce(listed(7, "a"), batch(4, 6, ...events));
    expect(model.rows.get("a")?.name).toBe("a");
    expect([model.revision, [...stale]]).toEqual([7, []]);
  });

  it("takes a batch in that began before the list and ends after it", () => {
    const { model, stale } = reduce(listed(7, "a"), batch(4, 9, changed("a", { tools: 3 })));
    expect([model.revision, model.rows.get("a")?.tools, [...stale]]).toEqual([9, 3, []]);
  });

  it("asks again only when a batch begins after what it has, and once", () => {
    const { model, stale } = reduce(listed(7, "a"), batch(9, 12));
    expect([...stale]).toEqual(["servers"]);
    expect([...reduce(model, batch(12, 13, changed("a"))).stale]).toEqual([]);
    expect([...reduce(listed(7, "a"), batch(7, 900, changed("a"))).stale]).toEqual([]);
  });

  it("takes nothing in before the list was read, since it is on its way", () => {
    const { model, stale } = reduce(EMPTY, batch(57, 58, changed("a")));
    expect([model.revision, model.rows.size, [...stale]]).toEqual([null, 0, []]);
  });

  it("leaves a measurement out whose row it does not have", () => {
    expect(take(listed(7, "a"), 8, measured("b")).model.order).toEqual(["a"]);
  });

  it("keeps the identity of what a batch does not touch", () => {
    const before = listed(7, "a");
    const { model } = take(before, 7, { type: "scan_changed", scan: scan("s") });
    expect(model.rows).toBe(before.rows);
    expect(model.order).toBe(before.order);
    expect(take(before, 8, measured("a")).model.order).toBe(before.order);
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

it("asks for scans, starts and notices again when activity was lost, and never for the servers", () => {
  expect([...take(listed(7, "a"), 7, { type: "activity_lost", count: 3 }).stale]).toEqual(["activity"]);
});

it("counts the changes of the configuration", () => {
  expect(take(EMPTY, 0, { type: "config_changed", sections: [] }).model.configs).toBe(1);
});

const is = (id: string, status: HealthStatus = "healthy", name = id): ServerRow =>
  server(id, { name, health: { ...server(id).health, status } });
const rowsOf = (...rows: ServerRow[]) => new Map(rows.map((row) => [row.id, row]));

it("the worst comes first, then the name decides, then the id", () => {
  const rows = [is("d"), is("c", "paused"), is("b", "unhealthy"), is("a", "healthy", "d"), is("e", "degraded")];
  expect(rows.sort(compareRows).map(({ id }) => id)).toEqual(["b", "e", "c", "a", "d"]);
});

it("names are compared by code points, as the core does", () => {
  const names = ["\u{1F600}", "\uFFFD", "z", "Z", "é", "za", ""];
  const sorted = names.map((name) => is(name, "healthy", name)).sort(compareRows);
  expect(sorted.map(({ name }) => name)).toEqual(["", "Z", "z", "za", "é", "\uFFFD", "\u{1F600}"]);
});

it("moving some rows is as good as sorting all, whatever moves", () => {
  const statuses: HealthStatus[] = ["healthy", "unhealthy", "degraded", "unknown"];
  let seed = 7;
  const next = (below: number) => {
    seed = (seed * 48271) % 2147483647;
    return seed % below;
  };
  const rows = rowsOf(...Array.from({ length: 200 }, (_, at) => is(`s${at}`, statuses[next(4)])));
  let order = [...rows.values()].sort(compareRows).map(({ id }) => id);
  for (let round = 0; round < 50; round++) {
    const moved = new Set(Array.from({ length: next(12) }, () => `s${next(220)}`));
    for (const id of moved)
      if (next(5) === 0) rows.delete(id);
      else rows.set(id, is(id, statuses[next(4)], `n${next(50)}`));
    order = reordered(order, rows, moved);
    expect(order).toEqual([...rows.values()].sort(compareRows).map(({ id }) => id));
  }
});
