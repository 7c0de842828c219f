import { untrack } from "svelte";
import { SvelteSet } from "svelte/reactivity";
import type { ServerId, ServerRow } from "../../host";
import { filtering } from "../../shared/filter/filtering.svelte";
import { keep, recall } from "../../shared/persist";
import { core } from "../../state/core.svelte";
import { type Column, OPTIONAL, SORTS, type Sort, type SortBy, sorted } from "./columns";
import { type GroupBy, titleOf } from "./groups";

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

/** The list as it was when the pointer or the focus entered it. */
interface Held {
  order: readonly ServerId[];
  rows: ReadonlyMap<ServerId, ServerRow>;
}

/** The user's settings of the list: kept while another screen is open. */
class View {
  group = $state<GroupBy>(recall("servers.group", "none", isGroup));
  sort = $state.raw<Sort>(recall("servers.sort", WORST_FIRST, isSort));
  columns = $state.raw<Column[]>(recall("servers.columns", ["region", "response"], isColumns));
  /** Check boxes are shown. */
  selecting = $state(false);
  /** Servers that the user has checked now. */
  checking = new SvelteSet<ServerId>();
  /** The server whose form is open. */
  editing = $state<ServerId | null>(null);
  /** The scroll position of the list, in pixels. */
  scroll = 0;

  /** The order that is shown while the pointer or the focus is in the list. */
  #held = $state.raw<Held | null>(null);
  #inside = new Set<"pointer" | "focus">();

  constructor() {
    filtering.heed(
      () => {
        this.#held = null;
      },
      () => this.catchUp(),
    );
  }

  /** The ids to show now, in the core's order, which is worst first. */
  #listed: readonly ServerId[] = $derived(filtering.matched ?? core.order);
  /** The same in the order that the user chose. */
  #wanted: readonly ServerId[] = $derived.by(() => {
    if (this.sort.by === "status" && !this.sort.down) return this.#listed;
    const rows = this.#listed.flatMap((id) => core.rows.get(id) ?? []);
    return sorted(rows, this.sort).map((row) => row.id);
  });
  /** The order that is kept still; an empty one keeps nothing, and must not hide new rows. */
  #still = $derived(this.#held?.order.some((id) => core.rows.has(id)) ? this.#held : null);
  /** The rows as they were when the list was held: they stay in their groups. */
  heldRows = $derived(this.#still?.rows);
  /** The rows on the screen. */
  rows: readonly ServerRow[] = $derived(
    (this.#still?.order ?? this.#wanted).map((id) => core.rows.get(id)).filter((row) => row !== undefined),
  );
  /** How many rows were added or moved while the list was held still. */
  waiting = $derived.by(() => {
    if (!this.#still) return 0;
    const { order, rows } = this.#still;
    return Math.max(moved(order, this.#wanted, core.rows), regrouped(rows, core.rows, this.group));
  });
  /** Live changes must not move rows while the pointer or the focus is among them. */
  enter(by: "pointer" | "focus"): void {
    this.#inside.add(by);
    this.#held ??= this.#now();
  }

  /** When both have left, the rows can move again. */
  leave(by: "pointer" | "focus"): void {
    this.#inside.delete(by);
    if (this.#inside.size === 0) this.#held = null;
  }

  /** Shows the core's order again, even while the pointer or the focus is in the list. */
  release(): void {
    this.#inside.clear();
    this.#held = null;
  }

  /** Shows the rows that were added while the list was held, and holds that. */
  catchUp(): void {
    if (untrack(() => this.#held)) this.#held = untrack(() => this.#now());
  }

  /** Sorts by a column, in the other direction if it is the sort column already. */
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

  /** Selects a row or deselects it. */
  toggle(id: ServerId): void {
    if (!filtering.selected.delete(id)) filtering.selected.add(id);
    if (filtering.selected.size) this.selecting = true;
  }

  /** Shows the check boxes, or ends the selection. */
  toggleSelecting(): void {
    if (this.selecting) this.clearSelection();
    else this.selecting = true;
  }

  clearSelection(): void {
    filtering.selected.clear();
    this.selecting = false;
  }

  #now(): Held {
    return { order: this.#wanted, rows: core.rows };
  }
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
