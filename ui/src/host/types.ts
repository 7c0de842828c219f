import type { ApiError, ErrorCode, EventBatch, Operations } from "./bindings";

/** The state of the connection to the core. */
export type Link = "connecting" | "live" | "lost" | "unauthorized";

/** The one interface between the screens and the core; the desktop shell and HTTP implement it. */
export interface Transport {
  /** Where the core runs, for the status line. */
  readonly face: "desktop" | "browser";
  /** Asks the core for one operation. Rejects with a `CallError`. */
  call<N extends keyof Operations>(name: N, args: Operations[N]["args"]): Promise<Operations[N]["result"]>;
  /**
   * Delivers events until the returned function is called. `onLink` is called when the connection is lost and when it
   * is back.
   */
  subscribe(onBatch: (batch: EventBatch) => void, onLink?: (link: Link) => void): Promise<() => void>;
  /** The window, which closes only after a question about unsaved changes; a browser asks by itself. */
  readonly closing?: Closing;
}

/** What a page and its window exchange before the window closes. */
export interface Closing {
  /** Closing would lose unsaved changes, or no longer would. */
  unsaved(unsaved: boolean): void;
  /** The user wants to close it. */
  onAsk(ask: () => void): void;
  /** Closes it, whatever is lost. */
  close(): void;
}

/** Why an operation failed: the core's own `ApiError`, or `offline` if there was no answer. */
export class CallError extends Error {
  override readonly name = "CallError";

  constructor(
    readonly code: ErrorCode | "offline",
    message: string,
    readonly detail: unknown = null,
  ) {
    super(message);
  }
}

/** Turns anything that was thrown into a `CallError`, so that screens have one thing to branch on. */
export function asCallError(thrown: unknown): CallError {
  if (thrown instanceof CallError) return thrown;
  if (isApiError(thrown)) return new CallError(thrown.code, thrown.message, thrown.detail);
  const text = thrown instanceof Error ? thrown.message : String(thrown);
  return new CallError("internal", text);
}

/** Narrows to the error shape that both faces of the core send. */
export function isApiError(value: unknown): value is ApiError {
  if (typeof value !== "object" || value === null) return false;
  return "code" in value && typeof value.code === "string" && "message" in value && typeof value.message === "string";
}
