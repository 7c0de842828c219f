import { expect, it } from "vitest";
import { bytesOf, ending, fileName } from "./save";

it("a name that a server gives is no path", () => {
  expect(["a.txt", "../../etc/passwd", "C:\\x\\y.png", ".bashrc", "", 'a<b>:"c'].map(fileName)).toEqual([
    "a.txt",
    "passwd",
    "y.png",
    "bashrc",
    "content",
    "abc",
  ]);
});

it("knows the bytes of base64 and the ends of names", () => {
  expect([...bytesOf("AQID")]).toEqual([1, 2, 3]);
  expect(bytesOf("not base64!").length).toBe(0);
  expect([ending("image/png"), ending("audio/mpeg"), ending("x")]).toEqual(["png", "mp3", "bin"]);
});
