import type { ServerId } from "../../host/bindings";
import type { Group } from "./group";
import type { Box, Layout } from "./layout";
import type { Node } from "./model";
import { COLUMN, LANE, STEP } from "./sizes";

/** A node where it stands. */
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

/** The nodes that stand in open boxes, with their places, box by box and column by column. */
export function spotsOf(layout: Layout, groups: readonly Group[]): Spot[] {
  const byKey = new Map(groups.map((group) => [group.key, group]));
  return layout.boxes.flatMap((box) => (box.open ? inBox(box, byKey.get(box.key)) : []));
}

function inBox(box: Box, group: Group | undefined): Spot[] {
  const spots: Spot[] = [];
  for (const node of group?.nodes ?? []) {
    const cell = box.cells.get(node.id);
    if (!cell) continue;
    const x = box.x + cell.column * COLUMN + LANE;
    spots.push({
      id: node.id,
      node,
      x,
      y: box.y + box.head + cell.row * STEP,
      column: cell.column,
      line: cell.row,
      box: box.key,
    });
  }
  return spots.sort((a, b) => a.x - b.x || a.y - b.y);
}
