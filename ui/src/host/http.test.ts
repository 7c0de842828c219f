import { afterEach, expect, it, vi } from "vitest";
import { print } from "../shared/exact";
import { http, tokenIn } from "./http";
import { tauri } from "./tauri";

const answer = (status: number, body: string) =>
  vi.stubGlobal(
    "fetch",
    vi.fn(async () => new Response(body, { status })),
  );
afterEach(() => vi.unstubAllGlobals());

it("reads the token of the link that serve printed", () => {
  expect(tokenIn("#token=abc%2Bd")).toBe("abc+d");
  expect(tokenIn("#/servers")).toBeNull();
});

it("posts an operation and gives its result", async () => {
  answer(200, '{"valid": true, "problems": []}');
  await expect(http.call("config_check", { text: "" })).resolves.toEqual({ valid: true, problems: [] });
  expect(fetch).toHaveBeenCalledWith(
    "/api/v1/config_check",
    expect.objectContaining({ method: "POST", body: '{"text":""}', credentials: "same-origin" }),
  );
});

it("rejects with the core's own error", async () => {
  answer(404, '{"code": "not_found", "message": "no server `x`", "detail": {"id": "x"}}');
  await expect(http.call("server", { id: "x" })).rejects.toMatchObject({
    code: "not_found",
    message: "no server `x`",
    detail: { id: "x" },
  });
});

it("gives a call's result with the digits that were sent, and the core's own numbers as numbers", async () => {
  answer(200, '{"result":{"n":12345678901234567890123,"d":1.0},"server":{},"tool":"t","attempts":[],"elapsed_ms":3.0}');
  const called = await http.call("call", { capability: "t" });
  expect(print(called.result)).toBe('{"n":12345678901234567890123,"d":1.0}');
  expect(called.elapsed_ms).toBe(3);
});

it("tells a refused browser, a strange answer and silence apart", async () => {
  answer(401, "");
  await expect(http.call("status", {})).rejects.toMatchObject({ code: "unauthorized" });
  answer(502, "<html>bad gateway</html>");
  await expect(http.call("status", {})).rejects.toMatchObject({ code: "internal" });
  vi.stubGlobal("fetch", () => Promise.reject(new TypeError("connection refused")));
  await expect(http.call("status", {})).rejects.toMatchObject({ code: "offline" });
});

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
