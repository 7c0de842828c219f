import { expect, it } from "vitest";
import { CommandFields, checkAddress, joinCommand, splitCommand } from "./command.svelte";

const rows = (command: CommandFields) => [command.program, ...command.args.map((one) => one.value)];

it("a whole command in the field of the program gets its rows, before those that are there", () => {
  const command = new CommandFields("npx", ["last"]);
  command.program = 'npx -y "a b"';
  expect(command.words).toEqual(["npx", "-y", "a b", "last"]);
  command.spread();
  expect(rows(command)).toEqual(["npx", "-y", "a b", "last"]);
  command.isAnew = true;
  command.program = "npm";
  expect(command.words).toEqual(["npm", "-y", "a b", "last"]);
  command.program = "npm x y";
  expect(command.words).toEqual(["npm", "x", "y"]);
  command.spread();
  expect(rows(command)).toEqual(["npm", "x", "y"]);
  expect(command.replace("uvx")).toBe(false);
  expect(command.replace("uvx pkg --flag")).toBe(true);
  expect(rows(command)).toEqual(["uvx", "pkg", "--flag"]);
});

it("a program whose path holds a blank stays one word", () => {
  const command = new CommandFields("/opt/my tools/run", ["a b", "it's"]);
  command.spread();
  expect(command.words).toEqual(["/opt/my tools/run", "a b", "it's"]);
});

it("a row that nobody filled in is nothing, an argument that is empty stays", () => {
  const command = new CommandFields("say", ["", "b"]);
  command.add(1);
  expect(command.words).toEqual(["say", "", "b"]);
  const last = command.args[2];
  if (!last) throw new Error("a row was added");
  expect(command.paste(last, "one")).toBe(0);
  expect(command.paste(last, `--x 'c d'`)).toBe(2);
  expect(command.words).toEqual(["say", "", "b", "--x", "c d"]);
});

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
