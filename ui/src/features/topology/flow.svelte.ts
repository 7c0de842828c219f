import { asCallError, type CallError, type RouteResult, type ServerId, type ToolRow, type Traffic } from "../../host";
import { Latest } from "../../shared/latest";
import { core } from "../../state/core.svelte";
import { type Flow, flowOf, pretendedFlow, realFlow } from "./flow";
import type { Subject } from "./place";

/** Lines are those of the calls of so long, in milliseconds. */
const WHILE_MS = 60_000;
/** Calls that are tried, so that shares are shares and not the turn of one call. */
const TRIED = 1_000;
/** A rule is drawn by what it applies to; more capabilities are not tried. */
const MOST_CAPABILITIES = 8;

interface Question {
  subject: Subject | null;
  /** Whose calls are drawn, where nothing else is chosen. */
  server: ServerId | null;
  down: readonly ServerId[];
}

/** What the core said. */
interface Answer extends Question {
  traffic: Traffic | null;
  before: readonly RouteResult[];
  after: readonly RouteResult[];
  /** More capabilities than were tried. */
  left: number;
}

/** Where calls go, and would go: asked again while it is looked at. */
class Flows {
  tools = $state.raw<readonly ToolRow[]>([]);
  error = $state.raw<CallError | null>(null);
  #answer = $state.raw<Answer | null>(null);

  /** What the answer is of. */
  of: Question | null = $derived(this.#answer);
  /** The decisions without pretending. */
  before: readonly RouteResult[] = $derived(this.#answer?.before ?? []);
  after: readonly RouteResult[] = $derived(this.#answer?.after ?? []);
  left = $derived(this.#answer?.left ?? 0);
  traffic = $derived(this.#answer?.traffic ?? null);

  /** Real calls; while something is pretended, the calls that are calculated. */
  shown: Flow | null = $derived.by(() => {
    const answer = this.#answer;
    if (!answer) return null;
    if (answer.subject === null) return answer.server === null ? null : flowOf(answer.traffic, answer.server);
    if (answer.down.length > 0) return pretendedFlow(answer.after, new Set(answer.down));
    return realFlow(answer.traffic, answer.before);
  });
  /** The same calculation with nobody pretended down. */
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
      // Without names to choose from a capability can still be written.
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

  /** What a rule may be for; the core says for which of these it is. */
  #fitting(pattern: string): string[] {
    const start = /^[^*?[]*/.exec(pattern)?.[0] ?? "";
    const names = new Set(this.tools.map(({ name }) => name).filter((name) => name.startsWith(start)));
    return [...names].sort();
  }
}

export const flows = new Flows();
