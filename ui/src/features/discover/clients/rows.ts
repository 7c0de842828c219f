import type { ClientEntry, ClientFile, ClientList, ClientReport, FileProblem, ScanRow } from "../../../host";
import { plural } from "../../../shared/format";
import { brief } from "../../../shared/text";

/** A server that clients are set up with; equal entries of several clients are one server. */
export interface ClientRow {
  key: string;
  client: ClientReport;
  file: ClientFile;
  entry: ClientEntry;
  /** Other clients that have it as well, by name. */
  also: string[];
}

/** What is wrong with a file of a client. */
export interface BrokenFile {
  key: string;
  path: string;
  problem: FileProblem;
}

/** The rows of one client. */
export interface ClientGroup {
  client: ClientReport;
  rows: ClientRow[];
  broken: BrokenFile[];
}

/** The clients with their servers, each server once: under the first client that has it. */
export function clientGroups(list: ClientList): ClientGroup[] {
  const seen = new Map<string, ClientRow>();
  return list.clients
    .map((client) => {
      const rows: ClientRow[] = [];
      for (const file of client.files) {
        for (const entry of file.entries) {
          const same = sameAs(entry);
          const first = seen.get(same);
          if (first) {
            const is = first.client === client || first.also.includes(client.name);
            if (!is) first.also.push(client.name);
            continue;
          }
          const place = [client.id, file.path, entry.project ?? "", entry.name, entry.line, entry.column].join("\n");
          const row = { key: place, client, file, entry, also: [] };
          seen.set(same, row);
          rows.push(row);
        }
      }
      return { client, rows, broken: client.files.flatMap(brokenIn) };
    })
    .filter((group) => group.rows.length + group.broken.length > 0);
}

/** Different entries under one name are two servers; so are one that was added and one that was not. */
function sameAs({ name, consent, kind, disabled, known, id, changed }: ClientEntry): string {
  const own = kind === "unusable" ? name : "";
  return [consent, own, disabled, known ? id : "", changed].join("\n");
}

function brokenIn(file: ClientFile): BrokenFile[] {
  return file.problems.map((problem, at) => ({ key: `${file.path} ${at}`, path: file.path, problem }));
}

/** The row of a scan that is this server: the one at its address. */
export function answering(entry: ClientEntry, found: readonly ScanRow[]): ScanRow | undefined {
  if (entry.kind !== "here") return undefined;
  return found.find((row) => row.id === entry.id && row.outcome !== "not_mcp");
}

/** The clients that are set up with a server that a scan found, by name. */
export function clientsOf(row: ScanRow, list: ClientList): string[] {
  return list.clients
    .filter((client) =>
      client.files.some((file) => file.entries.some((entry) => entry.kind === "here" && entry.id === row.id)),
    )
    .map((client) => client.name);
}

/** Whether the user can add it. */
export function canTake({ kind, known }: ClientEntry): boolean {
  return !known && kind !== "own" && kind !== "unusable";
}

/** What is known of it without starting or contacting anything. `scanned` means that this computer was scanned. */
export function stateWords(entry: ClientEntry, row: ScanRow | undefined, scanned: boolean): string {
  const said: string[] = [];
  if (entry.kind === "own") said.push("this app");
  else if (entry.kind === "unusable") said.push(brief(entry.notes[0]?.message ?? "cannot be used"));
  else if (entry.kind === "elsewhere") said.push("not checked: outside this computer");
  else if (entry.kind === "command") said.push("not started");
  else if (row)
    said.push(row.outcome === "mcp" ? `answers, ${plural(row.tools ?? 0, "tool")}` : "answers, asks for sign-in");
  else said.push(scanned ? "nothing answers there" : "not asked yet");
  if (entry.disabled) said.push("disabled there");
  if (entry.placeholders.length) said.push(`waits for ${entry.placeholders.join(", ")}`);
  return said.join(" · ");
}

/** The position in its file. */
export function placeOf(path: string, { line, column }: { line: number | null; column: number | null }): string {
  const name = path.split(/[/\\]/).pop() ?? path;
  if (line === null) return name;
  return `${name}, line ${line}${column === null ? "" : `, column ${column}`}`;
}

/** The names of the values that are passed to it. */
export function goesAlong({ env, headers, query }: ClientEntry): string[] {
  return [
    ...env.map((name) => `variable ${name}`),
    ...headers.map((name) => `header ${name}`),
    ...query.map((name) => `key ${name}`),
  ];
}
