import type { ConfigSecretRow, ConfigSecrets } from "../../host";
import { draft } from "../../shared/config/draft.svelte";
import { core } from "../../state/core.svelte";

/** The secrets of the configuration, by the names in the draft; never the values themselves. */
class ConfigSecretList {
  all = $state.raw<ConfigSecrets | null>(null);
  rows: readonly ConfigSecretRow[] = $derived(this.all?.rows ?? []);
  /** Those that need the user's attention. */
  open = $derived(this.rows.filter(({ state }) => state === "missing" || state === "plain").length);

  async read(): Promise<void> {
    const text = draft.changed ? { text: draft.text } : {};
    this.all = await core.call("config_secrets", text);
  }
}

export const secrets = new ConfigSecretList();
