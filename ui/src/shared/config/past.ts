/** So long typing goes on as one step, in milliseconds. */
const ONE_STEP_MS = 1_500;
/** More steps are not taken back. */
const MOST = 200;

interface Step {
  text: string;
  /** What was done: what goes on with the same soon after is the same step. */
  what: string;
  at: number;
}

/** What a draft was before, step by step, and what was taken back. */
export class Past {
  #before: Step[] = [];
  #after: Step[] = [];

  get canUndo(): boolean {
    return this.#before.length > 0;
  }

  get canRedo(): boolean {
    return this.#after.length > 0;
  }

  /** Remembers how the text was before something was done. */
  keep(text: string, what: string, now: number): void {
    const last = this.#before.at(-1);
    const goesOn = last?.what === what && now - last.at < ONE_STEP_MS;
    if (goesOn) last.at = now;
    else this.#before = [...this.#before, { text, what, at: now }].slice(-MOST);
    this.#after = [];
  }

  /** The text before the last step; absent when there is none. */
  undo(text: string): string | null {
    return turn(this.#before, this.#after, text);
  }

  /** The text after the step that was taken back last; absent when there is none. */
  redo(text: string): string | null {
    return turn(this.#after, this.#before, text);
  }

  /** Forgets all: what was done is saved, or thrown away. */
  forget(): void {
    this.#before = [];
    this.#after = [];
  }
}

function turn(from: Step[], to: Step[], text: string): string | null {
  const step = from.pop();
  if (!step) return null;
  to.push({ ...step, text, at: 0 });
  return step.text;
}
