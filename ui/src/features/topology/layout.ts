import type { ServerId } from "../../host/bindings";
import { STATUSES, statusWords } from "../../shared/words";
import type { Group } from "./group";
import type { Node } from "./model";
import { pack } from "./pack";
import {
  BELOW_GATEWAY,
  CLOSED_HEIGHT,
  COLUMN,
  FOOT,
  GAP,
  GATEWAY_HEIGHT,
  GATEWAY_WIDTH,
  HEAD,
  MARGIN,
  SHELF_GAP,
  STEP,
} from "./sizes";

/** Above this number of servers boxes are closed until they are opened. */
export const MOST_OPEN = 1_500;
/** Up to this number of servers a box is one column. */
const ONE_COLUMN = 10;

/** Closed boxes are meant to be read: a picture of this width has room in a window at full size, and is scrolled. */
const ACROSS = 4 * (COLUMN + GAP);

/** A place within a box. */
export interface Cell {
  column: number;
  row: number;
}

export interface Box {
  key: string;
  x: number;
  y: number;
  width: number;
  height: number;
  /** The height of its head: that of a large box can be read when zoomed out. */
  head: number;
  shelf: number;
  /** A closed box shows how many servers it has, and their health. */
  open: boolean;
  /** The place of each server. The place of a removed server stays empty until the next arrangement. */
  cells: ReadonlyMap<ServerId, Cell>;
}

export interface Layout {
  boxes: readonly Box[];
  shelves: readonly { y: number; bottom: number }[];
  /** Boxes are closed until they are opened. Decided at each arrangement, and kept until the next one. */
  folded: boolean;
  gateway: { x: number; y: number; width: number; height: number };
  width: number;
  height: number;
}

/** Arranges everything: boxes in the order of trouble, then by name; in a box the worst first, then by name. */
export function arranged(groups: readonly Group[], opened: ReadonlySet<string> = new Set()): Layout {
  const all = groups.reduce((sum, { nodes }) => sum + nodes.length, 0);
  const folded = all > MOST_OPEN;
  const boxes = [...groups].sort(compareGroups).map((group) => {
    const open = !folded || opened.has(group.key);
    return boxOf(group, open, open ? cellsOf(group.nodes) : new Map());
  });
  return packed(boxes, folded);
}

/**
 * The same arrangement for the present servers: nothing moves, whatever changed. A new server comes at the end of its
 * box. If no server is new and none changed its box, it is the same object.
 */
export function carried(before: Layout, groups: readonly Group[]): Layout {
  let layout = before;
  const places = new Map(before.boxes.map((box, at) => [box.key, at]));
  const fresh: Group[] = [];
  for (const group of groups) {
    const at = places.get(group.key);
    const box = at === undefined ? undefined : layout.boxes[at];
    if (!box || at === undefined) fresh.push(group);
    else if (box.open) {
      const coming = group.nodes.filter(({ id }) => !box.cells.has(id));
      if (coming.length > 0) layout = grown(layout, at, coming);
    }
  }
  for (const group of fresh.sort(compareGroups)) layout = withBox(layout, group);
  return layout;
}

/** Opens a closed box, or closes it. The others keep their order and content. */
export function toggled(before: Layout, groups: readonly Group[], key: string): Layout {
  const group = groups.find((one) => one.key === key);
  if (!group) return before;
  const boxes = before.boxes.map((box) => {
    if (box.key !== key) return box;
    return boxOf(group, !box.open, box.open ? new Map() : cellsOf(group.nodes));
  });
  return packed(boxes, before.folded);
}

/** What needs attention most comes first. */
function compareGroups(a: Group, b: Group): number {
  for (const status of STATUSES) {
    const more = statusWords(status).attention ? (b.counts[status] ?? 0) - (a.counts[status] ?? 0) : 0;
    if (more !== 0) return more;
  }
  if (a.value === null || b.value === null) return Number(a.value === null) - Number(b.value === null);
  return compareText(a.value, b.value);
}

function compareNodes(a: Node, b: Node): number {
  return a.severity - b.severity || compareText(a.name, b.name) || compareText(a.id, b.id);
}

function compareText(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1;
}

/** The number of columns of a box for a number of servers: at most a few times as wide as high. */
function columnsOf(count: number): number {
  return count <= ONE_COLUMN ? 1 : Math.ceil(Math.sqrt((count * STEP * 1.6) / COLUMN));
}

function cellsOf(nodes: readonly Node[]): Map<ServerId, Cell> {
  const rows = Math.ceil(nodes.length / columnsOf(nodes.length));
  const sorted = [...nodes].sort(compareNodes);
  return new Map(sorted.map(({ id }, at) => [id, { column: Math.floor(at / rows), row: at % rows }]));
}

function boxOf(group: Group, open: boolean, cells: ReadonlyMap<ServerId, Cell>): Box {
  const columns = open ? Math.max(1, ...each(cells, ({ column }) => column + 1)) : 1;
  const head = HEAD * Math.min(6, Math.max(1, Math.round(columns / 3)));
  const height = open ? heightOf(head, cells) : CLOSED_HEIGHT;
  return { key: group.key, x: 0, y: 0, width: columns * COLUMN, height, head, shelf: 0, open, cells };
}

function heightOf(head: number, cells: ReadonlyMap<ServerId, Cell>): number {
  return head + Math.max(1, ...each(cells, ({ row }) => row + 1)) * STEP + FOOT;
}

/** Not spread from thousands of values into arguments: only a few distinct numbers are passed. */
function each(cells: ReadonlyMap<ServerId, Cell>, of: (cell: Cell) => number): Set<number> {
  const found = new Set<number>();
  for (const cell of cells.values()) found.add(of(cell));
  return found;
}

/** Puts the boxes on shelves. Open ones of a shelf are equally high, so that there is room for new servers. */
function packed(boxes: readonly Box[], folded: boolean): Layout {
  const scale = Math.max(1, ...boxes.map(({ head }) => head / HEAD));
  const top = MARGIN + GATEWAY_HEIGHT * scale + BELOW_GATEWAY;
  // A box that was as high as its neighbours has its own height again.
  const own = boxes.map((box) => (box.open ? { ...box, height: heightOf(box.head, box.cells) } : box));
  const { places, shelves, width } = pack(own, top, folded ? ACROSS : null);
  const placed = own.map((box, at) => {
    const place = places[at] ?? { x: 0, y: 0, shelf: 0 };
    const whole = (shelves[place.shelf]?.bottom ?? 0) - place.y;
    // Beside one that is much higher, a box of a few servers would be empty for the most part.
    return { ...box, ...place, height: box.open && box.height * 2 >= whole ? whole : box.height };
  });
  const inner = Math.max(width, GATEWAY_WIDTH * scale);
  const gateway = {
    x: MARGIN + Math.round((inner - GATEWAY_WIDTH * scale) / 2),
    y: MARGIN,
    width: GATEWAY_WIDTH * scale,
    height: GATEWAY_HEIGHT * scale,
  };
  return sized({ boxes: placed, shelves, folded, gateway, width: 0, height: 0 });
}

/** The size of the picture with everything in it. */
function sized(layout: Layout): Layout {
  const right = layout.boxes.reduce(
    (most, box) => Math.max(most, box.x + box.width),
    layout.gateway.x + layout.gateway.width,
  );
  const bottom = layout.boxes.reduce(
    (most, box) => Math.max(most, box.y + box.height),
    layout.gateway.y + layout.gateway.height,
  );
  return { ...layout, width: right + MARGIN, height: bottom + MARGIN };
}

/** The box with more servers: below the shortest columns. It grows downwards, or moves to where there is room. */
function grown(layout: Layout, at: number, coming: readonly Node[]): Layout {
  const box = layout.boxes[at] as Box;
  const cells = new Map(box.cells);
  const columns = Math.round(box.width / COLUMN);
  const ends = new Array<number>(columns).fill(0);
  for (const { column, row } of cells.values()) ends[column] = Math.max(ends[column] ?? 0, row + 1);
  for (const { id } of [...coming].sort(compareNodes)) {
    const column = ends.indexOf(Math.min(...ends));
    const row = ends[column] ?? 0;
    cells.set(id, { column, row });
    ends[column] = row + 1;
  }
  const height = Math.max(box.height, heightOf(box.head, cells));
  const bounded = layout.shelves[box.shelf + 1] !== undefined;
  const shelves = layout.shelves.map((shelf) => ({ ...shelf }));
  const shelf = shelves[box.shelf] as { y: number; bottom: number };
  const next = { ...box, cells, height };
  if (bounded && box.y + height > shelf.bottom) {
    const y = (shelves.at(-1)?.bottom ?? 0) + SHELF_GAP;
    Object.assign(next, { x: MARGIN, y, shelf: shelves.length });
    shelves.push({ y, bottom: y + height });
  } else shelf.bottom = Math.max(shelf.bottom, box.y + height);
  return sized({ ...layout, shelves, boxes: layout.boxes.map((one, index) => (index === at ? next : one)) });
}

/** One more box: at the end of the last shelf, where it makes the picture no wider, or on another one. */
function withBox(layout: Layout, group: Group): Layout {
  const open = !layout.folded;
  const box = boxOf(group, open, open ? cellsOf(group.nodes) : new Map());
  const shelves = layout.shelves.map((shelf) => ({ ...shelf }));
  const last = shelves.at(-1);
  const ends = layout.boxes.filter(({ shelf }) => shelf === shelves.length - 1).map(({ x, width }) => x + width + GAP);
  const x = Math.max(MARGIN, ...ends);
  if (last && x + box.width + MARGIN <= layout.width) {
    last.bottom = Math.max(last.bottom, last.y + box.height);
    return sized({ ...layout, shelves, boxes: [...layout.boxes, { ...box, x, y: last.y, shelf: shelves.length - 1 }] });
  }
  const y = last ? last.bottom + SHELF_GAP : layout.gateway.y + layout.gateway.height + BELOW_GATEWAY;
  shelves.push({ y, bottom: y + box.height });
  return sized({
    ...layout,
    shelves,
    boxes: [...layout.boxes, { ...box, x: MARGIN, y, shelf: shelves.length - 1 }],
  });
}
