// No element lies on another, runs out of its box or is cut without a tooltip: every screen, tab and dialog, five widths, 200 %
// zoom, both themes, with real data, with none, and with names of 200 characters.
import assert from "node:assert/strict";
import test from "node:test";
import { faces } from "./faces.mjs";
import { filled, LONG } from "./filled.mjs";
import { openPage, startCore } from "./harness.mjs";
import { faultsOf } from "./layout.mjs";

/** The last is a window of 1280 by 800 at 200 %. */
const SIZES = [
  [1920, 1080],
  [1280, 800],
  [1024, 800],
  [760, 700],
  [640, 700],
  [640, 400],
];
/** What is measured and is no fault, with the reason. */
const EXCEPTIONS = [
  // The arrow of a combobox stands in its field, beside the text, which keeps clear of it.
  { fits: /“Where to call” lies on .*“Show servers”/ },
];

/** Opens a face once, and looks at it in every size and theme. */
async function look(page, open) {
  const found = [];
  await page.setViewportSize({ width: 1280, height: 800 });
  await page.goto("about:blank");
  await open(page);
  for (const [width, height] of SIZES) {
    await page.setViewportSize({ width, height });
    for (const theme of ["light", "dark"]) {
      await page.emulateMedia({ colorScheme: theme });
      // Panes learn their width a frame after the window did, and draw in the next.
      await page.evaluate(async () => {
        await document.fonts.ready;
        for (let frame = 0; frame < 3; frame++) await new Promise(requestAnimationFrame);
      });
      const faults = await page.evaluate(faultsOf);
      const real = faults.filter((fault) => !EXCEPTIONS.some(({ fits }) => fits.test(fault)));
      found.push(...real.map((fault) => `${width} by ${height}, ${theme}: ${fault}`));
    }
  }
  return found;
}

for (const [called, name] of [
  ["with real data", "weather-usw2-b"],
  ["with names of 200 characters", LONG],
  ["with none", null],
]) {
  test(`nothing overlaps, runs out or is cut in silence, ${called}`, async (t) => {
    const given = name ? await filled(t, name) : { core: await startCore(t, { flags: ["--no-local-discovery"] }) };
    const { page, errors } = await openPage(t, given.core.link);
    const found = [];
    // FACE=label looks at that one alone.
    const all = Object.entries(faces(given)).filter(([face]) => !process.env.FACE || face === process.env.FACE);
    for (const [face, open] of all) found.push(...(await look(page, open)).map((fault) => `${face} at ${fault}`));
    t.diagnostic(`${all.length} faces, ${all.length * SIZES.length * 2} times measured`);
    assert.deepEqual(errors, []);
    assert.deepEqual(found, []);
  });
}
