/** The view: the corner of the picture at the upper left of the window, and the zoom. */
export interface Camera {
  x: number;
  y: number;
  zoom: number;
}

export interface Area {
  width: number;
  height: number;
}

export const LEAST_ZOOM = 0.03;
export const MOST_ZOOM = 2;
/** Names of 13 px are 11 px at this zoom; below it nodes are dots with a shape. */
export const NAMED_ZOOM = 11 / 13;
/** One press of a key or a button. */
export const ZOOM_STEP = 1.25;

/** All of it, never enlarged; in the middle if there is room. */
export function fitted(picture: Area, view: Area): Camera {
  const zoom = bounded(Math.min(1, view.width / picture.width, view.height / picture.height));
  return {
    x: Math.min(0, (picture.width - view.width / zoom) / 2),
    // A picture that is lower than the window is placed at its top.
    y: zoom < 1 ? Math.min(0, (picture.height - view.height / zoom) / 2) : 0,
    zoom,
  };
}

/** A picture larger than this many windows, side by side or one below the other, is shown from its beginning. */
const READ_WINDOWS = 2;

/** The first view: all of it, or its beginning at a readable size. */
export function first(picture: Area, view: Area, isRead: boolean): Camera {
  const all = fitted(picture, view);
  if (all.zoom >= NAMED_ZOOM || (!isRead && all.zoom * READ_WINDOWS < NAMED_ZOOM)) return all;
  const zoom = Math.max(NAMED_ZOOM, Math.min(1, view.width / picture.width));
  return { x: Math.min(0, (picture.width - view.width / zoom) / 2), y: 0, zoom };
}

function bounded(zoom: number): number {
  return Math.min(MOST_ZOOM, Math.max(LEAST_ZOOM, zoom));
}

/** Zooms with the same spot of the picture under this point of the window. */
export function zoomed(camera: Camera, factor: number, at: { x: number; y: number }): Camera {
  const zoom = bounded(camera.zoom * factor);
  return { x: camera.x + at.x / camera.zoom - at.x / zoom, y: camera.y + at.y / camera.zoom - at.y / zoom, zoom };
}

/** Moved by this many pixels of the screen; some of the picture stays in the window. */
export function panned(camera: Camera, dx: number, dy: number, picture: Area, view: Area): Camera {
  return within({ ...camera, x: camera.x - dx / camera.zoom, y: camera.y - dy / camera.zoom }, picture, view);
}

/** At least this much of the picture stays in view, in pixels of the screen. */
const IN_SIGHT = 80;

export function within(camera: Camera, picture: Area, view: Area): Camera {
  const rest = IN_SIGHT / camera.zoom;
  const clamp = (value: number, shown: number, whole: number) =>
    Math.min(Math.max(value, Math.min(0, rest - shown)), Math.max(0, whole - rest));
  return {
    ...camera,
    x: clamp(camera.x, view.width / camera.zoom, picture.width),
    y: clamp(camera.y, view.height / camera.zoom, picture.height),
  };
}

interface Rect extends Area {
  x: number;
  y: number;
}

/** Margin around what is shown, in pixels of the screen. */
const AROUND = 24;

/** The shortest move after which all of this is in the window; if it is too large, its upper left. */
export function showing(camera: Camera, rect: Rect, view: Area): Camera {
  const around = AROUND / camera.zoom;
  const along = (value: number, shown: number, start: number, size: number) => {
    if (start - around < value) return start - around;
    if (start + size + around > value + shown) return Math.min(start - around, start + size + around - shown);
    return value;
  };
  return {
    ...camera,
    x: along(camera.x, view.width / camera.zoom, rect.x, rect.width),
    y: along(camera.y, view.height / camera.zoom, rect.y, rect.height),
  };
}

/** The visible part of the picture with a margin, in parts of the window. */
export function seen(camera: Camera, view: Area, around: number): Rect {
  const [width, height] = [view.width / camera.zoom, view.height / camera.zoom];
  return {
    x: camera.x - width * around,
    y: camera.y - height * around,
    width: width * (1 + 2 * around),
    height: height * (1 + 2 * around),
  };
}

/** The first contains all of the second. */
export function holds(a: Rect, b: Rect): boolean {
  return a.x <= b.x && a.y <= b.y && b.x + b.width <= a.x + a.width && b.y + b.height <= a.y + a.height;
}

/** The two overlap. */
export function meets(a: Rect, b: Rect): boolean {
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
}
