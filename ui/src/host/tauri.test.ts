import { expect, it, vi } from "vitest";
import { print } from "../shared/exact";
import { tauri } from "./tauri";

const invoke = vi.hoisted(() => vi.fn());
vi.mock("@tauri-apps/api/core", () => ({ invoke }));
vi.mock("@tauri-apps/api/event", () => ({ listen: vi.fn() }));

it("reads the text that the core answers, a call's result with the digits that were sent", async () => {
  invoke.mockResolvedValueOnce(
    '{"result":{"n":12345678901234567890123},"server":{},"tool":"t","attempts":[],"elapsed_ms":3.0}',
  );
  const called = await tauri.call("call", { capability: "t" });
  expect(print(called.result)).toBe('{"n":12345678901234567890123}');
  expect(called.elapsed_ms).toBe(3);
  invoke.mockResolvedValueOnce('{"valid":true,"problems":[]}');
  await expect(tauri.call("config_check", { text: "" })).resolves.toEqual({ valid: true, problems: [] });
});

it("rejects with the core's own error", async () => {
  invoke.mockRejectedValueOnce({ code: "not_found", message: "no server `x`", detail: { id: "x" } });
  await expect(tauri.call("server", { id: "x" })).rejects.toMatchObject({ code: "not_found", detail: { id: "x" } });
});
