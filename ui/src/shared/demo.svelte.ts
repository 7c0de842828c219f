import type { Demo, ServerRow } from "../host";
import { core } from "../state/core.svelte";
import { attempt } from "./actions";
import { messages } from "./messages.svelte";

/** Opens the server of the demo that asks for one. It is no secret: it stands in the README. */
export const DEMO_TOKEN = "let-me-in";

/** What is under way. */
type Doing = "starting" | "stopping";

/** The servers of the demo fleet among these. */
export function demoServers(servers: readonly ServerRow[]): ServerRow[] {
  return servers.filter((row) => row.source === "demo");
}

/** The demo fleet: servers of our own on loopback, to try things with. It runs while it has servers in the list. */
class DemoFleet {
  /** What is under way; absent when nothing is. */
  doing = $state<Doing | null>(null);
  /** It has servers in the list. */
  running = $derived(core.servers.some((row) => row.source === "demo"));

  /** Starts it; once more is harmless. */
  async start(): Promise<void> {
    await this.#do("starting", "The demo fleet did not start", () => core.call("demo_start", {}));
  }

  /** Ends it: its servers leave the list without a trace. */
  async stop(): Promise<void> {
    const gone = await this.#do("stopping", "The demo fleet could not be removed", () => core.call("demo_stop", {}));
    if (gone) messages.say("The demo fleet was removed");
  }

  async #do(doing: Doing, failure: string, work: () => Promise<Demo>): Promise<Demo | null> {
    if (this.doing) return null;
    this.doing = doing;
    try {
      return await attempt(failure, async () => {
        const done = await work();
        await core.shown(done.revision);
        return done;
      });
    } finally {
      this.doing = null;
    }
  }
}

/** The demo fleet of the core. */
export const demo = new DemoFleet();
