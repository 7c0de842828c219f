import { expect, it } from "vitest";
import { changeTo, difference, merge, Past, remedyOf, shown, typedInto } from "./text";

it("what was typed leaves the ends of lines and the mark of the file alone", () => {
  const file = "\uFEFFa: 1\r\nb: 2\r\nc: 3\n";
  expect(shown(file)).toBe("a: 1\nb: 2\nc: 3\n");
  // Behind the second line end, over a line end, and with one.
  const at = shown(file).indexOf("3");
  expect(typedInto(file, [{ from: at, to: at + 1, insert: "33" }])).toBe("\uFEFFa: 1\r\nb: 2\r\nc: 33\n");
  expect(typedInto(file, [{ from: 4, to: 5, insert: "" }])).toBe("\uFEFFa: 1b: 2\r\nc: 3\n");
  expect(typedInto(file, [{ from: 0, to: 0, insert: "x: 0\n" }])).toBe("\uFEFFx: 0\r\na: 1\r\nb: 2\r\nc: 3\n");
  const two = [
    { from: 0, to: 1, insert: "A" },
    { from: 5, to: 6, insert: "B" },
  ];
  expect(typedInto(file, two)).toBe("\uFEFFA: 1\r\nB: 2\r\nc: 3\n");
});

it("a text becomes another by its smallest change", () => {
  expect(changeTo("a\nb\nc", "a\nb\nc")).toBeNull();
  expect(changeTo("a: 10\nb: 2", "a: 15\nb: 2")).toEqual({ from: 4, to: 5, insert: "5" });
  expect(changeTo("aa", "aaa")).toEqual({ from: 2, to: 2, insert: "a" });
});

it("theirs and mine are one where they do not meet, also in neighbouring lines", () => {
  const base = "a: 1\nb: 2\nc: 3\n";
  expect(merge(base, "a: 1\nb: 20\nc: 3\n", "a: 10\nb: 2\nc: 3\n")).toEqual({ text: "a: 10\nb: 20\nc: 3\n", met: 0 });
  expect(merge(base, "a: 1\nb: 20\nc: 3\n", "a: 1\nb: 21\nc: 3\n")).toEqual({ text: "a: 1\nb: 21\nc: 3\n", met: 1 });
  expect(merge(base, `${base}d: 4\n`, "# new\na: 1\nb: 2\nc: 3\n")).toEqual({
    text: "# new\na: 1\nb: 2\nc: 3\nd: 4\n",
    met: 0,
  });
  expect(merge(base, "a: 1\nb: 5\nc: 3\n", "a: 1\nb: 5\nc: 3\n")).toEqual({ text: "a: 1\nb: 5\nc: 3\n", met: 0 });
});

it("a difference is told with what is around it", () => {
  const told = difference("1\n2\n3\n4\n5\n6\n7\n8\n9\n", "1\n2\n3\n4\n6\n7\n8\n9\nz\n");
  const sign = { kept: " ", removed: "-", added: "+" };
  expect(told.map(({ fate, text }) => sign[fate] + text).join("|")).toBe(" 2| 3| 4|-5| 6| 7| 8| 9|+z");
  expect(told.at(-1)).toEqual({ fate: "added", old: null, new: 9, text: "z" });
  expect(difference("", "a\n")).toEqual([{ fate: "added", old: null, new: 1, text: "a" }]);
  expect(difference("a\n", "a\n")).toEqual([]);
});

it("a word that the reader knows better is put right, and nothing else", () => {
  const text = 'a:\n  backend: "fiel"   # ours\n';
  const remedy = remedyOf(text, { line: 2, column: 12, message: "use one of these: did you mean `file`?" });
  expect(remedy && typedInto(text, [remedy])).toBe('a:\n  backend: "file"   # ours\n');
  expect(remedyOf(text, { line: 2, column: 12, message: "write one such as `file`" })).toBeNull();
  expect(remedyOf(text, { line: 9, column: 1, message: "did you mean `file`" })).toBeNull();
});

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
