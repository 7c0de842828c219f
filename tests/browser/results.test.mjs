// The Playground at rest and at work: nothing red before a key, and every kind of result can be used.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import test from "node:test";
import { eventually, openPage, startCore, startScripted } from "./harness.mjs";
import { openTools } from "./playground.mjs";

const tool = (name, more = {}) => ({
  name,
  inputSchema: { type: "object" },
  annotations: { readOnlyHint: true },
  ...more,
});

/** A tenth of a second of silence, as a WAV. */
function silence() {
  const data = Buffer.alloc(44 + 800, 128);
  data.write("RIFF");
  data.writeUInt32LE(36 + 800, 4);
  data.write("WAVEfmt ", 8);
  data.writeUInt32LE(16, 16);
  data.writeUInt16LE(1, 20);
  data.writeUInt16LE(1, 22);
  data.writeUInt32LE(8_000, 24);
  data.writeUInt32LE(8_000, 28);
  data.writeUInt16LE(1, 32);
  data.writeUInt16LE(8, 34);
  data.write("data", 36);
  data.writeUInt32LE(800, 40);
  return data.toString("base64");
}

test("nothing is red before the first key, and required numbers start empty", async (t) => {
  const properties = { count: { type: "integer", minimum: 3 }, note: { type: "string" } };
  const tools = [tool("measure", { inputSchema: { type: "object", properties, required: ["count"] } })];
  const server = await startScripted(t, { name: "meter", tools });
  const core = await startCore(t);
  const { page, errors } = await openPage(t, core.link);
  const { form, runButton } = await openTools(page, core, server);
  const count = form.getByRole("textbox", { name: "count" });
  assert.equal(await count.inputValue(), "");
  assert.equal(await page.getByText(/to fix/).count(), 0);
  assert.equal(await form.locator("[aria-invalid=true]").count(), 0);
  await page.getByText("1 field still empty").waitFor();
  await runButton.click();
  await page.getByText("1 field to fix").waitFor();
  const [box, label] = [await count.boundingBox(), form.getByText("required", { exact: true })];
  assert.ok(box.width <= 220, `a number needs no ${box.width} px`);
  await label.waitFor();
  assert.deepEqual(errors, []);
});

test("results are played, searched, saved and opened", async (t) => {
  const text = `${"line of text\n".repeat(60)}a needle here`;
  const content = [
    { type: "text", text },
    { type: "audio", mimeType: "audio/wav", data: silence() },
    { type: "resource_link", uri: "https://example.org/report", name: "report" },
    { type: "resource", resource: { uri: "file:///x/data.bin", blob: "AQIDBA==" } },
  ];
  const server = await startScripted(t, { name: "mixed", tools: [tool("all")], call: () => ({ content }) });
  const core = await startCore(t);
  const { page, errors } = await openPage(t, core.link);
  const { run, result } = await openTools(page, core, server);
  await run();
  const sound = result.getByLabel("Sound sent by the tool");
  await page.waitForFunction((element) => element.readyState > 0, await sound.elementHandle());
  await result.getByText("793 bytes").waitFor();
  await result.getByText("4 bytes", { exact: true }).waitFor();
  await result.getByRole("searchbox", { name: "Find in the result" }).fill("NEEDLE");
  await result.getByText("1 place").waitFor();
  assert.equal(await result.locator("mark").innerText(), "needle");
  assert.equal(await result.getByRole("link", { name: "Open" }).getAttribute("href"), "https://example.org/report");
  const saving = page.waitForEvent("download");
  await result.getByRole("button", { name: "Save as a file" }).last().click();
  const saved = await saving;
  assert.equal(saved.suggestedFilename(), "data.bin");
  assert.deepEqual([...(await readFile(await saved.path()))], [1, 2, 3, 4]);
  assert.deepEqual(errors, []);
});

test("tools stand by server, several servers' first, the chosen one is in view, and the history folds", async (t) => {
  const many = Array.from({ length: 40 }, (_, at) => tool(`tool_${String(at).padStart(2, "0")}`));
  const core = await startCore(t);
  for (const [name, tools] of [
    ["first", [...many, tool("shared")]],
    ["second", [tool("shared"), tool("own")]],
  ]) {
    const { address } = await startScripted(t, { name, tools });
    await core.call("add", { url: `http://${address}`, name });
  }
  const { page, errors } = await openPage(t, core.link);
  await page.goto(`${core.address}/#/playground//tool_35`);
  const list = page.getByRole("list", { name: "Tools", exact: true });
  const chosen = list.getByRole("link", { name: "tool_35" });
  await chosen.waitFor();
  const inside = () =>
    chosen.evaluate((link) => {
      const [box, around] = [link.getBoundingClientRect(), link.closest("ul").getBoundingClientRect()];
      return box.top >= around.top && box.bottom <= around.bottom;
    });
  await eventually(inside, true, "the chosen tool is in view");
  const text = await list.innerText();
  assert.ok(text.indexOf("Offered by several servers") < text.indexOf("first"), text.slice(0, 80));
  assert.match(text, /second\s+1\s+own/);
  await page.getByRole("button", { name: "Run", exact: true }).click();
  await page.getByRole("list", { name: "History" }).getByRole("button").first().waitFor();
  await page.getByRole("button", { name: "History" }).click();
  await eventually(() => page.getByRole("list", { name: "History" }).count(), 0);
  await eventually(() => page.getByRole("button", { name: /^Run/ }).count(), 1, "there is one Run");
  assert.deepEqual(errors, []);
});

// Numbers that a page cannot hold: shown, copied and remembered as the server sent them.

const NUMBERS = ["12345678901234567890123", "9007199254740993", "0.1234567890123456789", "1e400", "1.0"];
const ROW = `{"n":${NUMBERS[0]},"odd":${NUMBERS[1]},"d":${NUMBERS[2]},"huge":${NUMBERS[3]},"tidy":${NUMBERS[4]}}`;
const RESULT = `{"content":[],"structuredContent":{"rows":[${ROW}]},"futureField":${NUMBERS[0]}}`;

test("a result is shown, copied and remembered with the digits that the server sent", async (t) => {
  const tools = [{ name: "digits", description: "Long numbers.", inputSchema: { type: "object" } }];
  const server = await startScripted(t, { name: "digits", tools, call: () => RESULT });
  const core = await startCore(t);
  const { page, errors } = await openPage(t, core.link);
  const bench = await openTools(page, core, server);
  await bench.open("digits");
  await bench.run();

  const showsThem = async () => {
    const cells = bench.result.getByRole("table", { name: "Result" }).getByRole("cell");
    await eventually(() => cells.allTextContents(), NUMBERS);
    await bench.result.getByRole("button", { name: "JSON", exact: true }).click();
    const json = await bench.result.getByRole("region", { name: "Result as JSON" }).textContent();
    for (const number of NUMBERS) assert.ok(json.includes(`: ${number}`), `${number} is not in ${json}`);
    await bench.tab("Raw");
    const raw = await bench.result.getByRole("region", { name: "Raw result" }).textContent();
    assert.ok(raw.includes(`"futureField": ${NUMBERS[0]}`), raw);
    await bench.tab("Result");
    await bench.result.getByRole("button", { name: "Copy result" }).click();
    const copied = async () => (await page.evaluate(() => navigator.clipboard.readText())).replace(/\s/g, "");
    await eventually(copied, RESULT);
  };
  await showsThem();

  await page.reload();
  await page.getByRole("list", { name: "History" }).getByRole("button").first().click();
  await showsThem();
  assert.deepEqual(errors, []);
});
