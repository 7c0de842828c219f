// A tool that may do harm asks before it runs.
import assert from "node:assert/strict";
import test from "node:test";
import { barriers, focused, openPage, startCore, startScripted } from "./harness.mjs";
import { openTools } from "./playground.mjs";

const tool = (name, annotations) => ({ name, inputSchema: { type: "object" }, ...(annotations && { annotations }) });

/** The Playground on a server with these tools; `calls` are those that reached it. */
async function playground(t, tools) {
  const calls = [];
  const call = (name) => {
    calls.push(name);
    return { content: [{ type: "text", text: "done" }] };
  };
  const server = await startScripted(t, { name: "files", tools, call });
  const core = await startCore(t);
  const { page, errors } = await openPage(t, core.link);
  const bench = await openTools(page, core, server);
  const question = page.getByRole("alertdialog");
  const answered = () => bench.result.getByText("Answered").waitFor();
  return { ...bench, page, core, errors, calls, question, answered };
}

test("a destructive tool asks in place once, and Cancel sends nothing", async (t) => {
  const { page, open, runButton, question, calls, answered, errors } = await playground(t, [
    tool("erase", { destructiveHint: true }),
    tool("wipe", { readOnlyHint: false }),
    tool("look", { readOnlyHint: true }),
    tool("note", { destructiveHint: false }),
  ]);
  await open("erase");
  await page.keyboard.press("Control+Enter");
  await question.getByText("“erase” on files may delete or overwrite things.").waitFor();
  // Enter does no harm.
  await focused(question.getByRole("button", { name: "Cancel" }));
  await page.keyboard.press("Control+Enter");
  assert.deepEqual(await barriers(page), []);
  await page.keyboard.press("Escape");
  await question.waitFor({ state: "hidden" });
  await focused(runButton);
  await runButton.click();
  await question.getByRole("button", { name: "Cancel" }).click();
  assert.deepEqual(calls, []);

  await runButton.click();
  await question.getByRole("button", { name: "Run" }).click();
  await answered();
  await runButton.click();
  await page.waitForFunction(() => document.querySelectorAll("[aria-label=History] li").length === 2);
  assert.deepEqual(calls, ["erase", "erase"], "asked once");

  await open("wipe");
  await runButton.click();
  await question.getByText(/“wipe” on files may change or delete things: its server does not rule it out/).waitFor();
  await question.getByRole("button", { name: "Cancel" }).click();
  for (const name of ["look", "note"]) {
    await open(name);
    await runButton.click();
    await page.waitForFunction(
      (tool) => document.querySelector("[aria-label=History] li code")?.textContent === tool,
      name,
    );
  }
  assert.deepEqual(calls, ["erase", "erase", "look", "note"]);
  assert.deepEqual(errors, []);
});

test("a server that says nothing of its tools is asked about once", async (t) => {
  const { open, runButton, question, calls, answered, errors } = await playground(t, [tool("one"), tool("two")]);
  await open("one");
  await runButton.click();
  await question.getByText("files does not say what its tools do.").waitFor();
  await question.getByRole("button", { name: "Run" }).click();
  await answered();
  await open("two");
  await runButton.click();
  await answered();
  assert.deepEqual(calls, ["one", "two"]);
  assert.deepEqual(errors, []);
});
