import { asCallError, type CallError, type CallRow, type CallsArgs, type CallsLike, type ServerId } from "../../host";
import { core } from "../../state/core.svelte";
import { Latest } from "../latest";

/** Rows in one request. */
const PAGE = 200;
/** Pages that are kept; those that are farthest away are asked for again. */
const KEPT = 60;

/** Which calls are shown. */
export interface CallFilter {
  /** A part of a capability, or a pattern. */
  capability: string;
  server: ServerId | null;
  client: string;
  outcome: CallsLike | null;
}

export const ALL: CallFilter = { capability: "", server: null, client: "", outcome: null };

/** The filter for the core. Words without a wildcard can occur anywhere in the capability. */
export function argsOf({ capability, server, client, outcome }: CallFilter): CallsArgs {
  const wanted = capability.trim();
  const pattern = wanted === "" || /[*?[]/.test(wanted) ? wanted : `*${wanted}*`;
  return {
    ...(pattern ? { capability: pattern } : {}),
    ...(server ? { server } : {}),
    ...(client.trim() ? { client: client.trim() } : {}),
    ...(outcome ? { outcome } : {}),
  };
}

/** The list of recorded calls, newest first: as long as all of them, and read where it is visible. */
export class CallPages {
  filter = $state.raw<CallFilter>(ALL);
  /** How many rows there are. */
  total = $state(0);
  /** It was read at least once. */
  listed = $state(false);
  recording = $state(true);
  error = $state.raw<CallError | null>(null);
  /** Rows that were added since the list was held still. */
  waiting = $state(0);
  /** Nothing moves until the user says so. */
  paused = $state(false);

  #pages = $state.raw<ReadonlyMap<number, readonly CallRow[]>>(new Map());
  /** The id before which a page begins, by its number, if it is known. */
  #before = new Map<number, number>();
  #holds = $state.raw<ReadonlySet<string>>(new Set());
  held = $derived(this.paused || this.#holds.size > 0);

  #newest = new Latest<CallFilter>(async (filter, isNewest) => {
    try {
      const list = await core.call("calls", { ...argsOf(filter), limit: PAGE });
      if (!isNewest()) return;
      this.#before = new Map();
      this.#pages = new Map([[0, list.rows]]);
      this.#learn(0, list.rows);
      this.total = list.total;
      this.recording = list.recording;
      this.waiting = 0;
      this.listed = true;
      this.error = null;
    } catch (thrown) {
      if (isNewest()) this.error = asCallError(thrown);
    }
  });
  #counting = new Latest<CallFilter>(async (filter) => {
    try {
      const { total, rows } = await core.call("calls", { ...argsOf(filter), limit: 1 });
      const top = this.row(0)?.id ?? 0;
      // Old rows are deleted while new ones are added: new ones count as new even if the total stays.
      if (filter === this.filter && this.held)
        this.waiting = Math.max(total - this.total, (rows[0]?.id ?? 0) > top ? 1 : 0);
    } catch {
      // The list itself shows that the core does not answer.
    }
  });
  #older = new Latest<{ first: number; last: number }>(({ first, last }) => this.#read(first, last));

  /** The row at a place from the top; absent while it is not read. */
  row(at: number): CallRow | undefined {
    return this.#pages.get(Math.floor(at / PAGE))?.[at % PAGE];
  }

  /** The place of a call among the rows that were read. */
  placeOf(id: number): number | null {
    for (const [page, rows] of this.#pages) {
      const at = rows.findIndex((row) => row.id === id);
      if (at >= 0) return page * PAGE + at;
    }
    return null;
  }

  /** Shows other calls, from the top. */
  show(filter: CallFilter): void {
    this.filter = filter;
    this.catchUp();
  }

  /** Calls were recorded: they are shown, or counted while the list is held still. */
  came(): void {
    if (this.held && this.listed) this.#counting.ask(this.filter);
    else this.#newest.ask(this.filter);
  }

  /** Shows new calls, even while the list is held. */
  catchUp(): void {
    this.#newest.ask(this.filter);
  }

  /** The pointer, the focus or the scroll position holds the list. */
  hold(by: string, on: boolean): void {
    if (this.#holds.has(by) === on) return;
    const holds = new Set(this.#holds);
    if (on) holds.add(by);
    else holds.delete(by);
    this.#holds = holds;
    if (!this.held && this.waiting > 0) this.catchUp();
  }

  pause(on: boolean): void {
    this.paused = on;
    if (!this.held) this.catchUp();
  }

  /** These rows are visible. */
  look(from: number, to: number): void {
    const [first, last] = [from, Math.min(to, this.total - 1)].map((at) => Math.max(0, Math.floor(at / PAGE)));
    for (let page = first ?? 0; page <= (last ?? 0); page++) {
      if (this.#pages.has(page)) continue;
      this.#older.ask({ first: first ?? 0, last: last ?? 0 });
      return;
    }
  }

  async #read(first: number, last: number): Promise<void> {
    for (let page = first; page <= last; page++) {
      if (this.#pages.has(page)) continue;
      // Without a filter ids are consecutive numbers; with one, only the page before tells where a page begins.
      const from = this.#start(page) === null ? this.#nearest(page) : page;
      for (let at = from; at <= page; at++) if (!(await this.#readPage(at))) return;
    }
  }

  async #readPage(page: number): Promise<boolean> {
    const before = this.#start(page);
    const filter = this.filter;
    if (before === null) return false;
    try {
      const { rows, more } = await core.call("calls", { ...argsOf(filter), limit: PAGE, before });
      // The list changed meanwhile.
      if (filter !== this.filter || this.#start(page) !== before) return false;
      const pages = new Map(this.#pages).set(page, rows);
      for (const far of [...pages.keys()].sort((a, b) => Math.abs(b - page) - Math.abs(a - page))) {
        if (pages.size <= KEPT) break;
        if (far !== 0) pages.delete(far);
      }
      this.#pages = pages;
      this.#learn(page, rows);
      if (!more) this.total = Math.min(this.total, page * PAGE + rows.length);
      this.error = null;
      return rows.length > 0;
    } catch (thrown) {
      this.error = asCallError(thrown);
      return false;
    }
  }

  #learn(page: number, rows: readonly CallRow[]): void {
    const last = rows.at(-1);
    if (last && rows.length === PAGE) this.#before.set(page + 1, last.id);
  }

  #start(page: number): number | null {
    const known = this.#before.get(page);
    const top = this.row(0);
    if (known !== undefined) return known;
    return Object.keys(argsOf(this.filter)).length === 0 && top ? top.id + 1 - page * PAGE : null;
  }

  /** The last page before this one whose beginning is known. */
  #nearest(page: number): number {
    return Math.max(0, ...[...this.#before.keys()].filter((known) => known <= page));
  }
}
