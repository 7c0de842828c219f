/**
 * Sends the newest question, one at a time: while an answer is on its way, a newer question replaces a waiting one. So
 * answers come in the order of their questions, and no answer is awaited that is no longer needed.
 */
export class Latest<Question> {
  #next: { question: Question } | null = null;
  #running: Promise<void> | null = null;
  readonly #answer: (question: Question, isNewest: () => boolean) => Promise<void>;
  readonly #ready: (() => Promise<void>) | undefined;

  /**
   * The handler of a question; it must not throw. `isNewest` returns whether no newer question waits. If `ready` is
   * given, each question waits for it, and the newest is sent then.
   */
  constructor(answer: (question: Question, isNewest: () => boolean) => Promise<void>, ready?: () => Promise<void>) {
    this.#answer = answer;
    this.#ready = ready;
  }

  /**
   * Sends it; the promise ends when nothing more is sent. A handler that sends another question must not wait for it.
   */
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
