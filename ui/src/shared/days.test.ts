import { expect, it } from "vitest";
import { byDay, dayName } from "./days";

const now = new Date(2026, 10, 29, 0, 30).getTime();
const at = (...parts: [number, number, number, number, number]) => new Date(...parts).getTime();

it("a day is one of the calendar, not 24 hours", () => {
  expect(dayName(at(2026, 10, 29, 0, 1), now)).toBe("Today");
  expect(dayName(at(2026, 10, 28, 23, 59), now)).toBe("Yesterday");
  expect(dayName(at(2026, 10, 28, 0, 0), now)).toBe("Yesterday");
  expect(dayName(at(2026, 10, 27, 23, 59), now)).toBe("Fri 27 Nov");
  expect(dayName(at(2025, 11, 31, 12, 0), now)).toBe("Wed 31 Dec 2025");
});

it("things of one day stand together, in their order", () => {
  const things = [at(2026, 10, 29, 0, 2), at(2026, 10, 29, 0, 1), at(2026, 10, 28, 9, 0)];
  const days = byDay(things, (thing) => thing, now);
  expect(days.map(({ name, things: of }) => `${name} ${of.length}`)).toEqual(["Today 2", "Yesterday 1"]);
});
