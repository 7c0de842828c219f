import type { ServerId } from "../../host/bindings";
import type { Group } from "./group";
import type { Box, Layout } from "./layout";
import type { Node } from "./model";
import { COLUMN, LANE, STEP } from "./sizes";

/** A node at its place. */
export interface Spot {
  id: ServerId;
  node: Node;
  x: number;
  y: number;
  column: number;
  line: number;
  /** The key of its box. */
  box: string;
}

/** The nodes in open boxes, with their places, box by box and column by column. */
export function spotsOf(layout: Layout, groups: readonly Group[]): Spot[] {
  const byKey = new Map(groups.map((group) => [group.key, group]));
  return layout.boxes.flatMap((box) => (box.open ? inBox(box, byKey.get(box.key)) : []));
}

/** The order of the places in a box, column by column; it changes with new servers, not with health. */
const ranks = new WeakMap<Box["cells"], ReadonlyMap<ServerId, number>>();
/** Existing spots: an unchanged one stays the same object. */
const made = new WeakMap<Box, Map<ServerId, Spot>>();

function inBox(box: Box, group: Group | undefined): Spot[] {
  const order = ranks.get(box.cells) ?? ranked(box.cells);
  const before = made.get(box) ?? new Map<ServerId, Spot>();
  made.set(box, before);
  const spots = new Array<Spot | undefined>(order.size);
  for (const node of group?.nodes ?? []) {
    const cell = box.cells.get(node.id);
    const rank = order.get(node.id);
    if (!cell || rank === undefined) continue;
    let spot = before.get(node.id);
    if (spot?.node !== node) {
      const [x, y] = [box.x + cell.column * COLUMN + LANE, box.y + box.head + cell.row * STEP];
      spot = { id: node.id, node, x, y, column: cell.column, line: cell.row, box: box.key };
      before.set(node.id, spot);
    }
    spots[rank] = spot;
  }
  return spots.filter((spot) => spot !== undefined);
}

function ranked(cells: Box["cells"]): ReadonlyMap<ServerId, number> {
  const sorted = [...cells].sort(([, a], [, b]) => a.column - b.column || a.row - b.row);
  const found = new Map(sorted.map(([id], at) => [id, at]));
  ranks.set(cells, found);
  return found;
}
