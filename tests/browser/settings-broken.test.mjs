// Texts that are wrong, typed into the editor: every one names its line and its column, and changes nothing.
import assert from "node:assert/strict";
import test from "node:test";
import { editor, guide, notDrafted, openSettings, source, startSettings, typeWhole, until } from "./settings.mjs";

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
  await page.getByRole("button", { name: "Try again" }).click();
  await page.getByText("Draft, 1 change", { exact: true }).waitFor();
  await page.getByText("The settings could not be read").waitFor({ state: "detached" });
  await page.getByRole("group", { name: "Difference" }).getByText("max_failures: 9").waitFor();
});
