import type { RouteResult, ServerId, Stage, Traffic } from "../../host/bindings";

/** The role of a server in the calls that are drawn. */
export type Part = "used" | "next" | "eligible" | "idle" | "out" | "pretended";

/** A server and its share of the calls. */
export interface Share {
  id: ServerId;
  name: string;
  part: Part;
  /** Of all the calls that are drawn, in [0, 1]. */
  share: number;
  calls: number;
  failed: number;
  /** Why it gets none, or why others come first. */
  why: string | null;
}

/** Where calls go. */
export interface Flow {
  shares: ReadonlyMap<ServerId, Share>;
  calls: number;
  failed: number;
  /** The server of the next call; several if several capabilities are drawn. */
  next: ReadonlySet<ServerId>;
}

/** Stages that prefer other servers: those they leave out could take the call. */
const PREFERENCES: readonly Stage[] = ["region_tier", "affinity", "strategy"];

/** The real calls of a while, and the other servers that the rules allow. */
export function realFlow(traffic: Traffic | null, routes: readonly RouteResult[]): Flow {
  const standing = standingOf(routes);
  const shares = new Map<ServerId, Share>();
  for (const { server, calls, failed, share } of traffic?.servers ?? []) {
    if (calls > 0)
      shares.set(server.id, {
        ...server,
        part: "used",
        calls,
        failed,
        share,
        why: standing.why.get(server.id)?.text ?? null,
      });
  }
  addRest(shares, standing);
  return { shares, calls: traffic?.calls ?? 0, failed: traffic?.failed ?? 0, next: standing.next };
}

/** The real calls of one server, of all that were made. */
export function flowOf(traffic: Traffic | null, id: ServerId): Flow {
  const own = traffic?.servers.find(({ server }) => server.id === id);
  const { calls, failed, share } = own ?? { calls: 0, failed: 0, share: 0 };
  const name = own?.server.name ?? "";
  const shares = new Map([
    [id, { id, name, part: calls > 0 ? ("used" as const) : ("idle" as const), calls, failed, share, why: null }],
  ]);
  return { shares, calls: traffic?.calls ?? 0, failed: traffic?.failed ?? 0, next: new Set() };
}

/** Simulated calls, with these servers assumed to be down. */
export function pretendedFlow(routes: readonly RouteResult[], down: ReadonlySet<ServerId>): Flow {
  const standing = standingOf(routes);
  const shares = new Map<ServerId, Share>();
  let all = 0;
  for (const { server, calls } of routes.flatMap(({ distribution }) => distribution)) {
    const before = shares.get(server.id)?.calls ?? 0;
    all += calls;
    if (before + calls > 0)
      shares.set(server.id, { ...server, part: "used", calls: before + calls, failed: 0, share: 0, why: null });
  }
  for (const share of shares.values()) share.share = all === 0 ? 0 : share.calls / all;
  addRest(shares, standing);
  for (const [id, share] of shares)
    if (down.has(id)) shares.set(id, { ...share, part: "pretended", why: "pretended down" });
  return { shares, calls: all, failed: 0, next: standing.next };
}

interface Standing {
  eligible: Map<ServerId, { name: string }>;
  why: Map<ServerId, { name: string; text: string; isPreference: boolean }>;
  next: Set<ServerId>;
}

/**
 * The servers that could take a call, and why the others cannot: a server that can take one of several is not left out.
 */
function standingOf(routes: readonly RouteResult[]): Standing {
  const standing: Standing = { eligible: new Map(), why: new Map(), next: new Set() };
  for (const { decision, distribution } of routes) {
    if (decision.winner) standing.next.add(decision.winner.id);
    const left = new Set<ServerId>();
    for (const { stage, left_out } of decision.stages) {
      for (const { server, text } of left_out) {
        const isPreference = PREFERENCES.includes(stage);
        if (!isPreference) left.add(server.id);
        if (!standing.why.has(server.id)) standing.why.set(server.id, { name: server.name, text, isPreference });
      }
    }
    const preferred = decision.stages.flatMap(({ stage, left_out }) => (PREFERENCES.includes(stage) ? left_out : []));
    const able = [...distribution, ...decision.weights, ...preferred].map(({ server }) => server);
    if (decision.winner) able.push(decision.winner);
    for (const { id, name } of able) if (!left.has(id)) standing.eligible.set(id, { name });
  }
  return standing;
}

function addRest(shares: Map<ServerId, Share>, { eligible, why, next }: Standing): void {
  const rest = { share: 0, calls: 0, failed: 0 };
  for (const [id, { name }] of eligible) {
    if (shares.has(id)) continue;
    shares.set(id, { id, name, part: next.has(id) ? "next" : "eligible", ...rest, why: why.get(id)?.text ?? null });
  }
  for (const [id, { name, text }] of why) {
    if (!shares.has(id)) shares.set(id, { id, name, part: "out", ...rest, why: text });
  }
}

/** The order of the list: most calls first, then servers that could take calls, then those that cannot. */
const ORDER: Record<Part, number> = { pretended: 0, used: 1, next: 2, eligible: 3, idle: 4, out: 5 };

/** A server with this share gets nearly all. */
export const NEARLY_ALL = 0.95;

export function inOrder({ shares }: Flow): Share[] {
  return [...shares.values()].sort(
    (a, b) => ORDER[a.part] - ORDER[b.part] || b.calls - a.calls || (a.name < b.name ? -1 : a.name > b.name ? 1 : 0),
  );
}

/** A share as shown: small ones are not zero. */
export function percent(share: number): string {
  const value = share * 100;
  if (value > 0 && value < 0.95) return "<1 %";
  return `${value > 99.5 && value < 100 ? 99 : Math.round(value)} %`;
}
