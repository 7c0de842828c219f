import { asCallError, type CallError, type RouteResult, type ServerId, type ToolRow, type Traffic } from "../../host";
import { Latest } from "../../shared/latest";
import { core } from "../../state/core.svelte";
import { type Flow, flowOf, pretendedFlow, realFlow } from "./flow";
import type { Subject } from "./place";

/** Routes show the calls of this time, in milliseconds. */
const WHILE_MS = 60_000;
/** Simulated calls, enough for shares that do not depend on the turn of one call. */
const TRIED = 1_000;
/** A rule is drawn for the capabilities it matches; more are not simulated. */
const MOST_CAPABILITIES = 8;

interface Question {
  subject: Subject | null;
  /** The subject if nothing else is chosen. */
  server: ServerId | null;
  down: readonly ServerId[];
}

/** The core's answer. */
interface Answer extends Question {
  traffic: Traffic | null;
  before: readonly RouteResult[];
  after: readonly RouteResult[];
  /** More capabilities than were simulated. */
  left: number;
}

/** Where calls go, and would go: read again while it is shown. */
class Flows {
  tools = $state.raw<readonly ToolRow[]>([]);
  error = $state.raw<CallError | null>(null);
  #answer = $state.raw<Answer | null>(null);

  /** The question that the answer belongs to. */
  of: Question | null = $derived(this.#answer);
  /** The decisions with all servers as they are. */
  before: readonly RouteResult[] = $derived(this.#answer?.before ?? []);
  after: readonly RouteResult[] = $derived(this.#answer?.after ?? []);
  left = $derived(this.#answer?.left ?? 0);
  traffic = $derived(this.#answer?.traffic ?? null);

  /** Real calls; while servers are assumed to be down, the simulated calls. */
  shown: Flow | null = $derived.by(() => {
    const answer = this.#answer;
    if (!answer) return null;
    if (answer.subject === null) return answer.server === null ? null : flowOf(answer.traffic, answer.server);
    if (answer.down.length > 0) return pretendedFlow(answer.after, new Set(answer.down));
    return realFlow(answer.traffic, answer.before);
  });
  /** The same simulation with all servers as they are. */
  calculated: Flow | null = $derived(this.#answer?.subject ? pretendedFlow(this.#answer.before, new Set()) : null);

  #latest = new Latest<Question>(async (question, isNewest) => {
    try {
      const answer = await this.#find(question);
      if (!isNewest()) return;
      this.#answer = answer;
      this.error = null;
    } catch (thrown) {
      if (isNewest()) this.error = asCallError(thrown);
    }
  });

  ask(question: Question): void {
    this.#latest.ask(question);
  }

  /** What can be called: for names to choose from. */
  async readTools(): Promise<void> {
    try {
      this.tools = (await core.call("tools", {})).tools;
    } catch {
      // Without this list a capability can still be typed.
    }
  }

  async #find(question: Question): Promise<Answer> {
    const { subject, server, down } = question;
    const asked = subject ? { capability: subject.name } : {};
    const traffic = core.call("traffic", { since: Date.now() - WHILE_MS, ...asked });
    if (!subject)
      return { ...question, traffic: server === null ? null : await traffic, before: [], after: [], left: 0 };
    const capabilities = subject.kind === "rule" ? this.#fitting(subject.name) : [subject.name];
    const tried = capabilities.slice(0, MOST_CAPABILITIES);
    const known = down.filter((id) => core.rows.has(id));
    const route = (capability: string, gone: ServerId[]) =>
      core.call("route", { capability, calls: TRIED, ...(gone.length > 0 ? { down: gone } : {}) });
    const isOf = ({ decision }: RouteResult) => subject.kind === "capability" || decision.rule === subject.name;
    const before = (await Promise.all(tried.map((name) => route(name, [])))).filter(isOf);
    const names = before.map(({ decision }) => decision.capability);
    const after = known.length === 0 ? before : await Promise.all(names.map((name) => route(name, known)));
    return { ...question, traffic: await traffic, before, after, left: capabilities.length - tried.length };
  }

  /** The capabilities that a rule can match; the core knows which of these it does. */
  #fitting(pattern: string): string[] {
    const start = /^[^*?[]*/.exec(pattern)?.[0] ?? "";
    const names = new Set(this.tools.map(({ name }) => name).filter((name) => name.startsWith(start)));
    return [...names].sort();
  }
}

export const flows = new Flows();
