/** Something that the keyboard can be at. */
export interface Stop {
  key: string;
  x: number;
  y: number;
  width: number;
  height: number;
}

export type Direction = "up" | "down" | "left" | "right";

/** What lies sideways is farther away than what lies ahead. */
const ASIDE = 3;

/** The nearest stop in a direction. Up and down stay in their column for as long as there is somebody. */
export function nextStop(stops: readonly Stop[], from: Stop, direction: Direction): Stop | null {
  const upright = direction === "up" || direction === "down";
  const sign = direction === "down" || direction === "right" ? 1 : -1;
  let best: Stop | null = null;
  let nearest = Number.POSITIVE_INFINITY;
  for (const stop of stops) {
    const [dx, dy] = [middle(stop).x - middle(from).x, middle(stop).y - middle(from).y];
    const [ahead, aside] = upright ? [dy * sign, Math.abs(dx)] : [dx * sign, Math.abs(dy)];
    if (ahead <= 0.5 || stop.key === from.key) continue;
    const distance = ahead + aside * (upright && aside > 1 ? ASIDE * 10 : ASIDE);
    if (distance < nearest) [best, nearest] = [stop, distance];
  }
  return best;
}

function middle({ x, y, width, height }: Stop): { x: number; y: number } {
  return { x: x + width / 2, y: y + height / 2 };
}
