import type {
  Event,
  EventBatch,
  HealthStatus,
  Notice,
  ScanRow,
  ScanStatus,
  ServerId,
  ServerList,
  ServerOrder,
  ServerRow,
  Start,
} from "../host";

/** How far a tool call says it is. */
export interface Progress {
  progress: number;
  total: number | null;
  message: string | null;
}

/** Everything the screens show that comes from the core. */
export interface Model {
  /** The registry's revision that `rows` and `order` are of. */
  revision: number;
  rows: ReadonlyMap<ServerId, ServerRow>;
  /** Worst first, as the core put them. */
  order: readonly ServerId[];
  scan: ScanStatus | null;
  /** What the newest scan found, by address: one address can change its verdict, two servers never share one. */
  found: ReadonlyMap<string, ScanRow>;
  progress: ReadonlyMap<string, Progress>;
  /** Commands that take longer to start than a moment. */
  starts: ReadonlyMap<ServerId, Start>;
  notices: readonly Notice[];
}

/** What must be asked for again because events alone do not say it. */
export type Stale = "servers" | "order" | "scan" | "everything";

/** What a batch did. */
export interface Reduced {
  model: Model;
  stale: ReadonlySet<Stale>;
}

/** Before anything was heard. */
export const EMPTY: Model = {
  revision: 0,
  rows: new Map(),
  order: [],
  scan: null,
  found: new Map(),
  progress: new Map(),
  starts: new Map(),
  notices: [],
};

/** Notices kept for reading. */
const MAX_NOTICES = 50;

/** Takes one batch in. Events about servers that are older than the list are left out. */
export function reduce(model: Model, batch: EventBatch): Reduced {
  const stale = new Set<Stale>();
  const old = batch.revision < model.revision;
  if (missedSome(model, batch)) stale.add("servers");

  // What a batch does not touch keeps its identity, so that nothing is drawn again because of it.
  const draft: Draft = {
    ...model,
    rows: model.rows as Draft["rows"],
    found: model.found as Draft["found"],
    progress: model.progress as Draft["progress"],
  };
  if (batch.events.some(isServerEvent)) draft.rows = new Map(model.rows);
  if (batch.events.some((event) => event.type === "scan_found")) draft.found = new Map(model.found);
  if (batch.events.some((event) => event.type === "call_progress")) draft.progress = new Map(model.progress);
  for (const event of batch.events) apply(draft, event, old, stale);
  draft.revision = Math.max(model.revision, batch.revision);
  return { model: draft, stale };
}

/** How many servers are in each state. */
export type Counts = Readonly<Partial<Record<HealthStatus, number>> & { all: number }>;

/** Counts the rows themselves, so that no figure says anything else than the list beside it. */
export function countStates(rows: Iterable<ServerRow>): Counts {
  const counts: Record<string, number> & { all: number } = { all: 0 };
  for (const { health } of rows) {
    counts.all += 1;
    counts[health.status] = (counts[health.status] ?? 0) + 1;
  }
  return counts;
}

/** Replaces the rows by a list that the core sent. */
export function withList(model: Model, list: ServerList): Model {
  return {
    ...model,
    revision: list.revision,
    rows: new Map(list.servers.map((row) => [row.id, row])),
    order: list.servers.map((row) => row.id),
  };
}

/** Puts the rows into an order that the core sent; absent when it names a row that is not here. */
export function withOrder(model: Model, order: ServerOrder): Model | null {
  const complete = order.ids.length === model.rows.size && order.ids.every((id) => model.rows.has(id));
  return complete ? { ...model, order: order.ids } : null;
}

interface Draft extends Model {
  rows: Map<ServerId, ServerRow>;
  found: Map<string, ScanRow>;
  progress: Map<string, Progress>;
}

/** More revisions went by than this batch has changes: something was not sent. */
function missedSome(model: Model, batch: EventBatch): boolean {
  return batch.revision - model.revision > batch.events.filter(isServerEvent).length;
}

/** It is about a server. */
export function isServerEvent(event: Event): boolean {
  return event.type === "server_changed" || event.type === "server_removed";
}

function apply(draft: Draft, event: Event, old: boolean, stale: Set<Stale>): void {
  switch (event.type) {
    case "server_changed":
      if (!old) changeServer(draft, event.server, stale);
      return;
    case "server_removed":
      if (!old) removeServer(draft, event.id);
      return;
    case "scan_changed":
      changeScan(draft, event.scan, stale);
      return;
    case "scan_found":
      if (event.scan === draft.scan?.id) draft.found.set(event.row.url, event.row);
      else stale.add("scan");
      return;
    case "call_progress":
      draft.progress.set(event.call, { progress: event.progress, total: event.total, message: event.message });
      return;
    case "starting":
      draft.starts = new Map(draft.starts).set(event.start.id, event.start);
      return;
    case "started":
      draft.starts = new Map([...draft.starts].filter(([id]) => id !== event.id));
      return;
    case "notice":
      draft.notices = [...draft.notices, event.notice].slice(-MAX_NOTICES);
      return;
    case "resync":
      stale.add("everything");
      return;
    default:
      unknownEvent(event);
  }
}

/** Fails to compile when a variant above is missing; a newer core may still send one at run time. */
function unknownEvent(event: never): void {
  console.warn("an event of a kind this page does not know", event);
}

function changeServer(draft: Draft, row: ServerRow, stale: Set<Stale>): void {
  const before = draft.rows.get(row.id);
  draft.rows.set(row.id, row);
  if (!before) draft.order = [...draft.order, row.id];
  // The place in the list is the core's to say: it depends on the status and the name.
  if (!before || before.health.status !== row.health.status || before.name !== row.name) stale.add("order");
}

function removeServer(draft: Draft, id: ServerId): void {
  draft.rows.delete(id);
  draft.order = draft.order.filter((other) => other !== id);
}

function changeScan(draft: Draft, scan: ScanStatus, stale: Set<Stale>): void {
  if (draft.scan?.id === scan.id) {
    draft.scan = scan;
    return;
  }
  const newer = !draft.scan || scan.started_at >= draft.scan.started_at;
  if (!newer) return;
  draft.scan = scan;
  draft.found = new Map();
  stale.add("scan");
}

/** Rows of a report, by address. */
export function byAddress(rows: readonly ScanRow[]): Map<string, ScanRow> {
  return new Map(rows.map((row) => [row.url, row]));
}

/** The rows of a scan, each marked as known while its server is in the list: that changes after the scan. */
export function withKnown(
  found: ReadonlyMap<string, ScanRow>,
  servers: ReadonlyMap<ServerId, ServerRow>,
): readonly ScanRow[] {
  return [...found.values()].map((row) => {
    const known = servers.has(row.id);
    return known === row.known ? row : { ...row, known };
  });
}
