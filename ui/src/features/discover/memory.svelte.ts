import { asCallError, type CallError, type ScanComparison, type ScanForm, type ScanRange } from "../../host";
import { attempt, offerUndo } from "../../shared/actions";
import { plural } from "../../shared/format";
import { saveAs } from "../../shared/save";
import { oneLine } from "../../shared/text";
import { core } from "../../state/core.svelte";
import { type Fate, type Fated, fates } from "./outcomes";
import { scans } from "./scan.svelte";

/** The scans that the core remembers, beside the shown one. */
class ScanMemory {
  /** The list of scans is open. */
  open = $state(false);
  /** The ranges that are saved. */
  ranges = $state.raw<readonly ScanRange[]>([]);
  /** What differs between the scan that is shown and an earlier one. */
  compared = $state.raw<ScanComparison | null>(null);
  /** Why the differences are not known. */
  error = $state.raw<CallError | null>(null);
  /** Only these fates are shown; absent: all. */
  only = $state<Fate | null>(null);
  /** The scan that the user chose to compare with; absent: the newest one of the same addresses. */
  #with = $state<string | null>(null);
  #asked = 0;

  /** Servers that changed. */
  fated: readonly Fated[] = $derived(this.compared?.with ? fates(this.compared) : []);

  /** Compares the shown scan with an earlier one. */
  async compare(): Promise<void> {
    const scan = scans.shown;
    const asked = ++this.#asked;
    if (this.compared && this.compared.scan.id !== scan?.id) this.compared = null;
    if (!scan || scan.state === "running") {
      this.compared = null;
      return;
    }
    try {
      const args = this.#with && this.#with !== scan.id ? { with: this.#with } : {};
      const compared = await core.call("scan_compare", { scan: scan.id, ...args });
      if (asked !== this.#asked) return;
      this.compared = compared;
      this.error = null;
    } catch (thrown) {
      if (asked !== this.#asked) return;
      this.compared = null;
      const error = asCallError(thrown);
      // The scan was forgotten meanwhile: the next shown scan is compared instead.
      this.error = error.code === "not_found" ? null : error;
    }
    if (this.only && !this.fated.some((one) => one.fate === this.only)) this.only = null;
  }

  /** Compares what is shown with this scan from now on. */
  async compareWith(id: string | null): Promise<void> {
    this.#with = id;
    await this.compare();
  }

  /** Reads the saved ranges. After a failure they are read again with the next change. */
  async readRanges(): Promise<void> {
    try {
      this.ranges = (await core.call("ranges", {})).ranges;
    } catch {
      // Without them a scan can still be started.
    }
  }

  /** Saves addresses and ports under a name. */
  async save(
    name: string,
    targets: readonly string[],
    ports: readonly string[] | null,
    deep = false,
  ): Promise<boolean> {
    const saved = await attempt("The range was not saved", () =>
      core.call("range_save", { name, targets: [...targets], ...(ports?.length ? { ports: [...ports] } : {}), deep }),
    );
    if (!saved) return false;
    offerUndo(
      saved.undo === null ? `${oneLine(name)} is saved like this already` : `Saved the range ${oneLine(name)}`,
      [saved.undo],
    );
    await this.readRanges();
    return true;
  }

  /** Forgets a range. */
  async forgetRange(name: string): Promise<void> {
    const done = await attempt("The range was not forgotten", () => core.call("range_forget", { name }));
    if (done) offerUndo(`Forgot the range ${oneLine(name)}`, [done.undo]);
    await this.readRanges();
  }

  /** Forgets scans. */
  async forget(ids: readonly string[]): Promise<boolean> {
    const done = await attempt("The scan was not forgotten", () => core.call("scan_forget", { scans: [...ids] }));
    if (!done) return false;
    if (scans.shown && ids.includes(scans.shown.id)) scans.latest();
    await scans.read();
    offerUndo(`Forgot ${plural(ids.length, "scan")}`, [done.undo]);
    return true;
  }

  /** Saves a scan as a file. */
  async export(scan: string, form: ScanForm): Promise<void> {
    await attempt("The scan was not exported", async () => {
      const file = await core.call("scan_export", { scan, as: form });
      saveAs(file.file, form === "csv" ? "text/csv" : "application/json", file.text);
    });
  }

  /** Imports a scan from a file, and shows it. */
  async import(file: File): Promise<boolean> {
    const done = await attempt("The file was not imported", async () =>
      core.call("scan_import", { text: await file.text(), file: file.name }),
    );
    if (!done) return false;
    await scans.read();
    offerUndo("Imported a scan", [done.undo]);
    return true;
  }
}

/** The memory of scans, as this page shows it. */
export const memory = new ScanMemory();
