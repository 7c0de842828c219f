/** A press that moves no farther is a click, in pixels. */
const SLACK = 4;

interface Point {
  x: number;
  y: number;
}

interface Acts {
  pan: (dx: number, dy: number) => void;
  /** Two fingers: the factor by which their distance changed, and the point of the window between them. */
  pinch: (factor: number, at: Point) => void;
  /** The position of the window on the page. */
  offset: () => { left: number; top: number };
}

/** What one or two pointers do to the picture. */
export class Pointers {
  #held = new Map<number, Point>();
  #start: Point | null = null;
  #dragged = false;
  readonly #acts: Acts;

  constructor(acts: Acts) {
    this.#acts = acts;
  }

  /** The click that comes now is the end of a drag. */
  wasDragged(): boolean {
    const dragged = this.#dragged;
    this.#dragged = false;
    return dragged;
  }

  isHeld(): boolean {
    return this.#held.size > 0;
  }

  down(event: PointerEvent): void {
    if (event.pointerType === "mouse" && event.button > 1) return;
    this.#held.set(event.pointerId, pointOf(event));
    this.#start = pointOf(event);
    this.#dragged = false;
  }

  move(event: PointerEvent & { currentTarget: HTMLElement }): void {
    const before = this.#held.get(event.pointerId);
    if (!before || !this.#start) return;
    // The pointer was released elsewhere.
    if (event.buttons === 0 && event.isTrusted) {
      this.up(event);
      return;
    }
    const now = pointOf(event);
    const other = [...this.#held].find(([id]) => id !== event.pointerId)?.[1];
    if (!this.#dragged) {
      if (distance(this.#start, now) < SLACK && !other) return;
      this.#dragged = true;
      event.currentTarget.setPointerCapture(event.pointerId);
    }
    this.#held.set(event.pointerId, now);
    if (!other) {
      this.#acts.pan(now.x - before.x, now.y - before.y);
      return;
    }
    const { left, top } = this.#acts.offset();
    const middle = { x: (now.x + other.x) / 2 - left, y: (now.y + other.y) / 2 - top };
    this.#acts.pan((now.x - before.x) / 2, (now.y - before.y) / 2);
    this.#acts.pinch(distance(now, other) / Math.max(1, distance(before, other)), middle);
  }

  up(event: PointerEvent): void {
    this.#held.delete(event.pointerId);
  }
}

const pointOf = (event: PointerEvent): Point => ({ x: event.clientX, y: event.clientY });
const distance = (a: Point, b: Point): number => Math.hypot(a.x - b.x, a.y - b.y);

/** The node or the title of a box that an event belongs to. */
export function within(event: Event): { id: string | null; box: string | null } {
  const target = event.target instanceof Element ? event.target : null;
  return {
    id: target?.closest("[data-id]")?.getAttribute("data-id") ?? null,
    box: target?.closest("[data-box]")?.getAttribute("data-box") ?? null,
  };
}
