import { asCallError, type CallError, type ClientReport, type GatewayStatus, type GatewayToken } from "../../host";
import { Latest } from "../../shared/latest";
import { core } from "../../state/core.svelte";

/** A client that the user sets up: first its name, then the token made for it. */
export class SettingUp {
  name = $state("");
  /** The profile whose endpoint it gets; absent for everything. */
  profile = $state<string | null>(null);
  /** Its token, as long as it is shown: it cannot be read again later. */
  made = $state.raw<GatewayToken | null>(null);
  /** It was copied, alone or as part of the snippet. */
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

/**
 * The gateway as the core reports it, and the user's actions on it. An unfinished set-up is kept while another screen
 * is open.
 */
class Gateway {
  status = $state.raw<GatewayStatus | null>(null);
  /** Why it could not be read. */
  error = $state.raw<CallError | null>(null);
  /** The configuration in use, which holds the limits of clients; absent until it was read. */
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

  /** Reads the current state. One request at a time; a change meanwhile leads to another one. */
  read(): Promise<void> {
    return this.#latest.ask(null);
  }

  /** The limits of clients are optional here: without them the page refers to the settings. */
  async readLimits(): Promise<void> {
    const status = await core.call("config", {}).catch(() => null);
    if (status) this.effective = status.effective;
  }

  /** The list of AI clients is optional: without it the user types a name. */
  async look(): Promise<void> {
    const list = await core.call("clients", {}).catch(() => null);
    if (list) this.installed = list.clients;
  }

  /** Begins to set up a client, unless a token is shown that was not copied yet. */
  setUp(name = ""): void {
    if (this.setting?.made && !this.setting.copied) return;
    this.setting = new SettingUp(name);
  }
}

/** The gateway of this page. */
export const gateway = new Gateway();
