// What a page costs: its tasks, its memory, the processor time of all its processes.
import { readdir, readFile } from "node:fs/promises";

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
