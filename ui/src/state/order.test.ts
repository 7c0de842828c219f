import { expect, it } from "vitest";
import type { HealthStatus, ServerRow } from "../host/bindings";
import { compareRows, reordered } from "./order";
import { server } from "./samples";

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
