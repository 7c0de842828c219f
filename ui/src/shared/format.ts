const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** A duration up to now, in one unit: `now`, `12 s`, `18 min`, `3 h`, `6 d`. Times from the future count as now. */
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

/** Milliseconds as they are shown: `0.4`, `38`, `1,240`. */
export function millis(ms: number): string {
  if (ms < 0.95 && ms > 0) return ms < 0.05 ? "0.1" : ms.toFixed(1);
  return count(Math.round(ms));
}

/** A span of time in words, rounded to what matters: `840 ms`, `1.9 s`, `22 s`, `3 min`. */
export function span(ms: number): string {
  // A value that rounds up to the next unit is shown in it: 59.9 minutes are an hour.
  if (Math.round(ms) < SECOND) return `${millis(ms)} ms`;
  if (Math.round(ms / 100) < 100) return `${trimmed(ms / SECOND)} s`;
  if (Math.round(ms / SECOND) < 60) return `${Math.round(ms / SECOND)} s`;
  if (Math.round(ms / MINUTE) < 60) return `${Math.round(ms / MINUTE)} min`;
  const minutes = Math.round(ms / MINUTE);
  const [hours, rest] = [Math.floor(minutes / 60), minutes % 60];
  return hours >= 10 || rest === 0 ? `${count(Math.round(ms / HOUR))} h` : `${hours} h ${rest} min`;
}

/** One digit after the point, if it matters. */
function trimmed(value: number): string {
  return value.toFixed(1).replace(/\.0$/, "");
}

/** Created once: that costs more than a hundred numbers. */
const whole = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });

/** A whole number with thousands separators. */
export function count(value: number): string {
  return whole.format(Math.round(value));
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
