import type { RouteShare, ServerId } from "../../host";
import type { Which } from "../../shared/decision/sim.svelte";

/** A server's calls under the saved rules and under the draft; absent if these are not shown. */
export interface Share {
  id: ServerId;
  name: string;
  before: number | null;
  after: number | null;
}

/** How many calls each server gets, most first. Servers that get none under either are left out. */
export function shares(saved: readonly RouteShare[], draft: readonly RouteShare[] | null, which: Which): Share[] {
  const rows = new Map<ServerId, Share>();
  const both = draft !== null && which === "both";
  const take = (list: readonly RouteShare[], key: "before" | "after") => {
    for (const { server, calls } of list) {
      const known = rows.get(server.id);
      if (known) known[key] = calls;
      else
        rows.set(server.id, {
          id: server.id,
          name: server.name,
          before: both ? 0 : null,
          after: both ? 0 : null,
          [key]: calls,
        });
    }
  };
  if (draft === null || which !== "draft") take(saved, "before");
  if (draft !== null) take(draft, "after");
  const now = (row: Share) => row.after ?? row.before ?? 0;
  return [...rows.values()]
    .filter((row) => (row.before ?? 0) + (row.after ?? 0) > 0)
    .sort((a, b) => now(b) - now(a) || (b.before ?? 0) - (a.before ?? 0) || a.name.localeCompare(b.name));
}
