import { http } from "./http";
import { tauri } from "./tauri";
import type { Transport } from "./types";

export * from "./bindings";
export { asCallError, CallError, type Link } from "./types";

/** The core that this page belongs to. */
export const host: Transport = "__TAURI_INTERNALS__" in window ? tauri : http;
