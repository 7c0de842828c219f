import {
  asCallError,
  type EventBatch,
  host,
  type Link,
  type Operations,
  type ScanReport,
  type ScanRow,
  type ServerRow,
  type Status,
} from "../host";
import {
  byAddress,
  countStates,
  EMPTY,
  isServerEvent,
  type Model,
  reduce,
  type Stale,
  withKnown,
  withList,
} from "./reducer";

/** Lists are read again at most this often, in milliseconds. */
const REFETCH_MS = 300;
/** A change from this page is shown within this time, or with the next reading of the list; in milliseconds. */
const SHOWN_MS = 3_000;
/** A core that did not answer is tried again after this long, in milliseconds. */
const RETRY_MS = 2_000;

/** What has to be read again. */
type Wanted = Stale | "status" | "everything";

/** The core's state, as the screens see it: subscribe first, then list, then keep up by events. */
class Core {
  /** The connection to the core. */
  link = $state<Link>("connecting");
  /** The core's report on itself; absent until it answered once. */
  status = $state.raw<Status | null>(null);
  /** The list of servers was read at least once. */
  listed = $state(false);
  /** The scans were read at least once. */
  scanned = $state(false);
  /** Counts the changes made from this page. */
  own = $state(0);
  /** Why the last reading failed; absent when it worked. */
  trouble = $state.raw<string | null>(null);

  #model = $state.raw<Model>(EMPTY);
  #stop: (() => void) | null = null;
  #timer: ReturnType<typeof setTimeout> | null = null;
  #wanted = new Set<Wanted>();
  #fetching = false;
  /** Batches that came while the list was on its way, and may be newer than it. */
  #meanwhile: EventBatch[] = [];
  /** Callers that wait until a revision is shown. */
  #waiting: { revision: number; shown: () => void }[] = [];

  /** Rows by id. */
  rows = $derived(this.#model.rows);
  /** Ids, worst first. */
  order = $derived(this.#model.order);
  /** All servers, worst first. */
  servers: readonly ServerRow[] = $derived(
    this.order.map((id) => this.rows.get(id)).filter((row) => row !== undefined),
  );
  /** How many servers are in each state; absent until the list was read. */
  counts = $derived(this.listed ? countStates(this.rows.values()) : null);
  /** The newest scan. */
  scan = $derived(this.#model.scan);
  /** Its results so far. */
  #found = $derived(this.#model.found);
  found: readonly ScanRow[] = $derived(withKnown(this.#found, this.rows));
  /** The progress of running calls, by their handle. */
  progress = $derived(this.#model.progress);
  /** Commands that take long to start, by their server. */
  starts = $derived(this.#model.starts);
  /** The core's notices, oldest first. */
  notices = $derived(this.#model.notices);
  /** Counts the changes of the configuration. */
  configs = $derived(this.#model.configs);
  /** Counts the changes of the stored scans and ranges. */
  scanMemory = $derived(this.#model.scanMemory);
  /** The id of the newest recorded call: screens with calls read again when it changes. */
  newestCall = $derived(this.#model.newestCall);
  /** Counts the changes of AI clients' files: screens that show them read again when it changes. */
  clients = $derived(this.#model.clients);

  /** The connection that this page uses. */
  readonly face = host.face;

  /** Connects and keeps connected. */
  async start(): Promise<void> {
    try {
      this.#stop = await host.subscribe(
        (batch) => this.#take(batch),
        (link) => this.#linked(link, true),
      );
      // An open stream starts the reading; if a proxy holds the stream back, the list is read without it.
      setTimeout(() => this.link === "connecting" && this.#want("everything"), RETRY_MS);
    } catch (thrown) {
      const error = asCallError(thrown);
      this.link = error.code === "unauthorized" ? "unauthorized" : "lost";
    }
  }

  /** Disconnects. */
  stop(): void {
    this.#stop?.();
    if (this.#timer) clearTimeout(this.#timer);
  }

  /** Calls one operation. Rejects with a `CallError`; a lost connection is noticed on the way. */
  async call<N extends keyof Operations>(name: N, args: Operations[N]["args"]): Promise<Operations[N]["result"]> {
    try {
      const result = await host.call(name, args);
      if (this.link === "lost") this.#linked("live");
      return result;
    } catch (thrown) {
      const error = asCallError(thrown);
      if (error.code === "offline") this.#lost();
      if (error.code === "unauthorized") this.link = "unauthorized";
      throw error;
    }
  }

  /** Shows a scan that was just started, before its first event. */
  began(report: ScanReport): void {
    if (!report.scan) return;
    this.#model = { ...this.#model, scan: report.scan, found: byAddress(report.rows) };
  }

  /** Waits until the list shows a change from this page; it comes as an event, like every change. */
  async shown(revision: number): Promise<void> {
    if ((this.#model.revision ?? 0) < revision) {
      await new Promise<void>((shown) => {
        this.#waiting.push({ revision, shown });
        setTimeout(shown, SHOWN_MS);
      });
    }
    this.own += 1;
  }

  #lost(): void {
    this.link = "lost";
    setTimeout(() => this.link === "lost" && this.#want("status"), RETRY_MS);
  }

  /** Changes that were missed without a stream are read, however the core was found to be back. */
  #linked(link: Link, byStream = false): void {
    const back = link === "live" && (byStream || this.link !== "live");
    this.link = link;
    if (back) this.#want("everything");
  }

  #take(batch: EventBatch): void {
    if (this.#fetching) this.#meanwhile.push(batch);
    this.#reduce(batch);
  }

  #reduce(batch: EventBatch): void {
    const { model, stale } = reduce(this.#model, batch);
    this.#model = model;
    for (const what of stale) this.#want(what);
    this.#wake();
  }

  /** Ends the waits for a revision that is shown now. */
  #wake(): void {
    const reached = this.#model.revision ?? 0;
    for (const { shown } of this.#waiting.filter(({ revision }) => revision <= reached)) shown();
    this.#waiting = this.#waiting.filter(({ revision }) => revision > reached);
  }

  #want(what: Wanted): void {
    this.#wanted.add(what);
    this.#timer ??= setTimeout(
      () => {
        this.#timer = null;
        void this.#fetch();
      },
      this.listed ? REFETCH_MS : 0,
    );
  }

  async #fetch(): Promise<void> {
    if (this.#fetching) return this.#want("status");
    this.#fetching = true;
    const wanted = this.#wanted;
    this.#wanted = new Set();
    const all = wanted.has("everything");
    try {
      if (all || wanted.has("servers")) await this.#readServers();
      const activity = all || wanted.has("activity");
      if (activity || wanted.has("scan")) await this.#readScan();
      if (activity) await this.#readStarts();
      if (activity || wanted.has("status")) await this.#readStatus(activity);
      this.trouble = null;
      if (this.link === "connecting") this.link = "live";
    } catch (thrown) {
      this.trouble = asCallError(thrown).message;
      for (const what of wanted) this.#wanted.add(what);
    } finally {
      this.#fetching = false;
      this.#meanwhile = [];
    }
  }

  async #readServers(): Promise<void> {
    this.#meanwhile = [];
    const list = await this.call("servers", {});
    this.#model = withList(this.#model, list);
    // The rest was taken when they arrived.
    for (const batch of this.#meanwhile) this.#reduce({ ...batch, events: batch.events.filter(isServerEvent) });
    this.#wake();
    this.listed = true;
  }

  async #readScan(): Promise<void> {
    const report = await this.call("scan", {});
    const sameScan = report.scan?.id === this.#model.scan?.id;
    // Events that came while the report was on its way are newer than the report.
    const found = byAddress([...report.rows, ...(sameScan ? this.#model.found.values() : [])]);
    this.#model = { ...this.#model, scan: report.scan, found };
    this.scanned = true;
  }

  async #readStarts(): Promise<void> {
    const { starts } = await this.call("starts", {});
    this.#model = { ...this.#model, starts: new Map(starts.map((start) => [start.id, start])) };
  }

  async #readStatus(notices: boolean): Promise<void> {
    const status = await this.call("status", {});
    this.status = status;
    if (notices) this.#model = { ...this.#model, notices: status.notices };
  }
}

/** The core of this page. */
export const core = new Core();
