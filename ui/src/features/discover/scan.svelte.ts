import { SvelteSet } from "svelte/reactivity";
import { asCallError, type CallError, type ScanArgs, type ScanRow } from "../../host";
import { attempt, offerUndo } from "../../shared/actions";
import { plural } from "../../shared/format";
import { oneLine } from "../../shared/text";
import { core } from "../../state/core.svelte";
import { canAdd } from "./outcomes";

/** What a person does with scans: it stays while they are on another screen. */
class Scans {
  /** Ticked rows, by URL. */
  picked = new SvelteSet<string>();
  /** Why the last scan could not be started. */
  error = $state.raw<CallError | null>(null);
  /** Rows that could not be added, with why, by URL. */
  failed = $state.raw<ReadonlyMap<string, string>>(new Map());
  /** The form for other addresses is open. */
  form = $state(false);
  /** Servers are being added. */
  adding = $state(false);

  /** Rows that are ticked and still new. */
  chosen: readonly ScanRow[] = $derived(core.found.filter((row) => this.picked.has(row.url) && canAdd(row)));

  /** Starts a scan. */
  async start(args: ScanArgs): Promise<boolean> {
    this.error = null;
    try {
      const scan = await core.call("scan_start", args);
      this.picked.clear();
      this.failed = new Map();
      this.form = false;
      // Its events may have been faster than the answer.
      if (core.scan?.id !== scan.id) core.began({ scan, rows: [] });
      return true;
    } catch (thrown) {
      this.error = asCallError(thrown);
      return false;
    }
  }

  /** Ends the running scan; what it found stays. */
  async cancel(): Promise<void> {
    const scan = core.scan;
    if (!scan) return;
    const ended = await attempt("The scan could not be cancelled", () => core.call("scan_cancel", { scan: scan.id }));
    if (ended) core.began({ scan: ended, rows: [...core.found] });
  }

  /** Adds rows one by one: what works stays, what does not says why in its row. */
  async add(rows: readonly ScanRow[]): Promise<void> {
    this.adding = true;
    const undos: number[] = [];
    let revision = 0;
    const failed = new Map<string, string>();
    for (const row of rows) {
      try {
        const added = await core.call("add", { url: row.url });
        if (added.undo !== null) undos.push(added.undo);
        revision = added.revision;
        this.picked.delete(row.url);
      } catch (thrown) {
        failed.set(row.url, oneLine(asCallError(thrown).message));
      }
    }
    this.failed = failed;
    await core.shown(revision);
    this.adding = false;
    if (undos.length) offerUndo(`Added ${plural(undos.length, "server")}`, ...undos);
  }
}

/** The scans of this page. */
export const scans = new Scans();
