import type { ReplicaApart, ReplicaDifference, ReplicaGroupRow, ServerId } from "../../host";
import { oneLine } from "../../shared/text";

const DIFFERENCES: Record<ReplicaDifference, string> = {
  address: "addresses",
  region: "regions",
  version: "versions",
  transport: "transports",
  protocol: "revisions of MCP",
  descriptions: "the descriptions of their tools",
};

/** Words as a list within a sentence. */
export function listed(words: readonly string[]): string {
  const [last, ...others] = [...words].reverse();
  return others.length ? `${others.reverse().join(", ")} and ${last}` : (last ?? "");
}

/** In what servers differ, in words; absent if in nothing. */
export function differWords(differ: readonly ReplicaDifference[]): string | null {
  return differ.length ? listed(differ.map((what) => DIFFERENCES[what])) : null;
}

/**
 * What a difference in a tool means for calls, from the view of one server of the group; absent if it does not concern
 * that server.
 */
export function apartWords(group: ReplicaGroupRow, apart: ReplicaApart, id: ServerId): string | null {
  const name = (of: ServerId) => oneLine(group.servers.find((server) => server.id === of)?.name ?? "another server");
  const names = (ids: readonly ServerId[]) => listed(ids.map(name));
  if (apart.lacking.includes(id)) return "It does not have this tool: calls to it go to the others.";
  const [shown, differing] = [apart.shown === id, apart.differing.includes(id)];
  const said: string[] = [];
  if (differing) said.push(`Its schema differs from that of ${name(apart.shown)}, which clients see.`);
  if (shown && apart.differing.length)
    said.push(`Clients see its schema, which differs from that of ${names(apart.differing)}.`);
  if (said.length) said.push("A call goes only to servers whose own schema accepts its arguments.");
  if (shown && apart.lacking.length)
    said.push(
      `${names(apart.lacking)} ${apart.lacking.length === 1 ? "does" : "do"} not have it: no call to it goes there.`,
    );
  return said.length ? said.join(" ") : null;
}
