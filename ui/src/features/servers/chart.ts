import type { LatencyMinute } from "../../host";

const MINUTE = 60_000;

/** A measured minute; absent if nothing answered or nothing was measured. */
type Point = { at: number; ms: number } | null | undefined;

/** Minutes shown. */
const SPAN = 60;

/** The last hour as lines in a box of `width` × `height`. */
export interface Chart {
  p50: string;
  p95: string;
  /** Without answers: from, to, in the box's units. */
  gaps: { from: number; to: number }[];
  /** The top of the scale, in milliseconds. */
  top: number;
  /** The height of the limit; absent when it is above the scale. */
  limit: number | null;
}

/**
 * Draws the minutes. A line ends where a minute has no answer, and never drops to 0; a run of minutes in which checks
 * failed is a gap of its own.
 */
export function chartOf(
  minutes: readonly LatencyMinute[],
  now: number,
  limitMs: number,
  width: number,
  height: number,
): Chart {
  const begin = now - SPAN * MINUTE;
  const shown = minutes.filter((minute) => minute.at + MINUTE > begin && minute.at <= now);
  const highest = Math.max(...shown.map((minute) => minute.p95_ms ?? minute.p50_ms ?? 0), 1);
  const top = roundUp(highest * 1.05);
  const x = (at: number) => round(Math.min(1, Math.max(0, (at - begin) / (SPAN * MINUTE))) * width);
  const y = (ms: number) => round(height - (ms / top) * height);
  const line = (of: (minute: LatencyMinute) => number | null) => {
    const points = shown.map((minute): Point => {
      const ms = of(minute);
      return ms === null ? null : { at: minute.at, ms };
    });
    const near = (one: Point, other: Point) => one && other && Math.abs(one.at - other.at) <= 2 * MINUTE;
    return points
      .map((point, index) => {
        if (!point) return "";
        const joined = near(points[index - 1], point);
        // A minute without neighbours is drawn with its own width, or it would not be visible.
        if (!joined && !near(point, points[index + 1])) return `M${x(point.at)} ${y(point.ms)}H${x(point.at + MINUTE)}`;
        return `${joined ? "L" : "M"}${x(point.at + MINUTE / 2)} ${y(point.ms)}`;
      })
      .join("");
  };
  const gaps: Chart["gaps"] = [];
  for (const minute of shown.filter((one) => one.answered === 0 && one.failed > 0)) {
    const last = gaps.at(-1);
    const from = x(minute.at);
    if (last && from - last.to < (2 * width) / SPAN) last.to = x(minute.at + MINUTE);
    else gaps.push({ from, to: x(minute.at + MINUTE) });
  }
  return {
    p50: line((minute) => minute.p50_ms),
    p95: line((minute) => minute.p95_ms),
    gaps,
    top,
    limit: limitMs <= top ? y(limitMs) : null,
  };
}

/** The next of 1, 2, 5, 10, 20, 50, … */
function roundUp(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  return ([1, 2, 5, 10].find((step) => step * power >= value) ?? 10) * power;
}

const round = (value: number) => Math.round(value * 10) / 10;
