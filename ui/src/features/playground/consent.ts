import type { ServerId } from "../../host";
import { plural } from "../../shared/format";
import { oneLine } from "../../shared/text";
import type { ListedTool } from "./tools";

/** What a person is asked before a tool runs that may do harm. */
export interface Question {
  /** Whoever agreed to it once is not asked it again in this session. */
  key: string;
  /** What the tool may do, and who says so. */
  says: string;
}

/** What a person agreed to, for as long as the page lives. */
const agreed = new Set<string>();

/**
 * What to ask before this tool runs; nothing where it only reads, or is said to delete nothing. MCP's defaults hold: what a
 * server does not deny, its tool may do.
 */
export function questionBefore(tool: ListedTool, server: ServerId | null): Question | null {
  const { read_only: reads, destructive } = tool.hints;
  if (reads === true || destructive === false) return null;
  const question = isSilent(tool) ? aboutSilence(tool, server) : aboutHarm(tool, server);
  return agreed.has(question.key) ? null : question;
}

/** The person said yes. */
export function agree(question: Question): void {
  agreed.add(question.key);
}

/** It carries no annotation at all. */
function isSilent({ hints }: ListedTool): boolean {
  return [hints.read_only, hints.destructive, hints.idempotent, hints.open_world].every((hint) => hint === null);
}

function aboutSilence(tool: ListedTool, server: ServerId | null): Question {
  return {
    key: `server ${server ?? tool.servers.map(({ id }) => id).join()}`,
    says: `${whose(tool, server)} does not say what its tools do. “${oneLine(tool.name)}” may change or delete things.`,
  };
}

function aboutHarm(tool: ListedTool, server: ServerId | null): Question {
  const says = tool.hints.destructive
    ? "may delete or overwrite things"
    : "may change or delete things: its server does not rule it out";
  return {
    key: `tool ${server ?? "any"} ${tool.name}`,
    says: `“${oneLine(tool.name)}” on ${whose(tool, server)} ${says}.`,
  };
}

function whose(tool: ListedTool, server: ServerId | null): string {
  const named =
    tool.servers.find(({ id }) => id === server) ?? (tool.servers.length === 1 ? tool.servers[0] : undefined);
  return named ? oneLine(named.name) : `one of ${plural(tool.servers.length, "server")}`;
}
