// Each of the eleven schemas on which forms fail, and each tool of a real server: the form, what is sent, what is refused.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import test from "node:test";
import { openPage, startCore, startEverything, startScripted } from "./harness.mjs";
import { openTools, startRecorder } from "./playground.mjs";

const HARD = JSON.parse(
  await readFile(new URL("../../ui/src/features/playground/form/hard.json", import.meta.url), "utf8"),
);

test("eleven hard schemas: the form opens, what is right is sent as it stands, what is wrong is said and stays", async (t) => {
  assert.equal(HARD.length, 11);
  const received = [];
  const call = (_tool, given) => {
    received.push(given);
    return { content: [{ type: "text", text: "got it" }] };
  };
  const tools = HARD.map(({ name, schema }, at) => ({
    name: `hard-${at + 1}`,
    description: name,
    inputSchema: { type: "object", ...schema },
  }));
  const server = await startScripted(t, { name: "hard", tools, call });
  const core = await startCore(t);
  const { page, errors } = await openPage(t, core.link);
  const bench = await openTools(page, core, server);

  for (const [at, { name, start, good, bad }] of HARD.entries()) {
    await t.test(name, async () => {
      await bench.open(`hard-${at + 1}`);
      assert.deepEqual(await bench.shown(), start, "it starts from what is required");
      for (const value of good) {
        await bench.write(value);
        // What was wrong with the value before may stand for a moment.
        await page.getByText(/fields? (to fix|still empty)/).waitFor({ state: "detached" });
        const before = received.length;
        await bench.run();
        assert.deepEqual(received.slice(before), [value], "the server received exactly the JSON tab");
      }
      for (const { value, message } of bad) {
        await bench.write(value);
        await page.getByText(/fields? (to fix|still empty)/).waitFor();
        const before = received.length;
        await bench.runButton.click();
        await bench.form
          .getByText(new RegExp(message.replace(/^\^|\$$/g, "")))
          .first()
          .waitFor();
        assert.equal(received.length, before, `${JSON.stringify(value)} was not sent`);
      }
    });
  }
  assert.deepEqual(errors, []);
});

const field = (page, name) => page.getByRole("textbox", { name: new RegExp(`^${name}`) });
const choose = (page, group, name) => page.getByRole("group", { name: group }).getByRole("button", { name }).click();

/** How each tool of server-everything is filled in by hand, what has to be sent then, and what answers. */
const EVERYTHING = [
  {
    tool: "echo",
    fill: (page) => field(page, "message").fill("grüße"),
    sent: { message: "grüße" },
    answer: /Echo: grüße/,
  },
  {
    tool: "get-annotated-message",
    fill: async (page) => {
      await page.getByRole("combobox", { name: /^messageType/ }).selectOption("success");
      await choose(page, "includeImage", "Yes");
    },
    sent: { messageType: "success", includeImage: true },
    answer: /Operation completed successfully/,
  },
  { tool: "get-env", sent: {}, answer: /PATH/ },
  {
    tool: "get-resource-links",
    fill: (page) => field(page, "count").fill("2"),
    sent: { count: 2 },
    answer: /Resource 2/,
  },
  {
    tool: "get-resource-reference",
    fill: async (page) => {
      await page.getByRole("combobox", { name: /^resourceType/ }).selectOption("Blob");
      await field(page, "resourceId").fill("4");
    },
    sent: { resourceType: "Blob", resourceId: 4 },
    answer: /resource\/dynamic\/blob\/4/,
  },
  {
    tool: "get-structured-content",
    fill: (page) => page.getByRole("combobox", { name: /^location/ }).selectOption("Chicago"),
    sent: { location: "Chicago" },
    answer: /temperature/,
  },
  {
    tool: "get-sum",
    fill: async (page) => {
      await field(page, "a").fill("2.5");
      await field(page, "b").fill("-1");
    },
    sent: { a: 2.5, b: -1 },
    answer: /is 1\.5/,
  },
  { tool: "get-tiny-image", sent: {}, answer: /MCP logo/ },
  {
    tool: "gzip-file-as-resource",
    fill: async (page) => {
      await field(page, "name").fill("a.gz");
      await field(page, "data").fill("data:text/plain,hello");
      await page.getByRole("combobox", { name: /^outputType/ }).selectOption("resource");
    },
    sent: { name: "a.gz", data: "data:text/plain,hello", outputType: "resource" },
    answer: /a\.gz/,
  },
  { tool: "toggle-simulated-logging", sent: {}, answer: /simulated/i },
  { tool: "toggle-subscriber-updates", sent: {}, answer: /updates/i },
  {
    tool: "trigger-long-running-operation",
    fill: async (page) => {
      await field(page, "duration").fill("0.2");
      await field(page, "steps").fill("2");
    },
    sent: { duration: 0.2, steps: 2 },
    answer: /Duration: 0\.2 seconds, Steps: 2/,
  },
  {
    tool: "simulate-research-query",
    fill: (page) => field(page, "topic").fill("forms"),
    sent: { topic: "forms" },
    answer: /task|research|forms/i,
  },
];

/** What the form refuses before it is sent. */
const REFUSED = [
  { tool: "echo", fill: async () => {}, says: "message is required" },
  { tool: "get-sum", fill: async () => {}, says: "a is required" },
  { tool: "get-sum", fill: (page) => field(page, "a").fill("two"), says: "“two” is not a number" },
  { tool: "get-resource-links", fill: (page) => field(page, "count").fill("11"), says: "11 is too large" },
];

test("every tool of server-everything: its form, what it is sent, what it answers", async (t) => {
  const everything = await startEverything(t);
  const recorder = await startRecorder(t, everything);
  const core = await startCore(t);
  const { page, errors } = await openPage(t, core.link);
  const bench = await openTools(page, core, recorder);
  const listed = await core.call("tools", { server: bench.row.id });
  assert.deepEqual(listed.tools.map(({ name }) => name).sort(), EVERYTHING.map(({ tool }) => tool).sort());

  for (const { tool, fill, says } of REFUSED) {
    await t.test(`${tool} refuses what its schema refuses`, async () => {
      await bench.open(tool);
      await fill(page);
      await bench.runButton.click();
      await bench.form.getByText(says).first().waitFor();
      assert.deepEqual(recorder.calls, [], "nothing was sent");
    });
  }
  for (const [at, { tool, fill, sent, answer }] of EVERYTHING.entries()) {
    await t.test(tool, async () => {
      await bench.open(tool);
      await fill?.(page);
      assert.deepEqual(await bench.shown(), sent);
      await bench.run();
      await bench.result.getByText(answer).first().waitFor();
      assert.deepEqual(recorder.last(at + 1, tool), sent, "the server received exactly the JSON tab");
    });
  }
  assert.deepEqual(errors, []);
});

test("a call from the form shows its progress, is cancelled, and the server hears of it", async (t) => {
  const recorder = await startRecorder(t, await startEverything(t));
  const core = await startCore(t);
  const { page } = await openPage(t, core.link);
  const bench = await openTools(page, core, recorder);
  await bench.open("trigger-long-running-operation");
  await field(page, "duration").fill("30");
  await field(page, "steps").fill("60");
  await bench.runButton.click();
  await bench.result.getByRole("progressbar", { name: "Progress of the call" }).waitFor();
  await page.getByRole("button", { name: "Cancel", exact: true }).click();
  await bench.result.getByText("You cancelled the call").waitFor();
  assert.deepEqual(recorder.last(1, "trigger-long-running-operation"), { duration: 30, steps: 60 });

  await page.goto(`${core.address}/#/servers/${bench.row.id}`);
  await page.getByRole("tab", { name: "Logs" }).click();
  const requests = page.getByRole("list", { name: "Requests, newest first" });
  await requests.getByText("trigger-long-running-operation").waitFor();
  await requests.getByText("Cancelled").waitFor();
});
