import { parse, print } from "./exact";

/** Everything this page keeps in the browser stands under this prefix. */
const PREFIX = "mcp-discovery.";

/** Reads what was kept, or `fallback` when there is nothing, it is damaged, or the browser keeps nothing. */
export function recall<T>(key: string, fallback: T, isRight: (value: unknown) => value is T): T {
  try {
    const value: unknown = parse(localStorage.getItem(PREFIX + key) ?? "null");
    return isRight(value) ? value : fallback;
  } catch {
    return fallback;
  }
}

/** Keeps a value. A full or forbidden storage loses it, never the work on the screen. */
export function keep(key: string, value: unknown): void {
  try {
    localStorage.setItem(PREFIX + key, print(value));
  } catch {
    // Private windows refuse to store: the value lives as long as the page.
  }
}
