import type { ServerId } from "../../host/bindings";
import { statusWords } from "../../shared/words";
import type { Node } from "./model";

/** What a filter leaves, and what it hides that the user must know. */
export interface Kept {
  nodes: readonly Node[];
  /** Servers in trouble that are hidden. */
  hidden: readonly Node[];
}

/** The nodes that pass the filter; without one, all. */
export function kept(nodes: readonly Node[], matched: ReadonlySet<ServerId> | null): Kept {
  if (matched === null) return { nodes, hidden: [] };
  return {
    nodes: nodes.filter(({ id }) => matched.has(id)),
    hidden: nodes.filter((node) => !matched.has(node.id) && isTrouble(node)),
  };
}

function isTrouble({ row }: Node): boolean {
  return statusWords(row.health.status).attention || row.health.status === "unknown";
}
