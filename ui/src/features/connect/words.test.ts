import { expect, it } from "vitest";
import { setupOf } from "./setups";
import { clientWords, reachOf, remedyOf } from "./words";

const client = { id: "a", name: "Cursor", created_at: 1_000, used_at: null };

it("only a request connects a client, and who waits long is told what helps", () => {
  expect(clientWords(client, 61_000)).toMatchObject({ glyph: "unk", more: "1 min" });
  expect(clientWords(client, 301_000).more).toBe("5 min; restart it?");
  expect(clientWords({ ...client, used_at: 2_000 }, 62_000)).toMatchObject({
    glyph: "ok",
    word: "Connected",
    more: "last request 1 min ago",
  });
});

it.each([
  ["Claude Code", "claude-code"],
  ["claude code", "claude-code"],
  ["vscode", "vscode"],
  ["VS Code Insiders", "vscode-insiders"],
  ["ci-runner", "other"],
  ["", "other"],
])("a client called %j is set up as %s", (name, id) => {
  expect(setupOf(name).id).toBe(id);
});

it("who reaches an address, and what helps where there is none, is said", () => {
  expect(reachOf("http://127.0.0.1:8090/mcp")).toBe("this computer only");
  expect(reachOf("http://[::1]:8090/mcp")).toBe("this computer only");
  expect(reachOf("http://192.168.0.2:8090/mcp")).toBe("everybody who reaches this address");
  expect(remedyOf("`gateway.enabled` is `false`")).toMatch(/^Turn it on/);
  expect(remedyOf("`x` listens on 127.0.0.1:8090")).toMatch(/^End that program/);
  expect(remedyOf("the file is damaged")).toMatch(/^Look at/);
});
