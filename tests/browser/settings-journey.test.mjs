// The settings as people go through them, by keyboard: a field and its line, a save, a text that breaks and is mended, a
// change on disk, a version that comes back, undo.
import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import test from "node:test";
import { barriers } from "./harness.mjs";
import {
  drafted,
  editor,
  guide,
  inFile,
  notDrafted,
  openSettings,
  source,
  startSettings,
  typeWhole,
  until,
} from "./settings.mjs";

const FILE = `# ours
health_monitoring:
  check_interval: 30
  max_failures: 3   # the VPN drops one
  warn_ms: 1000

gateway:
  naming: auto
`;

const version = (page, number) => page.getByText(new RegExp(`^Version ${number}, `)).waitFor();

test("a threshold is changed, saved, broken, mended, loaded from disk, restored and undone", async (t) => {
  const { core, path, onDisk } = await startSettings(t, FILE);
  const { page, errors } = await openSettings(t, core);

  // Ctrl+9 leads there from anywhere, and `/` to the setting.
  await page.keyboard.press("Control+1");
  await page.getByRole("heading", { name: "Discover" }).waitFor();
  await page.keyboard.press("Control+9");
  await editor(page).waitFor();
  await page.getByRole("heading", { level: 1, name: "Settings" }).focus();
  await page.keyboard.press("/");
  await page.keyboard.type("slow");
  await page.getByRole("option", { name: /Slow above/ }).waitFor();
  await page.keyboard.press("Enter");
  const field = page.getByRole("textbox", { name: "Slow above" });
  await page.waitForFunction(() => document.activeElement?.id === "f-health_monitoring-warn_ms");

  // The field's line is marked; what is typed stands in it, and nowhere else.
  await page.keyboard.press("Control+a");
  await page.keyboard.type("1500");
  await drafted(page, 1);
  const line = editor(page).locator(".cm-line.cm-on");
  await page.waitForFunction(
    () => document.querySelector(".host").shadowRoot.querySelector(".cm-on")?.textContent === "  warn_ms: 1500",
  );
  assert.equal(await line.count(), 1);
  await page.getByText("was 1000", { exact: true }).waitFor();
  assert.equal(await onDisk(), FILE, "nothing is written before a save");

  await page.getByRole("textbox", { name: "Note for version 2" }).fill("the VPN is slow");
  await field.focus();
  await page.keyboard.press("Control+s");
  await notDrafted(page);
  await version(page, 2);
  assert.equal(await onDisk(), FILE.replace("1000", "1500"));
  assert.equal((await core.call("config", {})).effective.health_monitoring.warn_ms, 1500);
  const [newest] = (await core.call("config_versions", {})).versions;
  assert.deepEqual([newest.label, newest.by], ["the VPN is slow", "browser"]);

  // Into the file, where the text breaks: the forms wait for the line, and Save with them.
  const row = page.locator("[data-field=f-health_monitoring-warn_ms]");
  await row.getByRole("button", { name: "line 5" }).focus();
  await page.keyboard.press("Enter");
  await inFile(page);
  await page.keyboard.press("End");
  for (const _ of ": 1500") await page.keyboard.press("Backspace");
  await page.keyboard.type(" 1500");
  await page.getByText("Draft cannot be read", { exact: true }).waitFor();
  await page.getByText("The forms are frozen until you fix line 5").waitFor();
  await page.getByText(/^Line 5, column \d+$/).waitFor();
  assert.ok(await field.isDisabled());
  assert.ok(await page.getByRole("button", { name: "Save", exact: true }).isDisabled());
  await page.keyboard.press("Control+s");
  assert.equal(await onDisk(), FILE.replace("1000", "1500"), "a text that cannot be read is not saved");
  assert.deepEqual(await barriers(page), []);

  // It is mended where it broke; Esc leads back to the field.
  for (const _ of " 1500") await page.keyboard.press("Backspace");
  await page.keyboard.type(": 1200");
  await drafted(page, 1);
  await page.keyboard.press("Escape");
  await page.waitForFunction(() => document.activeElement?.id === "f-health_monitoring-warn_ms");
  await page.keyboard.press("Control+s");
  await version(page, 3);
  assert.equal(await onDisk(), FILE.replace("1000", "1200"));

  // Somebody else writes the file: without a draft it is loaded and said.
  await writeFile(path, FILE.replace("max_failures: 3", "max_failures: 5"));
  await page.getByText("The file changed on disk and was loaded").waitFor();
  await version(page, 4);
  await page.waitForFunction(() => document.getElementById("f-health_monitoring-max_failures").value === "5");

  // A version is looked at, and comes back as a new one.
  await page.getByRole("button", { name: "Versions", exact: true }).focus();
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "the VPN is slow" }).focus();
  await page.keyboard.press("ArrowUp");
  await page.getByRole("heading", { name: "Version 3" }).waitFor();
  await page.getByRole("group", { name: "Difference" }).getByText("warn_ms: 1200").waitFor();
  await page.getByRole("button", { name: "Restore version 3" }).focus();
  await page.keyboard.press("Enter");
  await version(page, 5);
  assert.equal(await onDisk(), FILE.replace("1000", "1200"));

  // And Ctrl+Z takes that back.
  await page.getByRole("heading", { level: 1, name: "Settings" }).focus();
  await page.keyboard.press("Control+z");
  await page.getByText(/^Undone: restored version 3/).waitFor();
  assert.equal(await onDisk(), FILE.replace("max_failures: 3", "max_failures: 5"));
  assert.deepEqual(errors, []);
});

test("undo goes back over fields and text alike, and again the other way", async (t) => {
  const { core, onDisk } = await startSettings(t, FILE);
  const { page } = await openSettings(t, core);
  const failures = page.getByRole("textbox", { name: "Max failures" });
  await failures.fill("4");
  await drafted(page, 1);
  await page.getByRole("button", { name: "line 5" }).click();
  await inFile(page);
  await page.keyboard.press("End");
  await page.keyboard.type("0");
  await drafted(page, 2);
  await page.keyboard.press("Control+z");
  await drafted(page, 1);
  await page.keyboard.press("Control+z");
  await notDrafted(page);
  await page.keyboard.press("Control+y");
  await drafted(page, 1);
  await page.waitForFunction(() => document.getElementById("f-health_monitoring-max_failures").value === "4");
  await page.getByRole("button", { name: "Reset Max failures" }).click();
  await notDrafted(page);
  assert.equal(await onDisk(), FILE);
});

test("F8 goes to the next problem, Ctrl+F into the file, and a name leads on to the line", async (t) => {
  const { core } = await startSettings(t, `${FILE}strcit: true\nsecurity:\n  tls_verfy: true\n`);
  const { page } = await openSettings(t, core);
  await page.keyboard.press("F8");
  await inFile(page);
  await page.keyboard.press("F8");
  await page.getByRole("region", { name: "Security", exact: true }).waitFor();
  await page.keyboard.press("Control+f");
  const find = page.getByRole("textbox", { name: "Find" });
  await find.focus();
  await page.keyboard.type("naming");
  await page.keyboard.press("Enter");
  await page.keyboard.press("Escape");
  await page.getByRole("region", { name: "Gateway", exact: true }).waitFor();
});

// Texts that are wrong, typed into the editor: every one names its line and its column, and changes nothing.

/** The reader's own list: a part of the guide's file, what stands there instead, and where that is wrong. */
async function variants() {
  const text = await source("crates/model/src/config/tests/broken.rs");
  const list = /CASES: &\[Case\] = &\[\n([\s\S]*?)\n\];/.exec(text)[1];
  const rows = list.split("\n").map((line) => line.trim().replace(/^\(/, "[").replace(/\),?$/, "]"));
  return rows.map((row) => JSON.parse(row.replace(/, (Error|Warning), "/, ', "$1", "')));
}

test("the broken variants of the guide's file name line and column, and change nothing", async (t) => {
  const file = await guide();
  const { core, onDisk } = await startSettings(t, file);
  const { page, errors, said } = await openSettings(t, core);
  const before = await core.call("config", {});
  const all = await variants();
  assert.ok(all.length >= 75, `${all.length} variants`);
  const save = page.getByRole("button", { name: /^Save/ });
  for (const [old, instead, line, column, severity] of all) {
    const text = file.replace(old, () => instead);
    await typeWhole(page, text);
    await until(page, () => said.draft?.text === text, `a draft of ${JSON.stringify(instead)}`);
    const place = page.getByText(`Line ${line}, column ${column}`, { exact: true });
    await place
      .waitFor()
      .catch(() => assert.fail(`${JSON.stringify(instead)} does not name line ${line}, column ${column}`));
    const [first] = said.draft.problems.filter(
      (problem) => problem.severity !== "no_effect" && problem.line === line && problem.column === column,
    );
    assert.ok(first, `${JSON.stringify(instead)}: no problem there`);
    assert.equal(severity === "Error", !said.draft.valid, JSON.stringify(instead));
    // An error cannot be saved, whichever way it is tried.
    if (severity === "Error") {
      assert.ok(await save.isDisabled(), JSON.stringify(instead));
      await page.keyboard.press("Control+s");
    }
  }
  await typeWhole(page, file);
  await notDrafted(page);
  assert.equal(await onDisk(), file);
  assert.deepEqual((await core.call("config", {})).effective, before.effective);
  assert.equal((await core.call("config_versions", {})).versions.length, 1);
  assert.deepEqual(errors, []);
});

test("what cannot be read is left for the last text that could", async (t) => {
  const file = await guide();
  const { core } = await startSettings(t, file);
  const { page } = await openSettings(t, core);
  await typeWhole(page, file.replace("max_failures: 3", "max_failures: 4"));
  await page.getByText("Draft, 1 change", { exact: true }).waitFor();
  await typeWhole(page, file.replace("max_failures: 3", "max_failures: ["));
  await page.getByText("Draft cannot be read", { exact: true }).waitFor();
  assert.equal(await page.getByRole("textbox", { name: "Max failures" }).inputValue(), "4");
  await page.getByRole("button", { name: /^Back to \d\d:\d\d:\d\d$/ }).click();
  await page.getByText("Draft, 1 change", { exact: true }).waitFor();
  // Ctrl+Z brings the text back that could not be read: it was a person's.
  await editor(page).focus();
  await page.keyboard.press("Control+z");
  await page.getByText("Draft cannot be read", { exact: true }).waitFor();
  await page.getByRole("button", { name: "Discard draft" }).click();
  await notDrafted(page);
});

test("a word that is misspelt is put right by one press, as a step of its own", async (t) => {
  const file = await guide();
  const { core } = await startSettings(t, file);
  const { page, said } = await openSettings(t, core);
  await typeWhole(page, file.replace("strategy: health_weighted", "strategy: health_wieghted   # ours"));
  await page.getByText("Line 28, column 13", { exact: true }).waitFor();
  await page.getByRole("button", { name: "Fix it" }).click();
  await until(
    page,
    () => said.draft.text.includes("strategy: health_weighted   # ours") && said.draft.valid,
    "put right",
  );
  assert.equal(await page.getByRole("button", { name: "Fix it" }).count(), 0);
});

test("what is typed while the core is gone is kept, and asked about when it is back", async (t) => {
  const { core } = await startSettings(t, await guide());
  const { page } = await openSettings(t, core);
  await page.route("**/api/v1/config_draft", (route) => route.abort());
  await page.getByRole("textbox", { name: "Max failures" }).fill("9");
  await page.getByText("The settings could not be read").waitFor();
  await page.unroute("**/api/v1/config_draft");
  // The screen also asks again by itself, and takes the button away then.
  await page
    .getByRole("button", { name: "Try again" })
    .click({ timeout: 2_000 })
    .catch(() => {});
  await page.getByText("Draft, 1 change", { exact: true }).waitFor();
  await page.getByText("The settings could not be read").waitFor({ state: "detached" });
  await page.getByRole("group", { name: "Difference" }).getByText("max_failures: 9").waitFor();
});
