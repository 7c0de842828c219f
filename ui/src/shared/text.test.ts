import { expect, it } from "vitest";
import { bytesOf, ending, fileName } from "./save";
import { brief, clip, oneLine, paragraph, sentence, visible } from "./text";

it("shows what would turn text around or hide it", () => {
  expect(visible("\u202egpj.exe")).toBe("⟨U+202E⟩gpj.exe");
  expect(visible("a\u200bb\ufeff")).toBe("a⟨U+200B⟩b⟨U+FEFF⟩");
  expect(visible("tag\u{e0041}")).toBe("tag⟨U+E0041⟩");
});

it("shows control characters as their pictures", () => {
  expect(visible("\u0007\u001b[31m")).toBe("␇␛[31m");
});

it("leaves lines, tabs and other scripts as they are", () => {
  expect(visible("a\n\tб שלום 你好 👋")).toBe("a\n\tб שלום 你好 👋");
});

it("puts names on one line", () => {
  expect(oneLine("a\r\n\tb")).toBe("a b");
});

it("does not let marks pile up over other lines", () => {
  expect(visible(`Z${"\u0310".repeat(60)}a`)).toBe(`Z${"\u0310".repeat(8)}⟨52 marks⟩a`);
  expect(visible("Ẩn số, हिन्दी, ཧཱུྃ")).toBe("Ẩn số, हिन्दी, ཧཱུྃ");
});

it("begins a reason that stands alone with a capital", () => {
  expect(sentence("connection refused: nothing listens")).toBe("Connection refused: nothing listens");
  expect(sentence("`npx` was not found")).toBe("“npx” was not found");
  expect(sentence("127.0.0.1:8000 asks for sign-in")).toBe("127.0.0.1:8000 asks for sign-in");
  expect(sentence("cancelled")).toBe("Cancelled");
  expect(brief("not run:\nsign in first")).toBe("Not run: sign in first");
  expect(paragraph("`npx` was not found")).toBe("“npx” was not found.");
  expect(paragraph("is it installed, and on PATH?")).toBe("Is it installed, and on PATH?");
  expect(paragraph("the file ends too early;")).toBe("The file ends too early.");
});

it("markup is text like any other", () => {
  expect(visible("<img src=x onerror=1>")).toBe("<img src=x onerror=1>");
});

it("says how much was cut", () => {
  expect(clip("abcdef", 10)).toBe("abcdef");
  expect(clip("x".repeat(3_000), 1_000)).toMatch(/^x{1000}… \(2,000 more characters\)$/);
});

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
