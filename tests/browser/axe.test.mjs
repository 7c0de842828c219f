// Every screen, tab, dialog and menu can be used by everybody, in both themes.
import assert from "node:assert/strict";
import test from "node:test";
import { faces, menus } from "./faces.mjs";
import { filled } from "./filled.mjs";
import { barriers, openPage, startCore } from "./harness.mjs";

/** Opens each, and looks at it in both themes. */
async function look(t, page, all) {
  const found = [];
  for (const [face, open] of Object.entries(all)) {
    await page.goto("about:blank");
    await open(page);
    for (const theme of ["light", "dark"]) {
      await page.emulateMedia({ colorScheme: theme });
      const barred = await barriers(page, { coloursOnly: theme === "dark" });
      found.push(...barred.map((barrier) => `${face}, ${theme}: ${barrier}`));
    }
    // Names and values stand in backticks where programs read along, and in quotes on a screen.
    const ticks = await page.evaluate(() => {
      const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
      const isFile = (node) => node.parentElement.closest("pre, script, [role=textbox], .diff code") !== null;
      while (texts.nextNode()) {
        const { currentNode: node } = texts;
        if (node.data.includes("`") && !isFile(node)) return node.data;
      }
      return null;
    });
    if (ticks) found.push(`${face} says: ${ticks}`);
  }
  t.diagnostic(`${Object.keys(all).length} faces`);
  return found;
}

test("nothing keeps people out of a screen, tab, dialog or menu", async (t) => {
  const given = await filled(t, "weather-usw2-b");
  const { page } = await openPage(t, given.core.link);
  assert.deepEqual(await look(t, page, { ...faces(given), ...menus(given) }), []);
});

test("nothing keeps people out where there is nothing yet", async (t) => {
  const given = { core: await startCore(t, { flags: ["--no-local-discovery"] }) };
  const { page } = await openPage(t, given.core.link);
  assert.deepEqual(await look(t, page, faces(given)), []);
});

test("the names of rows read like a sentence", async (t) => {
  const { core } = await filled(t, "weather");
  const { page } = await openPage(t, core.link);
  await page.goto(`${core.address}/#/servers`);
  const rows = page.getByRole("grid").getByRole("row");
  await rows.filter({ hasText: "Connection refused" }).waitFor();
  const names = await rows.evaluateAll((all) => all.map((row) => row.getAttribute("aria-label")).filter(Boolean));
  for (const sentence of [
    /^weather is down for [^.]+: connection refused/i,
    /^weather needs sign-in for [^.]+: needs a token/i,
    /^weather is healthy for [^.]+, at 127\.0\.0\.1/i,
  ]) {
    assert.ok(
      names.some((name) => sentence.test(name)),
      `${sentence}: ${names}`,
    );
  }
});
