/** An element that can have the keyboard focus. */
export interface Stop {
  key: string;
  x: number;
  y: number;
  width: number;
  height: number;
}

export type Direction = "up" | "down" | "left" | "right";

/** A sideways distance counts more than one ahead. */
const ASIDE = 3;

/** The nearest stop in a direction. Up and down stay in their column as long as it has stops. */
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

export const ARROWS: Record<string, Direction> = {
  ArrowUp: "up",
  ArrowDown: "down",
  ArrowLeft: "left",
  ArrowRight: "right",
};

/** Boxes in their order, and the nodes in them. */
interface Whereabouts {
  boxes: readonly { key: string }[];
  spots: readonly { id: string; box: string }[];
  stops: readonly Stop[];
  /** The key of the stop that has the keyboard focus. */
  at: string | null;
}

/** From box to box, or to the ends of one. */
export function jump(key: string, { boxes, spots, stops, at }: Whereabouts): Stop | null {
  const spot = spots.find(({ id }) => id === at);
  const place = boxes.findIndex((box) => box.key === spot?.box || `box ${box.key}` === at);
  const own = spots.filter(({ box }) => box === boxes[place]?.key);
  const find = (wanted: string | undefined) => stops.find((stop) => stop.key === wanted) ?? null;
  const first = (box: string | undefined) =>
    spots.find((one) => one.box === box)?.id ?? (box === undefined ? undefined : `box ${box}`);
  if (key === "PageDown") return find(first(boxes[Math.min(boxes.length - 1, place + 1)]?.key));
  if (key === "PageUp") return find(first(boxes[Math.max(0, place - 1)]?.key));
  if (key === "Home") return find(own[0]?.id);
  return key === "End" ? find(own.at(-1)?.id) : null;
}
