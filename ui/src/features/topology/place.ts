import type { ServerId } from "../../host/bindings";
import type { Query } from "../../shared/nav.svelte";
import { type Camera, LEAST_ZOOM, MOST_ZOOM } from "./camera";
import { GROUPINGS, type Grouping } from "./group";

/** The subject whose routes are drawn. */
export interface Subject {
  kind: "capability" | "rule";
  name: string;
}

/** The view of the picture: everything that its address contains. */
export interface Look {
  by: Grouping;
  filter: string;
  subject: Subject | null;
  down: readonly ServerId[];
  camera: Camera | null;
  table: boolean;
  opened: readonly string[];
}

/** Reads an address; missing and wrong values are left out. */
export function readLook(query: Query): Partial<Look> {
  const { by, q, call, rule, down, at, view, open } = query;
  const found: Partial<Look> = {};
  const grouping = GROUPINGS.find((one) => one === by);
  const camera = at === undefined ? null : readCamera(at);
  if (grouping) found.by = grouping;
  if (q !== undefined) found.filter = q;
  if (call) found.subject = { kind: "capability", name: call };
  if (rule) found.subject = { kind: "rule", name: rule };
  if (down) found.down = down.split(",").filter(Boolean);
  if (camera) found.camera = camera;
  if (view !== undefined) found.table = view === "table";
  if (open) found.opened = open.split("\n");
  return found;
}

/** The address of a view; default values are left out. */
export function writeLook({ by, filter, subject, down, camera, table, opened }: Look): Query {
  return {
    ...(by === "region" ? {} : { by }),
    ...(filter.trim() === "" ? {} : { q: filter }),
    ...(subject === null ? {} : { [subject.kind === "rule" ? "rule" : "call"]: subject.name }),
    ...(down.length === 0 ? {} : { down: down.join(",") }),
    ...(opened.length === 0 ? {} : { open: opened.join("\n") }),
    ...(table ? { view: "table" } : {}),
    ...(camera === null ? {} : { at: [camera.x, camera.y].map(Math.round).concat(round(camera.zoom)).join(",") }),
  };
}

const round = (zoom: number): number => Math.round(zoom * 1_000) / 1_000;

function readCamera(text: string): Camera | null {
  const [x, y, zoom] = text.split(",").map(Number);
  const camera = { x, y, zoom };
  return isCamera(camera) ? camera : null;
}

export function isCamera(value: unknown): value is Camera {
  if (typeof value !== "object" || value === null) return false;
  const { x, y, zoom } = value as Camera;
  return Number.isFinite(x) && Number.isFinite(y) && zoom >= LEAST_ZOOM && zoom <= MOST_ZOOM;
}
