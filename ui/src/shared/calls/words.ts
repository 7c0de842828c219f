import type { CallRow } from "../../host";
import { clock, count, millis } from "../format";
import { oneLine } from "../text";
import type { GlyphName } from "../words";

/** How a call ended, in words. */
export function outcomeOf(row: Pick<CallRow, "outcome" | "code" | "attempts">): { word: string; glyph: GlyphName } {
  switch (row.outcome) {
    case "ok": {
      const again = row.attempts - 1;
      if (again <= 0) return { word: "Answered", glyph: "ok" };
      return { word: again === 1 ? "Retried once" : `Retried ${again} times`, glyph: "warn" };
    }
    case "tool_error":
      return { word: "Tool error", glyph: "say" };
    case "failed":
      return row.code === "needs_sign_in"
        ? { word: "Needs sign-in", glyph: "sign" }
        : { word: "Failed", glyph: "down" };
    case "refused":
      return { word: "No server took it", glyph: "down" };
    case "cancelled":
      return { word: "Cancelled", glyph: "unk" };
  }
}

/** A call in a sentence: `weather.current at 12:20:38: answered by weather-a in 39 ms`. */
export function spoken(row: CallRow): string {
  const { word } = outcomeOf(row);
  const by = row.server ? `${row.outcome === "ok" ? " by " : ", "}${oneLine(row.server.name)}` : "";
  const many = row.stands_for > 1 ? `, represents ${count(row.stands_for)} calls` : "";
  const why = row.reason ? `: ${oneLine(row.reason)}` : "";
  return `${oneLine(row.capability)} at ${clock(row.at)}: ${word.toLowerCase()}${by} in ${millis(row.ms)} ms${many}${why}`;
}
