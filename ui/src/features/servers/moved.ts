import type { CallRow, Traffic } from "../../host";

/** Servers listed by name; the others are counted. */
const MAX = 3;

/** The most called capability among some calls. */
export function mostCalled(rows: readonly Pick<CallRow, "capability" | "stands_for">[]): string | null {
  const calls = new Map<string, number>();
  for (const { capability, stands_for } of rows) calls.set(capability, (calls.get(capability) ?? 0) + stands_for);
  return [...calls].sort(([, one], [, other]) => other - one)[0]?.[0] ?? null;
}

/**
 * Where the calls of a server went instead: `weather-a (60 %), weather-c (40 %)`; absent if no other server took any.
 */
export function elsewhere({ servers }: Pick<Traffic, "servers">, id: string): string | null {
  const others = servers.filter(({ server, calls, failed }) => server.id !== id && calls > failed);
  const all = others.reduce((sum, { calls }) => sum + calls, 0);
  if (all === 0) return null;
  const named = others
    .slice(0, MAX)
    .map(({ server, calls }) => `${server.name} (${Math.round((100 * calls) / all)} %)`);
  const more = others.length - named.length;
  return `${named.join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}
