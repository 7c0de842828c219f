import type { ServerId, ServerRow } from "../../host";
import { sourceWords, statusWords, transportWords } from "../../shared/words";

/** What rows can be grouped by. */
export type GroupBy = "none" | "flat" | "region" | "source" | "transport";

/** A line of the table. */
export type Line =
  | { kind: "group"; key: string; title: string; count: number }
  | { kind: "row"; key: string; row: ServerRow };

const NAMERS: Record<GroupBy, (row: ServerRow) => string> = {
  none: (row) => (statusWords(row.health.status).attention ? "Needs attention" : "No action needed"),
  flat: () => "",
  region: (row) => row.region ?? "No region",
  source: (row) => sourceWords(row.source),
  transport: (row) => transportWords(row.transport),
};

/** The name of a row's group. */
export function titleOf(row: ServerRow, by: GroupBy): string {
  return NAMERS[by](row);
}

/**
 * The lines of the table. Groups are in the order of their first row, so that the worst group is on top. Rows that are
 * known in `held` stay in their group: a new heading would move everything under it.
 */
export function toLines(rows: readonly ServerRow[], by: GroupBy, held?: ReadonlyMap<ServerId, ServerRow>): Line[] {
  if (by === "flat") return rows.map((row) => ({ kind: "row", key: row.id, row }));
  const groups = new Map<string, ServerRow[]>();
  for (const row of rows) {
    const title = titleOf(held?.get(row.id) ?? row, by);
    const group = groups.get(title);
    if (group) group.push(row);
    else groups.set(title, [row]);
  }
  return [...groups].flatMap(([title, members]) => [
    { kind: "group", key: `group ${title}`, title, count: members.length } as const,
    ...members.map((row) => ({ kind: "row", key: row.id, row }) as const),
  ]);
}
