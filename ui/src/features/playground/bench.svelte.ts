import { asCallError, type ServerId } from "../../host";
import { isObject, readObject } from "../../shared/json";
import { handle } from "../../shared/latest";
import { keep, recall } from "../../shared/persist";
import { core } from "../../state/core.svelte";
import { withoutSecrets } from "./form/shape";
import { prefill } from "./form/start";
import { type Ending, type Entry, forget, pin, recallHistory, remember } from "./history";

/** A call that is under way. */
export interface Running {
  call: string;
  at: number;
  tool: string;
  /** Absent (`null`): any server that offers it. */
  server: ServerId | null;
  cancelling: boolean;
}

/** Arguments that are remembered. */
const MAX_DRAFTS = 100;
/** Seconds a call may take unless its rule or the user sets another limit; the core's own default. */
const TIMEOUT = 30;

const isDrafts = (value: unknown): value is Record<string, string> =>
  isObject(value) && Object.values(value).every((text) => typeof text === "string");
const isSeconds = (value: unknown): value is number => typeof value === "number" && value > 0;
const isTab = (value: unknown): value is "form" | "json" => value === "form" || value === "json";

/** The tool that is tried out, with its arguments: kept across screens and a restart. */
class Bench {
  timeout = $state(recall("playground.timeout", TIMEOUT, isSeconds));
  tab = $state(recall("playground.tab", "form", isTab));
  running = $state.raw<Running | null>(null);
  /** The call whose result is shown. */
  shown = $state.raw<Entry | null>(null);
  history = $state.raw<readonly Entry[]>(recallHistory());

  #drafts = $state.raw<Record<string, string>>(recall("playground.drafts", {}, isDrafts));
  /** The drafts as they are written down: without secrets. */
  #safe: Record<string, string> = this.#drafts;

  /** The arguments of a tool as they were left, else what its schema asks for. */
  draft(server: ServerId | null, tool: string, schema: unknown): string {
    return this.#drafts[draftKey(server, tool)] ?? JSON.stringify(prefill(schema), null, 2);
  }

  /** Stores what the user typed. Secrets live as long as the page; a text that is not JSON yet is not stored. */
  setDraft(server: ServerId | null, tool: string, text: string, schema: unknown): void {
    const key = draftKey(server, tool);
    this.#drafts = withDraft(this.#drafts, key, text);
    const safe = safeText(text, schema);
    if (safe === null) return;
    this.#safe = withDraft(this.#safe, key, safe);
    keep("playground.drafts", this.#safe);
  }

  resetDraft(server: ServerId | null, tool: string): void {
    this.#drafts = withDraft(this.#drafts, draftKey(server, tool), null);
    this.#safe = withDraft(this.#safe, draftKey(server, tool), null);
    keep("playground.drafts", this.#safe);
  }

  /** The user's time limit; without it the limit of the matching rule applies. */
  get bound(): number | null {
    return this.timeout === TIMEOUT ? null : this.timeout;
  }

  setTimeout(seconds: number): void {
    this.timeout = seconds;
    keep("playground.timeout", seconds);
  }

  setTab(tab: "form" | "json"): void {
    this.tab = tab;
    keep("playground.tab", tab);
  }

  /** Calls a tool and shows the result. One at a time. */
  async run(server: ServerId | null, tool: string, text: string, schema: unknown): Promise<void> {
    const read = readObject(text);
    if (this.running || "problem" in read) return;
    const call = handle();
    const at = Date.now();
    this.running = { call, at, tool, server, cancelling: false };
    const { value: safe, secrets } = withoutSecrets(read.value, schema);
    const entry = {
      id: call,
      at,
      tool,
      server,
      text,
      schema,
      ...(secrets.length ? { secrets, safe: pretty(safe) } : {}),
    };
    try {
      const where = server ? { server } : { explain: true };
      const result = await core.call("call", {
        capability: tool,
        arguments: read.value,
        call,
        ...(this.bound ? { timeout: this.bound } : {}),
        ...where,
      });
      const failed = isObject(result.result) && result.result.isError === true;
      this.#finish({
        ...entry,
        ending: failed ? "tool_error" : "answered",
        ms: result.elapsed_ms,
        result,
        error: null,
      });
    } catch (thrown) {
      const { code, message, detail } = asCallError(thrown);
      const ending: Ending = code === "cancelled" ? "cancelled" : "failed";
      this.#finish({ ...entry, ending, ms: Date.now() - at, result: null, error: { code, message, detail } });
    }
  }

  /** Asks the core to cancel the running call; the core notifies its server. */
  async cancel(): Promise<void> {
    if (!this.running) return;
    this.running = { ...this.running, cancelling: true };
    await core.call("cancel", { call: this.running.call }).catch(() => {
      // The call was over already, or the core is gone: either way its result is reported.
    });
  }

  show(entry: Entry): void {
    this.shown = entry;
  }

  /** Pins a call, so that it is kept beyond the newest ones, or unpins it. */
  pin(entry: Entry): void {
    this.history = pin(
      this.history.some(({ id }) => id === entry.id) ? this.history : [entry, ...this.history],
      entry.id,
    );
    if (this.shown?.id === entry.id) this.shown = this.history.find(({ id }) => id === entry.id) ?? entry;
  }

  /** Forgets all but the pinned calls. */
  clearHistory(): void {
    this.history = forget(this.history);
  }

  #finish(entry: Entry): void {
    this.running = null;
    this.shown = entry;
    this.history = remember(this.history, entry);
  }
}

/** The newest draft is last; the oldest is dropped. */
function withDraft(drafts: Record<string, string>, key: string, text: string | null): Record<string, string> {
  const { [key]: _, ...others } = drafts;
  const entries = text === null ? Object.entries(others) : [...Object.entries(others), [key, text] as const];
  return Object.fromEntries(entries.slice(-MAX_DRAFTS));
}

/** The text as it can be stored; absent while it is not JSON, since secrets in it cannot be recognised. */
function safeText(text: string, schema: unknown): string | null {
  const read = readObject(text);
  if ("problem" in read) return null;
  const { value, secrets } = withoutSecrets(read.value, schema);
  return secrets.length ? pretty(value) : text;
}

const pretty = (value: unknown) => JSON.stringify(value, null, 2);

function draftKey(server: ServerId | null, tool: string): string {
  return `${server ?? "any"} ${tool}`;
}

/** The bench. */
export const bench = new Bench();
