// Every screen, tab, dialog and menu can be used by everybody, in both themes.
import assert from "node:assert/strict";
import test from "node:test";
import { faces, filled } from "./faces.mjs";
import { barriers, openPage, startCore } from "./harness.mjs";

for (const theme of ["light", "dark"]) {
  test(`nothing keeps people out, ${theme}`, async (t) => {
    const found = [];
    let looked = 0;
    for (const given of [
      await filled(t, "weather-usw2-b"),
      { core: await startCore(t, { flags: ["--no-local-discovery"] }) },
    ]) {
      const { page } = await openPage(t, given.core.link, { theme });
      for (const [face, open] of Object.entries(faces(given))) {
        await page.goto("about:blank");
        await open(page);
        looked += 1;
        found.push(...(await barriers(page)).map((barrier) => `${face}: ${barrier}`));
      }
    }
    t.diagnostic(`${looked} faces`);
    assert.deepEqual(found, []);
  });
}

test("the names of rows read like a sentence", async (t) => {
  const { core } = await filled(t, "weather");
  const { page } = await openPage(t, core.link);
  await page.goto(`${core.address}/#/servers`);
  const rows = page.getByRole("grid").getByRole("row");
  await rows.filter({ hasText: "Down" }).waitFor();
  const names = await rows.evaluateAll((all) => all.map((row) => row.getAttribute("aria-label")).filter(Boolean));
  assert.equal(names.length, 3);
  assert.match(names[0], /^weather is down for [^.]+: connection refused/i);
  assert.match(names[1], /^weather needs sign-in for [^.]+: needs a token/i);
  assert.match(names[2], /^weather is healthy for [^.]+, at 127\.0\.0\.1/i);
});
