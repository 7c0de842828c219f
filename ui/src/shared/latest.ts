/**
 * Asks the newest question, one at a time: while an answer is on its way, newer questions take each other's place. So answers
 * come in the order of their questions, and nobody waits for one that was given up.
 */
export class Latest<Question> {
  #next: { question: Question } | null = null;
  #running: Promise<void> | null = null;
  readonly #answer: (question: Question, isNewest: () => boolean) => Promise<void>;
  readonly #ready: (() => Promise<void>) | undefined;

  /**
   * What it does with a question; it must not throw. `isNewest` says whether another question waits by now. Where `ready` is
   * given, each question waits for it, and the newest is the one that is asked then.
   */
  constructor(answer: (question: Question, isNewest: () => boolean) => Promise<void>, ready?: () => Promise<void>) {
    this.#answer = answer;
    this.#ready = ready;
  }

  /** Asks it; what comes back is over when nothing more is asked. An answer that asks again must not wait for it. */
  ask(question: Question): Promise<void> {
    this.#next = { question };
    this.#running ??= this.#run();
    return this.#running;
  }

  async #run(): Promise<void> {
    try {
      while (this.#next) {
        if (this.#ready) await this.#ready();
        const { question } = this.#next;
        this.#next = null;
        await this.#answer(question, () => this.#next === null);
      }
    } finally {
      this.#running = null;
    }
  }
}

/** A handle by which a call can be cancelled. Not `randomUUID`, which pages without TLS do not have off loopback. */
export function handle(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
