import type { CallRow } from "../../host";
import { argsOf, type CallFilter } from "../../shared/calls/pages.svelte";
import { plural } from "../../shared/format";
import { messages } from "../../shared/messages.svelte";
import { saveAs } from "../../shared/save";
import { core } from "../../state/core.svelte";

/** Rows asked for at once, and at most in one file. */
const PAGE = 1_000;
const MOST = 20_000;

/** Saves the newest calls that pass a filter as a JSON file. */
export async function exportCalls(filter: CallFilter): Promise<void> {
  const rows: CallRow[] = [];
  let isMore = true;
  while (isMore && rows.length < MOST) {
    const last = rows.at(-1);
    const list = await core.call("calls", { ...argsOf(filter), limit: PAGE, ...(last ? { before: last.id } : {}) });
    rows.push(...list.rows);
    isMore = list.more && list.rows.length > 0;
  }
  saveAs("calls.json", "application/json", JSON.stringify(rows, null, 2));
  messages.say(`${plural(rows.length, "call row")} saved${isMore ? ": the newest; there are older ones" : ""}`);
}
