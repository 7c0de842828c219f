import type { ServerRow } from "../../host";
import { SEVERITY } from "../../host/bindings";
import { millis } from "../../shared/format";
import { oneLine } from "../../shared/text";
import { sourceWords, transportWords } from "../../shared/words";

/** Columns that can be left out. Status, name and why always stay. */
export const OPTIONAL = ["region", "response", "tools", "transport", "source", "version"] as const;
/** One of them. */
export type Column = (typeof OPTIONAL)[number];

interface ColumnWords {
  title: string;
  /** In pixels, without the gap. */
  width: number;
  numeric: boolean;
  text: (row: ServerRow) => string;
  /** A unit after the number. */
  unit: string;
}

/** How each is titled and filled. */
export const COLUMNS: Record<Column, ColumnWords> = {
  region: { title: "Region", width: 88, numeric: false, unit: "", text: (row) => oneLine(row.region ?? "—") },
  response: {
    title: "Response",
    width: 72,
    numeric: true,
    unit: "ms",
    text: ({ health }) => {
      // Its former latency is in the details; here it would look like a current one.
      const answers = health.response_time_ms !== null && health.status !== "unhealthy";
      return answers ? millis(health.response_time_ms ?? 0) : "—";
    },
  },
  tools: { title: "Tools", width: 56, numeric: true, unit: "", text: (row) => String(row.tools) },
  transport: { title: "Transport", width: 128, numeric: false, unit: "", text: (row) => transportWords(row.transport) },
  source: { title: "Source", width: 128, numeric: false, unit: "", text: (row) => sourceWords(row.source) },
  version: { title: "Version", width: 96, numeric: false, unit: "", text: (row) => oneLine(row.server_version ?? "—") },
};

/** What the rows can be sorted by: the columns that always stay, and the others. */
export const SORTS = ["status", "name", "why", ...OPTIONAL] as const;
/** One of them. */
export type SortBy = (typeof SORTS)[number];
/** An order of the rows. Worst first is that of the status, and the usual one. */
export interface Sort {
  by: SortBy;
  down: boolean;
}

/** The sort value of a row; empty values come last, in either direction. */
const KEYS: Record<SortBy, (row: ServerRow) => string | number | null> = {
  status: ({ health }) => SEVERITY[health.status],
  name: (row) => row.name,
  why: ({ health }) => health.summary ?? health.reason,
  region: (row) => row.region,
  response: ({ health }) => (health.status === "unhealthy" ? null : health.response_time_ms),
  tools: (row) => row.tools,
  transport: (row) => transportWords(row.transport),
  source: (row) => sourceWords(row.source),
  version: (row) => row.server_version,
};

/** The rows in an order. Equal rows are ordered by name. */
export function sorted(rows: readonly ServerRow[], { by, down }: Sort): readonly ServerRow[] {
  if (by === "status" && !down) return rows;
  const key = KEYS[by];
  const keyed = rows.map((row) => ({ row, key: key(row) }));
  keyed.sort((a, b) => {
    if (a.key === null || b.key === null)
      return Number(a.key === null) - Number(b.key === null) || byName(a.row, b.row);
    return (down ? -1 : 1) * compare(a.key, b.key) || byName(a.row, b.row);
  });
  return keyed.map(({ row }) => row);
}

const collator = new Intl.Collator("en", { numeric: true, sensitivity: "base" });
const byName = (a: ServerRow, b: ServerRow) => collator.compare(a.name, b.name);

function compare(a: string | number, b: string | number): number {
  return typeof a === "number" && typeof b === "number" ? a - b : collator.compare(String(a), String(b));
}

/** Between columns, in pixels. */
const GAP = 16;
/** “Needs sign-in” and the longest age, `59 min`, in pixels. */
export const STATUS_WIDTH = 178;
/** Status (“Needs sign-in” and its age), name and a reason need this much, in pixels. */
const NEEDED = 16 + STATUS_WIDTH + GAP + 136 + GAP + 160 + 16;

/** The chosen columns that have room in a width; the last ones are dropped first, since the reason is worth more. */
export function fitting(chosen: readonly Column[], width: number): Column[] {
  let left = width - NEEDED;
  const shown: Column[] = [];
  for (const column of OPTIONAL) {
    if (!chosen.includes(column)) continue;
    left -= COLUMNS[column].width + GAP;
    if (left < 0) break;
    shown.push(column);
  }
  return shown;
}
