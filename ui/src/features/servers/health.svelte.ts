import type { Differences, HealthReport, ServerHealth, ServerHistory, ServerId } from "../../host";
import { core } from "../../state/core.svelte";

/** The present and former health of one server, as its drawer shows it. */
export class HealthView {
  /** The rules it is measured by. */
  rules = $state.raw<HealthReport | null>(null);
  /** The last round of checks. */
  now = $state.raw<ServerHealth | null>(null);
  /** Its history. */
  history = $state.raw<ServerHistory | null>(null);

  /** The tools that the server lists, if they differ from the accepted ones. */
  differences: Differences | null = $derived(this.now?.checks.find((check) => check.details)?.details ?? null);

  #id: ServerId | null = null;

  /** Reads it again. A failure is not reported: the page shows why the core does not answer. */
  async read(id: ServerId): Promise<void> {
    if (this.#id !== id) this.#clear(id);
    const [report, history] = await Promise.allSettled([
      core.call("health", { ids: [id] }),
      core.call("history", { server: id }),
    ]);
    if (this.#id !== id) return;
    if (report.status === "fulfilled") {
      this.rules = report.value;
      this.now = report.value.servers[0] ?? null;
    }
    if (history.status === "fulfilled") this.history = history.value;
  }

  #clear(id: ServerId): void {
    this.#id = id;
    this.rules = null;
    this.now = null;
    this.history = null;
  }
}
