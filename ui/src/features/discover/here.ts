import type { ServerRow } from "../../host";
import { demoServers } from "../../shared/demo.svelte";

/** Servers of one kind on this computer. */
export interface HereGroup {
  title: string;
  /** They are of the demo fleet. */
  demo?: boolean;
  rows: ServerRow[];
}

/** The servers in the list that run on this computer, by how they are reached. */
export function onThisComputer(servers: readonly ServerRow[]): HereGroup[] {
  const own = servers.filter((row) => row.source !== "demo");
  const groups = [
    { title: "On a port of this computer", rows: own.filter((row) => row.transport !== "stdio" && isLoopback(row)) },
    { title: "Started by MCP Discovery", rows: own.filter((row) => row.transport === "stdio") },
    { title: "Demo fleet", rows: demoServers(servers), demo: true },
  ];
  return groups.filter((group) => group.rows.length > 0);
}

function isLoopback(row: ServerRow): boolean {
  const url = row.endpoint ?? row.url;
  if (!url || !URL.canParse(url)) return false;
  const host = new URL(url).hostname;
  return host === "localhost" || host === "[::1]" || host.startsWith("127.");
}
