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

/** What somebody else made of the file while it was edited here. */
export interface OnDisk {
  theirs: Saved;
  at: number;
  /** A save was refused because of it. */
  refused: boolean;
}

/** Edits that belong together, and where what is wrong with them is said. */
interface Group {
  edits: ConfigEdit[];
  path: Path;
  /** Letter by letter: what goes on is one step, and the newest is the one that counts. */
  isTyped: boolean;
}

/** Calls that are not made, and who wants to know where they would go. */
export interface Trial {
  calls: () => RouteArgs | null;
  tried: (calls: RouteArgs, text: string, result: RouteResult) => void;
}

/** Where the eye is, and on which side. */
export interface Spot {
  path: Path;
  side: "form" | "file";
}

/** The configuration's file as it is edited here: one text, whoever changes it. */
class Draft extends Known {
  /** Why the file could not be read at all. */
  trouble = $state.raw<CallError | null>(null);
  disk = $state.raw<OnDisk | null>(null);
  spot = $state.raw<Spot | null>(null);
  /** Where the caret is to go. */
  jump = $state.raw<{ line: number; column: number } | null>(null);
  /** Somebody is being asked, or will be. */
  working = $state(false);
  canUndo = $state(false);
  canRedo = $state(false);
  /** Something was typed into the text itself since it was saved. */
  typed = $state(false);
  /** The newest change was typed: what is wrong with it is told beside the text. */
  typing = $state(false);

  /** Calls that are tried under each draft, in the same question: what comes of a key is drawn once. */
  trial: Trial | null = null;

  #past = new Past();
  /** What somebody else wrote and the person said to leave alone, by its base: it is not told again. */
  #left: string | null = null;
  #groups: Group[] = [];
  #seen = 0;
  #running: Promise<void> | null = null;

  /** My text with what is on disk, and how many of my changes it leaves out; absent when nobody else wrote. */
  merged = $derived(this.disk ? merge(this.saved?.text ?? "", this.text, this.disk.theirs.text) : null);
  /** Reads the file, and what its keys are; what is drafted stays. */
  async open(): Promise<void> {
    try {
      const keys = this.sections.length === 0 ? core.call("config_keys", {}) : null;
      const [described] = await Promise.all([keys, this.saved === null ? this.#load() : this.look()]);
      if (described) this.sections = tree(described.keys);
      this.trouble = null;
      // What was not asked while nobody answered is asked now.
      this.#ask();
    } catch (thrown) {
      this.trouble = asCallError(thrown);
    }
  }

  /** Takes the file as it is. */
  async #load(): Promise<void> {
    const [status, file] = await Promise.all([core.call("config", {}), this.#file()]);
    this.status = status;
    this.#take(file);
  }

  async #file(): Promise<Saved> {
    const draft = await core.call("config_draft", {});
    // Where no file is, the core begins one; what is edited is nothing yet.
    const text = draft.base === "none" ? "" : draft.text;
    return { text, base: draft.base, values: draft.values, draft: { ...draft, text } };
  }

  #take(file: Saved): void {
    this.saved = file;
    this.text = file.text;
    this.disk = null;
    this.#left = null;
    this.refused = new Map();
    this.typed = false;
    this.#past.forget();
    this.#groups = [];
    this.#tell();
    this.#took(file.draft);
  }

  /** Looks whether somebody else wrote the file. Says whether what they wrote was loaded. */
  async look(): Promise<boolean> {
    const status = await core.call("config", {});
    this.status = status;
    if (this.#isKnown(status.base)) return false;
    const theirs = await this.#file();
    // A save was refused meanwhile, or the person decided: that stands.
    if (this.#isKnown(theirs.base)) return false;
    if (!this.changed) {
      this.#take(theirs);
      return true;
    }
    this.#meet(theirs, false);
    return false;
  }

  /** Whether the person was told of this text, or it is the one that the draft began with. */
  #isKnown(base: string): boolean {
    return base === (this.disk?.theirs.base ?? this.#left ?? this.saved?.base);
  }

  /** Puts what is on disk beside the draft. */
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

  /** A save was refused: the file is another. */
  async conflict(): Promise<void> {
    const theirs = await this.#file();
    this.#meet(theirs, true);
  }

  /** Loads what is on disk; of the draft stays what does not meet it. */
  loadTheirs(): void {
    const merged = this.merged;
    if (!this.disk || !merged) return;
    this.saved = this.disk.theirs;
    this.disk = null;
    this.#left = null;
    this.#write(merged.text, "load", true);
    this.#ask();
  }

  /** Goes on with the draft. Once a save was refused, the next one is meant to replace theirs. */
  keepMine(): void {
    if (!this.disk) return;
    if (this.disk.refused) this.saved = this.disk.theirs;
    this.#left = this.disk.refused ? null : this.disk.theirs.base;
    this.disk = null;
    this.#ask(true);
  }

  /** Takes what was typed into the text. */
  type(typed: readonly Typed[]): void {
    this.typed = true;
    this.typing = true;
    this.#write(typedInto(this.text, typed), "typing");
    this.#ask();
  }

  /** Makes another text of it: what was before can be had again. */
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

  /** Says at a place why nothing was made of what was written there. */
  refuse(path: Path, why: string): void {
    this.refused = new Map([...this.refused, [idOf(path), why]]);
  }

  /** Sets a setting, or all below it, back to what the file says. */
  reset(path: Path): void {
    const was = at(this.saved?.values, path);
    if (was === undefined) this.#removeUpwards(path);
    else this.set(path, was);
  }

  /** What a setting was put into goes with it, when nothing else is left there and the file had it not. */
  #removeUpwards(path: Path): void {
    let gone = path;
    while (gone.length > 1) {
      const above = gone.slice(0, -1);
      const holder = this.value(above);
      const alone = typeof holder === "object" && holder !== null && Object.keys(holder).length === 1;
      // An item, or a name that a person chose, stays without anything in it.
      const isSection = nodeAt(this.sections, above)?.key.kind === "section";
      if (!alone || !isSection || at(this.saved?.values, above) !== undefined) break;
      gone = above;
    }
    this.remove(gone);
  }

  /** Throws the draft away; that, too, can be taken back. */
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

  /** A field has the keyboard: its lines are marked. */
  lookAt(path: Path): void {
    if (this.spot?.side === "form" && idOf(this.spot.path) === idOf(path)) return;
    this.spot = { path, side: "form" };
  }

  /** Shows a line in the file, and gives it the keyboard. The file stands on the screen of the settings. */
  goTo(line: number, column = 1): void {
    this.jump = { line, column };
    if (nav.place.screen !== "settings") nav.go("settings", String(this.placeAt(line)?.[0] ?? ""));
  }

  /** Waits until the core has said what it has to say of the newest text. */
  async settled(): Promise<void> {
    while (this.#running) await this.#running;
  }

  /** Saves the draft. Throws what the core answers. */
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
    // What was typed while it was saved is the next draft.
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
    this.working = true;
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
    } finally {
      this.working = false;
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
      // The text was written in meanwhile: the edit is made in what it is now.
      if (this.text !== text) return void this.#groups.unshift(group);
      this.refused = without(this.refused, id);
      const back = this.saved && !this.typed && same(draft.values ?? {}, this.saved.values ?? {});
      this.#write(back && this.saved ? this.saved.text : draft.text, `edit ${id}`, !group.isTyped);
      this.#took(back && this.saved ? this.saved.draft : draft);
      if (calls && !back) this.#tried(calls, draft.text, draft);
    } catch (thrown) {
      const error = asCallError(thrown);
      if (error.code !== "invalid_arguments" && error.code !== "invalid_file") {
        // Nobody answered: it is made when somebody does.
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
    // Nothing of mine is left that theirs could meet.
    if (this.disk && !this.changed) this.loadTheirs();
    if (!this.changed) this.#left = null;
    // Somebody else wrote the file: that is told by an event as well, which may come later.
    if (this.saved && !this.#isKnown(draft.base)) void this.look().catch(() => {});
  }
}

function without(map: ReadonlyMap<string, string>, key: string): ReadonlyMap<string, string> {
  return map.has(key) ? new Map([...map].filter(([other]) => other !== key)) : map;
}

/** The draft of this page; it outlives the screen. */
export const draft = new Draft();

// Closing the page would lose it, on whatever screen one is: the browser asks, and so does the window.
addEventListener("beforeunload", (event) => {
  if (draft.changed) event.preventDefault();
});
$effect.root(() => {
  $effect(() => host.closing?.unsaved(draft.changed));
});
host.closing?.onAsk(() => {
  // Said again, so that the window knows that somebody asks.
  host.closing?.unsaved(draft.changed);
  if (draft.changed) dialogs.open("closing");
  else host.closing?.close();
});
