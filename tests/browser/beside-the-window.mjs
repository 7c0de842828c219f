// Two browsers beside the window, on the same core: each drafts a change, is refused, sees both texts, and saves its own.
// A test of the window runs it, says a step in a line, and hears in a line that it is done.
import assert from "node:assert/strict";
import { createInterface } from "node:readline";
import { openPage } from "./harness.mjs";
import { drafted, goTo, notDrafted } from "./settings.mjs";

const [link] = process.argv.slice(2);
const core = { address: link.split("/#")[0] };
const undo = [];
const t = { after: (end) => undo.unshift(end) };
const steps = createInterface({ input: process.stdin })[Symbol.asyncIterator]();

async function told(step) {
  const { value } = await steps.next();
  assert.equal(value, step);
}

async function open() {
  const { page } = await openPage(t, link);
  await goTo(page, core, "health_monitoring");
  return page;
}

const field = (page, name) => page.getByRole("textbox", { name });

/** Saves over what somebody else saved: first it is refused, and both texts are there. */
async function saveSecond(page, mine, theirs) {
  await page.keyboard.press("Control+s");
  await page.getByText(/^Not saved: the file changed/).waitFor();
  await page.getByRole("button", { name: "Compare", exact: true }).click();
  const compared = page.getByRole("group", { name: /What the draft makes/ });
  for (const text of [mine, theirs]) await compared.getByText(text).first().waitFor();
  await page.getByRole("button", { name: "Load it" }).click();
  await drafted(page, 1);
  await page.keyboard.press("Control+s");
  await notDrafted(page);
}

try {
  const [one, other] = [await open(), await open()];
  await field(one, "Max failures").fill("4");
  await field(other, "Check interval").fill("45");
  await drafted(one, 1);
  await drafted(other, 1);
  console.log("drafted");

  await told("save");
  await saveSecond(one, "max_failures: 4", "warn_ms: 1500");
  await saveSecond(other, "check_interval: 45", "max_failures: 4");
  console.log("saved");

  await told("again");
  await one.waitForFunction(() => document.getElementById("f-health_monitoring-check_interval").value === "45");
  await field(one, "Max failures").fill("6");
  await drafted(one, 1);
  await one.keyboard.press("Control+s");
  await notDrafted(one);
  console.log("saved again");
} finally {
  for (const end of undo) await end();
}
