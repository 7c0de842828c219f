import { describe, expect, it } from "vitest";
import type { LatencyMinute } from "../../host";
import { chartOf } from "./chart";

const MINUTE = 60_000;
const NOW = 100 * MINUTE;
const minute = (ago: number, p50: number | null): LatencyMinute => ({
  at: NOW - ago * MINUTE,
  answered: p50 === null ? 0 : 2,
  failed: p50 === null ? 2 : 0,
  p50_ms: p50,
  p95_ms: p50,
});

describe("the chart of the last hour", () => {
  it("draws what was measured on a round scale", () => {
    const chart = chartOf([minute(60, 10), minute(59, 40)], NOW, 1_000, 600, 100);
    expect(chart.top).toBe(50);
    expect(chart.p50).toBe("M5 80L15 20");
    expect(chart.limit).toBeNull();
  });

  it("shows failed minutes as one gap, and no line across it", () => {
    const chart = chartOf([minute(5, 10), minute(4, null), minute(3, null), minute(2, 10)], NOW, 1_000, 600, 100);
    expect(chart.gaps).toEqual([{ from: 560, to: 580 }]);
    expect(chart.p50.match(/M/g)).toHaveLength(2);
    expect(chart.p50).not.toContain("L");
  });

  it("breaks the line where nothing was measured", () => {
    const chart = chartOf([minute(30, 10), minute(10, 10)], NOW, 1_000, 600, 100);
    expect(chart.p50).not.toContain("L");
    expect(chart.gaps).toEqual([]);
  });

  it("draws a minute that stands alone as wide as it was long", () => {
    expect(chartOf([minute(30, 10)], NOW, 1_000, 600, 100).p50).toBe("M300 50H310");
  });

  it("shows the limit when the scale reaches it", () => {
    expect(chartOf([minute(1, 1_900)], NOW, 1_000, 600, 100).limit).toBe(50);
  });
});
