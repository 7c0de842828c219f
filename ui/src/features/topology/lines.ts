import type { Box, Layout } from "./layout";
import { COLUMN, LANE, NODE_HEIGHT, SHELF_GAP } from "./sizes";
import type { Spot } from "./spots";

/** A corner of a route. */
export interface Point {
  x: number;
  y: number;
}

/** The position of the route within a lane. */
const IN_LANE = LANE / 2;
/** Under the title of a box, above its nodes. */
const UNDER_HEAD = 6;
/** Left of all boxes, for routes to shelves further down. */
const TRUNK = 7;
const ROUND = 8;

/** The corners of the route from the gateway to a node; it runs in lanes and at right angles. */
export function toSpot(layout: Layout, box: Box, spot: Spot): Point[] {
  const down = [...toLane(layout, box)];
  const lane = box.x + IN_LANE;
  const y = spot.y + NODE_HEIGHT / 2;
  if (spot.column > 0) {
    const across = box.y + box.head - UNDER_HEAD;
    const own = box.x + spot.column * COLUMN + IN_LANE;
    down.push({ x: lane, y: across }, { x: own, y: across }, { x: own, y });
  } else down.push({ x: lane, y });
  return [...down, { x: spot.x, y }];
}

/** The corners of the route to a closed box. */
export function toBox(layout: Layout, box: Box): Point[] {
  return [...toLane(layout, box), { x: box.x + IN_LANE, y: box.y }];
}

/** From the gateway to above the first lane of a box. */
function toLane({ gateway, shelves }: Layout, box: Box): Point[] {
  const start = { x: gateway.x + gateway.width / 2, y: gateway.y + gateway.height };
  const lane = box.x + IN_LANE;
  const first = (shelves[0]?.y ?? 0) - SHELF_GAP * 0.8;
  if (box.shelf === 0) return [start, { x: start.x, y: first }, { x: lane, y: first }];
  const above = (shelves[box.shelf]?.y ?? 0) - SHELF_GAP / 2;
  return [start, { x: start.x, y: first }, { x: TRUNK, y: first }, { x: TRUNK, y: above }, { x: lane, y: above }];
}

/** The corners as an SVG path, rounded at the turns. */
export function pathOf(points: readonly Point[]): string {
  return points
    .map((point, at) => {
      const [before, after] = [points[at - 1], points[at + 1]];
      if (!before) return `M${point.x} ${point.y}`;
      if (!after) return `L${point.x} ${point.y}`;
      const radius = Math.min(ROUND, distance(before, point) / 2, distance(point, after) / 2);
      const [start, end] = [towards(point, before, radius), towards(point, after, radius)];
      return `L${start.x} ${start.y}Q${point.x} ${point.y} ${end.x} ${end.y}`;
    })
    .join("");
}

function distance(a: Point, b: Point): number {
  return Math.abs(a.x - b.x) + Math.abs(a.y - b.y);
}

function towards(from: Point, to: Point, by: number): Point {
  return { x: from.x + Math.sign(to.x - from.x) * by, y: from.y + Math.sign(to.y - from.y) * by };
}
