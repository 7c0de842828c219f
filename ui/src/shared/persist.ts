import { parse, print } from "./exact";

/** Everything that this page stores in the browser has this prefix. */
const PREFIX = "mcp-discovery.";

/** Reads a stored value, or `fallback` if there is none, it is damaged, or the browser stores nothing. */
export function recall<T>(key: string, fallback: T, isRight: (value: unknown) => value is T): T {
  try {
    const value: unknown = parse(localStorage.getItem(PREFIX + key) ?? "null");
    return isRight(value) ? value : fallback;
  } catch {
    return fallback;
  }
}

/** Stores a value. A full or forbidden storage loses it, never the work on the screen. */
export function keep(key: string, value: unknown): void {
  try {
    localStorage.setItem(PREFIX + key, print(value));
  } catch {
    // Private windows refuse to store: the value lives as long as the page.
  }
}
