/** How long what was said stays, in milliseconds: long enough to be read, and longer where something can be done about it. */
const LASTS_MS = 6_000;
const OFFERS_MS = 10_000;
/** More than this is not read: the oldest makes room. */
const MAX = 3;

/** What can be done about a message. */
interface Action {
  label: string;
  run: () => void;
}

/** What a message offers, and for how long that makes sense. */
interface Offer {
  action: Action | null;
  /** The journal entries that its action takes back or makes again. */
  entries: readonly number[];
  /** Whether what it says is still so; a server that was added can be removed again. */
  holds: () => boolean;
}

/** Something that was done, or did not work. */
export interface Message extends Offer {
  id: number;
  text: string;
  /** Why it did not work; such a message stays until it is closed. */
  failure: string | null;
  /** In milliseconds; absent when it stays. */
  lasts: number | null;
}

const NOTHING: Offer = { action: null, entries: [], holds: () => true };

class Messages {
  list = $state.raw<readonly Message[]>([]);
  #last = 0;

  /** Says what was done, and what can be done about it. */
  say(text: string, offer: Partial<Offer> = {}): void {
    const lasts = offer.action ? OFFERS_MS : LASTS_MS;
    this.#add({ ...NOTHING, ...offer, text, failure: null, lasts });
  }

  /** Says what did not work. */
  fail(text: string, failure: string): void {
    this.#add({ ...NOTHING, text, failure, lasts: null });
  }

  /** What is offered about these changes was done, here or elsewhere on the page. */
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

/** What the page has to say. */
export const messages = new Messages();
