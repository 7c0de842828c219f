import type { Bar, CheckResult, LatencyMinute, ServerHistory, ServerLogs, ServerRow } from "../src/host/bindings.ts";

const MINUTE = 60_000;
const BAR = 24 * MINUTE;

/** The checks of a server's last round. */
export function checksOf(row: ServerRow): CheckResult[] {
  const { status, response_time_ms: ms } = row.health;
  if (status === "unknown" || status === "paused") return [];
  if (status === "unhealthy") {
    return [
      {
        name: "endpoint_reachable",
        status: "critical",
        ms: 3,
        evidence: "connect 10.20.4.12:8080: Connection refused (111)",
        details: null,
      },
    ];
  }
  const slow = (ms ?? 0) > 1_000;
  return [
    {
      name: "endpoint_reachable",
      status: "passing",
      ms,
      evidence: "POST initialize → 200, protocol 2026-07-28",
      details: null,
    },
    {
      name: "response_time",
      status: slow ? "warning" : "passing",
      ms,
      evidence: `${ms} ms, limit 1000 ms`,
      details: null,
    },
    {
      name: "tool_availability",
      status: row.name === "translate-euc1" ? "critical" : "passing",
      ms: 6,
      evidence: row.name === "translate-euc1" ? "tools/list → 2 of 3 known tools" : "tools/list → all known tools",
      details:
        row.name === "translate-euc1"
          ? { missing: ["translate_batch"], undeclared: ["translate_all"], changed: ["detect"] }
          : null,
    },
  ];
}

/** How a server was. */
export function historyOf(row: ServerRow): ServerHistory {
  const now = Date.now();
  const { status, since } = row.health;
  const strip: Bar[] = Array.from({ length: 60 }, (_, at) => {
    const from = now - (60 - at) * BAR;
    const bad = from + BAR > (since ?? now) && status !== "healthy" && status !== "unknown";
    const was = at < 4 ? null : bad ? status : at === 29 ? "degraded" : "healthy";
    return { from, status: was, rounds: was ? 48 : 0, up_percent: was === "unhealthy" ? 0 : was ? 100 : null };
  });
  const minutes: LatencyMinute[] = Array.from({ length: 60 }, (_, at) => {
    const from = now - (60 - at) * MINUTE;
    const down = status === "unhealthy" && from > (since ?? 0);
    const p50 = (row.health.response_time_ms ?? 40) * (1 + 0.15 * Math.sin(at * 1.7));
    return {
      at: from,
      answered: down ? 0 : 2,
      failed: down ? 2 : 0,
      p50_ms: down ? null : p50,
      p95_ms: down ? null : p50 * (1.5 + 0.3 * Math.sin(at * 2.3)),
    };
  });
  const transitions =
    status === "unhealthy" && since
      ? [
          {
            at: since,
            from: "degraded" as const,
            to: "unhealthy" as const,
            reason: "Connection refused, 3 rounds in a row",
          },
          { at: since - MINUTE, from: "healthy" as const, to: "degraded" as const, reason: "Connection refused" },
        ]
      : [];
  return { id: row.id, transitions, strip, up_percent: 98.6, minutes };
}

/** What its last requests came to. */
export function logsOf(row: ServerRow): ServerLogs {
  const now = Date.now();
  const request = { kind: "call", what: "weather_current", times: 1, code: null, error: null } as const;
  const down = row.health.status === "unhealthy";
  return {
    id: row.id,
    since: now - 90 * MINUTE,
    requests: [
      ...(down
        ? ([
            {
              at: now - 4_000,
              first_at: now - 18 * MINUTE,
              times: 36,
              kind: "check",
              what: "",
              outcome: "failed",
              ms: 3,
              code: null,
              error: "endpoint_reachable: connect 10.20.4.12:8080: Connection refused (111)",
            },
          ] as const)
        : []),
      { ...request, at: now - 20 * MINUTE, first_at: now - 20 * MINUTE, outcome: "answered", ms: 38 },
      {
        ...request,
        at: now - 22 * MINUTE,
        first_at: now - 22 * MINUTE,
        outcome: "tool_error",
        ms: 21,
        error: "There is no city called Atlantis.",
      },
    ],
    requests_lost: 0,
    stderr: row.transport === "stdio" ? [{ at: now - 90 * MINUTE, text: "Server running on stdio" }] : [],
    stderr_lost: 0,
  };
}
