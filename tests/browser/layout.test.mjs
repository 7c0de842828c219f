// No element lies on another, runs out of its box or is cut without a tooltip: every screen, tab and dialog, five widths, 200 %
// zoom, both themes, with real data, with none, and with names of 200 characters.
import assert from "node:assert/strict";
import test from "node:test";
import { faces, filled, LONG } from "./faces.mjs";
import { openPage, startCore } from "./harness.mjs";
import { faultsOf } from "./layout.mjs";

const WIDTHS = [640, 760, 1024, 1280, 1920];
/** What is measured and is no fault, with the reason. */
const EXCEPTIONS = [
  // The arrow of a combobox stands in its field, beside the text, which keeps clear of it.
  { fits: /“Where to call” lies on .*“Show servers”/ },
];

for (const [called, name] of [
  ["with real data", "weather-usw2-b"],
  ["with names of 200 characters", LONG],
  ["with none", null],
]) {
  test(`nothing overlaps, runs out or is cut in silence, ${called}`, async (t) => {
    const given = name ? await filled(t, name) : { core: await startCore(t, { flags: ["--no-local-discovery"] }) };
    const found = [];
    let looked = 0;
    for (const theme of ["light", "dark"]) {
      const { page, errors } = await openPage(t, given.core.link, { theme });
      for (const width of theme === "light" ? WIDTHS : [640, 1280]) {
        await page.setViewportSize({ width, height: width < 800 ? 700 : 800 });
        for (const [face, open] of Object.entries(faces(given))) {
          await page.goto("about:blank");
          await open(page);
          await page.evaluate(() => document.fonts.ready);
          const faults = await page.evaluate(faultsOf);
          looked += 1;
          const real = faults.filter((fault) => !EXCEPTIONS.some(({ fits }) => fits.test(fault)));
          found.push(...real.map((fault) => `${face} at ${width}, ${theme}: ${fault}`));
        }
      }
      assert.deepEqual(errors, []);
    }
    t.diagnostic(`${looked} faces measured`);
    assert.deepEqual(found, []);
  });
}
