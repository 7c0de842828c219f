// Five hundred servers whose state changes again and again, four times a second, while somebody looks at the map: nobody moves,
// the keyboard stays where it is, memory does not grow, and in the end each node says what the registry says. A day of it:
// `BATCHES=345600 node --test tests/browser/topology-flapping.test.mjs`.
import assert from "node:assert/strict";
import test from "node:test";
import { growth, heap } from "./bench-measure.mjs";
import { eventually, focused, openPage, startCore } from "./harness.mjs";

const BATCHES = Number(process.env.BATCHES ?? 48);
const [SERVERS, FLAPPING, A_SECOND] = [1_000, 500, 4];
/** Memory is looked at so many times, and may grow by this much, in percent. */
const [LOOKS, GROWTH] = [12, 15];

const servers = () => {
  const entry = (at) => [
    `s${at}`,
    { name: `s${at}`, transport: "http", url: `http://127.0.0.1:9/${at}`, metadata: { region: `r${at % 3}` } },
  ];
  return Object.fromEntries(Array.from({ length: SERVERS }, (_, at) => entry(at)));
};

/** Where every node is, and in which state it says it is. Runs in the page. */
function nodes() {
  const all = [...document.querySelectorAll("[data-id]")].map((node) => {
    const { left, top } = node.getBoundingClientRect();
    return [
      node.dataset.id,
      {
        at: `${Math.round(left)} ${Math.round(top)}`,
        state: / (Paused|Unknown)/.exec(node.ariaLabel)[1].toLowerCase(),
      },
    ];
  });
  return Object.fromEntries(all);
}

test(`${BATCHES} batches of health, ${FLAPPING} servers flapping`, async (t) => {
  const core = await startCore(t, {
    config: "health_monitoring:\n  enabled: false\n",
    flags: ["--no-local-discovery"],
  });
  await core.call("import", { text: JSON.stringify({ servers: servers() }) });
  const ids = (await core.call("servers", {})).servers.slice(0, FLAPPING).map(({ id }) => id);
  const { page, errors } = await openPage(t, core.link);
  const devtools = await page.context().newCDPSession(page);
  await page.goto(`${core.address}/#/topology`);
  const node = page.locator(`[data-id="${ids[7]}"]`);
  await node.waitFor();
  await page.waitForFunction((all) => document.querySelectorAll("[data-id]").length === all, SERVERS);
  await node.focus();
  const placesOf = (all) => Object.fromEntries(Object.entries(all).map(([id, { at }]) => [id, at]));
  const before = placesOf(await page.evaluate(nodes));

  const heaps = [];
  for (let batch = 0; batch < BATCHES; batch++) {
    const next = new Promise((resolve) => setTimeout(resolve, 1_000 / A_SECOND));
    // Each time another part of them turns.
    const turning = ids.filter((_, at) => (at + batch) % A_SECOND === 0);
    await core.call(Math.floor(batch / A_SECOND) % 2 === 0 ? "pause" : "resume", { ids: turning });
    if (batch % Math.ceil(BATCHES / LOOKS) === 0) heaps.push(await heap(devtools));
    await next;
  }
  await core.call("pause", { ids: ids.filter((_, at) => at % 3 === 0) });

  const registry = async () =>
    Object.fromEntries((await core.call("servers", {})).servers.map(({ id, health }) => [id, health.status]));
  const wanted = await registry();
  await eventually(
    async () => Object.fromEntries(Object.entries(await page.evaluate(nodes)).map(([id, { state }]) => [id, state])),
    wanted,
  );
  assert.deepEqual(placesOf(await page.evaluate(nodes)), before, "somebody moved");
  await focused(node);
  const grown = growth(heaps);
  t.diagnostic(`JavaScript heap: ${heaps.map((bytes) => (bytes / 1e6).toFixed(1)).join(" ")} MB`);
  assert.ok(grown < GROWTH, `the heap grew by ${grown.toFixed(0)} %`);
  assert.deepEqual(errors, []);
});
