import type { ConfigDraft, ConfigProblem, ConfigStatus, ConfigVersion, ConfigVersionRow, DiffLine } from "../../host";
import { core } from "../../state/core.svelte";
import { sentence } from "../text";
import { type KeyNode, sectionName } from "./keys";
import { at, changes, idOf, type Path, said, same, within } from "./paths";
import { readTest, testWords } from "./tests";
import { difference } from "./text";

/** The content of the file, as it was last read. */
export interface Saved {
  text: string;
  base: string;
  values: unknown;
  draft: ConfigDraft;
}

/** A text that could be read, and the time. */
interface Good {
  draft: ConfigDraft;
  at: number;
}

/** What is known of the file and of its draft. Nothing here sends a request. */
export class Known {
  /** Every key, as a tree. */
  sections = $state.raw<readonly KeyNode[]>([]);
  status = $state.raw<ConfigStatus | null>(null);
  saved = $state.raw<Saved | null>(null);
  /** The text as it is edited. */
  text = $state("");
  /** The core's report on it, or on the text before the last letters. */
  read = $state.raw<ConfigDraft | null>(null);
  /** The last text that could be read: the forms show it. */
  good = $state.raw<Good | null>(null);
  /** Why an edit failed, by the place it was for. */
  refused = $state.raw<ReadonlyMap<string, string>>(new Map());

  changed = $derived(this.saved !== null && this.text !== this.saved.text);
  /** The settings that differ from the file. */
  changes: readonly Path[] = $derived(this.changed ? changes(this.saved?.values, this.good?.draft.values) : []);
  /** A draft that changes only text around the settings is one change. */
  count = $derived(this.changed ? Math.max(1, this.changes.length) : 0);
  readable = $derived(this.read === null || this.read.values !== null);
  /** The core's report is about the newest text. */
  fresh = $derived(this.read !== null && this.read.text === this.text);
  #told = $derived(this.read?.problems);
  problems: readonly ConfigProblem[] = $derived((this.#told ?? []).filter(({ severity }) => severity !== "no_effect"));
  /** Problems that the file does not have, errors first. */
  news = $derived.by(() => {
    const known = new Set((this.saved?.draft.problems ?? []).map(({ path, message }) => `${path} ${message}`));
    const news = this.problems.filter((one) => one.severity === "error" || !known.has(`${one.path} ${one.message}`));
    return news.sort((one, other) => Number(other.severity === "error") - Number(one.severity === "error"));
  });
  errors = $derived(this.problems.filter(({ severity }) => severity === "error"));
  values = $derived(this.good?.draft.values ?? null);
  /** The lines of every place, by its path. */
  #placed = $derived(this.good?.draft.places);
  places = $derived(new Map((this.#placed ?? []).map((place) => [idOf(place.path), place])));
  #said = $derived.by(() => {
    const by = new Map<string, ConfigProblem[]>();
    if (this.readable)
      for (const problem of this.problems) by.set(problem.path, [...(by.get(problem.path) ?? []), problem]);
    return by;
  });

  /** The value of the text at a place. */
  value(path: Path): unknown {
    return at(this.values, path);
  }

  /** Whether a place, or anything below it, differs from the file. */
  differs(path: Path): boolean {
    return this.changed && !same(at(this.saved?.values, path), this.value(path));
  }

  /** The reader's report on a place. */
  problemsAt(path: Path): readonly ConfigProblem[] {
    return this.#said.get(said(path)) ?? [];
  }

  /** The whole section of a place has no effect yet: that is shown once, above it. */
  isWithoutEffect(path: Path): boolean {
    return this.sections.find(({ name }) => name === path[0])?.key.no_effect === true;
  }

  /** The reader's report on a place, and on all below it. */
  problemsWithin(path: Path): readonly ConfigProblem[] {
    const name = said(path);
    const below = (other: string) => other === name || other.startsWith(`${name}.`) || other.startsWith(`${name}[`);
    return this.problems.filter((problem) => below(problem.path));
  }

  /** A problem as it is shown: a routing test is named with its expectation. */
  wordsOf({ path, message }: ConfigProblem): string {
    const number = /^routing_tests\[(\d+)\]$/.exec(path)?.[1];
    const test = number === undefined ? null : readTest(this.value(["routing_tests", Number(number)]));
    return test
      ? `Routing test ${Number(number) + 1}, ${testWords(test)}, fails: ${sentence(message)}`
      : sentence(message);
  }

  /** The section of a problem; for a text that cannot be read, by the line before. */
  sectionOf({ path, line }: ConfigProblem): string {
    const key = path === "" ? this.placeAt(line)?.[0] : /^[^.[]+/.exec(path)?.[0];
    return String(key ?? "");
  }

  /** The deepest place on this line. */
  placeAt(line: number): Path | null {
    let found: Path | null = null;
    for (const place of this.good?.draft.places ?? []) {
      if (place.line <= line && line <= place.end && (found === null || within(place.path, found))) found = place.path;
    }
    return found;
  }

  /** The changed settings, by name and without a value. */
  label(): string {
    const [first, second] = this.changes;
    if (!first) return "";
    const section = sectionName(String(first[0]));
    if (!second) return `${section}: ${said(first.slice(1)) || "changed"}`;
    const sections = [...new Set(this.changes.map(([key]) => sectionName(String(key))))];
    return `${sections.slice(0, 3).join(", ")}: ${this.changes.length} changes`;
  }
}

/** The versions of the file, and the shown one. */
class Versions {
  rows = $state.raw<readonly ConfigVersionRow[] | null>(null);
  opened = $state.raw<ConfigVersion | null>(null);
  /** It is compared with: the file, the version before, or another. */
  against = $state<"file" | "before" | number>("file");
  #other = $state.raw<ConfigVersion | null>(null);

  current = $derived(this.rows?.find((row) => row.current) ?? null);
  newest = $derived(this.rows?.[0]?.version ?? null);
  lines: readonly DiffLine[] = $derived.by(() => {
    if (!this.opened) return [];
    if (this.against === "before") return this.opened.diff;
    if (this.against === "file") return this.opened.restoring;
    return this.#other ? difference(this.#other.text, this.opened.text) : [];
  });

  async read(): Promise<void> {
    this.rows = (await core.call("config_versions", {})).versions;
    if (this.opened) await this.open(this.opened.row.version);
  }

  async open(version: number): Promise<void> {
    this.opened = await core.call("config_version", { version });
  }

  async compare(against: "file" | "before" | number): Promise<void> {
    this.#other = typeof against === "number" ? await core.call("config_version", { version: against }) : null;
    this.against = against;
  }
}

export const versions = new Versions();
