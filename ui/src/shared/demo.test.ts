import { beforeEach, expect, it, vi } from "vitest";
import { server } from "../state/samples";

const call = vi.fn();
const shown = vi.fn(async () => {});
vi.mock("../state/core.svelte", () => ({ core: { call, shown, servers: [] } }));
const { demo, demoServers } = await import("./demo.svelte");

beforeEach(() => {
  call.mockReset();
  shown.mockClear();
});

it("only servers of the demo are of the demo, whatever others are called", () => {
  const rows = [server("demo-weather"), server("b", { source: "demo" }), server("c", { source: "scan" })];
  expect(demoServers(rows).map(({ id }) => id)).toEqual(["b"]);
});

it("a start is under way until the list shows it, and a second press meanwhile does nothing", async () => {
  let finish = (_: { revision: number }) => {};
  call.mockImplementation(() => new Promise((resolve) => (finish = resolve)));
  const first = demo.start();
  expect(demo.doing).toBe("starting");
  await demo.start();
  expect(call).toHaveBeenCalledTimes(1);
  finish({ revision: 9 });
  await first;
  expect([call.mock.calls[0]?.[0], shown.mock.calls, demo.doing]).toEqual(["demo_start", [[9]], null]);
});

it("after a failure it can be tried again", async () => {
  call.mockRejectedValueOnce({ code: "transport_failed", message: "no port is free", detail: null });
  await demo.start();
  expect([demo.doing, shown.mock.calls.length]).toEqual([null, 0]);
  call.mockResolvedValueOnce({ running: false, servers: [] });
  await demo.stop();
  expect(call.mock.calls.map(([name]) => name)).toEqual(["demo_start", "demo_stop"]);
});
