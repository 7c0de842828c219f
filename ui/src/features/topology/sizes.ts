/** Measures of the picture, in its own pixels: at a zoom of 1 they are those of the screen. */
export const NODE_WIDTH = 208;
export const NODE_HEIGHT = 36;
/** From one node to the next one under it. */
export const STEP = 48;
/** A column of a box: a lane for lines, a node, and what is left beside it. */
export const COLUMN = 244;
export const LANE = 28;
/** Between boxes; above a shelf there is room for the lines that lead to it. */
export const GAP = 16;
export const SHELF_GAP = 28;
export const MARGIN = 16;
export const HEAD = 48;
export const FOOT = 8;
/** A closed box: its head, a bar of its health, and a button. */
export const CLOSED_HEIGHT = 112;
export const GATEWAY_WIDTH = 244;
export const GATEWAY_HEIGHT = 40;
/** From the gateway to the first shelf. */
export const BELOW_GATEWAY = 44;

/** The size or the next larger one of a few: what follows a zoom in steps seldom changes. */
export const stepped = (size: number): number => 2 ** (Math.ceil(Math.log2(size) * 2) / 2);
