import type { HealthStatus, ServerRow } from "../../host/bindings";
import type { Node } from "./model";

/** What boxes stand for. */
export const GROUPINGS = ["region", "source", "capability", "host"] as const;
export type Grouping = (typeof GROUPINGS)[number];

/** The title of a box; absent if its servers have none. */
type Value = string | null;

/** The servers of a box. */
export interface Group {
  /** Different from that of any other box, whatever the regions of servers are called. */
  key: string;
  value: Value;
  nodes: Node[];
  counts: Partial<Record<HealthStatus, number>>;
}

const VALUES: Record<Grouping, (row: ServerRow) => Value> = {
  region: (row) => row.region,
  source: (row) => row.source,
  capability: firstOffered,
  host: hostOf,
};

/** Groups the nodes; each is in one group. */
export function groupsOf(nodes: readonly Node[], by: Grouping): Group[] {
  const groups = new Map<Value, Group>();
  const read = VALUES[by];
  for (const node of nodes) {
    const value = read(node.row) || null;
    let group = groups.get(value);
    if (!group) {
      group = { key: value === null ? "none" : `is ${value}`, value, nodes: [], counts: {} };
      groups.set(value, group);
    }
    group.nodes.push(node);
    const { status } = node.row.health;
    group.counts[status] = (group.counts[status] ?? 0) + 1;
  }
  return [...groups.values()];
}

/** Replicas offer the same, so they are grouped by the first of what they offer; tools come before resources. */
function firstOffered({ capabilities }: ServerRow): Value {
  const tools = capabilities.filter((name) => !/^(resource|prompt):/.test(name));
  const [first] = (tools.length > 0 ? tools : [...capabilities]).sort((a, b) => (a < b ? -1 : 1));
  return first ?? null;
}

/** Every name that this computer has for itself is one host; a command runs here as well. */
const HERE = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/;
export const THIS_COMPUTER = "this computer";

function hostOf(row: ServerRow): Value {
  const address = row.endpoint ?? row.url;
  if (address === null) return row.command === null ? null : THIS_COMPUTER;
  try {
    const { hostname } = new URL(address);
    return HERE.test(hostname) ? THIS_COMPUTER : hostname;
  } catch {
    return null;
  }
}
