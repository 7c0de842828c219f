// What tests of the settings screen have in common: the screen, its file, and what the core said of the draft last.
import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { openPage, startCore } from "./harness.mjs";

const ROOT = join(dirname(fileURLToPath(import.meta.url)), "..", "..");
const EXAMPLES = join(ROOT, "crates", "model", "examples");

/** The file of the guide. */
export const guide = () => readFile(join(EXAMPLES, "guide.yaml"), "utf8");

/** The annotated example, and what else of the sources a test is made from. */
export const source = (path) => readFile(join(ROOT, path), "utf8");

/** A core with this file. */
export async function startSettings(t, config, more = {}) {
  const core = await startCore(t, { config, flags: ["--no-local-discovery"], ...more });
  const path = join(core.data, "mcp-discovery.yaml");
  return { core, path, onDisk: () => readFile(path, "utf8") };
}

/** The screen in a browser of its own. `said` is what the core answered to the newest draft. */
export async function openSettings(t, core, section = "health_monitoring", more = {}) {
  const { page, errors } = await openPage(t, core.link, more);
  const said = { draft: null };
  page.on("response", async (response) => {
    if (!response.url().endsWith("/config_draft") || !response.ok()) return;
    const answer = await response.json().catch(() => null);
    if (answer) said.draft = answer;
  });
  await goTo(page, core, section);
  return { page, errors, said };
}

/** Shows a section, and waits until it is drawn. */
export async function goTo(page, core, section) {
  await page.goto(`${core.address}/#/settings/${section}`);
  await page.getByRole("navigation", { name: "Sections" }).waitFor();
  await editor(page).waitFor();
}

/** Shows a section of the page that is open: what is drafted stays. */
export async function show(page, name) {
  await page.getByRole("navigation", { name: "Sections" }).getByRole("link", { name }).click();
  await page.getByRole("region", { name, exact: true }).waitFor();
}

/** The file, as a person types in it. */
export const editor = (page) => page.getByRole("textbox", { name: "mcp-discovery.yaml" });

/** Waits until the file has the keyboard. */
export const inFile = (page) =>
  page.waitForFunction(
    () =>
      document.querySelector(".host")?.shadowRoot?.activeElement?.role === "textbox" ||
      document.querySelector(".host")?.shadowRoot?.activeElement?.classList.contains("cm-content"),
  );

/** Puts this text in the place of all that stands in the editor. */
export async function typeWhole(page, text) {
  await editor(page).focus();
  await page.keyboard.press("Control+a");
  await page.keyboard.insertText(text);
}

/** Waits until the head says how much is drafted. */
export const drafted = (page, changes) =>
  page.getByText(changes === 1 ? "Draft, 1 change" : `Draft, ${changes} changes`, { exact: true }).waitFor();

/** Waits until nothing is drafted. */
export async function notDrafted(page) {
  await page.getByRole("region", { name: "Review before saving" }).waitFor({ state: "detached" });
}

/** Waits until the core has said this of the draft. */
export async function until(page, holds, what) {
  const end = Date.now() + 20_000;
  while (!holds()) {
    if (Date.now() > end) throw new Error(`never: ${what}`);
    await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(resolve)));
  }
}

/** The lines that differ, as `diff` has them. */
export function changedLines(before, after) {
  const [old, now] = [before.split("\n"), after.split("\n")];
  return {
    gone: old.filter((line) => !now.includes(line)),
    come: now.filter((line) => !old.includes(line)),
    more: now.length - old.length,
  };
}
