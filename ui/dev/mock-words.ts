import type { ApiError, ServerRow } from "../src/host/bindings.ts";

/** Worst first. */
export const SEVERITY: ServerRow["health"]["status"][] = [
  "unhealthy",
  "degraded",
  "blocked",
  "needs_sign_in",
  "unknown",
  "paused",
  "healthy",
];
export const IS: Record<string, string> = { down: "unhealthy", "sign-in": "needs_sign_in" };
/** A made-up scan takes about this long, in milliseconds; `MOCK_SCAN_MS` makes it slower for looking at it. */
export const SCAN_MS = Number(process.env.MOCK_SCAN_MS ?? 3_000);

export type Args = {
  id: string;
  ids: string[];
  targets?: string[];
  ports?: string[];
  filter: unknown;
  name?: string;
  metadata?: Record<string, unknown>;
  url?: string;
  call?: string;
  server?: string;
  capability: string;
};

export const fail = (code: ApiError["code"], message: string, detail: unknown = null): never => {
  throw { code, message, detail } satisfies ApiError;
};
