// What the list of servers costs: `cargo xtask bench ui [-- --seconds N] [--only list|live|rest|idle|topology]`. First 5,000 that stand
// still, then 10,000 that are checked, for five minutes unless it is said otherwise; a pointer that rests for three of
// these minutes, a page on which nothing happens, and the map of servers (`--rounds N`). A real core, Chromium, figures and aims.
import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { benchLive } from "./bench-live.mjs";
import { benchIdle, benchRest } from "./bench-rest.mjs";
import { benchTopology } from "./bench-topology.mjs";
import { openPage, startCore } from "./harness.mjs";

const SERVERS = 5_000;
const ROUNDS = 8;
const AIMS = { filter_ms: 100, memory_mb: 60 };
/** Checks would only measure how fast closed ports refuse; the list is what is asked about here. */
const CONFIG = "health_monitoring:\n  enabled: false\n";
const REGIONS = ["eu-central", "us-west-2", "ap-south"];

/** A filter, and how many of the servers pass it. */
const FILTERS = [
  ["name:weather-04321", 1],
  ["region:eu-central", Math.ceil(SERVERS / REGIONS.length)],
  ["metadata.priority>=8", SERVERS / 5],
  ["capability:weather.read region:ap-south", Math.floor(SERVERS / REGIONS.length)],
  ["is:unknown", SERVERS],
  ["weather-000", 100],
  ["-region:us-west-2 transport:sse", null],
  ["nothing-is-called-so", 0],
];

const print = (what, said) => console.log(`${what.padEnd(18)} ${said}`);
const ms = (value) => `${value.toFixed(1)} ms`;
const mb = (bytes) => (bytes / 1e6).toFixed(1);

const undo = [];
const t = { after: (end) => undo.unshift(end) };
const fails = [];

/** The list stands still: what a filter, the last row and the memory cost. */
async function bench() {
  const core = await startCore(t, { config: CONFIG });
  const { page } = await openPage(t, core.link);
  const devtools = await page.context().newCDPSession(page);
  await page.goto(`${core.address}/#/servers`);
  await page.getByRole("heading", { name: "No servers yet" }).waitFor();
  const before = await memory(page, devtools);

  await core.call("import", { text: JSON.stringify({ servers: servers() }) });
  const opened = Date.now();
  await page.reload();
  await page.getByRole("grid").getByRole("row").nth(5).waitFor();
  print("list opened", `${Date.now() - opened} ms from reload to rows`);

  const times = [];
  for (let round = 0; round < ROUNDS; round++) {
    for (const [filter, expected] of FILTERS) times.push(await page.evaluate(answerTo, { filter, expected }));
  }
  times.sort((a, b) => a - b);
  const p95 = times[Math.floor(times.length * 0.95)];
  print(
    "filter answers",
    `median ${ms(times[times.length >> 1])}, p95 ${ms(p95)}, worst ${ms(times.at(-1))} of ${times.length}`,
  );
  aim("filter, p95", p95, AIMS.filter_ms, "ms");

  await page.getByRole("grid").focus();
  const end = await page.evaluate(toTheEnd);
  print("End", `reaches row ${end.row} of ${end.rows} in ${ms(end.ms)}`);
  if (end.row !== end.rows) fails.push("End does not reach the last row");
  for (const key of ["Home", "PageDown", "PageDown", "End"]) await page.keyboard.press(key);

  const after = await memory(page, devtools);
  print("JavaScript heap", `${mb(before.heap)} → ${mb(after.heap)} MB`);
  print("page's process", `${mb(before.private)} → ${mb(after.private)} MB private, ${after.elements} elements`);
  aim("memory", (after.private - before.private) / 1e6, AIMS.memory_mb, "MB more");
}

/** Types a filter as a whole and waits until its answer is painted; in milliseconds. */
async function answerTo({ filter, expected }) {
  const input = document.querySelector("[role=combobox][aria-label='Filter servers']");
  const write = (text) => {
    input.value = text;
    input.dispatchEvent(new InputEvent("input", { bubbles: true }));
  };
  const painted = () => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
  const said = () =>
    [...document.querySelectorAll("[role=status]")].map((one) => one.textContent).find((text) => / of /.test(text));
  write("");
  while (said()) await painted();
  const begun = performance.now();
  write(filter);
  while (!said()) await painted();
  await painted();
  const took = performance.now() - begun;
  const found = Number(said().split(" of ")[0].replaceAll(/\D/g, ""));
  if (expected !== null && found !== expected) throw new Error(`${filter}: ${found} rows, ${expected} were expected`);
  write("");
  return took;
}

async function toTheEnd() {
  const grid = document.querySelector("[role=grid]");
  while ([...document.querySelectorAll("[role=status]")].some((one) => / of /.test(one.textContent)))
    await new Promise(requestAnimationFrame);
  const rows = Number(grid.getAttribute("aria-rowcount"));
  const begun = performance.now();
  grid.dispatchEvent(new KeyboardEvent("keydown", { key: "End", bubbles: true, cancelable: true }));
  const last = () =>
    [...grid.querySelectorAll("[role=row][aria-rowindex]")].reduce(
      (most, row) => Math.max(most, Number(row.ariaRowIndex ?? row.getAttribute("aria-rowindex"))),
      0,
    );
  while (last() < rows && performance.now() - begun < 5_000) await new Promise(requestAnimationFrame);
  return { row: last(), rows, ms: performance.now() - begun };
}

/** After a collection of garbage: the JavaScript heap and the private memory of the page's process, in bytes. */
async function memory(page, devtools) {
  await devtools.send("HeapProfiler.collectGarbage");
  await devtools.send("Performance.enable");
  const { metrics } = await devtools.send("Performance.getMetrics");
  const heap = metrics.find(({ name }) => name === "JSHeapUsedSize").value;
  const elements = await page.evaluate(() => document.querySelectorAll("*").length);
  const session = await page.context().browser().newBrowserCDPSession();
  const { processInfo } = await session.send("SystemInfo.getProcessInfo");
  const sizes = processInfo.filter(({ type }) => type === "renderer").map(({ id }) => privateOf(id));
  return { heap, elements, private: Math.max(...(await Promise.all(sizes))) };
}

async function privateOf(pid) {
  const text = await readFile(`/proc/${pid}/smaps_rollup`, "utf8").catch(() => "");
  const kilobytes = [...text.matchAll(/^Private_(?:Clean|Dirty):\s+(\d+) kB$/gm)].map(([, size]) => Number(size));
  return kilobytes.reduce((sum, size) => sum + size, 0) * 1024;
}

function servers() {
  const entry = (at) => [
    `id-${at}`,
    {
      name: `weather-${String(at).padStart(5, "0")}`,
      transport: at % 10 === 0 ? "sse" : "http",
      url: `http://127.0.0.1:9/${at}/${at % 10 === 0 ? "sse" : "mcp"}`,
      capabilities: ["weather.read", `team-${at % 40}.tool`, `tool-${at}`],
      metadata: { region: REGIONS[at % REGIONS.length], priority: at % 10, owner: `team-${at % 40}` },
    },
  ];
  return Object.fromEntries(Array.from({ length: SERVERS }, (_, at) => entry(at)));
}

function aim(what, value, limit, unit) {
  const met = value <= limit;
  print(`aim ${what}`, `${value.toFixed(1)} ${unit}, at most ${limit}: ${met ? "met" : "MISSED"}`);
  if (!met) fails.push(what);
}

function atLeast(what, value, least) {
  const met = value >= least;
  print(`aim ${what}`, `${value.toFixed(0)} frames/s, at least ${least}: ${met ? "met" : "MISSED"}`);
  if (!met) fails.push(what);
}

const { values: wanted } = parseArgs({
  options: {
    seconds: { type: "string", default: "300" },
    rounds: { type: "string", default: "5" },
    only: { type: "string" },
  },
});
const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..");
const seconds = Number(wanted.seconds);
if (!(seconds > 0)) throw new Error(`--seconds ${wanted.seconds}: give a number of seconds`);
const parts = {
  list: bench,
  live: () => benchLive(t, { seconds, print, aim }),
  rest: () => benchRest(t, { seconds: seconds * 0.6, print, aim }),
  idle: () => benchIdle(t, { print, aim }),
  topology: () => benchTopology(t, { root, rounds: Number(wanted.rounds), print, aim, atLeast }),
};
if (wanted.only && !(wanted.only in parts)) {
  throw new Error(`--only ${wanted.only}: give ${Object.keys(parts).join(", ")}`);
}

try {
  for (const [name, part] of Object.entries(parts)) {
    if (!wanted.only || wanted.only === name) await part();
  }
} finally {
  for (const end of undo) await end();
}
if (fails.length) {
  console.log(`\nmissed: ${fails.join(", ")}`);
  process.exitCode = 1;
}
