import type { ServerRow } from "../../host";
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
      // What it took while it still answered is in the details; here it would look like an answer.
      const answers = health.response_time_ms !== null && health.status !== "unhealthy";
      return answers ? millis(health.response_time_ms ?? 0) : "—";
    },
  },
  tools: { title: "Tools", width: 56, numeric: true, unit: "", text: (row) => String(row.tools) },
  transport: { title: "Transport", width: 128, numeric: false, unit: "", text: (row) => transportWords(row.transport) },
  source: { title: "Source", width: 128, numeric: false, unit: "", text: (row) => sourceWords(row.source) },
  version: { title: "Version", width: 96, numeric: false, unit: "", text: (row) => oneLine(row.server_version ?? "—") },
};

/** Between columns, in pixels. */
const GAP = 16;
/** “Needs sign-in” and the longest age, `59 min`, in pixels. */
export const STATUS_WIDTH = 178;
/** Status (“Needs sign-in” and its age), name and a reason need this much, in pixels. */
const NEEDED = 16 + STATUS_WIDTH + GAP + 136 + GAP + 100 + 16;

/** The chosen columns that fit into a width; the last ones give way first, since the reason is worth more than they are. */
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
