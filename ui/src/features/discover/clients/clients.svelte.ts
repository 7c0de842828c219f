import {
  asCallError,
  type CallError,
  type ClientEntry,
  type ClientList,
  type FromClient,
  type ServerId,
} from "../../../host";
import { anyKept, offerUndo } from "../../../shared/actions";
import { plural } from "../../../shared/format";
import { handle, Latest } from "../../../shared/latest";
import { oneLine } from "../../../shared/text";
import { core } from "../../../state/core.svelte";
import { type ClientRow, canTake, clientGroups } from "./rows";

/** A server that the user is asked to approve: the approval is for exactly what is shown. */
export class Taking {
  /** Its hash as it was shown; another if the file changed meanwhile. */
  entry = $state.raw<ClientEntry>();
  /** The values of its placeholders, as they are typed. */
  filled = $state<Record<string, string>>({});
  wanted = $state(true);
  done = $state(false);
  error = $state.raw<CallError | null>(null);
  /** Its file changed after the question was asked. */
  changed = $state(false);

  constructor(readonly row: ClientRow) {
    this.entry = row.entry;
  }

  get shown(): ClientEntry {
    return this.entry ?? this.row.entry;
  }

  /** No required value is missing. */
  get isFilled(): boolean {
    return this.shown.placeholders.every((name) => this.filled[name]);
  }

  get from(): FromClient {
    const { client, file } = this.row;
    const { name, project, consent } = this.shown;
    return {
      client: client.id,
      file: file.path,
      name,
      project: project ?? undefined,
      consent,
      filled: { ...this.filled },
    };
  }

  /** Shows what its file says now, to be approved again. */
  refuse(error: CallError): void {
    const detail = error.detail as { entry?: ClientEntry } | null;
    if (error.code === "needs_consent" && detail?.entry) {
      this.entry = detail.entry;
      this.changed = true;
      return;
    }
    this.error = error;
  }
}

/** The servers that AI clients are set up with, and the user's import of them. */
class Clients {
  list = $state.raw<ClientList | null>(null);
  /** Why the files could not be read. */
  error = $state.raw<CallError | null>(null);
  /** Why a project's files could not be read. */
  folderError = $state.raw<CallError | null>(null);
  /** What the user is asked to approve; absent while there is nothing. */
  asked = $state.raw<readonly Taking[] | null>(null);
  /** The handle of what is being added; absent while there is nothing. */
  adding = $state<string | null>(null);
  progress = $state.raw<{ done: number; of: number } | null>(null);
  #stopped = false;
  #latest = new Latest<null>(async () => {
    try {
      this.list = await core.call("clients", {});
      this.error = null;
    } catch (thrown) {
      this.error = asCallError(thrown);
    }
  });

  groups = $derived(this.list ? clientGroups(this.list) : []);
  /** Servers that can be added without a value that only the user knows. */
  takable = $derived(this.groups.flatMap((group) => group.rows).filter(({ entry }) => canTake(entry)));

  /** Reads the current state. One request at a time; a change meanwhile leads to another one. */
  read(): Promise<void> {
    return this.#latest.ask(null);
  }

  /** Reads the files of a project as well, from now on. True if there is such a folder. */
  async look(folder: string): Promise<boolean> {
    this.folderError = null;
    try {
      this.list = await core.call("clients", { projects: [folder] });
      return true;
    } catch (thrown) {
      this.folderError = asCallError(thrown);
      return false;
    }
  }

  /** Asks the user to approve these. */
  ask(rows: readonly ClientRow[]): void {
    this.asked = rows.map((row) => new Taking(row));
  }

  close(): void {
    void this.stop();
    this.asked = null;
  }

  /** Stops adding, and ends the program started for the current one; what was added stays, and can be undone. */
  async stop(): Promise<void> {
    this.#stopped = true;
    const call = this.adding;
    if (call) await core.call("cancel", { call }).catch(() => {});
  }

  /** Adds what the user approved, one by one; a failure keeps its reason. True if there is nothing left to show. */
  async take(
    chosen: readonly Taking[],
    how: { no_probe?: boolean; in_clear?: boolean; token_place?: "file" } = {},
  ): Promise<boolean> {
    this.#stopped = false;
    const undos: number[] = [];
    const ids: ServerId[] = [];
    let name = "";
    let revision = 0;
    for (const [at, taking] of chosen.entries()) {
      if (this.#stopped) break;
      this.progress = { done: at, of: chosen.length };
      this.adding = handle();
      taking.error = null;
      taking.changed = false;
      try {
        const added = await core.call("add", { from: taking.from, call: this.adding, ...how });
        if (added.undo !== null) undos.push(added.undo);
        ids.push(added.server.id);
        name = oneLine(added.server.name);
        revision = added.revision;
        taking.done = true;
      } catch (thrown) {
        taking.refuse(asCallError(thrown));
      }
    }
    if (revision) await core.shown(revision);
    this.adding = null;
    this.progress = null;
    if (ids.length) offerUndo(`Added ${ids.length === 1 ? name : plural(ids.length, "server")}`, undos, anyKept(ids));
    void this.read();
    return chosen.every((taking) => taking.done);
  }
}

/** The AI clients of this page. */
export const clients = new Clients();
