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

/** Servers that could be one to AI clients, and those that are: proposed by the core, decided here. */
class Replicas {
  /** What the core said last; absent until it was asked. */
  found = $state.raw<ReplicaProposals | null>(null);
  /** Why it could not be read. */
  error = $state.raw<CallError | null>(null);
  /** What is being done; absent while nothing is. */
  doing = $state<"making" | "dismissing" | "dissolving" | null>(null);
  /** The proposal whose details are open. */
  looking = $state.raw<ReplicaProposal | null>(null);

  /** What is proposed first. */
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

  /** Asks for it as it is now. */
  read(): Promise<void> {
    return this.#latest.ask(null);
  }

  /** The group that a server is in. */
  groupOf(id: ServerId): ReplicaGroupRow | null {
    return this.found?.groups.find((group) => group.servers.some((server) => server.id === id)) ?? null;
  }

  /** The proposal that a server is in. */
  proposalOf(id: ServerId): ReplicaProposal | null {
    return this.found?.proposals.find((one) => one.servers.some((server) => server.id === id)) ?? null;
  }

  /** Makes servers one. It throws what kept it from being made. */
  async make(proposal: ReplicaProposal, name: string): Promise<void> {
    await this.#do("making", async () => {
      const servers = proposal.servers.map((server) => server.id);
      const made = await core.call("replica_group_accept", { name, servers });
      offerUndo(`${plural(servers.length, "server")} are now replicas of one server: ${oneLine(made.name)}`, [made.undo]);
    });
  }

  /** Does not propose them again; false when that did not work, which is said. */
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

  /** Takes a group apart; a failure is said. */
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
