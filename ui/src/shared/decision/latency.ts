import type { RouteResult, ServerId, ServerRow } from "../../host";

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
