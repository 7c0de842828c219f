import { untrack } from "svelte";
import { SvelteSet } from "svelte/reactivity";
import { asCallError, type CallError, type ServerId, type ServerRow } from "../../host";
import { keep, recall } from "../../shared/persist";
import { statusWords } from "../../shared/words";
import { core } from "../../state/core.svelte";
import { type Column, OPTIONAL, SORTS, type Sort, type SortBy, sorted } from "./columns";
import { type GroupBy, titleOf } from "./groups";

/** A filter that is wrong is said to be so when nobody has typed for so long, in milliseconds: half a word is no mistake. */
const PAUSE_MS = 400;
/** A wait that is longer is said to be one, in milliseconds. */
const SLOW_MS = 300;
/** While servers change, a filter is asked again at most this often, in milliseconds. */
const AGAIN_MS = 1_000;

const isColumns = (value: unknown): value is Column[] =>
  Array.isArray(value) && value.every((column) => OPTIONAL.includes(column));
const isGroup = (value: unknown): value is GroupBy =>
  ["none", "flat", "region", "source", "transport"].includes(value as string);

const WORST_FIRST: Sort = { by: "status", down: false };
const isSort = (value: unknown): value is Sort =>
  typeof value === "object" &&
  value !== null &&
  SORTS.includes((value as Sort).by) &&
  typeof (value as Sort).down === "boolean";

/** The list as it was when the pointer or the focus came. */
interface Held {
  order: readonly ServerId[];
  rows: ReadonlyMap<ServerId, ServerRow>;
}

/** What a person did to the list: it stays while they are on another screen. */
class View {
  /** The filter as it is typed. */
  filter = $state("");
  /** Why the core cannot read it. */
  filterError = $state.raw<CallError | null>(null);
  group = $state<GroupBy>(recall("servers.group", "none", isGroup));
  sort = $state.raw<Sort>(recall("servers.sort", WORST_FIRST, isSort));
  columns = $state.raw<Column[]>(recall("servers.columns", ["region", "response"], isColumns));
  /** The rows for the next bulk action. */
  selected = new SvelteSet<ServerId>();
  /** Check boxes are shown. */
  selecting = $state(false);
  /** Servers being checked because a person asked. */
  checking = new SvelteSet<ServerId>();
  /** The server whose form is open. */
  editing = $state<ServerId | null>(null);
  /** Where the list was scrolled to, in pixels. */
  scroll = 0;

  #matched = $state.raw<ServerId[] | null>(null);
  /** The order that is on the screen while the pointer or the focus is in the list. */
  #held = $state.raw<Held | null>(null);
  #inside = new Set<"pointer" | "focus">();
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** The last change is asked about too. */
  #again: ReturnType<typeof setTimeout> | null = null;
  #asked = 0;
  #asking = false;
  /** The filter that the rows are of. */
  #answered = $state.raw("");
  #slow: ReturnType<typeof setTimeout> | undefined;

  /** The ids to show now, in the core's order, which is worst first. */
  #listed: readonly ServerId[] = $derived(this.#matched ?? core.order);
  /** The same in the order that a person chose. */
  #wanted: readonly ServerId[] = $derived.by(() => {
    if (this.sort.by === "status" && !this.sort.down) return this.#listed;
    const rows = this.#listed.flatMap((id) => core.rows.get(id) ?? []);
    return sorted(rows, this.sort).map((row) => row.id);
  });
  /** The order that is kept still; one without a row keeps nothing, and must not hide what comes. */
  #still = $derived(this.#held?.order.some((id) => core.rows.has(id)) ? this.#held : null);
  /** The rows as they were when the list was held: they stay in their groups. */
  heldRows = $derived(this.#still?.rows);
  /** The rows on the screen. */
  rows: readonly ServerRow[] = $derived(
    (this.#still?.order ?? this.#wanted).map((id) => core.rows.get(id)).filter((row) => row !== undefined),
  );
  /** How many rows came or moved while the list was held still. */
  waiting = $derived.by(() => {
    if (!this.#still) return 0;
    const { order, rows } = this.#still;
    return Math.max(moved(order, this.#wanted, core.rows), regrouped(rows, core.rows, this.group));
  });
  /** The rows are those of another filter than the one that stands there. */
  stale = $derived(this.filter.trim() !== "" && this.filter !== this.#answered);
  /** That has lasted long enough to be said. */
  waited = $state(false);
  /** A filter is on. */
  filtered = $derived(this.#matched !== null);
  /** Servers in trouble that the filter leaves out, worst first. */
  outside: readonly ServerRow[] = $derived.by(() => {
    if (!this.#matched) return [];
    const inside = new Set(this.#matched);
    return core.servers.filter((row) => isTrouble(row) && !inside.has(row.id));
  });

  /** Changes the filter; the core is asked at once, one question at a time. */
  setFilter(text: string): void {
    this.filter = text;
    this.#held = null;
    clearTimeout(this.#timer);
    clearTimeout(this.#slow);
    this.waited = false;
    if (text.trim() === "") {
      this.#matched = null;
      this.filterError = null;
      this.#answered = "";
      return;
    }
    this.#slow = setTimeout(() => {
      this.waited = this.stale && !this.filterError;
    }, SLOW_MS);
    void this.#ask();
  }

  /** Asks again because servers changed. */
  serversChanged(): void {
    if (this.filter.trim() === "") return;
    const left = this.#asked + AGAIN_MS - Date.now();
    if (left <= 0 && !this.#asking) void this.#ask();
    else this.#again ??= setTimeout(() => this.#askAgain(), Math.max(left, 0));
  }

  /** Live changes must not move rows while the pointer or the focus is among them. */
  enter(by: "pointer" | "focus"): void {
    this.#inside.add(by);
    this.#held ??= this.#now();
  }

  /** The last to leave lets the rows move again. */
  leave(by: "pointer" | "focus"): void {
    this.#inside.delete(by);
    if (this.#inside.size === 0) this.#held = null;
  }

  /** Shows the core's order again, whoever is inside. */
  release(): void {
    this.#inside.clear();
    this.#held = null;
  }

  /** Shows what came while the list was held, and holds that. */
  catchUp(): void {
    if (untrack(() => this.#held)) this.#held = untrack(() => this.#now());
  }

  /** Sorts by a column, the other way round when it is sorted by it already. */
  sortBy(by: SortBy): void {
    this.sort = { by, down: this.sort.by === by && !this.sort.down };
    keep("servers.sort", this.sort);
    if (untrack(() => this.#held)) this.#held = untrack(() => this.#now());
  }

  setGroup(group: GroupBy): void {
    this.group = group;
    keep("servers.group", group);
  }

  toggleColumn(column: Column): void {
    const on = this.columns.includes(column);
    this.columns = on ? this.columns.filter((other) => other !== column) : [...this.columns, column];
    keep("servers.columns", this.columns);
  }

  /** Puts a row into the selection or takes it out. */
  toggle(id: ServerId): void {
    if (!this.selected.delete(id)) this.selected.add(id);
    if (this.selected.size) this.selecting = true;
  }

  /** Shows the check boxes, or ends the selection. */
  toggleSelecting(): void {
    if (this.selecting) this.clearSelection();
    else this.selecting = true;
  }

  clearSelection(): void {
    this.selected.clear();
    this.selecting = false;
  }

  #now(): Held {
    return { order: this.#wanted, rows: core.rows };
  }

  #askAgain(): void {
    this.#again = null;
    if (this.filter.trim() !== "") this.serversChanged();
  }

  async #ask(): Promise<void> {
    if (this.#asking) return;
    const text = this.filter;
    this.#asked = Date.now();
    this.#asking = true;
    try {
      this.#take(text, (await core.call("order", { filter: text })).ids);
    } catch (thrown) {
      this.#refuse(text, asCallError(thrown));
    } finally {
      this.#asking = false;
    }
    // Somebody went on typing while the core answered.
    if (text !== this.filter && this.filter.trim() !== "") void this.#ask();
  }

  /** An answer for a text that has changed since is still nearer to it than what is shown; for no text it is not. */
  #take(text: string, ids: ServerId[]): void {
    if (this.filter.trim() === "") return;
    const fresh = text !== this.#answered;
    this.#matched = ids;
    if (fresh) this.catchUp();
    this.#answered = text;
    if (text !== this.filter) return;
    this.filterError = null;
    this.waited = false;
  }

  #refuse(text: string, error: CallError): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(
      () => {
        if (text !== this.filter) return;
        this.filterError = error;
        this.waited = false;
      },
      this.filterError ? 0 : PAUSE_MS,
    );
  }
}

function isTrouble(row: ServerRow): boolean {
  const { status } = row.health;
  return statusWords(status).attention || status === "unknown";
}

function moved(held: readonly ServerId[], wanted: readonly ServerId[], rows: ReadonlyMap<ServerId, ServerRow>): number {
  const alive = held.filter((id) => rows.has(id));
  const known = new Set(alive);
  const fresh = wanted.filter((id) => !known.has(id)).length;
  const stayed = wanted.filter((id) => known.has(id));
  const shifted = stayed.filter((id, at) => alive[at] !== id).length;
  return fresh + (shifted ? Math.max(1, Math.ceil(shifted / 2)) : 0);
}

/** How many rows belong to another group by now. */
function regrouped(held: Held["rows"], rows: Held["rows"], by: GroupBy): number {
  let count = 0;
  for (const [id, before] of held) {
    const now = rows.get(id);
    if (now && now !== before && titleOf(now, by) !== titleOf(before, by)) count += 1;
  }
  return count;
}

/** The list's view. */
export const view = new View();
