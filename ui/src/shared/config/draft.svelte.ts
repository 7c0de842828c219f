import {
  asCallError,
  type CallError,
  type ConfigDraft,
  type ConfigEdit,
  host,
  type RouteArgs,
  type RouteResult,
} from "../../host";
import { core } from "../../state/core.svelte";
import { dialogs } from "../dialogs/dialogs.svelte";
import { nav } from "../nav.svelte";
import { nodeAt, tree } from "./keys";
import { Known, type Saved } from "./known.svelte";
import { at, idOf, type Path, same, sharing } from "./paths";
import { merge, Past, type Typed, typedInto } from "./text";

/** A change of the file by another program while it was edited here. */
export interface OnDisk {
  theirs: Saved;
  at: number;
  /** A save was refused because of it. */
  refused: boolean;
}

/** Edits that belong together, and the place where an error in them is shown. */
interface Group {
  edits: ConfigEdit[];
  path: Path;
  /** Typed letter by letter: further typing is one step, and the newest edit counts. */
  isTyped: boolean;
}

/** Simulated calls, and who receives the results. */
export interface Trial {
  calls: () => RouteArgs | null;
  tried: (calls: RouteArgs, text: string, result: RouteResult) => void;
}

/** The line in view, and on which side. */
export interface Spot {
  path: Path;
  side: "form" | "file";
}

/** The configuration's file as it is edited here: one text for the editor and all forms. */
class Draft extends Known {
  /** Why the file could not be read at all. */
  trouble = $state.raw<CallError | null>(null);
  disk = $state.raw<OnDisk | null>(null);
  spot = $state.raw<Spot | null>(null);
  /** The place to which the caret should go. */
  jump = $state.raw<{ line: number; column: number } | null>(null);
  canUndo = $state(false);
  canRedo = $state(false);
  /** The text itself was edited since it was saved. */
  typed = $state(false);
  /** The newest change was typed: its errors are shown beside the text. */
  typing = $state(false);

  /** Calls that are simulated with each draft, in the same request: the results of a key press are drawn once. */
  trial: Trial | null = null;

  #past = new Past();
  /** The change of another program that the user chose to ignore, by its base: it is not reported again. */
  #left: string | null = null;
  #groups: Group[] = [];
  #seen = 0;
  #running: Promise<void> | null = null;
  #loading: Promise<void> | null = null;

  /** My text merged with the one on disk, and how many of my changes that drops; absent if no other program wrote. */
  merged = $derived(this.disk ? merge(this.saved?.text ?? "", this.text, this.disk.theirs.text) : null);
  /** Reads the file and its keys; the draft stays. */
  async open(): Promise<void> {
    try {
      const keys = this.sections.length === 0 ? core.call("config_keys", {}) : null;
      const [described] = await Promise.all([keys, this.#read()]);
      if (described) this.sections = tree(described.keys);
      this.trouble = null;
      // Requests that were held while the core did not answer are sent now.
      this.#ask();
    } catch (thrown) {
      this.trouble = asCallError(thrown);
    }
  }

  /** Loads the file, or checks whether it changed. Loaded twice at once, it would come a second time over the first edits. */
  async #read(): Promise<unknown> {
    await this.#loading?.catch(() => {});
    if (this.saved !== null) return this.look();
    this.#loading = this.#load().finally(() => {
      this.#loading = null;
    });
    return this.#loading;
  }

  /** Loads the file as it is. */
  async #load(): Promise<void> {
    const [status, file] = await Promise.all([core.call("config", {}), this.#file()]);
    this.status = status;
    this.#take(file);
  }

  async #file(): Promise<Saved> {
    const draft = await core.call("config_draft", {});
    // If there is no file, the core creates one; nothing is edited yet.
    const text = draft.base === "none" ? "" : draft.text;
    return { text, base: draft.base, values: draft.values, draft: { ...draft, text } };
  }

  /** Takes over the file as it is. Edits that wait for the core are made in it. */
  #take(file: Saved): void {
    this.saved = file;
    this.text = file.text;
    this.disk = null;
    this.#left = null;
    this.refused = new Map();
    this.typed = false;
    this.#past.forget();
    this.#tell();
    this.#took(file.draft);
  }

  /** Checks whether another program wrote the file. Returns whether its text was loaded. */
  async look(): Promise<boolean> {
    const status = await core.call("config", {});
    this.status = status;
    if (this.#isKnown(status.base)) return false;
    const theirs = await this.#file();
    // A save was refused meanwhile, or the user decided: that holds.
    if (this.#isKnown(theirs.base)) return false;
    if (!this.changed) {
      this.#take(theirs);
      return true;
    }
    this.#meet(theirs, false);
    return false;
  }

  /** Whether the user knows this text, or the draft began with it. */
  #isKnown(base: string): boolean {
    return base === (this.disk?.theirs.base ?? this.#left ?? this.saved?.base);
  }

  /** Shows the text on disk beside the draft. */
  #meet(theirs: Saved, refused: boolean): void {
    if (theirs.text === this.text) {
      this.#take(theirs);
      return;
    }
    this.#left = null;
    if (theirs.base === this.saved?.base) {
      this.disk = null;
      return;
    }
    this.disk = { theirs, at: Date.now(), refused };
  }

  /** A save was refused: the file changed. */
  async conflict(): Promise<void> {
    const theirs = await this.#file();
    this.#meet(theirs, true);
  }

  /** Loads the text on disk; changes of the draft stay if they do not conflict. */
  loadTheirs(): void {
    const merged = this.merged;
    if (!this.disk || !merged) return;
    this.saved = this.disk.theirs;
    this.disk = null;
    this.#left = null;
    this.#write(merged.text, "load", true);
    this.#ask();
  }

  /** Keeps the draft. If a save was refused, the next one replaces their text. */
  keepMine(): void {
    if (!this.disk) return;
    if (this.disk.refused) this.saved = this.disk.theirs;
    this.#left = this.disk.refused ? null : this.disk.theirs.base;
    this.disk = null;
    this.#ask(true);
  }

  /** Takes over what was typed into the text. */
  type(typed: readonly Typed[]): void {
    this.typed = true;
    this.typing = true;
    this.#write(typedInto(this.text, typed), "typing");
    this.#ask();
  }

  /** Replaces the text; the former one can be restored. */
  replace(text: string, what = "text"): void {
    this.#write(text, what, true);
    this.#ask();
  }

  /** Edits settings: one after the other, and as one step. */
  edit(edits: ConfigEdit[], path: Path, isTyped = false): void {
    this.typing = false;
    const last = this.#groups.at(-1);
    if (isTyped && last?.isTyped && idOf(last.path) === idOf(path)) last.edits = edits;
    else this.#groups.push({ edits, path, isTyped });
    this.#ask();
  }

  set(path: Path, value: unknown, isTyped = false): void {
    this.edit([{ op: "set", path: [...path], value }], path, isTyped);
  }

  remove(path: Path): void {
    if (this.value(path) === undefined) return;
    this.edit([{ op: "remove", path: [...path] }], path);
  }

  /** Reports at a place why its input was not used. */
  refuse(path: Path, why: string): void {
    this.refused = new Map([...this.refused, [idOf(path), why]]);
  }

  /** Sets a setting, or all below it, back to the value in the file. */
  reset(path: Path): void {
    const was = at(this.saved?.values, path);
    if (was === undefined) this.#removeUpwards(path);
    else this.set(path, was);
  }

  /** A parent key is removed with its last setting if the file does not have it. */
  #removeUpwards(path: Path): void {
    let gone = path;
    while (gone.length > 1) {
      const above = gone.slice(0, -1);
      const holder = this.value(above);
      const alone = typeof holder === "object" && holder !== null && Object.keys(holder).length === 1;
      // An item, or a name that the user chose, stays even when it is empty.
      const isSection = nodeAt(this.sections, above)?.key.kind === "section";
      if (!alone || !isSection || at(this.saved?.values, above) !== undefined) break;
      gone = above;
    }
    this.remove(gone);
  }

  /** Discards the draft; that can be undone, too. */
  discard(): void {
    if (!this.saved) return;
    this.#groups = [];
    this.refused = new Map();
    this.replace(this.saved.text, "discard");
  }

  undo(): boolean {
    return this.#turn(this.#past.undo(this.text));
  }

  redo(): boolean {
    return this.#turn(this.#past.redo(this.text));
  }

  #turn(text: string | null): boolean {
    if (text === null) return false;
    this.text = text;
    this.refused = new Map();
    this.#tell();
    this.#ask();
    return true;
  }

  /** A field has the focus: its lines are marked. */
  lookAt(path: Path): void {
    if (this.spot?.side === "form" && idOf(this.spot.path) === idOf(path)) return;
    this.spot = { path, side: "form" };
  }

  /** Shows a line in the file, and moves the focus there. The file is shown on the Settings screen. */
  goTo(line: number, column = 1): void {
    this.jump = { line, column };
    if (nav.place.screen !== "settings") nav.go("settings", String(this.placeAt(line)?.[0] ?? ""));
  }

  /** Waits until the core has answered for the newest text. */
  async settled(): Promise<void> {
    while (this.#running) await this.#running;
  }

  /** Saves the draft. Throws the core's error. */
  async save(note: string): Promise<{ version: number; undo: number | null; late: number | null }> {
    const by = core.face === "desktop" ? "window" : "browser";
    const label = note.trim() || this.label();
    const text = this.text;
    const done = await core.call("config_save", {
      text,
      base: this.saved?.base ?? "none",
      by,
      ...(label ? { label } : {}),
    });
    this.status = await core.call("config", {});
    // What was typed during the save is the next draft.
    const draft = await core.call("config_draft", {});
    this.saved = { text: done.text, base: done.base, values: draft.values, draft };
    this.#left = null;
    if (this.text === text) this.#take(this.saved);
    else this.#ask(true);
    return done;
  }

  #write(text: string, what: string, apart = false): void {
    if (text === this.text) return;
    this.#past.keep(this.text, apart ? `${what} ${++this.#seen}` : what, Date.now());
    this.text = text;
    this.#tell();
  }

  #tell(): void {
    this.canUndo = this.#past.canUndo;
    this.canRedo = this.#past.canRedo;
  }

  /** Asks the core about the text until it has answered for the newest. */
  #ask(again = false): void {
    if (again) this.read = this.read && { ...this.read, text: `${this.read.text}\0` };
    this.#running ??= this.#work().finally(() => {
      this.#running = null;
    });
  }

  async #work(): Promise<void> {
    try {
      for (;;) {
        const group = this.#groups.shift();
        const text = this.text;
        if (group) await this.#carryOut(group);
        else if (this.read?.text !== text) await this.#readAgain(text);
        else break;
      }
      this.trouble = null;
    } catch (thrown) {
      this.trouble = asCallError(thrown);
    }
  }

  async #readAgain(text: string): Promise<void> {
    const calls = this.trial?.calls() ?? null;
    const draft = await core.call("config_draft", { ...this.#asked(text), ...(calls ? { route: calls } : {}) });
    this.#took(draft, text);
    if (calls) this.#tried(calls, text, draft);
  }

  #tried(calls: RouteArgs, text: string, { route }: ConfigDraft): void {
    if (route) this.trial?.tried(calls, text, route);
  }

  #asked(text: string): { text?: string } {
    return text === "" && this.saved?.base === "none" ? {} : { text };
  }

  async #carryOut(group: Group): Promise<void> {
    const text = this.text;
    const id = idOf(group.path);
    const calls = this.trial?.calls() ?? null;
    try {
      const asked = { ...this.#asked(text), edits: group.edits, ...(calls ? { route: calls } : {}) };
      const draft = await core.call("config_draft", asked);
      // The text changed meanwhile: the edit is repeated in the new one.
      if (this.text !== text) return void this.#groups.unshift(group);
      this.refused = without(this.refused, id);
      const back = this.saved && !this.typed && same(draft.values ?? {}, this.saved.values ?? {});
      this.#write(back && this.saved ? this.saved.text : draft.text, `edit ${id}`, !group.isTyped);
      this.#took(back && this.saved ? this.saved.draft : draft);
      if (calls && !back) this.#tried(calls, draft.text, draft);
    } catch (thrown) {
      const error = asCallError(thrown);
      if (error.code !== "invalid_arguments" && error.code !== "invalid_file") {
        // No answer: it is repeated when the core answers.
        this.#groups.unshift(group);
        throw error;
      }
      this.refused = new Map([...this.refused, [id, error.message]]);
    }
  }

  #took(draft: ConfigDraft, text = draft.text): void {
    const values = sharing(this.good?.draft.values, draft.values);
    const problems = sharing(this.read?.problems, draft.problems) as ConfigDraft["problems"];
    const places = sharing(this.good?.draft.places, draft.places) as ConfigDraft["places"];
    this.read = { ...draft, values, problems, places, text };
    if (draft.values !== null || this.good === null) this.good = { draft: this.read, at: Date.now() };
    // No change of mine is left that could conflict.
    if (this.disk && !this.changed) this.loadTheirs();
    if (!this.changed) this.#left = null;
    // Another program wrote the file: an event reports that as well, and can arrive later.
    if (this.saved && !this.#isKnown(draft.base)) void this.look().catch(() => {});
  }
}

function without(map: ReadonlyMap<string, string>, key: string): ReadonlyMap<string, string> {
  return map.has(key) ? new Map([...map].filter(([other]) => other !== key)) : map;
}

/** The draft of this page; it outlives the screen. */
export const draft = new Draft();

// Closing the page would lose it, on any screen: the browser asks, and so does the window.
addEventListener("beforeunload", (event) => {
  if (draft.changed) event.preventDefault();
});
$effect.root(() => {
  $effect(() => host.closing?.unsaved(draft.changed));
});
host.closing?.onAsk(() => {
  // Read again, so that the window knows when to ask.
  host.closing?.unsaved(draft.changed);
  if (draft.changed) dialogs.open("closing");
  else host.closing?.close();
});
