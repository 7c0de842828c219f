import type { Group } from "./group";
import type { Layout } from "./layout";
import type { Spot } from "./spots";

/** A row of the table: the head of a group, or a server. */
export type Line =
  | { kind: "group"; key: string; group: Group; open: boolean }
  | { kind: "row"; key: string; spot: Spot };

/** The same groups and servers as in the picture, in the same order. */
export function linesOf(layout: Layout, groups: ReadonlyMap<string, Group>, spots: readonly Spot[]): Line[] {
  const rows = new Map<string, Spot[]>();
  for (const spot of spots) {
    const own = rows.get(spot.box);
    if (own) own.push(spot);
    else rows.set(spot.box, [spot]);
  }
  return layout.boxes.flatMap((box): Line[] => {
    const group = groups.get(box.key);
    if (!group) return [];
    const own = (rows.get(box.key) ?? []).map((spot): Line => ({ kind: "row", key: spot.id, spot }));
    return [{ kind: "group", key: `box ${box.key}`, group, open: box.open }, ...own];
  });
}
