import { describe, expect, it } from "vitest";
import { parse, print } from "../../shared/exact";
import { diff, focus, jsonOf, readAnswer, tableOf } from "./result";
import { asCommand, asRequest, merge, search, shellQuote } from "./tools";

describe("an answer", () => {
  it("is read by the type of each part", () => {
    const answer = readAnswer({
      content: [
        { type: "text", text: "hi" },
        { type: "image", mimeType: "image/png", data: "iVBORw0KGgo=" },
        { type: "resource_link", uri: "file:///a", name: "a", title: "A" },
        { type: "resource", resource: { uri: "file:///b", text: "b" } },
        { type: "audio", mimeType: "audio/wav", data: "AAAA" },
      ],
    });
    expect(answer.content.map((part) => part.type)).toEqual(["text", "image", "link", "resource", "audio"]);
    expect(answer.content[2]).toMatchObject({ name: "A", uri: "file:///a" });
  });

  it("draws only pictures that are pictures", () => {
    const kind = (mimeType: string, data: string) =>
      readAnswer({ content: [{ type: "image", mimeType, data }] }).content[0]?.type;
    expect(kind("image/svg+xml", "AAAA")).toBe("other");
    expect(kind("text/html", "AAAA")).toBe("other");
    expect(kind("image/png", '"><script>')).toBe("other");
    expect(kind("image/webp", "AAAA")).toBe("image");
  });

  it("is never a crash, whatever came", () => {
    for (const odd of [null, 3, "x", [], { content: "no" }, { content: [null, 1, { type: "new" }] }]) {
      expect(readAnswer(odd).isError).toBe(false);
    }
    expect(readAnswer({ isError: true, content: [] }).isError).toBe(true);
  });

  it("carries JSON as structured content, or as its only text", () => {
    expect(jsonOf(readAnswer({ content: [], structuredContent: { a: 1 } }))).toEqual({ value: { a: 1 } });
    expect(jsonOf(readAnswer({ content: [{ type: "text", text: "[1]" }] }))).toEqual({ value: [1] });
    expect(jsonOf(readAnswer({ content: [{ type: "text", text: "5 apples" }] }))).toBeNull();
    expect(jsonOf(readAnswer({ content: [{ type: "text", text: "{oops" }] }))).toBeNull();
  });

  it("shows numbers as they came, as data, as its only text, and in a table", () => {
    const rows = '[{"id":12345678901234567890123,"d":1.0}]';
    const answers = [
      readAnswer(parse(`{"content":[],"structuredContent":${rows}}`)),
      readAnswer({ content: [{ type: "text", text: rows }] }),
    ];
    for (const answer of answers) {
      const value = jsonOf(answer)?.value;
      expect(print(value)).toBe(rows);
      expect(String(tableOf(value)?.rows[0]?.id)).toBe("12345678901234567890123");
    }
    expect(tableOf(parse("[12345678901234567890123]"))).toBeNull();
  });

  it("is a table when it is one list of flat objects", () => {
    expect(tableOf([{ a: 1 }, { a: 2, b: "x" }])).toMatchObject({ title: "", columns: ["a", "b"] });
    expect(tableOf({ total: 2, items: [{ a: 1 }] })).toMatchObject({ title: "items" });
    expect(tableOf([{ a: { b: 1 } }])).toBeNull();
    expect(tableOf([1, 2])).toBeNull();
    expect(tableOf({ a: [{ x: 1 }], b: [{ x: 1 }] })).toBeNull();
    expect(tableOf([])).toBeNull();
  });
});

describe("copying a call", () => {
  it("gives a command that a shell reads back as the same words", () => {
    expect(asCommand("echo", '{\n  "message": "it\'s"\n}', "abc-1")).toBe(
      `mcp-discovery call echo '{"message":"it'\\''s"}' --server abc-1`,
    );
    expect(asCommand("a b", "", null)).toBe("mcp-discovery call 'a b' '{}'");
  });

  it("quotes only what must be", () => {
    expect(shellQuote("get-sum")).toBe("get-sum");
    expect(shellQuote("$(rm -rf /)")).toBe("'$(rm -rf /)'");
    expect(shellQuote("")).toBe("''");
  });

  it("gives the request that is sent", () => {
    expect(JSON.parse(asRequest("echo", '{"a": 1}'))).toEqual({
      method: "tools/call",
      params: { name: "echo", arguments: { a: 1 } },
    });
  });
});

describe("tools of several servers", () => {
  const hints = { read_only: null, destructive: null, idempotent: null, open_world: null };
  const row = (name: string, id: string, input: unknown = {}) => ({
    server: { id, name: id, url: "" },
    name,
    title: null,
    description: `does ${name}`,
    input_schema: input,
    output_schema: null,
    hints,
  });

  it("are listed once, with who offers them", () => {
    const tools = merge([row("sum", "s1"), row("echo", "s1"), row("echo", "s2"), row("sum", "s2", { type: "object" })]);
    expect(tools.map(({ name, servers, differs }) => [name, servers.length, differs])).toEqual([
      ["echo", 2, false],
      ["sum", 2, true],
    ]);
  });

  it("are found by every word", () => {
    expect(search(merge([row("sum", "a"), row("echo", "a")]), "does SUM").map(({ name }) => name)).toEqual(["sum"]);
  });
});

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
