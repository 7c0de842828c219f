import { invoke } from "@tauri-apps/api/core";
import { listen } from "@tauri-apps/api/event";
import type { EventBatch } from "./bindings";
import { readResult } from "./http";
import { asCallError, type Transport } from "./types";

/** The core in the same process, behind the desktop shell's one command and one event. */
export const tauri: Transport = {
  face: "desktop",

  async call(name, args) {
    try {
      return readResult(name, await invoke<string>("call", { name, args }));
    } catch (thrown) {
      throw asCallError(thrown);
    }
  },

  async subscribe(onBatch, onLink) {
    const stop = await listen<EventBatch>("events", (event) => onBatch(event.payload));
    onLink?.("live");
    return stop;
  },

  closing: {
    unsaved: (unsaved) => void invoke("unsaved", { unsaved }),
    onAsk: (ask) => void listen("closing", ask),
    close: () => void invoke("close"),
  },
};
