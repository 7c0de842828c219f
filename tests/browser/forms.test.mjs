// Forms made from schemas on which forms fail, and what a real server receives of them.
import assert from "node:assert/strict";
import test from "node:test";
import { barriers, eventually, openPage, startCore, startScripted } from "./harness.mjs";
import { pressRun } from "./playground.mjs";

const tool = (name, inputSchema) => ({ name, description: `${name} gives back what it was sent`, inputSchema });
const object = (properties, required = [], more = {}) => ({ type: "object", properties, required, ...more });

const TOOLS = [
  tool(
    "search",
    object(
      {
        query: { type: "string" },
        limit: { type: "integer", minimum: 1, maximum: 50, default: 5 },
        rerank: { anyOf: [{ type: "boolean" }, { type: "null" }] },
        filters: {
          type: "array",
          items: object(
            {
              field: { enum: ["source", "score"] },
              above: { type: "number", minimum: 0, maximum: 1 },
              level: {
                oneOf: [
                  { const: 1, title: "Quiet" },
                  { const: 5, title: "Loud" },
                ],
              },
            },
            ["field"],
          ),
        },
      },
      ["query"],
    ),
  ),
  tool("shape", {
    type: "object",
    oneOf: [
      object({ kind: { const: "circle" }, radius: { type: "number" } }, ["kind", "radius"], { title: "Circle" }),
      object({ kind: { const: "square" }, side: { type: "number" } }, ["kind", "side"], { title: "Square" }),
    ],
  }),
  tool(
    "tree",
    object({ root: { $ref: "#/$defs/node" } }, ["root"], {
      $defs: {
        node: object({ name: { type: "string" }, children: { type: "array", items: { $ref: "#/$defs/node" } } }, [
          "name",
        ]),
      },
    }),
  ),
  tool(
    "mixed",
    object({
      day: { type: "string", format: "date" },
      password: { type: "string", format: "password" },
      point: { type: "array", prefixItems: [{ type: "number" }, { type: "number" }] },
      counts: { type: "object", additionalProperties: { type: "integer" } },
      any: { type: "object" },
    }),
  ),
];

/** A server that keeps what its tools were sent, known to a core, and the Playground open on it. */
async function start(t, options) {
  const received = [];
  const call = (_tool, given) => {
    received.push(given);
    return { content: [{ type: "text", text: JSON.stringify(given) }], structuredContent: given };
  };
  const server = await startScripted(t, { name: "echoes", tools: TOOLS, call });
  const core = await startCore(t);
  const { page, errors } = await openPage(t, core.link, options);
  const row = page.getByRole("row").filter({ hasText: server.address });
  await row.getByRole("checkbox").check();
  await page.getByRole("button", { name: "Add 1 server" }).click();
  await row.getByRole("link", { name: /^Known/ }).waitFor();
  await page.keyboard.press("Control+5");
  const tab = (name) => page.getByRole("tab", { name }).click();
  const open = async (name) => {
    await page.getByRole("link", { name: new RegExp(`^${name}`) }).click();
    await page.getByRole("heading", { name, exact: true }).waitFor();
  };
  /** Runs what stands in the form; what the JSON tab shows has to be what the server received. */
  const sent = async () => {
    await tab(/^JSON/);
    const shown = JSON.parse(await page.getByRole("textbox", { name: "Arguments as JSON" }).inputValue());
    await tab(/^Form/);
    const before = received.length;
    await pressRun(page);
    await page.waitForFunction(
      () => document.querySelector("[aria-label=Result] .verdict")?.textContent === "Answered",
    );
    await page.getByRole("button", { name: "Run", exact: true }).waitFor();
    assert.equal(received.length, before + 1);
    assert.deepEqual(received.at(-1), shown, "the server received exactly the JSON tab");
    return shown;
  };
  return { page, errors, open, tab, sent };
}

test("a list of objects: what is untouched is absent, rows move by keyboard, what is wrong is said at the field", async (t) => {
  const { page, errors, open, tab, sent } = await start(t);
  await open("search");
  const query = page.getByRole("textbox", { name: "query" });
  await query.fill("rate limits");
  assert.equal(await page.getByRole("textbox", { name: "limit" }).getAttribute("placeholder"), "Not sent, default 5");
  assert.deepEqual(await sent(), { query: "rate limits" });

  const add = page.getByRole("button", { name: "Add an item to filters" });
  await add.click();
  await page.getByRole("combobox", { name: "field, item 1" }).selectOption("score");
  await page.getByRole("textbox", { name: "above, item 1" }).fill("high");
  await page.getByText("“high” is not a number. above takes 0 to 1, such as 0.7.").waitFor();
  await page.getByText("1 field to fix").waitFor();
  await page.getByRole("textbox", { name: "above, item 1" }).fill("0.7");
  await add.click();
  await page.getByRole("combobox", { name: "level, item 2" }).selectOption({ label: "Loud" });
  await page.getByRole("group", { name: "rerank" }).getByRole("button", { name: "null" }).click();
  const up = page.getByRole("button", { name: "Move item 2 up" });
  await up.focus();
  await page.keyboard.press("Enter");
  await page.getByText("Item 2 is now item 1 of 2").waitFor({ state: "attached" });
  assert.deepEqual(await sent(), {
    query: "rate limits",
    filters: [
      { field: "source", level: 5 },
      { field: "score", above: 0.7 },
    ],
    rerank: null,
  });

  await tab(/^JSON/);
  await page.getByRole("textbox", { name: "Arguments as JSON" }).fill('{"query": "from JSON", "limit": 7}');
  await tab(/^Form/);
  assert.equal(await query.inputValue(), "from JSON");
  assert.equal(await page.getByRole("textbox", { name: "limit" }).inputValue(), "7");
  assert.deepEqual(errors, []);
});

test("a root of oneOf, a tree that contains itself, fixed lists, maps and free-form objects", async (t) => {
  const { page, errors, open, sent } = await start(t);
  await open("shape");
  await page.getByRole("combobox", { name: "Kind" }).selectOption({ label: "Square" });
  await page.getByRole("textbox", { name: "side" }).fill("3");
  assert.deepEqual(await sent(), { kind: "square", side: 3 });

  await open("tree");
  await page.getByRole("textbox", { name: "name" }).fill("a");
  await page.getByRole("button", { name: "Add an item to children" }).click();
  await page.getByRole("textbox", { name: "name" }).last().fill("b");
  assert.deepEqual(await sent(), { root: { name: "a", children: [{ name: "b" }] } });

  await open("mixed");
  await page.getByRole("textbox", { name: "day" }).fill("2026-11-23");
  await page.getByRole("button", { name: "Add an item to point" }).click();
  await page.getByRole("textbox", { name: "Item 1" }).fill("1.5");
  await page.getByRole("textbox", { name: "Name to add" }).fill("apples");
  await page.keyboard.press("Enter");
  await page.getByRole("textbox", { name: "apples" }).fill("4");
  await page.getByRole("textbox", { name: "any" }).fill('{"deep": [null]}');
  const expected = { day: "2026-11-23", point: [1.5], counts: { apples: 4 }, any: { deep: [null] } };
  assert.deepEqual(await sent(), expected);
  assert.deepEqual(await barriers(page), []);
  assert.deepEqual(errors, []);
});

test("a secret is masked and written nowhere; a pinned call stays and is compared", async (t) => {
  const { page, open, sent } = await start(t);
  await open("mixed");
  const secret = page.getByLabel("password", { exact: true });
  await secret.fill("correct horse");
  assert.equal(await secret.getAttribute("type"), "password");
  assert.deepEqual(await sent(), { password: "correct horse" });
  await page.getByRole("button", { name: "Pin", exact: true }).click();
  await page.getByRole("list", { name: "Pinned" }).getByRole("button").waitFor();
  const kept = await page.evaluate(() => JSON.stringify({ ...localStorage }));
  assert.doesNotMatch(kept, /correct horse/);
  assert.match(kept, /mixed/, "the call itself is kept");

  await secret.fill("");
  await page.getByRole("textbox", { name: "day" }).fill("2026-11-23");
  await sent();
  await page.getByRole("tab", { name: "Compare" }).click();
  await page.getByText(/lines? differs?/).waitFor();
  await page.getByRole("button", { name: "Clear", exact: true }).click();
  await page.getByRole("list", { name: "Pinned" }).getByRole("button").waitFor();
  await eventually(() => page.getByRole("list", { name: "History" }).count(), 0);
});
