import { expect, it } from "vitest";
import { checkAddress, joinCommand, splitCommand } from "./address";

it("a missing scheme is http", () => {
  expect(checkAddress(" 127.0.0.1:8000/mcp ")).toEqual({ url: "http://127.0.0.1:8000/mcp" });
  expect(checkAddress("localhost:3001")).toEqual({ url: "http://localhost:3001" });
  expect(checkAddress("https://example.test/mcp")).toEqual({ url: "https://example.test/mcp" });
});

it.each(["", "http://", "ftp://x", "http://a b"])("%j is refused with an address that works", (text) => {
  expect(checkAddress(text)).toMatchObject({ problem: expect.stringMatching(/http/) });
});

it("quotes hold a command's words together", () => {
  expect(splitCommand(`npx -y "my server" 'a b' --x=1`)).toEqual(["npx", "-y", "my server", "a b", "--x=1"]);
  expect(splitCommand('say "a \\"b\\""')).toEqual(["say", 'a "b"']);
  expect(splitCommand("  ")).toEqual([]);
  expect(splitCommand(`--root="/a b" --x='{"y": 1}' it's`)).toEqual(["--root=/a b", '--x={"y": 1}', "it's"]);
  expect(splitCommand(String.raw`"C:\Program Files\a.exe" C:\b`)).toEqual([
    String.raw`C:\Program Files\a.exe`,
    String.raw`C:\b`,
  ]);
});

it("a command that was joined is cut into the same words", () => {
  for (const words of [
    ["npx", "-y", "my server", "--x=1"],
    ["a", "", 'say "b"', "c\\d e", "it's"],
  ]) {
    expect(splitCommand(joinCommand(words))).toEqual(words);
  }
});
