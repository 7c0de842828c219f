import { describe, expect, it } from "vitest";
import { server } from "../../state/samples";
import { fitted, meets, panned, seen, showing, within, zoomed } from "./camera";
import { withStatus } from "./fleets";
import { groupsOf, THIS_COMPUTER } from "./group";
import { kept } from "./kept";
import { pathOf } from "./lines";
import { nodesOf } from "./model";
import { nextStop } from "./steer";

const rows = [server("a", { region: "eu" }), withStatus(server("b", { region: "eu" }), "unhealthy"), server("c")];

describe("nodes", () => {
  it("are the same objects for the same rows", () => {
    const [first, second] = [nodesOf(rows), nodesOf([...rows])];
    expect(second.every((node, at) => node === first[at])).toBe(true);
    expect(first.map(({ severity }) => severity)).toEqual([6, 0, 6]);
  });

  it("that a filter hides are told where they are in trouble", () => {
    const { nodes, hidden } = kept(nodesOf(rows), new Set(["a", "c"]));
    expect([nodes.map(({ id }) => id), hidden.map(({ id }) => id)]).toEqual([["a", "c"], ["b"]]);
    expect(kept(nodesOf(rows), null).hidden).toEqual([]);
  });
});

describe("groups", () => {
  it("count their servers by status, and none is a group whatever a region is called", () => {
    const groups = groupsOf(nodesOf([...rows, server("d", { region: "none" })]), "region");
    expect(groups.map(({ key, counts }) => [key, counts])).toEqual([
      ["is eu", { healthy: 1, unhealthy: 1 }],
      ["none", { healthy: 1 }],
      ["is none", { healthy: 1 }],
    ]);
  });

  it.each([
    [{ url: "http://127.0.0.1:9/mcp" }, THIS_COMPUTER],
    [{ url: "http://localhost:9/mcp" }, THIS_COMPUTER],
    [{ url: null, command: "npx" }, THIS_COMPUTER],
    [{ url: "https://nas.lan:8443/mcp" }, "nas.lan"],
    [{ url: "no address" }, null],
  ])("%j is at %j", (changes, host) => {
    expect(groupsOf(nodesOf([server("x", changes)]), "host")[0]?.value).toBe(host);
  });

  it("by capability go by the first tool, so that replicas stand together", () => {
    const offers = ["resource:a", "weather.current", "weather.alerts"];
    const [group] = groupsOf(nodesOf([server("x", { capabilities: offers })]), "capability");
    expect(group?.value).toBe("weather.alerts");
    expect(groupsOf(nodesOf([server("y")]), "capability")[0]?.value).toBe(null);
  });
});

describe("the camera", () => {
  const view = { width: 800, height: 600 };

  it("fits a picture, and never makes it larger than it is", () => {
    expect(fitted({ width: 1_600, height: 600 }, view)).toMatchObject({ zoom: 0.5, x: 0 });
    expect(fitted({ width: 400, height: 300 }, view)).toEqual({ zoom: 1, x: -200, y: 0 });
  });

  it("zooms around a point, which stays where it is", () => {
    const before = { x: 10, y: 20, zoom: 1 };
    const after = zoomed(before, 1.25, { x: 100, y: 50 });
    expect(after.x + 100 / after.zoom).toBeCloseTo(110);
    expect(after.y + 50 / after.zoom).toBeCloseTo(70);
    expect(zoomed(before, 1_000, { x: 0, y: 0 }).zoom).toBe(2);
  });

  it("never loses the picture", () => {
    const far = panned({ x: 0, y: 0, zoom: 1 }, -100_000, 100_000, { width: 1_000, height: 700 }, view);
    expect(far).toEqual({ x: 920, y: -520, zoom: 1 });
    expect(within({ x: -5, y: 3, zoom: 1 }, { width: 1_000, height: 700 }, view)).toEqual({ x: -5, y: 3, zoom: 1 });
  });

  it("moves as little as it must to show something, and not at all for what is shown", () => {
    const camera = { x: 0, y: 0, zoom: 1 };
    expect(showing(camera, { x: 100, y: 100, width: 208, height: 36 }, view)).toEqual(camera);
    expect(showing(camera, { x: 900, y: 100, width: 208, height: 36 }, view)).toEqual({ x: 332, y: 0, zoom: 1 });
  });

  it("sees what meets its window", () => {
    expect(seen({ x: 100, y: 0, zoom: 2 }, view, 0)).toEqual({ x: 100, y: 0, width: 400, height: 300 });
    expect(meets({ x: 0, y: 0, width: 10, height: 10 }, { x: 10, y: 0, width: 10, height: 10 })).toBe(false);
  });
});

describe("arrow keys", () => {
  const stop = (key: string, x: number, y: number) => ({ key, x, y, width: 208, height: 36 });
  const stops = [stop("a", 0, 0), stop("b", 0, 48), stop("c", 244, 0), stop("d", 244, 48), stop("e", 0, 600)];
  const at = (index: number) => stops[index] as (typeof stops)[number];

  it.each([
    [0, "down", "b"],
    [0, "right", "c"],
    [3, "left", "b"],
    [3, "up", "c"],
    [1, "down", "e"],
    [2, "right", undefined],
  ] as const)("from stop %i %s is %s", (from, direction, to) => {
    expect(nextStop(stops, at(from), direction)?.key).toBe(to);
  });
});

it("a line is round where it turns", () => {
  expect(
    pathOf([
      { x: 0, y: 0 },
      { x: 0, y: 20 },
      { x: 30, y: 20 },
    ]),
  ).toBe("M0 0L0 12Q0 20 8 20L30 20");
});
