import type { Source } from "../../host/bindings";
import { oneLine } from "../../shared/text";
import { sourceWords } from "../../shared/words";
import type { Grouping } from "./group";

/** The groupings of servers, in a menu. */
export const GROUPING_WORDS: Record<Grouping, string> = {
  region: "region",
  source: "source",
  capability: "capability",
  host: "host",
};

/** The title of a box. */
export function titleOf(value: string | null, by: Grouping): string {
  if (value === null) return by === "host" ? "No host" : by === "capability" ? "Nothing offered" : "No region";
  if (by === "source") return sourceWords(value as Source);
  const text = oneLine(value);
  return by === "host" ? text.charAt(0).toUpperCase() + text.slice(1) : text;
}
