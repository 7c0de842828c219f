// What the list costs while it lives: 10,000 servers that are checked, 200 changes of their health a second.
import { get } from "node:http";
import { growth, heap, quantiles, servers, startFleet, traced, until } from "./bench-measure.mjs";
import { openPage, startCore } from "./harness.mjs";

const SERVERS = 10_000;
const CHANGES_A_SECOND = 200;
const INTERVAL = SERVERS / CHANGES_A_SECOND;
const ROUNDS = 10;
const SCROLL_MS = 5_000;
/** How long the first rounds of checks may take, in milliseconds. */
const SETTLED_MS = 6 * INTERVAL * 1_000;
/** Shorter tasks are no work of the page: wake-ups, timers, input that nobody hears. */
const WORK_MS = 1;
const AIMS = { kB: 60, task95: 50, task: 100, frames: 50, growth: 5 };
const CONFIG = `health_monitoring:\n  check_interval: ${INTERVAL}\n`;

/** Opens the list, lets it live for `seconds`, and says what that cost. */
export async function benchLive(t, { seconds, print, aim }) {
  const fleet = await startFleet(t, INTERVAL);
  const core = await startCore(t, { config: CONFIG });
  await core.call("import", { text: JSON.stringify({ servers: servers(fleet.port, SERVERS) }) });
  await until(async () => (await core.call("status", {})).servers.unknown === 0, SETTLED_MS);

  const { page } = await openPage(t, core.link);
  const devtools = await page.context().newCDPSession(page);
  await page.goto(`${core.address}/#/servers`);
  await page.getByRole("grid").getByRole("row").nth(5).waitFor();
  await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve, 2_000))));

  const wire = await listen(devtools);
  twin(t, core, wire);
  const [tasks, frames, heaps] = [[], [], []];
  const began = Date.now();
  for (let round = 0; round < ROUNDS; round++) {
    heaps.push(await heap(devtools));
    const ends = began + ((round + 1) * seconds * 1_000) / ROUNDS;
    tasks.push(...(await traced(devtools, () => live(page, ends, frames))));
  }
  const lived = (Date.now() - began) / 1_000;
  heaps.push(await heap(devtools));

  const per = wire.bytes / 1_000 / lived;
  print(
    "lived",
    `${lived.toFixed(0)} s, ${(wire.changes / lived).toFixed(0)} changes of health a second, ${wire.lists} lists read`,
  );
  print("received", `${per.toFixed(1)} kB/s on the wire, ${(wire.text / 1_000 / lived).toFixed(1)} kB/s as text`);
  const works = tasks.filter(({ wall }) => wall >= WORK_MS);
  const at = quantiles(works.map(({ wall }) => wall));
  const busy = quantiles(works.map(({ cpu }) => cpu));
  print(
    "tasks",
    `${works.length} of ${WORK_MS} ms or more: median ${at(0.5).toFixed(1)}, p95 ${at(0.95).toFixed(1)}, p99 ${at(0.99).toFixed(1)}, worst ${at(1).toFixed(1)} ms`,
  );
  print(
    "their CPU time",
    `median ${busy(0.5).toFixed(1)}, p95 ${busy(0.95).toFixed(1)}, p99 ${busy(0.99).toFixed(1)}, worst ${busy(1).toFixed(1)} ms`,
  );
  frames.sort((a, b) => a - b);
  print("scrolling", `median ${frames[frames.length >> 1].toFixed(0)}, worst ${frames[0].toFixed(0)} frames/s`);
  print("heap", `${heaps.map((bytes) => (bytes / 1e6).toFixed(1)).join(" → ")} MB`);
  aim("changes", Math.abs(wire.changes / lived - CHANGES_A_SECOND), CHANGES_A_SECOND / 4, "from 200 a second");
  aim("lists read", wire.lists, 0, "after the first");
  aim("received", per, AIMS.kB, "kB/s");
  aim("tasks, p95", at(0.95), AIMS.task95, "ms");
  aim("tasks, worst", at(1), AIMS.task, "ms");
  aim("time of a frame", 1_000 / frames[frames.length >> 1], 1_000 / AIMS.frames, "ms");
  aim("heap growth", growth(heaps), AIMS.growth, "%");
}

/** The page lives until `ends`; part of that it is scrolled. */
async function live(page, ends, frames) {
  frames.push(await page.evaluate(scrolled, Math.min(SCROLL_MS, Math.max(1_000, (ends - Date.now()) / 2))));
  await new Promise((resolve) => setTimeout(resolve, Math.max(0, ends - Date.now())));
}

/** Scrolls through the list for so long; in frames a second. */
function scrolled(ms) {
  const grid = document.querySelector("[role=grid]");
  return new Promise((resolve) => {
    let frames = 0;
    let step = 40;
    const begun = performance.now();
    const frame = (now) => {
      if (now - begun > ms) return resolve((frames * 1_000) / (now - begun));
      frames += 1;
      if (grid.scrollTop + grid.clientHeight >= grid.scrollHeight - 1) step = -40;
      else if (grid.scrollTop === 0) step = 40;
      grid.scrollTop += step;
      requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
  });
}

/** DevTools do not say how long the page's stream is on the wire: a second one, asked for like the page's, is as long. */
function twin(t, core, wire) {
  const headers = { authorization: `Bearer ${core.token}`, "accept-encoding": "gzip, deflate, br, zstd" };
  const request = get(`${core.address}/api/v1/events`, { headers }, (response) =>
    response.on("data", (bytes) => {
      wire.bytes += bytes.length;
    }),
  );
  request.on("error", () => {});
  t.after(() => request.destroy());
}

/** Counts what the page receives from now on; of its events, the text. */
async function listen(devtools) {
  const wire = { bytes: 0, text: 0, changes: 0, lists: 0 };
  devtools.on("Network.dataReceived", ({ encodedDataLength, dataLength }) => {
    wire.bytes += encodedDataLength;
    wire.text += dataLength;
  });
  devtools.on("Network.eventSourceMessageReceived", ({ data }) => {
    wire.changes += JSON.parse(data).events.filter(({ type }) => type === "health_changed").length;
  });
  devtools.on("Network.requestWillBeSent", ({ request }) => {
    if (request.url.endsWith("/api/v1/servers")) wire.lists += 1;
  });
  await devtools.send("Network.enable");
  return wire;
}
