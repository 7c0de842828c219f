import {
  asCallError,
  type CallError,
  type ReplicaGroupRow,
  type ReplicaProposal,
  type ReplicaProposals,
  type ServerId,
} from "../../host";
import { attempt, offerUndo } from "../../shared/actions";
import { plural } from "../../shared/format";
import { Latest } from "../../shared/latest";
import { oneLine } from "../../shared/text";
import { core } from "../../state/core.svelte";

/** Servers that look like replicas of one, and groups of replicas: proposed by the core, decided here. */
class Replicas {
  /** The core's last answer; absent until it was read. */
  found = $state.raw<ReplicaProposals | null>(null);
  /** Why it could not be read. */
  error = $state.raw<CallError | null>(null);
  /** The action that is running; absent if none is. */
  doing = $state<"making" | "dismissing" | "dissolving" | null>(null);
  /** The proposal whose details are open. */
  looking = $state.raw<ReplicaProposal | null>(null);

  /** The first proposal. */
  next = $derived(this.found?.proposals[0] ?? null);
  /** What the answer depends on: the records of servers, the configuration, what was dismissed. */
  version = $derived.by(() => {
    const latest = core.servers.reduce((latest, row) => Math.max(latest, row.updated_at), 0);
    return `${core.servers.length} ${latest} ${core.configs} ${core.scanMemory}`;
  });

  #latest = new Latest<null>(async () => {
    try {
      this.found = await core.call("replica_proposals", {});
      this.error = null;
    } catch (thrown) {
      this.error = asCallError(thrown);
    }
  });

  /** Reads the current state. */
  read(): Promise<void> {
    return this.#latest.ask(null);
  }

  /** The group that a server is in. */
  groupOf(id: ServerId): ReplicaGroupRow | null {
    return this.found?.groups.find((group) => group.servers.some((server) => server.id === id)) ?? null;
  }

  /** The proposal that contains the server. */
  proposalOf(id: ServerId): ReplicaProposal | null {
    return this.found?.proposals.find((one) => one.servers.some((server) => server.id === id)) ?? null;
  }

  /** Groups servers as replicas. Throws the reason if that fails. */
  async make(proposal: ReplicaProposal, name: string): Promise<void> {
    await this.#do("making", async () => {
      const servers = proposal.servers.map((server) => server.id);
      const made = await core.call("replica_group_accept", { name, servers });
      offerUndo(`${plural(servers.length, "server")} are now replicas of one server: ${oneLine(made.name)}`, [
        made.undo,
      ]);
    });
  }

  /** Dismisses the proposal; false if that failed, which is reported. */
  async dismiss(proposal: ReplicaProposal): Promise<boolean> {
    const done = await attempt("The proposal was not dismissed", () =>
      this.#do("dismissing", async () => {
        const { undo } = await core.call("replica_proposal_dismiss", { proposal: proposal.key });
        offerUndo(`${plural(proposal.servers.length, "server")} are not proposed as replicas again`, [undo]);
        return true;
      }),
    );
    return done ?? false;
  }

  /** Dissolves a group; a failure is reported. */
  async dissolve(group: ReplicaGroupRow): Promise<void> {
    await attempt("The group was not dissolved", () =>
      this.#do("dissolving", async () => {
        const { undo } = await core.call("replica_group_dissolve", { name: group.name });
        offerUndo(`Dissolved the replicas ${oneLine(group.name)}`, [undo]);
      }),
    );
  }

  async #do<T>(what: NonNullable<Replicas["doing"]>, work: () => Promise<T>): Promise<T> {
    this.doing = what;
    try {
      const done = await work();
      await this.read();
      return done;
    } finally {
      this.doing = null;
    }
  }
}

/** The replicas of this page. */
export const replicas = new Replicas();
