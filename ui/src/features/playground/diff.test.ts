import { describe, expect, it } from "vitest";
import { diff, focus } from "./diff";

const drawn = (before: string, after: string) =>
  diff(before, after).map(({ kind, text }) => `${{ same: " ", gone: "-", new: "+" }[kind]}${text}`);

describe("a comparison", () => {
  it("keeps common lines and marks the others", () => {
    expect(drawn("a\nb\nc", "a\nx\nc\nd")).toEqual([" a", "-b", "+x", " c", "+d"]);
  });

  it("of equal texts has nothing to show", () => {
    expect(focus(diff("a\nb", "a\nb"))).toEqual([null]);
  });

  it("shows what is around a change and leaves out the rest", () => {
    const before = Array.from({ length: 20 }, (_, line) => String(line)).join("\n");
    const shown = focus(diff(before, before.replace("10", "ten")), 1);
    expect(shown.map((line) => line?.text ?? "…")).toEqual(["…", "9", "10", "ten", "11", "…"]);
  });
});
