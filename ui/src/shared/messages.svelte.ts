/** How long a message stays, in milliseconds: long enough to be read, and longer if it offers an action. */
const LASTS_MS = 6_000;
const OFFERS_MS = 10_000;
/** More messages than this are not read: the oldest is dropped. */
const MAX = 3;

/** An action of a message. */
interface Action {
  label: string;
  run: () => void;
}

/** The action of a message, and how long it is offered. */
interface Offer {
  action: Action | null;
  /** The journal entries that its action undoes or redoes. */
  entries: readonly number[];
  /** Whether the message still holds; a server that was added can be removed again. */
  holds: () => boolean;
}

/** An action that succeeded or failed. */
export interface Message extends Offer {
  id: number;
  text: string;
  /** The error; such a message stays until it is closed. */
  failure: string | null;
  /** In milliseconds; absent when it stays. */
  lasts: number | null;
}

const NOTHING: Offer = { action: null, entries: [], holds: () => true };

class Messages {
  list = $state.raw<readonly Message[]>([]);
  #last = 0;

  /** Reports what was done, with an action. */
  say(text: string, offer: Partial<Offer> = {}): void {
    const lasts = offer.action ? OFFERS_MS : LASTS_MS;
    this.#add({ ...NOTHING, ...offer, text, failure: null, lasts });
  }

  /** Reports a failure. */
  fail(text: string, failure: string): void {
    this.#add({ ...NOTHING, text, failure, lasts: null });
  }

  /** The offered action on these changes was done, here or elsewhere on the page. */
  settle(entries: readonly number[]): void {
    this.list = this.list.filter((message) => !message.entries.some((entry) => entries.includes(entry)));
  }

  drop(id: number): void {
    this.list = this.list.filter((message) => message.id !== id);
  }

  #add(message: Omit<Message, "id">): void {
    this.#last += 1;
    this.list = [...this.list, { ...message, id: this.#last }].slice(-MAX);
  }
}

/** The messages of the page. */
export const messages = new Messages();
