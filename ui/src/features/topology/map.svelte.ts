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

/** What a person did to the picture: it stays while they are on another screen. */
class TopologyMap {
  by = $state<Grouping>(recall("topology.by", "region", isGrouping));
  /** The table instead of the picture. */
  table = $state(recall("topology.table", false, isTruth));
  /** Where one looks; absent before the first look. */
  camera = $state.raw<Camera | null>(recall<Camera | null>("topology.camera", null, isCameraOrNone));
  /** What calls are drawn of. */
  subject = $state.raw<Subject | null>(null);
  /** Servers that are taken to be down. */
  down = $state.raw<readonly ServerId[]>([]);
  layout = $state.raw<Layout | null>(null);
  /** How large the window of the picture is. */
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

  /** Nobody moved the picture since all of it was shown: it fits into a window of another size as well. */
  #isWhole = false;
  /** What the layout is of: another grouping or filter is another picture. */
  #key = "";
  /** The picture of all servers, and where one looked, while a filter shows some. */
  #whole: { key: string; layout: Layout; camera: Camera | null } | null = null;

  /** The server is there, and no filter hides it. */
  shows(id: ServerId): boolean {
    return core.rows.has(id) && (this.#matched === null || this.#matched.has(id));
  }

  /** Follows the servers: nobody moves, unless a person chose another picture. */
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

  /** Arranges all anew: the worst first. */
  arrange(): void {
    this.layout = arranged(this.groups, this.opened);
  }

  /** Whoever opens the screen sees the worst first. */
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

  /** Opens a closed box or closes it; it stays where one looks at it. */
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

  /** The picture stands still: where one looks is kept. */
  rest(): void {
    keep("topology.camera", this.camera);
  }

  /** The window has another size. Its first one is the moment of the first look. */
  resize(size: Area): void {
    const isFirst = this.size.width === 0 || this.size.height === 0;
    this.size = size;
    if (size.width === 0 || size.height === 0 || !this.layout) return;
    if (this.camera === null || this.#isWhole) this.overview();
    else if (isFirst) this.look(this.camera);
  }

  /** Another picture is looked at from its beginning. */
  overview(): void {
    if (this.layout && this.size.width > 0) this.look(first(this.layout, this.size, this.layout.folded), true);
  }

  fit(): void {
    if (this.layout && this.size.width > 0) this.look(fitted(this.layout, this.size), true);
  }

  /** Closer or farther, around a point of the window; its middle where none is given. */
  zoom(factor: number, at = { x: this.size.width / 2, y: this.size.height / 2 }): void {
    if (this.camera) this.look(zoomed(this.camera, factor, at));
  }

  pan(dx: number, dy: number): void {
    if (this.camera && this.layout) this.look(panned(this.camera, dx, dy, this.layout, this.size));
  }

  /** Moves as little as it must to show this. */
  show(rect: { x: number; y: number; width: number; height: number }): void {
    if (this.camera) this.look(showing(this.camera, rect, this.size));
  }

  /** One box as large as the window. */
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

  /** Down, or up again where all of them are down already. */
  togglePretended(ids: readonly ServerId[]): void {
    const isDown = ids.every((id) => this.down.includes(id));
    if (isDown) this.down = this.down.filter((id) => !ids.includes(id));
    else this.pretend(ids);
  }

  stopPretending(): void {
    this.down = [];
  }

  /** Asks where calls go; without a choice, of the server whose details are open. */
  ask(server: ServerId | null): void {
    flows.ask({ subject: this.subject, server, down: this.down });
  }

  /** Takes up what an address says; what it does not say is as it was. */
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
