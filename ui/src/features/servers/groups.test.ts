import { expect, it } from "vitest";
import type { HealthStatus } from "../../host/bindings";
import { server } from "../../state/samples";
import { fitting } from "./columns";
import { toLines } from "./groups";

const withStatus = (id: string, status: HealthStatus, region: string | null = null) =>
  server(id, { region, health: { ...server(id).health, status } });
const worstFirst = [
  withStatus("a", "unhealthy", "eu"),
  withStatus("b", "needs_sign_in", "us"),
  withStatus("c", "paused", "eu"),
  withStatus("d", "healthy"),
];
const read = (by: Parameters<typeof toLines>[1]) =>
  toLines(worstFirst, by).map((line) => (line.kind === "group" ? `${line.title} ${line.count}` : line.row.id));

it("what needs a person stands apart from what does not", () => {
  expect(read("none")).toEqual(["Needs attention 2", "a", "b", "No action needed 2", "c", "d"]);
});

it("while the list is held, a row stays in its group", () => {
  const held = new Map(worstFirst.map((row) => [row.id, row]));
  const now = worstFirst.map((row) => (row.id === "d" ? withStatus("d", "unhealthy") : row));
  const drawn = toLines(now, "none", held);
  expect(drawn.map((line) => (line.kind === "group" ? line.title : line.row.id))).toEqual([
    "Needs attention",
    "a",
    "b",
    "No action needed",
    "c",
    "d",
  ]);
});

it("groups stand in the order of their worst row, rows keep theirs", () => {
  expect(read("region")).toEqual(["eu 2", "a", "c", "us 1", "b", "No region 1", "d"]);
});

it("nothing gives no groups", () => {
  expect(toLines([], "none")).toEqual([]);
});

it("columns give way before the reason does", () => {
  expect(fitting(["region", "response", "tools"], 1_096)).toEqual(["region", "response", "tools"]);
  expect(fitting(["region", "response"], 680)).toEqual(["region"]);
  expect(fitting(["region", "response"], 500)).toEqual([]);
  expect(fitting(["response"], 680)).toEqual(["response"]);
});
