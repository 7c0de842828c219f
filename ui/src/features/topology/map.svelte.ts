import { untrack } from "svelte";
import type { ServerId } from "../../host";
import { filtering } from "../../shared/filter/filtering.svelte";
import type { Query } from "../../shared/nav.svelte";
import { keep, recall } from "../../shared/persist";
import { core } from "../../state/core.svelte";
import { type Area, type Camera, first, fitted, panned, showing, within, zoomed } from "./camera";
import { flows } from "./flow.svelte";
import { GROUPINGS, type Grouping, groupsOf } from "./group";
import { kept } from "./kept";
import { arranged, carried, type Layout, toggled } from "./layout";
import { nodesOf } from "./model";
import { isCamera, type Look, readLook, type Subject, writeLook } from "./place";
import { spotsOf } from "./spots";

const isGrouping = (value: unknown): value is Grouping => GROUPINGS.includes(value as Grouping);
const isTruth = (value: unknown): value is boolean => typeof value === "boolean";
const isCameraOrNone = (value: unknown): value is Camera | null => value === null || isCamera(value);

/** The user's view of the picture: kept while another screen is open. */
class TopologyMap {
  by = $state<Grouping>(recall("topology.by", "region", isGrouping));
  /** The table instead of the picture. */
  table = $state(recall("topology.table", false, isTruth));
  /** The view; absent before the first one. */
  camera = $state.raw<Camera | null>(recall<Camera | null>("topology.camera", null, isCameraOrNone));
  /** The subject whose routes are drawn. */
  subject = $state.raw<Subject | null>(null);
  /** Servers assumed to be down. */
  down = $state.raw<readonly ServerId[]>([]);
  layout = $state.raw<Layout | null>(null);
  /** The size of the picture's window. */
  size = $state.raw<Area>({ width: 0, height: 0 });
  /** Boxes that were opened, where boxes are closed. */
  opened = $state.raw<ReadonlySet<string>>(new Set());

  #nodes = $derived(nodesOf([...core.rows.values()]));
  #matched = $derived(filtering.matched === null ? null : new Set(filtering.matched));
  #kept = $derived(kept(this.#nodes, this.#matched));
  hidden = $derived(this.#kept.hidden);
  count = $derived(this.#kept.nodes.length);
  groups = $derived(groupsOf(this.#kept.nodes, this.by));
  spots = $derived(this.layout ? spotsOf(this.layout, this.groups) : []);
  boxes = $derived(new Map(this.groups.map((group) => [group.key, group])));

  /** The user has not moved the picture since all of it was shown: it follows the size of the window. */
  #isWhole = false;
  /** What the layout shows: another grouping or filter is another picture. */
  #key = "";
  /** The picture of all servers with its view, kept while a filter is on. */
  #whole: { key: string; layout: Layout; camera: Camera | null } | null = null;

  /** The server exists, and no filter hides it. */
  shows(id: ServerId): boolean {
    return core.rows.has(id) && (this.#matched === null || this.#matched.has(id));
  }

  /** Follows the servers: nothing moves, unless the user chose another picture. */
  settle(): void {
    const groups = this.groups;
    const filter = filtering.on ? filtering.answered : "";
    const key = `${this.by} ${filter}`;
    if (this.layout && key === this.#key) {
      this.layout = carried(this.layout, groups);
      if (this.layout.boxes.length > 0 || groups.length === 0) return;
    }
    const [isFirst, before] = [this.layout === null || this.layout.boxes.length === 0, this.#key];
    const whole = this.#whole;
    if (this.layout && !isFirst && before === `${this.by} `)
      this.#whole = { key: before, layout: this.layout, camera: this.camera };
    this.#key = key;
    if (whole && whole.key === key) {
      this.layout = carried(whole.layout, groups);
      if (whole.camera) this.look(whole.camera);
      return;
    }
    this.layout = arranged(groups, this.opened);
    if (!isFirst || this.camera === null) this.overview();
  }

  /** Arranges everything again, the worst first. */
  arrange(): void {
    this.layout = arranged(this.groups, this.opened);
  }

  /** When the screen is opened, the worst servers come first. */
  renew(): void {
    this.layout = null;
    this.#key = "";
    this.#whole = null;
  }

  group(by: Grouping): void {
    this.by = by;
    this.opened = new Set();
    keep("topology.by", by);
  }

  showTable(on: boolean): void {
    this.table = on;
    keep("topology.table", on);
  }

  /** Opens a closed box or closes it; it stays at its place in the window. */
  toggle(key: string): void {
    if (!this.layout) return;
    const before = this.layout.boxes.find((box) => box.key === key);
    this.layout = toggled(this.layout, this.groups, key);
    const after = this.layout.boxes.find((box) => box.key === key);
    const opened = new Set(this.opened);
    if (after?.open) opened.add(key);
    else opened.delete(key);
    this.opened = opened;
    if (before && after && this.camera) {
      this.look({ ...this.camera, x: this.camera.x + after.x - before.x, y: this.camera.y + after.y - before.y });
    }
  }

  look(camera: Camera, isWhole = false): void {
    this.#isWhole = isWhole;
    this.camera = this.layout ? within(camera, this.layout, this.size) : camera;
  }

  /** The picture is still: the view is stored. */
  rest(): void {
    keep("topology.camera", this.camera);
  }

  /** The window has another size. With its first size the first view is set. */
  resize(size: Area): void {
    const isFirst = this.size.width === 0 || this.size.height === 0;
    this.size = size;
    if (size.width === 0 || size.height === 0 || !this.layout) return;
    if (this.camera === null || this.#isWhole) this.overview();
    else if (isFirst) this.look(this.camera);
  }

  /** Another picture is shown from its beginning. */
  overview(): void {
    if (this.layout && this.size.width > 0) this.look(first(this.layout, this.size, this.layout.folded), true);
  }

  fit(): void {
    if (this.layout && this.size.width > 0) this.look(fitted(this.layout, this.size), true);
  }

  /** Zooms in or out, around a point of the window, by default its middle. */
  zoom(factor: number, at = { x: this.size.width / 2, y: this.size.height / 2 }): void {
    if (this.camera) this.look(zoomed(this.camera, factor, at));
  }

  pan(dx: number, dy: number): void {
    if (this.camera && this.layout) this.look(panned(this.camera, dx, dy, this.layout, this.size));
  }

  /** Moves the picture just as far as needed to show this. */
  show(rect: { x: number; y: number; width: number; height: number }): void {
    if (this.camera) this.look(showing(this.camera, rect, this.size));
  }

  /** Zooms one box to the size of the window. */
  showBox(rect: { x: number; y: number; width: number; height: number }): void {
    const camera = fitted(rect, this.size);
    this.look({ ...camera, x: camera.x + rect.x, y: camera.y + rect.y });
  }

  choose(subject: Subject | null): void {
    this.subject = subject;
    if (subject === null) this.down = [];
  }

  pretend(ids: readonly ServerId[]): void {
    this.down = [...new Set([...this.down, ...ids])];
  }

  /** Assumes these servers to be down, or up again if all of them are down already. */
  togglePretended(ids: readonly ServerId[]): void {
    const isDown = ids.every((id) => this.down.includes(id));
    if (isDown) this.down = this.down.filter((id) => !ids.includes(id));
    else this.pretend(ids);
  }

  stopPretending(): void {
    this.down = [];
  }

  /** Asks where calls go; without a choice, for the server whose details are open. */
  ask(server: ServerId | null): void {
    flows.ask({ subject: this.subject, server, down: this.down });
  }

  /** Sets the view from an address; what it does not contain stays as it was. */
  take(query: Query): void {
    const look = readLook(query);
    untrack(() => {
      if (look.by) this.by = look.by;
      if (look.filter !== undefined && look.filter !== filtering.text) filtering.set(look.filter);
      if (look.opened) this.opened = new Set(look.opened);
      if (look.camera) this.camera = look.camera;
      if (look.table !== undefined) this.table = look.table;
      if (look.subject) this.subject = look.subject;
      if (look.down) this.down = look.down;
    });
  }

  /** The address of what is shown. */
  query(): Query {
    const look: Look = {
      by: this.by,
      filter: filtering.text,
      subject: this.subject,
      down: this.down,
      camera: this.camera,
      table: this.table,
      opened: [...this.opened],
    };
    return writeLook(look);
  }
}

/** The picture. */
export const map = new TopologyMap();
