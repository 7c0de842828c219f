const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** How long something has been so, in one unit: `now`, `12 s`, `18 min`, `3 h`, `6 d`. Times from the future count as now. */
export function age(since: number, now: number): string {
  const ms = Math.max(0, now - since);
  if (ms < SECOND) return "now";
  if (ms < MINUTE) return `${Math.floor(ms / SECOND)} s`;
  if (ms < HOUR) return `${Math.floor(ms / MINUTE)} min`;
  if (ms < DAY) return `${Math.floor(ms / HOUR)} h`;
  return `${Math.floor(ms / DAY)} d`;
}

/** `age` in a sentence: `just now`, `18 min ago`. */
export function ago(since: number, now: number): string {
  const text = age(since, now);
  return text === "now" ? "just now" : `${text} ago`;
}

/** Milliseconds as people read them: `0.4`, `38`, `1,240`. */
export function millis(ms: number): string {
  if (ms < 0.95 && ms > 0) return ms < 0.05 ? "0.1" : ms.toFixed(1);
  return count(Math.round(ms));
}

/** A span of time in words, rounded to what matters: `840 ms`, `1.9 s`, `22 s`, `3 min`. */
export function span(ms: number): string {
  if (ms < SECOND) return `${millis(ms)} ms`;
  if (ms < 10 * SECOND) return `${(ms / SECOND).toFixed(1)} s`;
  if (ms < MINUTE) return `${Math.round(ms / SECOND)} s`;
  if (ms < HOUR) return `${Math.round(ms / MINUTE)} min`;
  return `${Math.round(ms / HOUR)} h`;
}

/** A whole number with thousands separators. */
export function count(value: number): string {
  return Math.round(value).toLocaleString("en-US");
}

/** `1 server`, `24 servers`. */
export function plural(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`;
}

/** The time of day of a moment, local: `12:02:14`. */
export function clock(at: number): string {
  return new Date(at).toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });
}

/** A moment with its date when it is not today: `12:02:14`, `Mon 23 Nov, 12:02:14`. */
export function moment(at: number, now: number): string {
  const then = new Date(at);
  if (then.toDateString() === new Date(now).toDateString()) return clock(at);
  const date = then.toLocaleDateString("en-GB", { weekday: "short", day: "numeric", month: "short" });
  return `${date}, ${clock(at)}`;
}

/** The size of a text in UTF-8: `211 bytes`, `3.4 kB`. */
export function bytes(text: string): string {
  return byteCount(new TextEncoder().encode(text).length);
}

/** A number of bytes: `211 bytes`, `3.4 kB`. */
export function byteCount(size: number): string {
  if (size < 1_000) return plural(size, "byte");
  if (size < 1_000_000) return `${(size / 1_000).toFixed(1)} kB`;
  return `${(size / 1_000_000).toFixed(1)} MB`;
}
