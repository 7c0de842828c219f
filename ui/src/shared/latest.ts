/**
 * Asks the newest question, one at a time: while an answer is on its way, newer questions take each other's place. So answers
 * come in the order of their questions, and nobody waits for one that was given up.
 */
export class Latest<Question> {
  #next: { question: Question } | null = null;
  #running = false;
  readonly #answer: (question: Question, isNewest: () => boolean) => Promise<void>;

  /** What it does with a question; it must not throw. `isNewest` says whether another question waits by now. */
  constructor(answer: (question: Question, isNewest: () => boolean) => Promise<void>) {
    this.#answer = answer;
  }

  ask(question: Question): void {
    this.#next = { question };
    if (!this.#running) void this.#run();
  }

  async #run(): Promise<void> {
    this.#running = true;
    try {
      for (let next = this.#next; next; next = this.#next) {
        this.#next = null;
        await this.#answer(next.question, () => this.#next === null);
      }
    } finally {
      this.#running = false;
    }
  }
}
