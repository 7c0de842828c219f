// What the list costs, and what it does, while a person only looks: a pointer that rests on a row while servers change, and
// a page on which nothing happens at all.
import { growth, heap, processorTime, quantiles, servers, startFleet, traced, until } from "./bench-measure.mjs";
import { openPage, startCore } from "./harness.mjs";

const SERVERS = 5_000;
const CHANGES_A_SECOND = 20;
const INTERVAL = SERVERS / CHANGES_A_SECOND;
const ROUNDS = 6;
const AIMS = { key95: 100, task: 100, growth: 5, idle: 0.3 };
/** How long the first rounds of checks may take, in milliseconds. */
const SETTLED_MS = 3 * INTERVAL * 1_000;
const IDLE_SECONDS = 30;
/** Each is typed key by key. */
const TYPED = ["is:down", "region:eu", "weather-0001"];

/** A pointer rests on a row for `seconds`, while 20 of 5,000 servers change each second; then filters are typed. */
export async function benchRest(t, { seconds, print, aim }) {
  const fleet = await startFleet(t, INTERVAL);
  const core = await startCore(t, { config: `health_monitoring:\n  check_interval: ${INTERVAL}\n` });
  await core.call("import", { text: JSON.stringify({ servers: servers(fleet.port, SERVERS) }) });
  await until(async () => (await core.call("status", {})).servers.unknown === 0, SETTLED_MS);

  const { page } = await openPage(t, core.link);
  const devtools = await page.context().newCDPSession(page);
  await page.goto(`${core.address}/#/servers`);
  const row = page.getByRole("grid").getByRole("row").nth(5);
  await row.waitFor();
  await page.waitForTimeout(2_000);
  const box = await row.boundingBox();
  await page.mouse.move(box.x + 200, box.y + box.height / 2);
  await page.evaluate(watchPointer, { x: box.x + 200, y: box.y + box.height / 2 });

  // A row that has changed holds more than one that was only read: each has changed once before memory is compared.
  await page.waitForTimeout(INTERVAL * 1_000);
  const [tasks, heaps] = [[], []];
  for (let round = 0; round < ROUNDS; round++) {
    heaps.push(await heap(devtools));
    tasks.push(...(await traced(devtools, () => page.waitForTimeout((seconds * 1_000) / ROUNDS))));
  }
  heaps.push(await heap(devtools));
  const seen = await page.evaluate(() => window.seenAtRest());
  print(
    "rested",
    `${seconds} s, ${seen.frames} frames, ${seen.names} names under the pointer, layout shift ${seen.shift}`,
  );

  const keys = [];
  for (let round = 0; round < 5; round++) for (const text of TYPED) keys.push(...(await page.evaluate(typed, text)));
  const at = quantiles(tasks.map(({ wall }) => wall));
  const key = quantiles(keys);
  print(
    "keystrokes",
    `${keys.length}: median ${key(0.5).toFixed(1)}, p95 ${key(0.95).toFixed(1)}, worst ${key(1).toFixed(1)} ms to painted rows`,
  );
  print("heap at rest", `${heaps.map((bytes) => (bytes / 1e6).toFixed(1)).join(" → ")} MB`);
  aim("servers under a rested pointer", seen.names, 1, "");
  aim("layout shift", seen.shift, 0, "");
  aim("keystroke, p95", key(0.95), AIMS.key95, "ms");
  aim("tasks at rest, worst", at(1), AIMS.task, "ms");
  aim("heap growth at rest", growth(heaps), AIMS.growth, "%");
}

/** Counts what stands under the pointer in each frame, and what the Layout Instability API says. */
function watchPointer({ x, y }) {
  const names = new Set();
  let [frames, shift, on] = [0, 0, true];
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) shift += entry.value;
  }).observe({ type: "layout-shift" });
  const frame = () => {
    const row = document.elementFromPoint(x, y)?.closest("[role=row]");
    names.add(row?.id ?? "none");
    frames += 1;
    if (on) requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
  window.seenAtRest = () => {
    on = false;
    return { names: names.size, frames, shift };
  };
}

/** Types a filter key by key, each when the answer to the one before is painted; in milliseconds. */
async function typed(text) {
  const input = document.querySelector("[role=combobox][aria-label='Filter servers']");
  const painted = () => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
  const said = () => [...document.querySelectorAll("[role=status]")].map((one) => one.textContent).join(" ");
  const write = (value) => {
    input.value = value;
    input.dispatchEvent(new InputEvent("input", { bubbles: true }));
  };
  const times = [];
  for (let end = 1; end <= text.length; end++) {
    const before = said();
    const begun = performance.now();
    write(text.slice(0, end));
    // An answer may say what the one before said.
    while (said() === before && performance.now() - begun < 60) await painted();
    await painted();
    times.push(performance.now() - begun);
  }
  write("");
  await painted();
  return times;
}

/** What an open page costs while nothing happens, beside a blank one in the same browser. */
export async function benchIdle(t, { print, aim }) {
  const core = await startCore(t, { config: "health_monitoring:\n  enabled: false\n" });
  await core.call("import", { text: JSON.stringify({ servers: servers(9, SERVERS) }) });
  const { page } = await openPage(t, core.link);
  const browser = await page.context().browser().newBrowserCDPSession();
  const { processInfo } = await browser.send("SystemInfo.getProcessInfo");
  const root = processInfo.find(({ type }) => type === "browser").id;

  await page.goto("about:blank");
  const blank = await share(page, root);
  await page.goto(`${core.address}/#/servers`);
  await page.getByRole("grid").getByRole("row").nth(5).waitFor();
  const open = await share(page, root);
  print(
    "idle",
    `${open.toFixed(2)} % of a core with 5,000 servers, ${blank.toFixed(2)} % for a blank page, over ${IDLE_SECONDS} s`,
  );
  aim("idle above a blank page", Math.max(0, open - blank), AIMS.idle, "% of a core");
}

/** The part of a core that all processes of the browser have, once they have come to rest. */
async function share(page, root) {
  await page.waitForTimeout(5_000);
  const before = await processorTime(root);
  await page.waitForTimeout(IDLE_SECONDS * 1_000);
  return (((await processorTime(root)) - before) / IDLE_SECONDS) * 100;
}
