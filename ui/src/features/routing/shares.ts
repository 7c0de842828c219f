import type { RouteResult, RouteShare, ServerId, ServerRow } from "../../host";
import type { Which } from "../../shared/decision/sim.svelte";

/** A server's calls under the saved rules and under the draft; absent where these are not shown. */
export interface Share {
  id: ServerId;
  name: string;
  before: number | null;
  after: number | null;
}

/** Who takes how many, the most first. Servers that take none under any of both are left out. */
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

/** How long a call would take on average, by what was measured last, in milliseconds; absent where somebody was not measured. */
export function meanLatency(result: RouteResult | null, rows: ReadonlyMap<ServerId, ServerRow>): number | null {
  let [sum, calls] = [0, 0];
  for (const share of result?.distribution ?? []) {
    if (share.calls === 0) continue;
    const ms = rows.get(share.server.id)?.health.response_time_ms ?? null;
    if (ms === null) return null;
    sum += ms * share.calls;
    calls += share.calls;
  }
  return calls === 0 ? null : sum / calls;
}
