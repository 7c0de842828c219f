// What the map of servers costs, beside Cytoscape.js with the same boxes: until it is drawn, while it is moved and zoomed, while
// health changes four times a second; and lines, and thousands in closed boxes. Chromium without a GPU; medians of rounds
// that take turns.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { heap, quantiles } from "./bench-measure.mjs";
import { openPage, startCore } from "./harness.mjs";

const SIZES = [100, 1_000, 5_000];
const REGIONS = ["eu-central", "us-west-2", "ap-south"];
const MOVED_MS = 2_500;
/** Health changes of so many servers at once, so many times, four times a second. */
const [CHANGED, BATCHES] = [100, 16];
const AIMS = { first: 1 / 3, frames: 50, frames_most: 30, frame: 1 / 8, batch_ms: 8, lines_ms: 30, closed_ms: 500 };
const CYTOSCAPE = join(".tools", "long-npm-map", "node_modules", "cytoscape", "dist", "cytoscape.min.js");
const CONFIG = "health_monitoring:\n  enabled: false\n";

const median = (values) => quantiles(values)(0.5);

/** All of it; `root` is the folder of the checkout. */
export async function benchTopology(t, { root, rounds = 5, print, aim, atLeast }) {
  const library = await readFile(join(root, CYTOSCAPE), "utf8");
  for (const size of SIZES) {
    const core = await startCore(t, { config: CONFIG, flags: ["--no-local-discovery"] });
    await core.call("import", { text: JSON.stringify({ servers: servers(size) }) });
    const { page } = await openPage(t, core.link);
    const boxes = await boxesOf(page, core);
    const beside = await openPage(t, "about:blank");
    await beside.page.addScriptTag({ content: library });
    const [ours, theirs] = [[], []];
    for (let round = 0; round < rounds; round++) {
      ours.push(await measured(page, { draw: () => page.evaluate(draw, regionsOpen), move: drag, zoom: wheel }));
      theirs.push(
        await measured(beside.page, {
          draw: () => beside.page.evaluate(drawBeside, boxes),
          move: dragBeside,
          zoom: wheelBeside,
        }),
      );
    }
    const all = { ours: together(ours), theirs: together(theirs) };
    for (const [who, one] of Object.entries(all)) {
      const name = who === "ours" ? `${size} servers` : "  Cytoscape";
      print(
        name,
        `drawn ${one.first.toFixed(0)} ms, panned ${one.pan.toFixed(0)} and zoomed ${one.zoom.toFixed(0)} frames/s, p95 frame ${one.frame.toFixed(0)} ms, ${(one.heap / 1e6).toFixed(1)} MB of JavaScript`,
      );
    }
    const batch = await batches(page, core);
    print("  health", `${batch.toFixed(1)} ms of script for ${CHANGED} servers at once, ${BATCHES} times at 4/s`);
    if (size === 1_000) {
      aim("first draw, part of Cytoscape's", all.ours.first / all.theirs.first, AIMS.first, "");
      atLeast("frames while panning", all.ours.pan, AIMS.frames);
      atLeast("frames while zooming", all.ours.zoom, AIMS.frames);
    }
    if (size === 5_000) {
      atLeast("frames while panning 5,000", all.ours.pan, AIMS.frames_most);
      atLeast("frames while zooming 5,000", all.ours.zoom, AIMS.frames_most);
      aim("p95 frame, part of Cytoscape's", all.ours.frame / all.theirs.frame, AIMS.frame, "");
      aim("script of a health batch", batch, AIMS.batch_ms, "ms");
    }
    await page.context().browser().close();
    await beside.page.context().browser().close();
    await core.stop();
  }
  await lines(t, { print, aim, rounds });
  await closed(t, { print, aim, rounds });
}

const regionsOpen = REGIONS.map((region) => `is ${region}`).join("\n");

function servers(count, tools = []) {
  const entry = (at) => [
    `id-${at}`,
    {
      name: `weather-${String(at).padStart(5, "0")}`,
      transport: "http",
      url: `http://127.0.0.1:9/${at}/mcp`,
      metadata: { region: REGIONS[at % REGIONS.length], mcp_discovery: { tools: at < 200 ? tools : [] } },
    },
  ];
  return Object.fromEntries(Array.from({ length: count }, (_, at) => entry(at)));
}

/** Where our picture has its boxes and nodes. */
async function boxesOf(page, core) {
  await page.goto(`${core.address}/#/discover`);
  await page.evaluate(draw, regionsOpen);
  return page.evaluate(() => {
    const at = (element) => [...element.style.transform.matchAll(/-?[\d.]+(?=px)/g)].map(Number);
    return [...document.querySelectorAll("section.box")].flatMap((box, index) => {
      const [left, top] = at(box);
      const nodes = [...box.querySelectorAll("[data-id]")].map((node) => {
        const [x, y] = at(node);
        return {
          id: node.dataset.id,
          parent: `box${index}`,
          x: left + x + 104,
          y: top + y + 18,
          label: node.getAttribute("aria-label").split(":")[0],
        };
      });
      return [{ id: `box${index}`, label: box.getAttribute("aria-label") }, ...nodes];
    });
  });
}

async function measured(page, { draw: first, move, zoom }) {
  const devtools = await page.context().newCDPSession(page);
  const drawn = await first();
  const panned = await framesOf(page, move);
  const zoomed = await framesOf(page, zoom);
  const rate = (some) => (some.length * 1_000) / some.reduce((sum, frame) => sum + frame, 0);
  return {
    first: drawn,
    pan: rate(panned),
    zoom: rate(zoomed),
    frames: [...panned, ...zoomed],
    heap: await heap(devtools),
  };
}

function together(rounds) {
  const of = (key) => median(rounds.map((round) => round[key]));
  return {
    first: of("first"),
    pan: of("pan"),
    zoom: of("zoom"),
    heap: of("heap"),
    frame: median(rounds.map(({ frames }) => quantiles(frames)(0.95))),
  };
}

/** The page has a policy that keeps texts from being run: the function goes there as a part of what is evaluated. */
const framesOf = (page, step) => page.evaluate(`(${frames})(${step}, ${MOVED_MS})`);

/** How long each frame took while `act` moves the picture in every one, in milliseconds. Runs in the page. */
async function frames(act, ms) {
  const taken = [];
  let last = await new Promise(requestAnimationFrame);
  const begun = last;
  for (let at = 0; last - begun < ms || taken.length < 3; at++) {
    act(at);
    const now = await new Promise(requestAnimationFrame);
    taken.push(now - last);
    last = now;
  }
  act(-1);
  return taken;
}

/** From another screen to the picture with all its nodes; in milliseconds. Runs in the page. */
async function draw(open) {
  const painted = () => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
  localStorage.removeItem("mcp-discovery.topology.camera");
  location.hash = "#/discover";
  while (document.querySelector(".world")) await painted();
  await painted();
  const begun = performance.now();
  location.hash = `#/topology?view=map&${new URLSearchParams({ open })}`;
  while (!document.querySelector("[data-id]")) await painted();
  await painted();
  const took = performance.now() - begun;
  [...document.querySelectorAll("button")].find((one) => one.textContent === "Fit").click();
  await painted();
  await new Promise((resolve) => setTimeout(resolve, 300));
  return took;
}

/** A pointer that drags to and fro. Runs in the page. */
function drag(at) {
  const canvas = document.querySelector(".canvas");
  const box = canvas.getBoundingClientRect();
  const x = box.left + box.width / 2 + 160 * Math.sin(Math.max(0, at) / 20);
  const event = (type) =>
    canvas.dispatchEvent(
      new PointerEvent(type, {
        bubbles: true,
        clientX: x,
        clientY: box.top + 200 + (at % 60),
        pointerId: 1,
        pointerType: "mouse",
        button: 0,
      }),
    );
  if (at === 0) {
    canvas.setPointerCapture = () => {};
    event("pointerdown");
  }
  event(at === -1 ? "pointerup" : "pointermove");
}

/** A wheel that goes in and out. Runs in the page. */
function wheel(at) {
  const canvas = document.querySelector(".canvas");
  const box = canvas.getBoundingClientRect();
  if (at < 0) return;
  const deltaY = at % 60 < 30 ? -40 : 40;
  canvas.dispatchEvent(
    new WheelEvent("wheel", {
      bubbles: true,
      cancelable: true,
      deltaY,
      clientX: box.left + box.width / 2,
      clientY: box.top + box.height / 2,
    }),
  );
}

/** The same boxes by Cytoscape.js as it is when nothing is set: names at every size. In milliseconds. Runs in its page. */
async function drawBeside(boxes) {
  document.body.innerHTML = '<div id="canvas" style="position:absolute;inset:0"></div>';
  window.beside?.destroy();
  const begun = performance.now();
  const elements = boxes.map(({ id, label, parent, x, y }) =>
    parent ? { data: { id, label, parent }, position: { x, y } } : { data: { id, label } },
  );
  await new Promise((resolve) => {
    window.beside = window.cytoscape({
      container: document.getElementById("canvas"),
      elements,
      layout: { name: "preset", fit: true },
      style: [
        {
          selector: "node",
          style: {
            shape: "round-rectangle",
            width: 208,
            height: 36,
            label: "data(label)",
            "font-size": 13,
            "text-valign": "center",
            "background-color": "#fff",
            "border-width": 1,
            "border-color": "#7b8696",
          },
        },
        { selector: ":parent", style: { "background-color": "#eef1f5", "text-valign": "top", padding: 8 } },
      ],
    });
    window.beside.one("render", resolve);
  });
  await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
  return performance.now() - begun;
}

/** Runs in its page. */
function dragBeside(at) {
  if (at < 0) return;
  window.beside.panBy({ x: 160 * (Math.sin((at + 1) / 20) - Math.sin(at / 20)), y: at % 60 === 59 ? -59 : 1 });
}

/** Runs in its page. */
function wheelBeside(at) {
  if (at < 0) return;
  const factor = Math.exp(at % 60 < 30 ? 0.064 : -0.064);
  window.beside.zoom({ level: window.beside.zoom() * factor, renderedPosition: { x: 640, y: 400 } });
}

/** The script that one batch of health changes costs, in milliseconds. */
async function batches(page, core) {
  const devtools = await page.context().newCDPSession(page);
  await page.evaluate(draw, regionsOpen);
  const { servers: rows } = await core.call("servers", {});
  const ids = rows.slice(0, CHANGED).map(({ id }) => id);
  const script = async () => {
    const { metrics } = await devtools.send("Performance.getMetrics");
    return metrics.find(({ name }) => name === "ScriptDuration").value * 1_000;
  };
  await devtools.send("Performance.enable");
  const quiet = await script();
  await new Promise((resolve) => setTimeout(resolve, BATCHES * 250));
  const before = await script();
  for (let batch = 0; batch < BATCHES; batch++) {
    const begun = Date.now();
    await core.call(batch % 2 === 0 ? "pause" : "resume", { ids });
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, 250 - (Date.now() - begun))));
  }
  await new Promise((resolve) => setTimeout(resolve, 500));
  // What the page does anyway in that time is no part of it.
  return ((await script()) - before - (before - quiet)) / BATCHES;
}

/** Two hundred lines: from the answer of the core to their paint. */
async function lines(t, { print, aim, rounds }) {
  const core = await startCore(t, { config: CONFIG, flags: ["--no-local-discovery"] });
  await core.call("import", {
    text: JSON.stringify({ servers: servers(1_000, [{ name: "weather.current", input_schema: { type: "object" } }]) }),
  });
  const { page } = await openPage(t, core.link);
  await page.goto(`${core.address}/#/topology`);
  await page.locator("[data-id]").first().waitFor();
  const times = [];
  for (let round = 0; round < rounds; round++) times.push(await page.evaluate(drawLines));
  print(
    "200 lines",
    `${median(times.map(({ ms }) => ms)).toFixed(1)} ms from the answer to the paint, ${times[0].lines} lines`,
  );
  aim("200 lines drawn", median(times.map(({ ms }) => ms)), AIMS.lines_ms, "ms");
}

/** Draws the lines and takes them away again, and says how long the first of it took after what was known. Runs in the page. */
async function drawLines() {
  const painted = () => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
  const count = () => document.querySelectorAll(".world path.used, .world path.eligible").length;
  const input = document.querySelector("[role=combobox][aria-label='Traffic for']");
  const write = (text) => {
    input.value = text;
    input.dispatchEvent(new InputEvent("input", { bubbles: true }));
    if (text) input.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true, cancelable: true }));
  };
  write("");
  while (count() > 0) await painted();
  await new Promise((resolve) => setTimeout(resolve, 400));
  // The last answer, of traffic or of the dry run, is when drawing can begin.
  let answered = 0;
  const real = window.fetch;
  window.fetch = async (...args) => {
    const response = await real(...args);
    const text = response.text.bind(response);
    response.text = async () => {
      const body = await text();
      if (/traffic|route/.test(String(args[0]))) answered = performance.now();
      return body;
    };
    return response;
  };
  write("weather.current");
  while (count() === 0) await new Promise((resolve) => setTimeout(resolve));
  await painted();
  window.fetch = real;
  return { ms: performance.now() - answered, lines: count() };
}

/** Twenty thousand in closed boxes: opened, and scrolled through. */
async function closed(t, { print, aim, rounds }) {
  const core = await startCore(t, { config: CONFIG, flags: ["--no-local-discovery"] });
  const all = Object.fromEntries(
    Array.from({ length: 20_000 }, (_, at) => [
      `id-${at}`,
      {
        name: `s-${at}`,
        transport: "http",
        url: `http://127.0.0.1:9/${at}/mcp`,
        metadata: { region: `r-${at % 200}` },
      },
    ]),
  );
  await core.call("import", { text: JSON.stringify({ servers: all }) });
  const { page } = await openPage(t, core.link);
  await page.goto(`${core.address}/#/servers`);
  await page.getByRole("grid").getByRole("row").nth(5).waitFor();
  const times = [];
  for (let round = 0; round < rounds; round++) times.push(await page.evaluate(drawClosed));
  const moved = await framesOf(page, drag);
  const rate = (moved.length * 1_000) / moved.reduce((sum, frame) => sum + frame, 0);
  print("20,000, closed", `open in ${median(times).toFixed(0)} ms, moved at ${rate.toFixed(0)} frames/s`);
  aim("20,000 in closed boxes", median(times), AIMS.closed_ms, "ms");
}

/** Runs in the page. */
async function drawClosed() {
  const painted = () => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
  location.hash = "#/servers";
  while (document.querySelector(".world")) await painted();
  await painted();
  const begun = performance.now();
  location.hash = "#/topology?view=map";
  while (!document.querySelector("section.box")) await painted();
  await painted();
  return performance.now() - begun;
}
