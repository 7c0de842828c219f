import type { Decision, ServerId, ServerRef, ToolHints, ToolRow } from "../../host";
import { plural } from "../../shared/format";
import { isObject } from "../../shared/json";
import { oneLine } from "../../shared/text";
import type { Entry } from "./history";

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

/** The common promise of several definitions: a call may go to any of them, so only what all promise holds. */
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

/** A call as the command line makes it. Arguments are written on one line and quoted for a POSIX shell. */
export function asCommand(tool: string, argumentsText: string, server: string | null): string {
  const where = server ? ` --server ${shellQuote(server)}` : "";
  return `mcp-discovery call ${shellQuote(tool)} ${shellQuote(compact(argumentsText))}${where}`;
}

/** A call as the protocol carries it. */
export function asRequest(tool: string, argumentsText: string): string {
  const params = { name: tool, arguments: JSON.parse(compact(argumentsText)) };
  return JSON.stringify({ method: "tools/call", params }, null, 2);
}

/** Words that a shell takes literally stay bare; all others are put in single quotes. */
export function shellQuote(word: string): string {
  if (/^[\w@%+=:,./-]+$/.test(word)) return word;
  return `'${word.replace(/'/g, `'\\''`)}'`;
}

function compact(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text));
  } catch {
    return "{}";
  }
}

/** Why a call went where it went, when that was decided. */
export function decisionOf(entry: Entry): Decision | null {
  const detail = entry.error?.detail;
  const of = entry.result?.decision ?? (isObject(detail) ? detail.decision : null);
  return isDecision(of) ? of : null;
}

const isDecision = (value: unknown): value is Decision => isObject(value) && Array.isArray(value.stages);

/** The question before a tool runs that may do harm. */
export interface Question {
  /** After consent the question is not asked again in this session. */
  key: string;
  /** What the tool may do, and who says so. */
  says: string;
}

/** The consents of this page, as long as it lives. */
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

/** The user gave consent. */
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
