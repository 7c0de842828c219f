import type { Demo, ServerRow } from "../host";
import { core } from "../state/core.svelte";
import { attempt } from "./actions";
import { messages } from "./messages.svelte";

/** Opens the demo server that requires a token. It is not a secret: the README names it. */
export const DEMO_TOKEN = "let-me-in";

/** The action that is running. */
type Doing = "starting" | "stopping";

/** The servers of the demo fleet among these. */
export function demoServers(servers: readonly ServerRow[]): ServerRow[] {
  return servers.filter((row) => row.source === "demo");
}

/** The demo fleet: servers of our own on loopback, to try things with. It runs while it has servers in the list. */
class DemoFleet {
  /** The action that is running; absent if none is. */
  doing = $state<Doing | null>(null);
  /** It has servers in the list. */
  running = $derived(core.servers.some((row) => row.source === "demo"));

  /** Starts it; a second start is harmless. */
  async start(): Promise<void> {
    await this.#do("starting", "The demo fleet did not start", () => core.call("demo_start", {}));
  }

  /** Ends it: its servers leave the list without a trace in the journal. */
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
