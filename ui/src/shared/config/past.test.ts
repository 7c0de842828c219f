import { expect, it } from "vitest";
import { Past } from "./past";

it("what goes on is one step, what comes later or is another is its own", () => {
  const past = new Past();
  past.keep("a", "typing", 0);
  past.keep("ab", "typing", 100);
  past.keep("abc", "edit x", 200);
  past.keep("abcd", "typing", 10_000);
  expect(past.undo("abcde")).toBe("abcd");
  expect(past.undo("abcd")).toBe("abc");
  expect(past.undo("abc")).toBe("a");
  expect(past.undo("a")).toBeNull();
  expect([past.redo("a"), past.redo("abc"), past.redo("abcd"), past.redo("abcde")]).toEqual([
    "abc",
    "abcd",
    "abcde",
    null,
  ]);
});

it("another step after undo ends what could be made again", () => {
  const past = new Past();
  past.keep("a", "typing", 0);
  expect(past.undo("b")).toBe("a");
  past.keep("a", "edit", 5_000);
  expect([past.canRedo, past.canUndo]).toEqual([false, true]);
  past.forget();
  expect(past.canUndo).toBe(false);
});
