import { describe, expect, it } from "vitest";
import type { ServerRow } from "../../host/bindings";
import { server } from "../../state/samples";
import { dice, fleet, STATES, withStatus } from "./fleets";
import { type Group, groupsOf } from "./group";
import { arranged, carried, type Layout, MOST_OPEN, toggled } from "./layout";
import { type Point, toBox, toSpot } from "./lines";
import { nodesOf } from "./model";
import { NODE_HEIGHT, NODE_WIDTH } from "./sizes";
import { type Spot, spotsOf } from "./spots";

const FLEETS = 500;
/** Half of the thickest line, in pixels. */
const HALF_A_LINE = 3;

const grouped = (rows: readonly ServerRow[]): Group[] => groupsOf(nodesOf(rows), "region");
const places = (layout: Layout, groups: readonly Group[]) =>
  new Map(spotsOf(layout, groups).map(({ id, x, y, box }) => [id, { x, y, box }]));
const box = ({ x, y }: Spot) => ({ x, y, width: NODE_WIDTH, height: NODE_HEIGHT });

interface Rect {
  x: number;
  y: number;
  width: number;
  height: number;
}
const overlap = (a: Rect, b: Rect) =>
  a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;

/** What is wrong with a picture, in words. */
function faults(layout: Layout, groups: readonly Group[]): string[] {
  const found: string[] = [];
  const spots = spotsOf(layout, groups);
  const boxes = new Map(layout.boxes.map((one) => [one.key, one]));
  layout.boxes.forEach((one, at) => {
    for (const other of layout.boxes.slice(at + 1))
      if (overlap(one, other)) found.push(`${one.key} lies on ${other.key}`);
    if (overlap(one, layout.gateway)) found.push(`${one.key} lies on the gateway`);
    if (one.x < 0 || one.x + one.width > layout.width || one.y + one.height > layout.height)
      found.push(`${one.key} is outside`);
  });
  // Nodes stand on a grid: who has the same place in its box, or reaches beyond a step, would lie on another.
  const taken = new Set<string>();
  for (const spot of spots) {
    const at = `${spot.x} ${spot.y}`;
    if (taken.has(at)) found.push(`two nodes at ${at}`);
    taken.add(at);
    const its = boxes.get(spot.box);
    const inside = its && spot.x >= its.x && spot.x + NODE_WIDTH <= its.x + its.width && spot.y >= its.y + its.head;
    if (!inside || spot.y + NODE_HEIGHT > its.y + its.height) found.push(`${spot.id} is outside of ${spot.box}`);
  }
  return found;
}

/** Which nodes a line runs over: it may only reach the left edge of its own. */
function crossed(points: readonly Point[], spots: readonly Spot[]): string[] {
  const found: string[] = [];
  points.slice(1).forEach((to, at) => {
    const from = points[at] as Point;
    if (from.x !== to.x && from.y !== to.y) found.push(`askew at ${to.x} ${to.y}`);
    const upright = from.x === to.x;
    const along = {
      x: Math.min(from.x, to.x) - (upright ? HALF_A_LINE : 0),
      y: Math.min(from.y, to.y) - (upright ? 0 : HALF_A_LINE),
      width: Math.abs(to.x - from.x) + (upright ? 2 * HALF_A_LINE : 0),
      height: Math.abs(to.y - from.y) + (upright ? 0 : 2 * HALF_A_LINE),
    };
    for (const spot of spots) if (overlap(along, box(spot))) found.push(`crosses ${spot.id}`);
  });
  return found;
}

function linesOf(layout: Layout, spots: readonly Spot[]): Point[][] {
  const boxes = new Map(layout.boxes.map((one) => [one.key, one]));
  const open = spots.flatMap((spot) => {
    const its = boxes.get(spot.box);
    return its ? [toSpot(layout, its, spot)] : [];
  });
  return [...open, ...layout.boxes.filter((one) => !one.open).map((one) => toBox(layout, one))];
}

describe(`${FLEETS} fleets`, () => {
  it("no node lies on another or outside of its box, and no line crosses a node, also after growing and leaving", () => {
    for (let seed = 0; seed < FLEETS; seed++) {
      const roll = dice(seed);
      const rows = fleet(roll, roll(90), 1 + roll(12));
      let groups = grouped(rows);
      let layout = arranged(groups);
      expect(faults(layout, groups), `fleet ${seed}`).toEqual([]);
      for (let step = 0; step < 3; step++) {
        const coming = fleet(roll, roll(14), 14).map((row, at) => ({ ...row, id: `n${step}-${at}` }));
        const gone = roll(rows.length + 1);
        rows.splice(gone, roll(4));
        rows.push(...coming);
        groups = grouped(rows);
        layout = carried(layout, groups);
      }
      expect(faults(layout, groups), `fleet ${seed}, later`).toEqual([]);
      const spots = spotsOf(layout, groups);
      expect(spots.length).toBe(rows.length);
      const crossings = linesOf(layout, spots).flatMap((line) => crossed(line, spots));
      expect(crossings, `lines of fleet ${seed}`).toEqual([]);
    }
  });

  it("the same servers make the same picture, in whatever order they come", () => {
    for (let seed = 0; seed < FLEETS; seed++) {
      const roll = dice(seed);
      const rows = fleet(roll, roll(120), 1 + roll(9));
      const turned = [...rows].reverse().map((row) => ({ ...row }));
      expect(places(arranged(grouped(turned)), grouped(turned))).toEqual(
        places(arranged(grouped(rows)), grouped(rows)),
      );
    }
  });

  it("a change of health moves nobody, and is no other picture", () => {
    for (let seed = 0; seed < FLEETS; seed++) {
      const roll = dice(seed);
      const rows = fleet(roll, 1 + roll(120), 1 + roll(9));
      const layout = arranged(grouped(rows));
      const at = roll(rows.length);
      const changed = rows.map((row, index) => (index === at ? withStatus(row, STATES[roll(7)] ?? "healthy") : row));
      expect(carried(layout, grouped(changed))).toBe(layout);
    }
  });

  it("one more server moves nodes of its own box alone, and comes to an end of it", () => {
    for (let seed = 0; seed < FLEETS; seed++) {
      const roll = dice(seed);
      const rows = fleet(roll, 1 + roll(120), 1 + roll(9));
      const before = places(arranged(grouped(rows)), grouped(rows));
      const more = [...rows, ...fleet(roll, 1, 12).map((row) => ({ ...row, id: "new" }))];
      const after = places(carried(arranged(grouped(rows)), grouped(more)), grouped(more));
      const own = after.get("new")?.box;
      const moved = [...before].filter(([id, place]) => JSON.stringify(after.get(id)) !== JSON.stringify(place));
      expect(moved.filter(([, place]) => place.box !== own)).toEqual([]);
    }
  });

  it("who left leaves the place empty until all is arranged anew, and finds it again", () => {
    for (let seed = 0; seed < FLEETS; seed++) {
      const roll = dice(seed);
      const rows = fleet(roll, 2 + roll(60), 1 + roll(5));
      const layout = arranged(grouped(rows));
      const before = places(layout, grouped(rows));
      const left = rows.filter((_, at) => at !== 1);
      const without = carried(layout, grouped(left));
      expect([...places(without, grouped(left))]).toEqual([...before].filter(([id]) => id !== rows[1]?.id));
      const again = carried(without, grouped(rows));
      expect(places(again, grouped(rows))).toEqual(before);
    }
  });
});

describe("arranging", () => {
  const row = (id: string, region: string | null, status = STATES[0]) =>
    withStatus(server(id, { region }), status ?? "healthy");

  it("puts the worst first, then goes by name; boxes as well, and those without a region are a box", () => {
    const rows = [
      row("a", "eu"),
      row("b", "eu"),
      row("d", "us", "unhealthy"),
      row("c", "us"),
      row("e", null),
      row("z", "ap"),
    ];
    const layout = arranged(grouped(rows));
    expect(layout.boxes.map(({ key }) => key)).toEqual(["is us", "is ap", "is eu", "none"]);
    expect(spotsOf(layout, grouped(rows)).map(({ id }) => id)).toEqual(["d", "c", "z", "a", "b", "e"]);
  });

  it("is as in the design: boxes of 244, nodes of 208 with 48 from one to the next", () => {
    const rows = Array.from({ length: 9 }, (_, at) => row(`s${at}`, "eu"));
    const layout = arranged(
      grouped([...rows, row("t", "us"), ...rows.slice(1).map((one) => ({ ...one, id: `u${one.id}`, region: "us" }))]),
    );
    expect(layout.boxes.map(({ width, height, y }) => [width, height, y])).toEqual([
      [244, 488, 100],
      [244, 488, 100],
    ]);
    expect(
      spotsOf(layout, grouped(rows))
        .slice(0, 2)
        .map(({ x, y }) => [x, y]),
    ).toEqual([
      [44, 148],
      [44, 196],
    ]);
  });

  it("a server that goes to another region comes to an end there", () => {
    const rows = [row("a", "eu"), row("b", "eu"), row("c", "us")];
    const layout = arranged(grouped(rows));
    const moved = grouped([row("a", "us"), row("b", "eu"), row("c", "us")]);
    const spots = spotsOf(carried(layout, moved), moved);
    expect(spots.filter(({ box }) => box === "is us").map(({ id }) => id)).toEqual(["c", "a"]);
    expect(spots.find(({ id }) => id === "b")).toMatchObject({ y: 196 });
  });

  it("one server more than many closes no box that is open, and boxes are closed when it is arranged again", () => {
    const rows = Array.from({ length: MOST_OPEN }, (_, at) => row(`s${at}`, `r${at % 3}`));
    const layout = arranged(grouped(rows));
    const more = grouped([...rows, row("new", "r1")]);
    expect(carried(layout, more).boxes.every(({ open }) => open)).toBe(true);
    expect(arranged(more).boxes.every(({ open }) => open)).toBe(false);
  });

  it("opening a box leaves the others closed and the order as it is, and closing it brings the picture back", () => {
    const rows = Array.from({ length: 3_000 }, (_, at) => row(`s${at}`, `r${at % 60}`));
    const groups = grouped(rows);
    const layout = arranged(groups);
    const open = toggled(layout, groups, "is r7");
    expect(open.boxes.map(({ key }) => key)).toEqual(layout.boxes.map(({ key }) => key));
    expect(open.boxes.filter((one) => one.open).map(({ key }) => key)).toEqual(["is r7"]);
    expect(faults(open, groups)).toEqual([]);
    expect(linesOf(open, spotsOf(open, groups)).flatMap((line) => crossed(line, spotsOf(open, groups)))).toEqual([]);
    expect(toggled(open, groups, "is r7")).toEqual(layout);
  });

  it("nothing is an empty picture", () => {
    expect(arranged([])).toMatchObject({ boxes: [], folded: false });
  });
});
