// What a page costs: its tasks, its memory, the processor time of all its processes.
import { readdir, readFile } from "node:fs/promises";
import { createServer } from "node:http";

/** How long each task on the page's main thread took, and how much of that it had the processor, while `work` goes on, in milliseconds. */
export async function traced(devtools, work) {
  const events = [];
  const take = ({ value }) => events.push(...value);
  devtools.on("Tracing.dataCollected", take);
  const complete = new Promise((resolve) => devtools.once("Tracing.tracingComplete", resolve));
  await devtools.send("Tracing.start", {
    traceConfig: { includedCategories: ["toplevel", "__metadata", "blink.user_timing"] },
  });
  await work();
  await devtools.send("Tracing.end");
  await complete;
  devtools.off("Tracing.dataCollected", take);
  const mains = new Set(
    events
      .filter(({ name, args }) => name === "thread_name" && args.name === "CrRendererMain")
      .map(({ pid, tid }) => `${pid} ${tid}`),
  );
  return events
    .filter(({ name, ph, pid, tid }) => /RunTask$/.test(name) && ph === "X" && mains.has(`${pid} ${tid}`))
    .map(({ dur, tdur }) => ({ wall: dur / 1_000, cpu: (tdur ?? dur) / 1_000 }));
}

/** The JavaScript heap after garbage was collected, in bytes. The second time takes what finalizers of the first let go. */
export async function heap(devtools) {
  for (let time = 0; time < 2; time++) await devtools.send("HeapProfiler.collectGarbage");
  await devtools.send("Performance.enable");
  const { metrics } = await devtools.send("Performance.getMetrics");
  return metrics.find(({ name }) => name === "JSHeapUsedSize").value;
}

/** How much larger the median of the last third is than that of the first, in percent: one reading may catch a page that is
 *  not warm yet, or what a finalizer still holds. */
export function growth(heaps) {
  const third = Math.ceil(heaps.length / 3);
  const median = (some) => some.toSorted((a, b) => a - b)[some.length >> 1];
  return Math.max(0, (median(heaps.slice(-third)) / median(heaps.slice(0, third)) - 1) * 100);
}

/** The value below which this part of the others is. */
export function quantiles(values) {
  const sorted = values.toSorted((a, b) => a - b);
  return (part) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0;
}

/** The processor time that a process and all that it started have had so far, in seconds. */
export async function processorTime(root) {
  const stats = await Promise.all((await readdir("/proc")).filter((name) => /^\d+$/.test(name)).map(statOf));
  const all = stats.filter((stat) => stat !== null);
  const family = new Set([root]);
  for (let before = 0; before !== family.size; ) {
    before = family.size;
    for (const { pid, parent } of all) if (family.has(parent)) family.add(pid);
  }
  return all.reduce((sum, { pid, ticks }) => sum + (family.has(pid) ? ticks : 0), 0) / 100;
}

async function statOf(pid) {
  const text = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return text ? { pid: Number(pid), parent: Number(fields[1]), ticks: Number(fields[11]) + Number(fields[12]) } : null;
}

// A fleet whose health changes so many times a second.

/** One in so many answers. */
const LISTENING = 20;

/** Waits until this is so, at most for `patience` milliseconds. */
export async function until(fits, patience) {
  const giveUp = Date.now() + patience;
  while (!(await fits())) {
    if (Date.now() > giveUp) throw new Error("the servers were not all checked in time");
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

/** One process that is every twentieth server, as a small MCP server. Each is ill half of the time, so that statuses turn. */
export async function startFleet(t, interval) {
  const answers = {
    initialize: {
      protocolVersion: "2025-06-18",
      capabilities: { tools: {} },
      serverInfo: { name: "one of many", version: "1.0" },
    },
    ping: {},
    "tools/list": { tools: [{ name: "weather.read", inputSchema: { type: "object" } }] },
  };
  const server = createServer(async (request, response) => {
    response.setHeader("connection", "close");
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    if (isIll(request.url, interval)) return void response.writeHead(503).end();
    if (request.method !== "POST") return void response.writeHead(405).end();
    const { id, method } = JSON.parse(Buffer.concat(chunks).toString());
    if (id === undefined) return void response.writeHead(202).end();
    const answer = answers[method];
    const said = answer ? { result: answer } : { error: { code: -32601, message: "Method not found" } };
    response
      .writeHead(200, { "content-type": "application/json" })
      .end(JSON.stringify({ jsonrpc: "2.0", id, ...said }));
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => new Promise((resolve) => server.close(resolve).closeAllConnections()));
  return { port: server.address().port };
}

/** It is ill for two rounds of checks, then well for two. */
function isIll(url, interval) {
  const turn = Math.floor(Date.now() / (2 * interval * 1_000));
  return (Number(url.split("/")[1]) / LISTENING + turn) % 2 === 0;
}

/** Nobody listens where most of them are: each round of checks is refused, which is a change as good as any. */
export function servers(port, count) {
  const entry = (at) => [
    `id-${at}`,
    {
      name: `weather-${String(at).padStart(5, "0")}`,
      transport: "http",
      url: `http://127.0.0.1:${at % LISTENING === 0 ? port : 9}/${at}/mcp`,
      metadata: { region: ["eu-central", "us-west-2", "ap-south"][at % 3], priority: at % 10 },
    },
  ];
  return Object.fromEntries(Array.from({ length: count }, (_, at) => entry(at)));
}
