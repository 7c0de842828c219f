import type {
  Event,
  EventBatch,
  HealthStatus,
  Notice,
  ScanRow,
  ScanStatus,
  ServerId,
  ServerList,
  ServerRow,
  Start,
} from "../host";
import { reordered } from "./order";

/** The progress that a tool call reports. */
export interface Progress {
  progress: number;
  total: number | null;
  message: string | null;
}

/** Everything from the core that the screens show. */
export interface Model {
  /** The registry's revision of `rows` and `order`; absent before the list was read. */
  revision: number | null;
  rows: ReadonlyMap<ServerId, ServerRow>;
  /** Worst first, in the core's order. */
  order: readonly ServerId[];
  scan: ScanStatus | null;
  /** What the newest scan found, by address: one address can change its verdict, two servers never share one. */
  found: ReadonlyMap<string, ScanRow>;
  progress: ReadonlyMap<string, Progress>;
  /** Commands that take long to start. */
  starts: ReadonlyMap<ServerId, Start>;
  notices: readonly Notice[];
  /** Counts the changes of the stored scans and ranges. */
  scanMemory: number;
  /** Counts the changes of the configuration that were reported. */
  configs: number;
  /** The id of the newest recorded call; 0 before the first report. */
  newestCall: number;
  /** Counts the changes of AI clients' files that were reported. */
  clients: number;
}

/** What must be read again because events alone do not contain it. */
export type Stale = "servers" | "scan" | "activity";

/** The result of a batch. */
export interface Reduced {
  model: Model;
  stale: ReadonlySet<Stale>;
}

/** The state before the first event. */
export const EMPTY: Model = {
  revision: null,
  rows: new Map(),
  order: [],
  scan: null,
  found: new Map(),
  progress: new Map(),
  starts: new Map(),
  notices: [],
  configs: 0,
  scanMemory: 0,
  newestCall: 0,
  clients: 0,
};

/** Notices that are kept. */
const MAX_NOTICES = 50;

/** Applies one batch. Its changes of servers are skipped if the list is newer, or was not read yet. */
export function reduce(model: Model, batch: EventBatch): Reduced {
  const stale = new Set<Stale>();
  // What a batch does not change keeps its identity, so that it is not drawn again.
  const draft: Draft = {
    ...model,
    found: model.found as Draft["found"],
    progress: model.progress as Draft["progress"],
  };
  if (batch.events.some((event) => event.type === "scan_found")) draft.found = new Map(model.found);
  if (batch.events.some((event) => event.type === "call_progress")) draft.progress = new Map(model.progress);
  for (const event of batch.events) if (!isServerEvent(event)) apply(draft, event, stale);

  if (model.revision !== null && batch.to >= model.revision) {
    if (batch.from > model.revision) stale.add("servers");
    takeServers(draft, batch.events.filter(isServerEvent));
    draft.revision = batch.to;
  }
  return { model: draft, stale };
}

/** How many servers are in each state. */
export type Counts = Readonly<Partial<Record<HealthStatus, number>> & { all: number }>;

/** Counts the rows themselves, so that figures and list agree. */
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

interface Draft extends Model {
  found: Map<string, ScanRow>;
  progress: Map<string, Progress>;
}

type ServerEvent = Extract<Event, { type: "server_changed" | "health_changed" | "server_removed" }>;

/** It is about a server. */
export function isServerEvent(event: Event): event is ServerEvent {
  return event.type === "server_changed" || event.type === "health_changed" || event.type === "server_removed";
}

function takeServers(draft: Draft, events: readonly ServerEvent[]): void {
  if (events.length === 0) return;
  const rows = new Map(draft.rows);
  const moved = new Set<ServerId>();
  for (const event of events) {
    const id = event.type === "server_changed" ? event.server.id : event.id;
    const [before, after] = [rows.get(id), rowAfter(event, rows.get(id))];
    if (after) rows.set(id, after);
    else rows.delete(id);
    if (!before || !after || before.health.status !== after.health.status || before.name !== after.name) moved.add(id);
  }
  draft.rows = rows;
  if (moved.size) draft.order = reordered(draft.order, rows, moved);
}

/** The row after an event; absent if there is none. */
function rowAfter(event: ServerEvent, before: ServerRow | undefined): ServerRow | undefined {
  switch (event.type) {
    case "server_changed":
      return event.server;
    case "health_changed":
      return (
        before && { ...before, health: event.health, last_seen: latest(before.last_seen, event.health.last_success) }
      );
    case "server_removed":
      return undefined;
  }
}

function latest(one: number | null, other: number | null): number | null {
  return one === null || other === null ? (one ?? other) : Math.max(one, other);
}

function apply(draft: Draft, event: Exclude<Event, ServerEvent>, stale: Set<Stale>): void {
  switch (event.type) {
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
    case "scans_changed":
      draft.scanMemory += 1;
      // The shown scan may have been forgotten.
      stale.add("scan");
      return;
    case "config_changed":
      draft.configs += 1;
      return;
    case "calls_changed":
      draft.newestCall = event.newest;
      return;
    case "clients_changed":
      draft.clients += 1;
      return;
    case "activity_lost":
      stale.add("activity");
      return;
    default:
      unknownEvent(event);
  }
}

/** Fails to compile when a variant above is missing; a newer core may still send one at run time. */
function unknownEvent(event: never): void {
  console.warn("an event of a kind this page does not know", event);
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
