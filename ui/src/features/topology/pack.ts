import { GAP, MARGIN, SHELF_GAP } from "./sizes";

/** A box to be put on a shelf. */
export interface Size {
  width: number;
  height: number;
}

/** Its position, and its shelf. */
export interface Place {
  x: number;
  y: number;
  shelf: number;
}

export interface Packed {
  places: Place[];
  /** The upper edge of each shelf, and its lower end. */
  shelves: { y: number; bottom: number }[];
  width: number;
}

/** The shape of most windows, beside the details. */
const SHAPE = 1.4;
/** More widths are not tried. */
const TRIES = 48;

/** Boxes side by side in their order, on as many shelves as suit the window best; or on shelves of this width. */
export function pack(sizes: readonly Size[], top: number, most: number | null = null): Packed {
  const widest = sizes.reduce((found, { width }) => Math.max(found, width), 0);
  if (most !== null) return shelved(sizes, top, Math.max(widest, most));
  const total = sizes.reduce((sum, { width }) => sum + width + GAP, -GAP);
  let best: Packed | null = null;
  let bestSide = Number.POSITIVE_INFINITY;
  for (let step = 0; step <= TRIES; step++) {
    const packed = shelved(sizes, top, widest + ((total - widest) * step) / TRIES);
    const side = Math.max((packed.width + 2 * MARGIN) / SHAPE, packed.shelves.at(-1)?.bottom ?? 0);
    if (side < bestSide - 0.5) [best, bestSide] = [packed, side];
  }
  return best ?? { places: [], shelves: [], width: 0 };
}

function shelved(sizes: readonly Size[], top: number, most: number): Packed {
  const places: Place[] = [];
  const shelves: Packed["shelves"] = [];
  let [x, width] = [0, 0];
  for (const size of sizes) {
    let shelf = shelves.at(-1);
    if (!shelf || x + size.width > most + 0.5) {
      shelf = { y: shelf ? shelf.bottom + SHELF_GAP : top, bottom: 0 };
      shelves.push(shelf);
      x = 0;
    }
    places.push({ x: MARGIN + x, y: shelf.y, shelf: shelves.length - 1 });
    shelf.bottom = Math.max(shelf.bottom, shelf.y + size.height);
    width = Math.max(width, x + size.width);
    x += size.width + GAP;
  }
  return { places, shelves, width };
}
