import { SEVERITY, type ServerId, type ServerRow } from "../../host/bindings";

/** A server in the picture: what decides its place. What it shows is read from its row when it is drawn. */
export interface Node {
  id: ServerId;
  name: string;
  /** 0 is the worst, which needs attention first. */
  severity: number;
  row: ServerRow;
}

/** A row that did not change is the same node as before, so that what follows can tell by identity. */
const known = new WeakMap<ServerRow, Node>();

/** The servers as nodes, in the order of the rows. */
export function nodesOf(rows: readonly ServerRow[]): Node[] {
  return rows.map(nodeOf);
}

function nodeOf(row: ServerRow): Node {
  const before = known.get(row);
  if (before) return before;
  const node = { id: row.id, name: row.name, severity: SEVERITY[row.health.status] ?? SEVERITY.unknown, row };
  known.set(row, node);
  return node;
}
