import type { HealthStatus, ServerRow } from "../../host/bindings";
import { server } from "../../state/samples";

/** Pseudo-random numbers that are the same each time. */
export function dice(seed: number): (below: number) => number {
  let state = seed * 2_654_435_761 + 1;
  return (below) => {
    state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x6d2b79f5) | 0;
    const mixed = Math.imul(state ^ (state >>> 13), 0x297a2d39);
    return ((mixed ^ (mixed >>> 16)) >>> 0) % below;
  };
}

export const STATES: readonly HealthStatus[] = [
  "healthy",
  "unhealthy",
  "degraded",
  "unknown",
  "paused",
  "needs_sign_in",
  "blocked",
];
const NAMES = ["weather", "ملف الطقس", "🙂🙃", "<b>no</b>", "a".repeat(200), "\u202Eevil", ""];

/** A fleet for tests: servers in regions, some without a region. */
export function fleet(roll: (below: number) => number, count: number, regions: number): ServerRow[] {
  return Array.from({ length: count }, (_, at) => {
    const region = roll(regions + 1);
    return withStatus(
      server(`s${at}`, {
        name: `${NAMES[roll(NAMES.length)]}${roll(4) === 0 ? "" : at}`,
        region: region === regions ? null : `region-${region}`,
      }),
      STATES[roll(STATES.length)] ?? "healthy",
    );
  });
}

/** The same server in another state. */
export function withStatus(row: ServerRow, status: HealthStatus): ServerRow {
  return { ...row, health: { ...row.health, status } };
}
