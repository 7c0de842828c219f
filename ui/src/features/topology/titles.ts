import type { Source } from "../../host/bindings";
import { oneLine } from "../../shared/text";
import { sourceWords } from "../../shared/words";
import type { Grouping } from "./group";

/** How servers are put together, in a menu. */
export const GROUPING_WORDS: Record<Grouping, string> = {
  region: "region",
  source: "source",
  capability: "capability",
  host: "host",
};

/** What a box is called. */
export function titleOf(value: string | null, by: Grouping): string {
  if (value === null) return by === "host" ? "No host" : by === "capability" ? "Nothing offered" : "No region";
  if (by === "source") return sourceWords(value as Source);
  const text = oneLine(value);
  return by === "host" ? text.charAt(0).toUpperCase() + text.slice(1) : text;
}
