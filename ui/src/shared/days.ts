/** Items of one day, with the name of the day. */
export interface Day<T> {
  /** `Today`, `Yesterday`, `Mon 23 Nov`, and with its year where that is another. */
  name: string;
  things: T[];
}

/** The name of a moment's day. */
export function dayName(at: number, now: number): string {
  const then = new Date(at);
  const days = daysBetween(then, new Date(now));
  if (days === 0) return "Today";
  if (days === 1) return "Yesterday";
  const sameYear = then.getFullYear() === new Date(now).getFullYear();
  const year = sameYear ? {} : ({ year: "numeric" } as const);
  return then
    .toLocaleDateString("en-GB", { weekday: "short", day: "numeric", month: "short", ...year })
    .replace(",", "");
}

/** Groups items in the order of time by their day. */
export function byDay<T>(things: readonly T[], at: (thing: T) => number, now: number): Day<T>[] {
  const days: Day<T>[] = [];
  for (const thing of things) {
    const name = dayName(at(thing), now);
    const last = days.at(-1);
    if (last?.name === name) last.things.push(thing);
    else days.push({ name, things: [thing] });
  }
  return days;
}

/** By the calendar, local: a day may have 23 or 25 hours. */
function daysBetween(then: Date, now: Date): number {
  const midnight = (date: Date) => Date.UTC(date.getFullYear(), date.getMonth(), date.getDate());
  return Math.round((midnight(now) - midnight(then)) / 86_400_000);
}
