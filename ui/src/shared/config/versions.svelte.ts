import type { ConfigVersion, ConfigVersionRow, DiffLine } from "../../host";
import { core } from "../../state/core.svelte";
import { difference } from "./text";

/** The versions of the file, and the one that is looked at. */
class Versions {
  rows = $state.raw<readonly ConfigVersionRow[] | null>(null);
  opened = $state.raw<ConfigVersion | null>(null);
  /** What it is compared with: the file, the version before, or another. */
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
