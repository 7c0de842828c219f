// Five hundred servers whose state changes again and again while somebody looks at the map: nobody moves, the keyboard stays
// where it is, memory does not grow, and in the end each node says what the registry says. Some batches come from the core, four
// a second as it sends them at most; these are heard again as fast as the page takes them in and draws them. As many as come in
// a day: `REPLAYED=345600 node --test tests/browser/topology-flapping.test.mjs`.
import assert from "node:assert/strict";
import test from "node:test";
import { growth, heap } from "./bench-measure.mjs";
import { eventually, focused, openPage, startCore } from "./harness.mjs";

const BATCHES = 48;
const REPLAYED = Number(process.env.REPLAYED ?? 480);
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

/** Keeps what comes from the core, and whom it comes to. Runs in the page before anything else. */
function overhear() {
  window.heard = [];
  window.EventSource = class extends EventSource {
    constructor(...given) {
      super(...given);
      window.stream = this;
      this.addEventListener("message", ({ data, isTrusted }) => isTrusted && window.heard.push(data));
    }
  };
}

/** What was heard, heard again so many times, each batch drawn before the next. Says how many batches that were. Runs in the page. */
async function replay(times) {
  const batches = window.heard.map((data) => JSON.parse(data));
  // The newest revision stands for all: what the core says next goes on from it.
  const revision = batches.at(-1).to;
  const told = batches.map((batch) => JSON.stringify({ ...batch, from: revision, to: revision }));
  for (let time = 0; time < times; time++) {
    for (const data of told) {
      window.stream.dispatchEvent(new MessageEvent("message", { data }));
      await new Promise(requestAnimationFrame);
    }
  }
  return times * told.length;
}

test(`${BATCHES} batches of health and ${REPLAYED} heard again, ${FLAPPING} servers flapping`, async (t) => {
  const core = await startCore(t, {
    config: "health_monitoring:\n  enabled: false\n",
    flags: ["--no-local-discovery"],
  });
  await core.call("import", { text: JSON.stringify({ servers: servers() }) });
  const ids = (await core.call("servers", {})).servers.slice(0, FLAPPING).map(({ id }) => id);
  const { page, errors } = await openPage(t, core.link);
  const devtools = await page.context().newCDPSession(page);
  await page.addInitScript(overhear);
  await page.goto(`${core.address}/#/topology`);
  await page.reload();
  const node = page.locator(`[data-id="${ids[7]}"]`);
  await node.waitFor();
  await page.waitForFunction((all) => document.querySelectorAll("[data-id]").length === all, SERVERS);
  await node.focus();
  const placesOf = (all) => Object.fromEntries(Object.entries(all).map(([id, { at }]) => [id, at]));
  const before = placesOf(await page.evaluate(nodes));

  const registry = async () =>
    Object.fromEntries((await core.call("servers", {})).servers.map(({ id, health }) => [id, health.status]));
  /** Each node says what the registry says. */
  const said = async () => {
    const wanted = await registry();
    const shown = (all) => Object.fromEntries(Object.entries(all).map(([id, { state }]) => [id, state]));
    await eventually(async () => shown(await page.evaluate(nodes)), wanted);
  };
  await page.evaluate(() => window.heard.splice(0));
  for (let batch = 0; batch < BATCHES; batch++) {
    const next = new Promise((resolve) => setTimeout(resolve, 1_000 / A_SECOND));
    // Each time another part of them turns.
    const turning = ids.filter((_, at) => (at + batch) % A_SECOND === 0);
    await core.call(Math.floor(batch / A_SECOND) % 2 === 0 ? "pause" : "resume", { ids: turning });
    await next;
  }
  await said();
  const [heaps, begun] = [[], Date.now()];
  let replayed = 0;
  for (let look = 0; look < LOOKS; look++) {
    replayed += await page.evaluate(replay, Math.ceil(REPLAYED / BATCHES / LOOKS));
    heaps.push(await heap(devtools));
  }
  assert.ok(replayed >= REPLAYED / 2, `${replayed} batches were heard again`);
  t.diagnostic(`${replayed} batches in ${((Date.now() - begun) / 1_000).toFixed(0)} s`);
  await said();
  await core.call("pause", { ids: ids.filter((_, at) => at % 3 === 0) });
  await said();
  assert.deepEqual(placesOf(await page.evaluate(nodes)), before, "somebody moved");
  await focused(node);
  const grown = growth(heaps);
  t.diagnostic(`JavaScript heap: ${heaps.map((bytes) => (bytes / 1e6).toFixed(1)).join(" ")} MB`);
  assert.ok(grown < GROWTH, `the heap grew by ${grown.toFixed(0)} %`);
  assert.deepEqual(errors, []);
});
