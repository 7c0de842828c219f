import type { ServerRef, ToolHints, ToolRow } from "../../host";

/** A tool as the list shows it: once, however many servers offer it. */
export interface ListedTool {
  name: string;
  title: string | null;
  description: string | null;
  input: unknown;
  hints: ToolHints;
  servers: ServerRef[];
  /** Two servers define it differently: a call may go to either. */
  differs: boolean;
}

/** Puts tools of one name together, in the order of their names. */
export function merge(rows: readonly ToolRow[]): ListedTool[] {
  const byName = new Map<string, ListedTool>();
  for (const row of rows) {
    const known = byName.get(row.name);
    if (!known) {
      byName.set(row.name, listed(row));
      continue;
    }
    known.servers.push(row.server);
    known.hints = worse(known.hints, row.hints);
    known.differs ||= JSON.stringify(known.input) !== JSON.stringify(row.input_schema);
  }
  return [...byName.values()].sort((a, b) => a.name.localeCompare(b.name));
}

/** The tools whose name, title or description has every word. */
export function search(tools: readonly ListedTool[], text: string): ListedTool[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  return tools.filter((tool) => {
    const hay = `${tool.name} ${tool.title ?? ""} ${tool.description ?? ""}`.toLowerCase();
    return words.every((word) => hay.includes(word));
  });
}

/** What any of two may do: a call may go to either, so only what both promise holds. */
function worse(one: ToolHints, other: ToolHints): ToolHints {
  const both = (a: boolean | null, b: boolean | null, safe: boolean) =>
    a === b ? a : [a, b].includes(!safe) ? !safe : null;
  return {
    read_only: both(one.read_only, other.read_only, true),
    destructive: both(one.destructive, other.destructive, false),
    idempotent: both(one.idempotent, other.idempotent, true),
    open_world: both(one.open_world, other.open_world, false),
  };
}

function listed(row: ToolRow): ListedTool {
  const { name, title, description, input_schema: input, hints } = row;
  return { name, title, description, input, hints, servers: [row.server], differs: false };
}
