import { asCallError, type CallError, type ClientReport, type GatewayStatus, type GatewayToken } from "../../host";
import { Latest } from "../../shared/latest";
import { core } from "../../state/core.svelte";

/** A client that a person sets up: first its name, then what was made for it. */
export class SettingUp {
  name = $state("");
  /** The profile whose endpoint it is given; absent for everything. */
  profile = $state<string | null>(null);
  /** Its token, for as long as it is shown: nobody can read it again later. */
  made = $state.raw<GatewayToken | null>(null);
  /** It was copied, alone or within what is pasted. */
  copied = $state(false);
  busy = $state(false);
  error = $state.raw<CallError | null>(null);

  constructor(name = "") {
    this.name = name;
  }

  async make(): Promise<void> {
    this.busy = true;
    this.error = null;
    try {
      this.made = await core.call("gateway_token_new", { name: this.name });
      gateway.read();
    } catch (thrown) {
      this.error = asCallError(thrown);
    }
    this.busy = false;
  }
}

/** The gateway as the core tells it, and what a person does about it. What they began stays while they are elsewhere. */
class Gateway {
  status = $state.raw<GatewayStatus | null>(null);
  /** Why it could not be read. */
  error = $state.raw<CallError | null>(null);
  /** The configuration in use, which says what clients are limited to; absent until it was read. */
  effective = $state.raw<unknown>(null);
  /** The client that is being set up; absent while none is. */
  setting = $state<SettingUp | null>(null);
  /** AI clients that have files on this computer. */
  installed = $state.raw<readonly ClientReport[]>([]);
  #latest = new Latest<null>(async () => {
    try {
      this.status = await core.call("gateway", {});
      this.error = null;
    } catch (thrown) {
      this.error = asCallError(thrown);
    }
  });

  /** Asks for it as it is now. One question at a time; what changed meanwhile is asked for after it. */
  read(): Promise<void> {
    return this.#latest.ask(null);
  }

  /** What clients are limited to is a help and no more: without it the settings say so. */
  async readLimits(): Promise<void> {
    const status = await core.call("config", {}).catch(() => null);
    if (status) this.effective = status.effective;
  }

  /** Which AI clients there are is a help and no more: without it a name is typed. */
  async look(): Promise<void> {
    const list = await core.call("clients", {}).catch(() => null);
    if (list) this.installed = list.clients;
  }

  /** Begins to set up a client, unless one is shown whose token nobody has copied yet. */
  setUp(name = ""): void {
    if (this.setting?.made && !this.setting.copied) return;
    this.setting = new SettingUp(name);
  }
}

/** The gateway of this page. */
export const gateway = new Gateway();
