import { SvelteSet } from "svelte/reactivity";
import {
  asCallError,
  type CallError,
  type ScanArgs,
  type ScanReport,
  type ScanRow,
  type ScanStatus,
  type ServerId,
} from "../../host";
import { anyKept, attempt, offerUndo } from "../../shared/actions";
import { plural } from "../../shared/format";
import { brief } from "../../shared/text";
import { core } from "../../state/core.svelte";
import { withKnown } from "../../state/reducer";
import { canAdd } from "./outcomes";

/** The user's work with scans: it is kept while another screen is open. */
class Scans {
  /** Ticked rows, by URL. */
  picked = new SvelteSet<string>();
  /** Why the last scan could not be started. */
  error = $state.raw<CallError | null>(null);
  /** Rows that could not be added, with the reason, by URL. */
  failed = $state.raw<ReadonlyMap<string, string>>(new Map());
  /** The form for other addresses is open. */
  form = $state(false);
  /** Servers are being added. */
  adding = $state(false);

  /** The scans that the core remembers, newest first. */
  list = $state.raw<readonly ScanStatus[]>([]);
  /** Why older ones are missing. */
  problem = $state.raw<string | null>(null);
  /** An older scan that the user chose; absent while the newest is shown. */
  #back = $state.raw<ScanReport | null>(null);
  /** Servers that the user removed from the list. */
  removed = $state.raw<ReadonlySet<ServerId>>(new Set());
  /** The progress of adding; absent while nothing is added. */
  progress = $state.raw<{ done: number; of: number } | null>(null);
  #stopped = false;

  /** The scan that is shown. */
  shown = $derived(this.#back?.scan ?? core.scan);
  /** It is not the newest. */
  isOld = $derived(this.#back !== null);
  /** What it found. */
  rows: readonly ScanRow[] = $derived(
    this.#back ? withKnown(new Map(this.#back.rows.map((row) => [row.url, row])), core.rows) : core.found,
  );
  /** Rows that are ticked and still new. */
  chosen: readonly ScanRow[] = $derived(this.rows.filter((row) => this.picked.has(row.url) && canAdd(row)));

  /** Shows another of the scans. */
  async show(id: string): Promise<void> {
    this.picked.clear();
    if (id === core.scan?.id) {
      this.#back = null;
      return;
    }
    await attempt("This scan could not be read", async () => {
      this.#back = await core.call("scan", { scan: id });
    });
  }

  /** Shows the newest of the scans again. */
  latest(): void {
    this.picked.clear();
    this.#back = null;
  }

  /** Reads the list of scans and of removed servers. After a failure they are read again with the next scan. */
  async read(): Promise<void> {
    const [scans, removed] = await Promise.allSettled([core.call("scans", {}), core.call("removed", {})]);
    if (scans.status === "fulfilled") ({ scans: this.list, problem: this.problem } = scans.value);
    if (removed.status === "fulfilled") this.removed = new Set(removed.value.servers.map(({ id }) => id));
  }

  /** Starts a scan. */
  async start(args: ScanArgs): Promise<boolean> {
    this.error = null;
    try {
      const scan = await core.call("scan_start", args);
      this.picked.clear();
      this.failed = new Map();
      this.form = false;
      this.#back = null;
      // Its events can arrive before the answer.
      if (core.scan?.id !== scan.id) core.began({ scan, rows: [] });
      return true;
    } catch (thrown) {
      this.error = asCallError(thrown);
      return false;
    }
  }

  /** Ends the running scan; its results stay. */
  async cancel(): Promise<void> {
    const scan = core.scan;
    if (!scan) return;
    // Its events report that it has ended; the answer was made before that, and can arrive later.
    await attempt("The scan could not be cancelled", () => core.call("scan_cancel", { scan: scan.id }));
  }

  /** Stops adding; what was added stays, and can be undone. */
  stopAdding(): void {
    this.#stopped = true;
  }

  /** Adds rows one by one: a failed one keeps the reason in its row. */
  async add(rows: readonly ScanRow[]): Promise<void> {
    this.adding = true;
    this.#stopped = false;
    this.progress = { done: 0, of: rows.length };
    const undos: number[] = [];
    const ids: ServerId[] = [];
    let revision = 0;
    const failed = new Map<string, string>();
    for (const [at, row] of rows.entries()) {
      if (this.#stopped) break;
      this.progress = { done: at, of: rows.length };
      try {
        const added = await core.call("add", { url: row.url });
        if (added.undo !== null) undos.push(added.undo);
        ids.push(added.server.id);
        revision = added.revision;
        this.picked.delete(row.url);
      } catch (thrown) {
        failed.set(row.url, brief(asCallError(thrown).message));
      }
    }
    this.failed = failed;
    await core.shown(revision);
    this.adding = false;
    this.progress = null;
    if (undos.length) offerUndo(`Added ${plural(undos.length, "server")}`, undos, anyKept(ids));
  }
}

/** The scans of this page. */
export const scans = new Scans();
