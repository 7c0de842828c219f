// Generated from crates/api; `cargo xtask bindings` writes it again.

export type ServerId = string;

export type Transport = "http" | "sse" | "stdio";

export type Era = "legacy" | "modern";

export type Source = "manual" | "import" | "scan" | "client" | "demo";

export type HealthStatus = "unknown" | "healthy" | "degraded" | "unhealthy" | "needs_sign_in" | "paused" | "blocked";

export type CheckStatus = "not_run" | "passing" | "warning" | "critical";

export type CheckResult = { 
/**
 * `endpoint_reachable`, `response_time`, `tool_availability`.
 */
name: string, 
/**
 * The verdict.
 */
status: CheckStatus, 
/**
 * How long the exchange took, in milliseconds; absent when there was none.
 */
ms: number | null, 
/**
 * What was sent and what came back, in one line.
 */
evidence: string, 
/**
 * How what the server lists differs from what is known of it; absent when it does not.
 */
details: Differences | null, };

export type Differences = { 
/**
 * Known, and no longer listed: tool names, `resource:<uri>`, `prompt:<name>`. Not callable on this server.
 */
missing: Array<string>, 
/**
 * Listed, and not adopted yet.
 */
undeclared: Array<string>, 
/**
 * Tools whose name, description or schema is not what was adopted: this is how a tool is turned against its user.
 */
changed: Array<string>, };

export type Transition = { 
/**
 * When.
 */
at: number, 
/**
 * What it was.
 */
from: HealthStatus, 
/**
 * What it became.
 */
to: HealthStatus, 
/**
 * Why, in one sentence; absent for a recovery.
 */
reason: string | null, };

export type Health = { 
/**
 * The verdict.
 */
status: HealthStatus, 
/**
 * In [0, 1]; unknown is 0.5.
 */
score: number, 
/**
 * Why, in one sentence; absent when there is nothing to say.
 */
reason: string | null, 
/**
 * The reason in a few words, for a list: `Connection refused`. Whole: a list cuts it where its column ends.
 */
summary: string | null, 
/**
 * The certificate that was refused, when that is why.
 */
certificate: RefusedCertificate | null, 
/**
 * The round trip in milliseconds: a moving average over checks (see [`moving_average`]).
 */
response_time_ms: number | null, 
/**
 * When this was measured.
 */
checked_at: number | null, 
/**
 * Since when its child is asleep: ended, since it was well and nobody asked for it. It wakes when it is used.
 */
asleep: number | null, 
/**
 * Since when its child is starting, where that takes longer than a moment.
 */
starting: number | null, 
/**
 * Since when the status is what it is.
 */
since: number | null, 
/**
 * Failed rounds and calls in a row.
 */
consecutive_failures: number, 
/**
 * When it is checked next; absent when it is not.
 */
next_check: number | null, 
/**
 * The last round or call that succeeded.
 */
last_success: number | null, 
/**
 * Who sees it now: `port`, `scan`, `client`, the name of a client. See [`crate::Sighting`].
 */
seen_by: string[], };

export type Identity = { 
/**
 * `serverInfo.name`.
 */
name: string, 
/**
 * `serverInfo.title`, for people.
 */
title: string | null, 
/**
 * `serverInfo.version`.
 */
version: string | null, 
/**
 * The revision that was agreed on, such as `2026-07-28`.
 */
protocol_version: string, 
/**
 * The side of the July 2026 break it is on.
 */
era: Era, 
/**
 * How to use it, in the server's words.
 */
instructions: string | null, };

export type ToolHints = { 
/**
 * It changes nothing.
 */
read_only: boolean | null, 
/**
 * It may delete or overwrite.
 */
destructive: boolean | null, 
/**
 * Calling it twice is as calling it once.
 */
idempotent: boolean | null, 
/**
 * It reaches outside the server.
 */
open_world: boolean | null, };

export type Tool = { 
/**
 * The name that a call must use.
 */
name: string, 
/**
 * The name for people.
 */
title: string | null, 
/**
 * What it does, in the server's words.
 */
description: string | null, 
/**
 * JSON Schema of its arguments.
 */
input_schema: unknown, 
/**
 * JSON Schema of its structured result.
 */
output_schema: unknown, 
/**
 * Its annotations.
 */
hints: ToolHints, 
/**
 * The members of its definition that no field above holds, as the server wrote them: icons, `_meta`, further annotations.
 */
more?: Record<string, unknown>, };

export type ServerRow = { 
/**
 * The key.
 */
id: ServerId, 
/**
 * The name that people read.
 */
name: string, 
/**
 * How it is spoken to.
 */
transport: Transport, 
/**
 * As it was given.
 */
url: string | null, 
/**
 * As a probe resolved it.
 */
endpoint: string | null, 
/**
 * The program of a stdio server.
 */
command: string | null, 
/**
 * Its arguments.
 */
args: Array<string>, 
/**
 * Everything a caller can ask it for: tool names, `resource:…`, `prompt:…`, free tags.
 */
capabilities: Array<string>, 
/**
 * Free data.
 */
metadata: Record<string, unknown>, 
/**
 * `metadata.region`.
 */
region: string | null, 
/**
 * What was measured.
 */
health: Health, 
/**
 * Who brought it.
 */
source: Source, 
/**
 * How many tools it lists.
 */
tools: number, 
/**
 * How many resources it lists.
 */
resources: number, 
/**
 * How many prompts it lists.
 */
prompts: number, 
/**
 * It asks for credentials.
 */
auth_required: boolean, 
/**
 * The guide's field.
 */
version: string | null, 
/**
 * What the server calls its version.
 */
server_version: string | null, 
/**
 * The agreed revision.
 */
protocol_version: string | null, 
/**
 * The side of the July 2026 break it is on.
 */
era: Era | null, 
/**
 * When it was registered first.
 */
created_at: number, 
/**
 * When its record changed last.
 */
updated_at: number, 
/**
 * The last successful contact.
 */
last_seen: number | null, };

export type Outcome = "mcp" | "needs_sign_in" | "probable" | "not_mcp" | "incomplete";

export type ScanRow = { 
/**
 * The id the server has, or would have, in the registry.
 */
id: ServerId, 
/**
 * What it calls itself, else its address.
 */
name: string, 
/**
 * Where it answered, with the path.
 */
url: string, 
/**
 * `http` or `sse`.
 */
transport: Transport, 
/**
 * Absent unless it is MCP.
 */
era: Era | null, 
/**
 * The agreed revision.
 */
protocol_version: string | null, 
/**
 * What it calls its version.
 */
server_version: string | null, 
/**
 * It asked for credentials.
 */
auth_required: boolean, 
/**
 * How many tools it lists; absent when it did not say.
 */
tools: number | null, 
/**
 * The round trip of the probe that decided, in milliseconds.
 */
latency_ms: number | null, 
/**
 * The verdict.
 */
outcome: Outcome, 
/**
 * The certificate it showed, when that is not trusted: nothing that it says over it is kept.
 */
certificate: RefusedCertificate | null, 
/**
 * Why, when the verdict is not `mcp`, or its certificate is not trusted.
 */
reason: string | null, 
/**
 * It is in the registry already.
 */
known: boolean, 
/**
 * The program that listens there, when it is on this computer and we may know.
 */
process: string | null, 
/**
 * A hash of its tools' names, descriptions and schemas; absent when they were not listed.
 */
definition: string | null, };

export type ScanState = "running" | "finished" | "cancelled" | "ended_with_the_core";

export type ScanStatus = { 
/**
 * The handle of the scan.
 */
id: string, 
/**
 * What is scanned, in words: `this computer`, `127.0.0.0/28`.
 */
targets: Array<string>, 
/**
 * The ports that were asked for, as they were given; absent when nobody named any.
 */
named_ports: Array<string> | null, 
/**
 * Less usual paths are asked for as well.
 */
deep: boolean, 
/**
 * It was read from a file: another computer may have made it.
 */
imported: boolean, 
/**
 * Rows beyond those that are kept of one scan.
 */
left_out: number, 
/**
 * Where it is in its life.
 */
state: ScanState, 
/**
 * When it began.
 */
started_at: number, 
/**
 * When it ended.
 */
finished_at: number | null, 
/**
 * How many addresses.
 */
addresses: number, 
/**
 * How many ports on each.
 */
ports: number, 
/**
 * Probes to make.
 */
total: number, 
/**
 * Probes made.
 */
done: number, 
/**
 * Connections accepted so far.
 */
open: number, 
/**
 * MCP servers so far.
 */
found: number, 
/**
 * Open ports that keep the scan waiting now: each may take all of `timeout`, whatever the speed so far.
 */
slow: number, 
/**
 * Seconds that one port may take at most.
 */
timeout: number, };

export type NoticeLevel = "info" | "warning";

export type Notice = { 
/**
 * How loud.
 */
level: NoticeLevel, 
/**
 * What happened and what to do, in one or two sentences.
 */
text: string, 
/**
 * When.
 */
at: number, };

export type Activity = { "type": "scan_changed", 
/**
 * Its new state.
 */
scan: ScanStatus, } | { "type": "scan_found", 
/**
 * Which scan.
 */
scan: string, 
/**
 * What.
 */
row: ScanRow, } | { "type": "scans_changed", } | { "type": "call_progress", 
/**
 * The handle the caller gave.
 */
call: string, 
/**
 * How far; only grows.
 */
progress: number, 
/**
 * Of how much, when known.
 */
total: number | null, 
/**
 * The server's words.
 */
message: string | null, } | { "type": "starting", 
/**
 * What is waited for.
 */
start: Start, } | { "type": "started", 
/**
 * Of which server.
 */
id: ServerId, } | { "type": "calls_changed", 
/**
 * The greatest id of a row.
 */
newest: number, 
/**
 * How many calls, since this was told last.
 */
calls: number, 
/**
 * How many of these failed, or nobody took.
 */
failed: number, } | { "type": "config_changed", 
/**
 * The sections whose settings differ now; none when what is in use stayed as it was.
 */
sections: Array<string>, } | { "type": "clients_changed" } | { "type": "notice", 
/**
 * What.
 */
notice: Notice, } | { "type": "activity_lost", 
/**
 * How many events.
 */
count: number, };

export type Event = { "type": "server_changed", 
/**
 * Its new state; sent as a row, without tool definitions.
 */
server: ServerRow, } | { "type": "health_changed", 
/**
 * Which.
 */
id: ServerId, 
/**
 * How it is now.
 */
health: Health, } | { "type": "server_removed", 
/**
 * Which.
 */
id: ServerId, } | Activity;

export type EventBatch = { 
/**
 * The registry's revision before the first event.
 */
from: number, 
/**
 * The registry's revision after the last event.
 */
to: number, 
/**
 * In order.
 */
events: Array<Event>, };

export type Empty = Record<symbol, never>;

export type Status = { 
/**
 * The version of the product.
 */
version: string, 
/**
 * The process that owns the data directory.
 */
pid: number, 
/**
 * Where the data lives.
 */
data_dir: string, 
/**
 * The file the configuration was read from, when there is one.
 */
config_file: string | null, 
/**
 * The address of the HTTP face, when it is served.
 */
listening: string | null, 
/**
 * The registry's revision.
 */
revision: number, 
/**
 * When the core started.
 */
started_at: number, 
/**
 * How many servers in each state.
 */
servers: StatusCounts, 
/**
 * Things a person should know, oldest first.
 */
notices: Array<Notice>, };

export type StatusCounts = { 
/**
 * All of them.
 */
all: number, 
/**
 * Healthy.
 */
healthy: number, 
/**
 * Degraded.
 */
degraded: number, 
/**
 * Down.
 */
unhealthy: number, 
/**
 * Not measured yet.
 */
unknown: number, 
/**
 * They require authentication.
 */
needs_sign_in: number, 
/**
 * Paused by a person: no call goes to them.
 */
paused: number, 
/**
 * Kept out by a policy.
 */
blocked: number, };

export type ServersArgs = { 
/**
 * A capability, exact after folding, or a glob.
 */
capability?: string, 
/**
 * A filter: a string in the short form, or an object in the JSON form.
 */
filter?: unknown, };

export type ServerList = { 
/**
 * The revision this list is of.
 */
revision: number, 
/**
 * The rows.
 */
servers: Array<ServerRow>, 
/**
 * How many there are without the filter.
 */
total: number, };

export type ServerOrder = { 
/**
 * The revision this list is of.
 */
revision: number, 
/**
 * The ids.
 */
ids: Array<ServerId>, 
/**
 * How many there are without the filter.
 */
total: number, };

export type ServerArgs = { 
/**
 * Its id, or a name that only one server has.
 */
id: string, };

export type ServersByIdArgs = { 
/**
 * Their ids, or names that only one server has.
 */
ids: Array<string>, };

export type ServerDetails = { 
/**
 * Its row.
 */
server: ServerRow, 
/**
 * The tools it listed.
 */
tools: Array<Tool>, 
/**
 * The URIs of the resources it listed.
 */
resources: Array<string>, 
/**
 * The names of the prompts it listed.
 */
prompts: Array<string>, 
/**
 * How to use it, in its own words.
 */
instructions: string | null, 
/**
 * What it calls itself for people.
 */
title: string | null, 
/**
 * The tags of its record.
 */
declared_capabilities: Array<string>, 
/**
 * The environment variable that holds its token.
 */
token_env: string | null, 
/**
 * More headers of its requests, by name, and the environment variables that hold their values.
 */
header_env: { [key in string]: string }, 
/**
 * Who vouches for its certificate; absent means whoever this computer trusts.
 */
tls: Tls | null, 
/**
 * The environment variables that its command is started with; their values are kept, or those of this program.
 */
env: string[], 
/**
 * The folder in which its command starts; absent means that of this program.
 */
cwd: string | null, 
/**
 * Its child runs on, however long nobody asks it.
 */
keep_running: boolean, 
/**
 * Its token and headers that are kept for it; not the secrets themselves.
 */
secrets: Array<KeptSecret>, 
/**
 * A path or URL that answers 2xx while it is well.
 */
health_endpoint: string | null, 
/**
 * The entry of an AI client's file that it was added from.
 */
added_from?: AddedFrom, };

export type AddArgs = { 
/**
 * `http(s)://host[:port][/path]`; the MCP path is found by probing.
 */
url?: string, 
/**
 * Program and arguments of a stdio server.
 */
stdio?: Array<string>, 
/**
 * The entry of an AI client's file, instead of both.
 */
from?: FromClient, 
/**
 * For people; default is what the server calls itself, else its address.
 */
name?: string, 
/**
 * Free data.
 */
metadata?: Record<string, unknown>, 
/**
 * Free tags.
 */
capabilities?: Array<string>, 
/**
 * The environment variable that holds the bearer token.
 */
token_env?: string, 
/**
 * More headers: their names, and the environment variables that hold their values.
 */
header_env?: { [key in string]: string }, 
/**
 * The bearer token itself, to be kept where `secrets` says.
 */
token?: string, 
/**
 * More headers and their values, to be kept like the token.
 */
headers?: Record<string, string>, 
/**
 * The SHA-256 of the server's certificate: exactly this one is trusted, whoever signed it. Unless nothing is asked, it
 * must be the one that is shown now.
 */
trust_certificate?: string, 
/**
 * The path of a file, on the computer where the core runs, with the certificates of the CA that alone is trusted.
 */
ca?: string, 
/**
 * Whoever this computer trusts is trusted, and nobody else: what was agreed to before is not any more.
 */
system_trust?: boolean, 
/**
 * The token and the headers may travel over plain HTTP beyond this computer, where others can read them.
 */
in_clear?: boolean, 
/**
 * Keys that belong into the query of the URL, by name, to be kept where `secrets` says. What looks like one in `url`
 * itself is taken out and treated the same.
 */
query?: Record<string, string>, 
/**
 * Environment variables of a stdio server: their values, to be kept where `secrets` says, or null for what this program
 * was started with.
 */
env?: Record<string, string | null>, 
/**
 * The folder in which a stdio server starts, from the root on.
 */
cwd?: string, 
/**
 * A stdio server runs on, however long nobody asks it; absent, a known one stays as it is.
 */
keep_running?: boolean, 
/**
 * The handle by which `cancel` ends the start of a stdio server, and `keep_starting` ends only the wait for it.
 */
call?: string, 
/**
 * Where to keep what is secret; absent means the keyring or, only where there is none, the file.
 */
token_place?: SecretPlace, 
/**
 * Add it without contacting it first.
 */
no_probe?: boolean, 
/**
 * Keep nothing: only say what would be kept and, unless `no_probe` is set, what asking showed.
 */
dry_run?: boolean, };

export type Added = { 
/**
 * Its row.
 */
server: ServerRow, 
/**
 * It was in the registry before.
 */
updated: boolean, 
/**
 * Where its token was put, when one was given.
 */
token: KeptIn | null, 
/**
 * Where its environment or its keys were put, when some were given.
 */
kept: KeptIn | null, 
/**
 * Parameters that were taken out of its URL, since they look like keys. They are kept, and sent when it is asked.
 */
taken: Array<string>, 
/**
 * The journal entry that takes it back; absent when nothing was kept.
 */
undo: number | null, 
/**
 * What it was asked and what it answered; empty when it was not asked, or was met just before.
 */
steps: Array<AskedStep>, 
/**
 * The revision that shows it.
 */
revision: number, };

export type AskedStep = { 
/**
 * Such as `POST /mcp server/discover`.
 */
sent: string, 
/**
 * Such as `200 application/json, MCP 2026-07-28`.
 */
received: string, 
/**
 * In milliseconds.
 */
ms: number, };

export type Changed = { 
/**
 * The servers it changed.
 */
ids: Array<ServerId>, 
/**
 * The journal entry that takes it back; absent when nothing changed.
 */
undo: number | null, 
/**
 * The revision that shows it.
 */
revision: number, };

export type EditArgs = { 
/**
 * Its id, or a name that only one server has.
 */
id: string, 
/**
 * What it is not given any more.
 */
without?: Without, 
/**
 * The values of its environment go along to another command. Otherwise they were given for the former alone.
 */
keep_env?: boolean, 
/**
 * `http(s)://host[:port][/path]`; the MCP path is found by probing.
 */
url?: string, 
/**
 * Program and arguments of a stdio server.
 */
stdio?: Array<string>, 
/**
 * The entry of an AI client's file, instead of both.
 */
from?: FromClient, 
/**
 * For people; default is what the server calls itself, else its address.
 */
name?: string, 
/**
 * Free data.
 */
metadata?: Record<string, unknown>, 
/**
 * Free tags.
 */
capabilities?: Array<string>, 
/**
 * The environment variable that holds the bearer token.
 */
token_env?: string, 
/**
 * More headers: their names, and the environment variables that hold their values.
 */
header_env?: { [key in string]: string }, 
/**
 * The bearer token itself, to be kept where `secrets` says.
 */
token?: string, 
/**
 * More headers and their values, to be kept like the token.
 */
headers?: Record<string, string>, 
/**
 * The SHA-256 of the server's certificate: exactly this one is trusted, whoever signed it. Unless nothing is asked, it
 * must be the one that is shown now.
 */
trust_certificate?: string, 
/**
 * The path of a file, on the computer where the core runs, with the certificates of the CA that alone is trusted.
 */
ca?: string, 
/**
 * Whoever this computer trusts is trusted, and nobody else: what was agreed to before is not any more.
 */
system_trust?: boolean, 
/**
 * The token and the headers may travel over plain HTTP beyond this computer, where others can read them.
 */
in_clear?: boolean, 
/**
 * Keys that belong into the query of the URL, by name, to be kept where `secrets` says. What looks like one in `url`
 * itself is taken out and treated the same.
 */
query?: Record<string, string>, 
/**
 * Environment variables of a stdio server: their values, to be kept where `secrets` says, or null for what this program
 * was started with.
 */
env?: Record<string, string | null>, 
/**
 * The folder in which a stdio server starts, from the root on.
 */
cwd?: string, 
/**
 * A stdio server runs on, however long nobody asks it; absent, a known one stays as it is.
 */
keep_running?: boolean, 
/**
 * The handle by which `cancel` ends the start of a stdio server, and `keep_starting` ends only the wait for it.
 */
call?: string, 
/**
 * Where to keep what is secret; absent means the keyring or, only where there is none, the file.
 */
token_place?: SecretPlace, 
/**
 * Add it without contacting it first.
 */
no_probe?: boolean, 
/**
 * Keep nothing: only say what would be kept and, unless `no_probe` is set, what asking showed.
 */
dry_run?: boolean, };

export type Without = { 
/**
 * Its token, kept or in a variable.
 */
token?: boolean, 
/**
 * Headers by name, kept or in a variable.
 */
headers?: string[], 
/**
 * Keys of its query by name.
 */
query?: string[], 
/**
 * Variables of its environment by name.
 */
env?: string[], 
/**
 * The folder in which it starts.
 */
cwd?: boolean, };

export type Edited = { 
/**
 * The servers it changed: this one, or none.
 */
ids: Array<ServerId>, 
/**
 * The journal entry that takes it back; absent when nothing was kept.
 */
undo: number | null, 
/**
 * The revision that shows it.
 */
revision: number, 
/**
 * Its row as it is now; where nothing was kept, as it would be.
 */
server: ServerRow, 
/**
 * Where what was given was put.
 */
kept: KeptIn | null, 
/**
 * Parameters that were taken out of its URL, since they look like keys.
 */
taken: Array<string>, 
/**
 * What of its secrets goes on being sent, in words.
 */
stays: Array<string>, 
/**
 * What of its secrets does not go along: it was given for another origin or command, or is replaced or left out.
 */
leaves: Array<string>, 
/**
 * Where the secrets that leave belong: the origin it had. Absent when it goes nowhere else.
 */
leaves_at: string | null, 
/**
 * What it was asked and what it answered; empty when it was not asked.
 */
steps: Array<AskedStep>, };

export type LabelArgs = { 
/**
 * Ids, or names that only one server has.
 */
ids: Array<string>, 
/**
 * Tags to add.
 */
tags?: Array<string>, 
/**
 * Tags to take away.
 */
without?: Array<string>, 
/**
 * Keys of the data to set; null takes one away.
 */
metadata?: Record<string, unknown>, };

export type UndoArgs = { 
/**
 * A journal entry; default is the newest that can still be taken back, or was taken back last.
 */
undo?: number, 
/**
 * Who asks, for the versions of the configuration; absent means a browser.
 */
by?: ConfigBy, };

export type UndoStep = { 
/**
 * Its journal entry.
 */
entry: number, 
/**
 * In words: `removed weather-usw2-b`.
 */
label: string, 
/**
 * When it was made.
 */
at: number, };

export type Upcoming = { 
/**
 * The change that would be taken back.
 */
undo: UndoStep | null, 
/**
 * The change that would be made again.
 */
redo: UndoStep | null, };

export type Undone = { 
/**
 * Its journal entry.
 */
entry: number, 
/**
 * In words: `removed weather-usw2-b`.
 */
label: string, 
/**
 * The servers it touched.
 */
ids: Array<ServerId>, 
/**
 * The revision that shows it.
 */
revision: number, };

export type Removed = { 
/**
 * Its key.
 */
id: ServerId, 
/**
 * Its name.
 */
name: string, 
/**
 * Its URL or command.
 */
address: string, 
/**
 * When it was removed.
 */
removed_at: number, 
/**
 * Scans do not bring it back.
 */
ignored: boolean, };

export type RemovedList = { 
/**
 * The rows.
 */
servers: Array<Removed>, };

export type ScanArgs = { 
/**
 * Hosts, addresses, ranges; none means this computer: every port that listens on loopback.
 */
targets: Array<string>, 
/**
 * Ports, as `8080` or `3000-3010`; default is the usual MCP ports, or, for this computer, those that listen.
 */
ports?: Array<string>, 
/**
 * `http`, `sse`; default both.
 */
protocols?: Array<string>, 
/**
 * The budget of one host and port, in seconds; default 5.
 */
timeout?: number, 
/**
 * Ask at the less usual paths as well: `/`, `/api/mcp`, `/mcp/v1`, `/v1/mcp`, and those that server cards name.
 */
deep?: boolean, 
/**
 * Add what is found to the registry.
 */
register?: boolean, };

export type ScanPlan = { 
/**
 * What is scanned, in words.
 */
targets: Array<string>, 
/**
 * How many addresses.
 */
addresses: number, 
/**
 * How many ports on each.
 */
ports: number, 
/**
 * How many probes.
 */
probes: number, 
/**
 * About how long it takes when nothing answers, in seconds.
 */
seconds: number, 
/**
 * Nothing leaves this computer.
 */
local: boolean, };

export type ScanRef = { 
/**
 * The handle of the scan; absent means the newest.
 */
scan?: string, };

export type ScanReport = { 
/**
 * Absent when there was no scan yet.
 */
scan: ScanStatus | null, 
/**
 * Every row, `not_mcp` ones included.
 */
rows: Array<ScanRow>, };

export type ScanCompareArgs = { 
/**
 * The later one; default is the newest.
 */
scan?: string, 
/**
 * The earlier one; default is the newest finished one before it of the same targets and ports.
 */
with?: string, };

export type ScanComparison = { 
/**
 * The later scan.
 */
scan: ScanStatus, 
/**
 * The earlier one; absent when there is none of the same targets and ports.
 */
with: ScanStatus | null, 
/**
 * Found now, and not where it was asked before.
 */
new: Array<ScanRow>, 
/**
 * Found before; asked again, it did not answer, or somebody else did.
 */
gone: Array<ScanGone>, 
/**
 * Its tools are others now.
 */
changed: Array<ScanChanged>, 
/**
 * The same name and the same tools, elsewhere.
 */
moved: Array<ScanMoved>, 
/**
 * Found in one of the two; in the other it was not asked, or not to the end.
 */
not_asked: Array<ScanNotAsked>, 
/**
 * How many servers were found in both, just so.
 */
same: number, };

export type ScanGone = { 
/**
 * As it was found before.
 */
row: ScanRow, 
/**
 * What came instead of its answer.
 */
reason: string, };

export type ScanChanged = { 
/**
 * As it is now.
 */
row: ScanRow, 
/**
 * Tools that it did not have before.
 */
added: Array<string>, 
/**
 * Tools that it has no more.
 */
removed: Array<string>, 
/**
 * Tools with another description or schema.
 */
changed: Array<string>, };

export type ScanMoved = { 
/**
 * As it is now.
 */
row: ScanRow, 
/**
 * Where it was.
 */
from: string, };

export type ScanNotAsked = { 
/**
 * As it was found in the other.
 */
row: ScanRow, 
/**
 * It was found before, and the later scan did not ask it; otherwise the earlier one did not.
 */
was_found_before: boolean, 
/**
 * Why.
 */
reason: string, };

export type ScanForgetArgs = { 
/**
 * Their handles.
 */
scans: Array<string>, };

export type ScansChanged = { 
/**
 * The entry that takes it back; absent when nothing changed.
 */
undo: number | null, };

export type ScanForm = "json" | "csv";

export type ScanExportArgs = { 
/**
 * Its handle; default is the newest.
 */
scan?: string, 
/**
 * The form.
 */
as?: ScanForm, };

export type ScanImportArgs = { 
/**
 * The text of the file.
 */
text: string, 
/**
 * Its name, for messages.
 */
file?: string, };

export type ScanImported = { 
/**
 * As it is kept now.
 */
scan: ScanStatus, 
/**
 * The entry that takes it back.
 */
undo: number | null, };

export type ScanRange = { 
/**
 * Its name.
 */
name: string, 
/**
 * Hosts, addresses, ranges; none means this computer.
 */
targets: Array<string>, 
/**
 * Ports, as `8080` or `3000-3010`; absent means the usual ones.
 */
ports: Array<string> | null, 
/**
 * Less usual paths are asked for as well.
 */
deep: boolean, 
/**
 * When it was saved.
 */
saved_at: number, };

export type RangeList = { 
/**
 * Each.
 */
ranges: Array<ScanRange>, };

export type RangeSaveArgs = { 
/**
 * The name; what was saved under it before is replaced.
 */
name: string, 
/**
 * Hosts, addresses, ranges; none means this computer.
 */
targets: Array<string>, 
/**
 * Ports, as `8080` or `3000-3010`; default is the usual ones.
 */
ports?: Array<string>, 
/**
 * Ask at the less usual paths as well.
 */
deep?: boolean, };

export type RangeForgetArgs = { 
/**
 * Its name.
 */
name: string, };

export type SightingKind = "port" | "client" | "scan" | "announced" | "mdns" | "registry" | "kubernetes";

export type Sighting = { 
/**
 * Which server: the id that it has, or would have, in the registry.
 */
server: ServerId, 
/**
 * Who saw it.
 */
kind: SightingKind, 
/**
 * Where: its address for a scan, the client and its file for a client.
 */
place: string, 
/**
 * When it was seen there first.
 */
first_seen: number, 
/**
 * When it was seen there last.
 */
last_seen: number, 
/**
 * When it was looked for there and was gone; absent while it is there.
 */
gone_at: number | null, };

export type SightingList = { 
/**
 * Each.
 */
sightings: Array<Sighting>, 
/**
 * When this was asked.
 */
at: number, };

export type AddedFrom = { 
/**
 * The client's id.
 */
client: string, 
/**
 * The file.
 */
file: string, 
/**
 * What the client calls the server.
 */
name: string, 
/**
 * The folder of the project that it is for, where the file says so of one entry.
 */
project?: string | null, 
/**
 * What a person agreed to.
 */
consent: string, };

export type ClientScope = "user" | "profile" | "project";

export type FileProblem = { 
/**
 * From 1; absent when it is about the whole file.
 */
line: number | null, 
/**
 * From 1.
 */
column: number | null, 
/**
 * What is wrong.
 */
message: string, 
/**
 * Nothing of the file could be read.
 */
unread: boolean, };

export type EntryKind = "here" | "elsewhere" | "command" | "own" | "unusable";

export type ClientEntry = { 
/**
 * What the client calls it.
 */
name: string, 
/**
 * The folder of the project that it is for, where the file says so of one entry.
 */
project: string | null, 
/**
 * From 1.
 */
line: number, 
/**
 * From 1.
 */
column: number, 
/**
 * What it leads to.
 */
kind: EntryKind, 
/**
 * How it is spoken to; absent when it cannot be used.
 */
transport: Transport | null, 
/**
 * Its URL, or the exact command line, without secrets.
 */
address: string, 
/**
 * The folder in which its command starts.
 */
cwd: string | null, 
/**
 * The variables that its command is given, by name.
 */
env: Array<string>, 
/**
 * The headers that it is sent, by name.
 */
headers: Array<string>, 
/**
 * The keys in the query of its URL, by name.
 */
query: Array<string>, 
/**
 * Variables of one's own environment that would be sent to it, in sentences.
 */
reads: Array<string>, 
/**
 * What nobody has filled yet, as it is written: `${input:id}`, `${VAR}`.
 */
placeholders: Array<string>, 
/**
 * The client does not use it.
 */
disabled: boolean, 
/**
 * The server in the list that it is, or that it would be.
 */
id: ServerId | null, 
/**
 * That server is in the list.
 */
known: boolean, 
/**
 * The server in the list was added from this entry, which is not what it was then.
 */
changed: boolean, 
/**
 * What a person agrees to: a hash of command, arguments, folder and names. Entries that share it are the same server.
 */
consent: string, 
/**
 * What is said of it.
 */
notes: Array<FileProblem>, };

export type ClientFile = { 
/**
 * Where it is.
 */
path: string, 
/**
 * Whom it is for.
 */
scope: ClientScope, 
/**
 * The folder of the project that it is for.
 */
project: string | null, 
/**
 * The servers in it, in its order.
 */
entries: Array<ClientEntry>, 
/**
 * How many more it holds than are listed.
 */
more: number, 
/**
 * What is wrong with it.
 */
problems: Array<FileProblem>, };

export type ClientReport = { 
/**
 * In operations and commands: `claude-code`.
 */
id: string, 
/**
 * For people: `Claude Code`.
 */
name: string, 
/**
 * Its files that are there, the person's own first.
 */
files: Array<ClientFile>, };

export type ClientsArgs = { 
/**
 * Folders of projects, from the root on, whose files are read as well, now and later. Others are those that a client's
 * own file names.
 */
projects?: Array<string>, };

export type ClientList = { 
/**
 * Those that have files here.
 */
clients: Array<ClientReport>, };

export type FromClient = { 
/**
 * The client's id.
 */
client: string, 
/**
 * The file, as `clients` lists it.
 */
file: string, 
/**
 * What the client calls the server.
 */
name: string, 
/**
 * The folder of the project that it is for, where the file says so of one entry.
 */
project?: string, 
/**
 * What a person agreed to: the hash of the entry as it was shown to them. Without it nothing is added, and the error
 * has the entry.
 */
consent?: string, 
/**
 * What its placeholders stand for, by how they are written: `${input:token}`.
 */
filled?: Record<string, string>, };

export type ToolsArgs = { 
/**
 * An id, or a name that only one server has; absent means every server.
 */
server?: string, };

export type ToolRow = { 
/**
 * The server.
 */
server: ServerRef, 
/**
 * The name that a call must use.
 */
name: string, 
/**
 * The name for people.
 */
title: string | null, 
/**
 * What it does, in the server's words.
 */
description: string | null, 
/**
 * JSON Schema of its arguments.
 */
input_schema: unknown, 
/**
 * JSON Schema of its structured result.
 */
output_schema: unknown, 
/**
 * Its annotations.
 */
hints: ToolHints, 
/**
 * The members of its definition that no field above holds, as the server wrote them: icons, `_meta`, further annotations.
 */
more?: Record<string, unknown>, };

export type ToolList = { 
/**
 * The rows.
 */
tools: Array<ToolRow>, };

export type ServerRef = { 
/**
 * Its key.
 */
id: ServerId, 
/**
 * Its name.
 */
name: string, 
/**
 * Its endpoint, URL or command.
 */
url: string, };

export type CallArgs = { 
/**
 * What to call: a tool's name, or another capability that names one tool.
 */
capability: string, 
/**
 * Its arguments, sent as they are.
 */
arguments?: Record<string, unknown>, 
/**
 * An id, or a name that only one server has; absent means any server that offers it.
 */
server?: string, 
/**
 * Seconds for the whole call with its retries; default is what its rule says, else 30.
 */
timeout?: number, 
/**
 * A handle of the caller's own choice, for progress and cancel.
 */
call?: string, 
/**
 * Who calls, by name: what a rule with `affinity: client` keeps at one server.
 */
client?: string, 
/**
 * The reasons of the decision are wanted.
 */
explain?: boolean, };

export type CancelArgs = { 
/**
 * The handle that was given with the call.
 */
call: string, };

export type Cancelled = { 
/**
 * False when it was over already.
 */
cancelled: boolean, };

export type Stage = "capability" | "arguments" | "allowed" | "rule" | "health" | "breaker_and_cap" | "metadata" | "region_tier" | "affinity" | "strategy";

export type Why = { "kind": "unlisted" } | { "kind": "demo" } | { "kind": "no_tool" } | { "kind": "unclear", 
/**
 * Which.
 */
tools: Array<string>, } | { "kind": "arguments", 
/**
 * What is wrong with them.
 */
problem: string, } | { "kind": "not_allowed" } | { "kind": "region", 
/**
 * The one that it is in.
 */
region: string | null, 
/**
 * Those that the rule wants.
 */
wanted: Array<string>, } | { "kind": "status", 
/**
 * The status.
 */
status: HealthStatus, } | { "kind": "score", 
/**
 * Its own, in [0, 1].
 */
score: number, 
/**
 * The least.
 */
least: number, } | { "kind": "full", 
/**
 * How many.
 */
most: number, } | { "kind": "breaker_open" } | { "kind": "set_aside" } | { "kind": "tried" } | { "kind": "metadata", 
/**
 * The condition that does not hold, in the filter's short form.
 */
wanted: string, } | { "kind": "too_far", 
/**
 * The one that it is in.
 */
region: string | null, } | { "kind": "farther", 
/**
 * The one that it is in.
 */
region: string | null, } | { "kind": "other_key" } | { "kind": "no_weight" };

export type Strategy = "round_robin" | "least_connections" | "weighted_round_robin" | "health_weighted" | "random" | "priority" | "peak_ewma";

export type RouteArgs = { 
/**
 * What would be called: one capability.
 */
capability: string, 
/**
 * Its arguments; absent means that no schema is asked.
 */
arguments?: Record<string, unknown>, 
/**
 * Who would call, by name.
 */
client?: string, 
/**
 * How many calls, one after the other: 1 to 100,000; default 1.
 */
calls?: number, 
/**
 * The text of a configuration whose rules and balancing are taken instead of those in use.
 */
rules?: string, 
/**
 * Servers that are taken to be down: ids, or names that only one server has.
 */
down?: Array<string>, 
/**
 * How many servers each list of the answer names at most; absent means all of them.
 */
most?: number, };

export type RouteResult = { 
/**
 * What the first of them would meet.
 */
decision: Decision, 
/**
 * Who would take how many, the most first. Who takes none and could is there with 0.
 */
distribution: Array<RouteShare>, 
/**
 * How many servers take some and are not named in `distribution`.
 */
more: number, 
/**
 * How many of the calls somebody takes.
 */
calls: number, 
/**
 * How long one of them takes on average by what was measured last, in milliseconds; absent when one of the servers was not
 * measured.
 */
latency_ms: number | null, };

export type ServerPlace = { 
/**
 * Its key.
 */
id: ServerId, 
/**
 * Its name.
 */
name: string, 
/**
 * Its region.
 */
region: string | null, };

export type RouteShare = { 
/**
 * Which.
 */
server: ServerPlace, 
/**
 * How many it takes.
 */
calls: number, 
/**
 * Its part of all, in [0, 1].
 */
share: number, };

export type Decision = { 
/**
 * What is called.
 */
capability: string, 
/**
 * The rule that applies, by its pattern; absent when only the defaults do.
 */
rule: string | null, 
/**
 * How one of those that are left is picked.
 */
strategy: Strategy, 
/**
 * The rule's hard conditions left nobody, and were dropped (`on_empty: relax`).
 */
relaxed: boolean, 
/**
 * What each stage kept and left out.
 */
stages: Array<DecisionStage>, 
/**
 * Who takes it; absent when nobody does.
 */
winner: ServerPlace | null, 
/**
 * Why nobody does.
 */
refusal: RouteRefusal | null, 
/**
 * Who would take it, were the winner just tried.
 */
runner_up: ServerPlace | null, 
/**
 * Those that were left for the strategy. Where not all are named, the winner and the runner-up are, and one whose weight is
 * another if there is one.
 */
weights: Array<DecisionWeight>, };

export type DecisionStage = { 
/**
 * Which.
 */
stage: Stage, 
/**
 * How many it kept.
 */
kept: number, 
/**
 * Whom it left out.
 */
left_out: Array<LeftOut>, 
/**
 * How many it left out that are not named.
 */
more?: number, };

export type LeftOut = { 
/**
 * Which.
 */
server: ServerPlace, 
/**
 * Why.
 */
why: Why, 
/**
 * The same as a sentence, without its subject.
 */
text: string, };

export type DecisionWeight = { 
/**
 * Which.
 */
server: ServerPlace, 
/**
 * Its weight.
 */
weight: number, 
/**
 * What its record says of its weight is no weight (a number, 0 or more), and counts as 1.
 */
odd: boolean, 
/**
 * Its part of all weights, in [0, 1].
 */
share: number, 
/**
 * Calls under way there.
 */
in_flight: number, };

export type RouteRefusal = { 
/**
 * The code of the error that the call would end with.
 */
code: ErrorCode, 
/**
 * Its sentence.
 */
message: string, };

export type RulesArgs = { 
/**
 * The text of a configuration whose rules are told instead of those in use.
 */
rules?: string, };

export type RuleList = { 
/**
 * The first that fits a capability applies.
 */
rules: Array<RuleRow>, 
/**
 * What a rule leaves unset, as the configuration has it.
 */
defaults: Record<string, unknown>, 
/**
 * How one of several servers is picked where no rule says.
 */
strategy: Strategy, };

export type RuleRow = { 
/**
 * Its place, from 1.
 */
number: number, 
/**
 * The capabilities that it is for.
 */
pattern: string, 
/**
 * The highest comes first.
 */
priority: number, 
/**
 * False: it is as if it were not there.
 */
enabled: boolean, 
/**
 * What it says, as the configuration has it.
 */
fields: Record<string, unknown>, 
/**
 * How many servers offer something that it fits.
 */
servers: number, 
/**
 * How many tools it fits; one that several servers have is one.
 */
tools: number, 
/**
 * An earlier rule that fits all that it fits, so that it never applies.
 */
covered_by: string | null, 
/**
 * The routing tests whose call it applies to, by their place in the file, from 0.
 */
tests: Array<number>, };

export type BreakerState = "closed" | "half_open" | "open";

export type BreakerList = { 
/**
 * The open ones first, then by name.
 */
breakers: Array<BreakerRow>, };

export type BreakerRow = { 
/**
 * Which.
 */
server: ServerPlace, 
/**
 * Whether it is tried.
 */
state: BreakerState, 
/**
 * Failures in a row.
 */
failures: number, 
/**
 * How long the breaker stays open, in seconds.
 */
open_for: number | null, 
/**
 * How long the server wants to be left alone (`Retry-After`), in seconds.
 */
set_aside_for: number | null, 
/**
 * Calls under way.
 */
in_flight: number, };

export type CallOutcome = "ok" | "tool_error" | "failed" | "refused" | "cancelled";

export type CallsLike = "ok" | "failed" | "retried" | "tool_error";

export type CallsArgs = { 
/**
 * How many rows: 1 to 1,000; default 200.
 */
limit?: number, 
/**
 * Only rows before this id: that of the last row of the page before.
 */
before?: number, 
/**
 * Only calls of this capability; `*`, `?` and `[..]` make it a pattern.
 */
capability?: string, 
/**
 * Only calls that this server answered, or was tried for last: an id, or a name that only one server has.
 */
server?: string, 
/**
 * Only calls of this client.
 */
client?: string, 
/**
 * Only those that ended so.
 */
outcome?: CallsLike, };

export type CallList = { 
/**
 * Newest first.
 */
rows: Array<CallRow>, 
/**
 * There are older ones that match.
 */
more: boolean, 
/**
 * How many rows match in all, whatever `limit` and `before` say.
 */
total: number, 
/**
 * Calls are recorded now (`call_log.enabled`, and there is a file to write to).
 */
recording: boolean, };

export type CallRow = { 
/**
 * Its key; a later call has a greater one.
 */
id: number, 
/**
 * When it was over.
 */
at: number, 
/**
 * Who called, by name.
 */
client: string | null, 
/**
 * What was called.
 */
capability: string, 
/**
 * The tool that this meant, by the name that the server has for it; absent when no server took it.
 */
tool: string | null, 
/**
 * Who answered, or was tried last.
 */
server: ServerPlace | null, 
/**
 * How it ended.
 */
outcome: CallOutcome, 
/**
 * The code of the error that it ended with.
 */
code: ErrorCode | null, 
/**
 * Why it ended so, in a sentence. A tool's own error is in its answer, which is not kept.
 */
reason: string | null, 
/**
 * How many servers were asked.
 */
attempts: number, 
/**
 * The whole call, in milliseconds.
 */
ms: number, 
/**
 * For how many calls like it the row stands: 1, or more when too many came at once to keep each one.
 */
stands_for: number, 
/**
 * The rule that applied, by its pattern; absent when only the defaults did, or when the caller named a server.
 */
rule: string | null, 
/**
 * The caller named the server: nothing was decided.
 */
named: boolean, };

export type CallRecordArgs = { 
/**
 * Its id.
 */
id: number, };

export type CallRecord = { 
/**
 * It.
 */
row: CallRow, 
/**
 * Every server that was asked, in order.
 */
tries: Array<CallTry>, 
/**
 * The decision of each try, made again from what was stored; one more than `tries` when nobody was left for a further
 * try. Empty when the caller named a server, or when the inputs of the decision are no longer kept.
 */
decisions: Array<Decision>, 
/**
 * The first of them: why the call went where it went.
 */
decision: Decision | null, 
/**
 * The rule that applied, by its pattern.
 */
rule: string | null, 
/**
 * The decisions that were made again are those that were made then, to the last figure.
 */
is_exact: boolean, };

export type CallTry = { 
/**
 * Which.
 */
server: ServerPlace, 
/**
 * How long, in milliseconds.
 */
ms: number, 
/**
 * How it failed; absent when it answered.
 */
error: string | null, };

export type TrafficArgs = { 
/**
 * Since when; default is an hour ago.
 */
since?: number, 
/**
 * Only calls that this server answered, or was tried for last: an id, or a name that only one server has.
 */
server?: string, 
/**
 * Only calls of this capability; `*`, `?` and `[..]` make it a pattern.
 */
capability?: string, };

export type Traffic = { 
/**
 * Spans of equal length from `since` until now, oldest first; one without a call is there with 0.
 */
buckets: Array<TrafficBucket>, 
/**
 * Who answered or was tried last, the most calls first.
 */
servers: Array<TrafficServer>, 
/**
 * The rules that were used. Calls that named a server are not among these.
 */
rules: Array<TrafficRule>, 
/**
 * All calls of the span.
 */
calls: number, 
/**
 * Those that failed or that nobody took.
 */
failed: number, 
/**
 * The oldest call that is kept; absent when there is none.
 */
oldest: number | null, };

export type TrafficBucket = { 
/**
 * When it begins.
 */
at: number, 
/**
 * How long it is.
 */
seconds: number, 
/**
 * Calls that were over in it.
 */
calls: number, 
/**
 * Those that failed or that nobody took.
 */
failed: number, 
/**
 * Half of the calls that were answered took no longer, in milliseconds; absent when there was none.
 */
p50_ms: number | null, 
/**
 * 95 of 100 took no longer.
 */
p95_ms: number | null, };

export type TrafficServer = { 
/**
 * Which.
 */
server: ServerPlace, 
/**
 * Calls.
 */
calls: number, 
/**
 * Those that failed.
 */
failed: number, 
/**
 * Its part of all calls that reached a server, in [0, 1].
 */
share: number, 
/**
 * Half of those that it answered took no longer, in milliseconds.
 */
p50_ms: number | null, };

export type TrafficRule = { 
/**
 * Its pattern; absent for the defaults alone.
 */
pattern: string | null, 
/**
 * Calls of the span.
 */
calls: number, 
/**
 * When it applied last, also before the span.
 */
last_at: number, };

export type ReplayArgs = { 
/**
 * The text of a configuration whose rules and balancing are taken; absent means those in use.
 */
rules?: string, 
/**
 * How many of the newest: 1 to 10,000; default 100. A row that stands for several calls is one of these.
 */
calls?: number, 
/**
 * Servers that are taken to be down: ids, or names that only one server has.
 */
down?: Array<string>, };

export type Replay = { 
/**
 * All that were decided again.
 */
calls: number, 
/**
 * Those that go where they went, that failed in the same way as before, or that named their server.
 */
stays: number, 
/**
 * Those that go to another server, or that somebody takes now.
 */
moves: number, 
/**
 * Those that nobody would take, and somebody took.
 */
fails: number, 
/**
 * Those that cannot be decided again.
 */
unknowns: number, 
/**
 * The rows that move, newest first; at most 1,000.
 */
moved: Array<ReplayMove>, 
/**
 * The rows that nobody would take, newest first; at most 1,000.
 */
would_fail: Array<ReplayFailure>, 
/**
 * The rows that cannot be decided again, newest first; at most 1,000.
 */
unknown: Array<ReplayUnknown>, 
/**
 * Who took how many, and would, the most first.
 */
distribution: Array<ReplayShare>, };

export type ReplayMove = { 
/**
 * Its record.
 */
id: number, 
/**
 * When it was over.
 */
at: number, 
/**
 * What was called.
 */
capability: string, 
/**
 * Who called.
 */
client: string | null, 
/**
 * Who was picked; absent when nobody was.
 */
from: ServerPlace | null, 
/**
 * Who would be.
 */
to: ServerPlace | null, 
/**
 * For how many calls the row stands.
 */
stands_for: number, };

export type ReplayFailure = { 
/**
 * Its record.
 */
id: number, 
/**
 * What was called.
 */
capability: string, 
/**
 * Why nobody would, in a sentence.
 */
why: string, 
/**
 * The code of the error that it would end with.
 */
code: ErrorCode, 
/**
 * For how many calls the row stands.
 */
stands_for: number, };

export type ReplayUnknown = { 
/**
 * Its record.
 */
id: number, 
/**
 * What is missing, in a sentence.
 */
why: string, 
/**
 * For how many calls the row stands.
 */
stands_for: number, };

export type ReplayShare = { 
/**
 * Which.
 */
server: ServerPlace, 
/**
 * How many it took.
 */
before: number, 
/**
 * How many it would take.
 */
after: number, };

export type AttemptOutcome = "answered" | "tool_error" | "unsent" | "declined" | "lost" | "timed_out" | "failed" | "cancelled";

export type Attempt = { 
/**
 * Where.
 */
server: ServerRef, 
/**
 * How it ended.
 */
outcome: AttemptOutcome, 
/**
 * How long it took.
 */
ms: number, 
/**
 * What went wrong.
 */
error?: string, };

export type CallResult = { 
/**
 * MCP's `CallToolResult` in the server's own text: `content`, `structuredContent`, `isError`. Nothing reads it into a
 * tree on its way to a face, since a tree rounds long numbers.
 */
result: unknown, 
/**
 * Who answered.
 */
server: ServerRef, 
/**
 * The tool that was called.
 */
tool: string, 
/**
 * Every try, in order.
 */
attempts: Array<Attempt>, 
/**
 * The whole call.
 */
elapsed_ms: number, 
/**
 * Why this server, when that was asked and the call named none.
 */
decision?: Decision, };

export type ImportArgs = { 
/**
 * The text of a `servers.json`.
 */
text: string, 
/**
 * Its name, for messages.
 */
file?: string, 
/**
 * Keep the values of environments, headers and keys that the file has, where `secrets` says. Without it they are left
 * out and named in the warnings.
 */
secrets?: boolean, 
/**
 * Trust the certificates and the CAs that the file names for its servers. Without it they are left out and named in the
 * warnings.
 */
certificates?: boolean, 
/**
 * Where to keep them; absent means the keyring or, only where there is none, the file.
 */
place?: SecretPlace, 
/**
 * Keep nothing: only say what would be done.
 */
dry_run?: boolean, };

export type ImportedServer = { 
/**
 * Its name.
 */
name: string, 
/**
 * Where it is, or its command.
 */
address: string, 
/**
 * What becomes of it.
 */
fate: Fate, };

export type Fate = "added" | "updated" | "unchanged";

export type ImportReport = { 
/**
 * What becomes of each server of the file, in its order; the first thousand.
 */
servers: Array<ImportedServer>, 
/**
 * New servers.
 */
added: number, 
/**
 * Servers that were known and are now as the file says.
 */
updated: number, 
/**
 * Servers that were known just so.
 */
unchanged: number, 
/**
 * Entries that were left out or read tolerantly, each with its place and reason.
 */
warnings: Array<string>, 
/**
 * How many values of environments, headers and keys are kept now.
 */
secrets_kept: number, 
/**
 * How many were left out, and could be kept.
 */
secrets_left: number, 
/**
 * How many certificates and CAs were left out, and could be trusted.
 */
certificates_left: number, 
/**
 * The journal entry that takes it back; absent when nothing changed.
 */
undo: number | null, 
/**
 * The revision that shows it.
 */
revision: number, };

export type ScanList = { 
/**
 * How far each is.
 */
scans: Array<ScanStatus>, 
/**
 * Why older ones are missing; absent when none is.
 */
problem: string | null, };

export type ExportForm = "servers.json" | "mcp.json";

export type ExportArgs = { 
/**
 * The form.
 */
as?: ExportForm, };

export type Exported = { 
/**
 * A name for it.
 */
file: string, 
/**
 * Its text.
 */
text: string, 
/**
 * How many servers it holds.
 */
servers: number, 
/**
 * What was left out: secrets among the arguments of a command.
 */
warnings: Array<string>, };

export type ConfigCheckArgs = { 
/**
 * The text of a `mcp-discovery.yaml`.
 */
text: string, };

export type HealthArgs = { 
/**
 * Ids, or names that only one server has; absent means every server.
 */
ids?: Array<string>, };

export type ServerHealth = { 
/**
 * Its key.
 */
id: ServerId, 
/**
 * Its name.
 */
name: string, 
/**
 * The verdict.
 */
status: HealthStatus, 
/**
 * In [0, 1].
 */
score: number, 
/**
 * Why, in one sentence.
 */
reason: string | null, 
/**
 * Why, in a few words.
 */
summary: string | null, 
/**
 * The round trip in milliseconds, a moving average.
 */
response_time_ms: number | null, 
/**
 * Failed rounds and calls in a row.
 */
consecutive_failures: number, 
/**
 * Since when its child is asleep: ended, since it was well and nobody asked for it.
 */
asleep: number | null, 
/**
 * Since when its child is starting.
 */
starting: number | null, 
/**
 * The last round.
 */
last_check: number | null, 
/**
 * The next round; absent when none is planned.
 */
next_check: number | null, 
/**
 * The last round or call that succeeded.
 */
last_success: number | null, 
/**
 * Since when the status is what it is.
 */
since: number | null, 
/**
 * The checks of the last round, with their evidence.
 */
checks: Array<CheckResult>, };

export type HealthReport = { 
/**
 * False: nothing is checked, by the configuration (`health_monitoring.enabled`).
 */
enabled: boolean, 
/**
 * Seconds between two rounds of one server.
 */
check_interval: number, 
/**
 * Seconds that a round may take.
 */
timeout: number, 
/**
 * Failures in a row before a server is down.
 */
max_failures: number, 
/**
 * Successes in a row before it is healthy again.
 */
min_successes: number, 
/**
 * Above this many milliseconds a server is slow.
 */
warn_ms: number, 
/**
 * The revision that this is of.
 */
revision: number, 
/**
 * The servers.
 */
servers: Array<ServerHealth>, };

export type HistoryArgs = { 
/**
 * An id, or a name that only one server has.
 */
server: string, };

export type Bar = { 
/**
 * When it began.
 */
from: number, 
/**
 * The worst status in it; absent when it was not checked.
 */
status: HealthStatus | null, 
/**
 * How many rounds.
 */
rounds: number, 
/**
 * The part of them that found it up, in percent.
 */
up_percent: number | null, };

export type LatencyMinute = { 
/**
 * When it began.
 */
at: number, 
/**
 * Rounds with an answer.
 */
answered: number, 
/**
 * Rounds without.
 */
failed: number, 
/**
 * Half of the round trips were at most this long, in milliseconds.
 */
p50_ms: number | null, 
/**
 * 95 % of the round trips were at most this long, in milliseconds.
 */
p95_ms: number | null, };

export type ServerHistory = { 
/**
 * The server.
 */
id: ServerId, 
/**
 * Changes of its status, newest first; of the last 30 days, and at most 500.
 */
transitions: Array<Transition>, 
/**
 * The last 24 hours in 60 bars, oldest first.
 */
strip: Array<Bar>, 
/**
 * The part of the day's rounds that found it up, in percent; absent when there was none.
 */
up_percent: number | null, 
/**
 * The last hour by the minute, oldest first; minutes without a round are left out.
 */
minutes: Array<LatencyMinute>, };

export type Start = { 
/**
 * The server that it is or will be.
 */
id: ServerId, 
/**
 * The command line; what looks like a secret is hidden.
 */
command: string, 
/**
 * When it began.
 */
since: number, 
/**
 * The newest line of its standard error. Hostile text: shown as text.
 */
line: string | null, 
/**
 * The handle of the `add` that waits for it.
 */
call: string | null, };

export type StartList = { 
/**
 * They.
 */
starts: Array<Start>, };

export type KeptStarting = { 
/**
 * False: it was over already.
 */
kept: boolean, };

export type LogLine = { 
/**
 * When it was read.
 */
at: number, 
/**
 * Without control characters.
 */
text: string, };

export type LoggedKind = "call" | "check";

export type LoggedOutcome = "answered" | "tool_error" | "failed" | "cancelled";

export type LoggedRequest = { 
/**
 * When it ended; of several alike the last.
 */
at: number, 
/**
 * When the first of several alike ended.
 */
first_at: number, 
/**
 * How many alike one after the other: the rounds of a server that stays down are one entry.
 */
times: number, 
/**
 * Why it was asked.
 */
kind: LoggedKind, 
/**
 * The tool that was called; empty for checks.
 */
what: string, 
/**
 * How it ended.
 */
outcome: LoggedOutcome, 
/**
 * How long it took, in milliseconds.
 */
ms: number | null, 
/**
 * Which kind of failure, for calls that failed.
 */
code: ErrorCode | null, 
/**
 * The whole text of the error, cut at 16 KiB.
 */
error: string | null, };

export type ServerLogs = { 
/**
 * The server.
 */
id: ServerId, 
/**
 * When the core started: nothing is older.
 */
since: number, 
/**
 * The last requests, newest first.
 */
requests: Array<LoggedRequest>, 
/**
 * How many older requests made room.
 */
requests_lost: number, 
/**
 * What the child wrote to its standard error, oldest first; empty for other transports.
 */
stderr: Array<LogLine>, 
/**
 * How many older lines made room.
 */
stderr_lost: number, };

export type SecretPlace = "keyring" | "file";

export type KeptIn = { 
/**
 * The place.
 */
place: SecretPlace, 
/**
 * Why it is not the keyring, when a person did not choose so.
 */
why: string | null, };

export type KeptSecret = { 
/**
 * Its server.
 */
server: ServerId, 
/**
 * The server's name; absent when it was removed.
 */
name: string | null, 
/**
 * Where it is sent, and nowhere else: scheme, host and port, or `stdio` for a command of this computer.
 */
origin: string, 
/**
 * The header that carries it; without header, variable and parameter it is the bearer token.
 */
header: string | null, 
/**
 * The environment variable of a command that it is for.
 */
env: string | null, 
/**
 * The parameter of the URL's query that carries it.
 */
query: string | null, 
/**
 * Where it is kept.
 */
place: SecretPlace, 
/**
 * It is not sent any more: an edit replaced it or led the server elsewhere. Taking that change back, which can be done for
 * 30 days, is what it is kept for.
 */
former: boolean, };

export type Secrets = { 
/**
 * Where the next one goes.
 */
place: SecretPlace, 
/**
 * Why that is not the keyring, or what is wrong with the keyring.
 */
why: string | null, 
/**
 * The file that is used where there is no keyring.
 */
file: string, 
/**
 * Every secret of a server that is kept.
 */
kept: Array<KeptSecret>, 
/**
 * Every secret that is kept for the configuration, where `${keyring:NAME}` names it.
 */
named: Array<NamedSecret>, };

export type SecretSetArgs = { 
/**
 * Its id, or a name that only one server has.
 */
id: string, 
/**
 * The bearer token, or the value of `header`, as it was issued.
 */
secret: string, 
/**
 * The header that carries it; absent means `Authorization: Bearer`.
 */
header?: string, 
/**
 * The environment variable of a command that it is for, instead of a token.
 */
env?: string, 
/**
 * The parameter of the URL's query that carries it, instead of a token.
 */
query?: string, 
/**
 * Where to keep it; absent means the keyring or, only where there is none, the file.
 */
place?: SecretPlace, 
/**
 * It may travel over plain HTTP beyond this computer, where others can read it.
 */
in_clear?: boolean, };

export type SecretSet = { 
/**
 * The server.
 */
id: ServerId, 
/**
 * Where it was put.
 */
kept: KeptIn, 
/**
 * What a check found with it.
 */
health: Health, };

export type SecretArgs = { 
/**
 * Its id, or a name that only one server has.
 */
id: string, 
/**
 * The header that carries it; absent means the bearer token.
 */
header?: string, 
/**
 * The environment variable of a command that it is for, instead of a token.
 */
env?: string, 
/**
 * The parameter of the URL's query that carries it, instead of a token.
 */
query?: string, };

export type SecretForgotten = { 
/**
 * The server.
 */
id: ServerId, 
/**
 * False when there was none.
 */
forgotten: boolean, 
/**
 * What a check found without it; absent for a server that is not in the registry.
 */
health: Health | null, };

export type NamedSecret = { 
/**
 * Its name.
 */
name: string, 
/**
 * Where it is kept.
 */
place: SecretPlace, };

export type NamedSecretSetArgs = { 
/**
 * Under which name: letters, digits, `-`, `_` and `.`.
 */
name: string, 
/**
 * The secret, as it was issued.
 */
secret: string, 
/**
 * Where to keep it; absent means the keyring or, only where there is none, the file.
 */
place?: SecretPlace, };

export type NamedSecretArgs = { 
/**
 * Its name.
 */
name: string, };

export type NamedSecretSet = { 
/**
 * What stands in the file for it: `${keyring:NAME}`.
 */
reference: string, 
/**
 * Where it was put.
 */
kept: KeptIn, };

export type NamedSecretForgotten = { 
/**
 * False when there was none.
 */
forgotten: boolean, };

export type Fingerprint = string;

export type Certificate = { 
/**
 * What tells it from any other.
 */
fingerprint: Fingerprint, 
/**
 * Whom it is for.
 */
subject?: string, 
/**
 * The names and addresses it is for.
 */
names?: Array<string>, 
/**
 * Who signed it.
 */
issuer?: string, 
/**
 * From when on it is valid.
 */
not_before?: number, 
/**
 * Until when.
 */
not_after?: number, };

export type Flaw = "changed" | "self_signed" | "unknown_issuer" | "expired" | "not_yet_valid" | "wrong_name" | "revoked" | "unusable";

export type RefusedCertificate = { 
/**
 * The one that was shown.
 */
shown: Certificate, 
/**
 * All that is wrong with it, never nothing.
 */
flaws: Array<Flaw>, 
/**
 * The name or address it was asked under.
 */
asked: string, 
/**
 * The one that was agreed to, when that is another.
 */
agreed: Certificate | null, 
/**
 * More of what is wrong, in the words of a library.
 */
note: string | null, };

export type Tls = { 
/**
 * The path of its file on this computer, in PEM.
 */
ca: string, } | Certificate;

export type CertificateArgs = { 
/**
 * An id, or a name that only one server has.
 */
id?: string, 
/**
 * `https://host[:port]`.
 */
url?: string, };

export type ShownCertificate = { 
/**
 * Where.
 */
url: string, 
/**
 * The certificate.
 */
shown: Certificate, 
/**
 * Why it is not trusted; absent when it is.
 */
refused: RefusedCertificate | null, 
/**
 * Who vouches for it; absent means whoever this computer trusts.
 */
tls: Tls | null, };

export type Severity = "error" | "warning" | "no_effect";

export type ConfigProblem = { 
/**
 * From 1.
 */
line: number, 
/**
 * From 1.
 */
column: number, 
/**
 * The key's path, such as `health_monitoring.timeout`.
 */
path: string, 
/**
 * How bad.
 */
severity: Severity, 
/**
 * What is wrong and what works.
 */
message: string, };

export type ConfigReport = { 
/**
 * It would load.
 */
valid: boolean, 
/**
 * In the order of the file.
 */
problems: Array<ConfigProblem>, };

export type ConfigStatus = { 
/**
 * The file that is followed, whether or not it is there; absent without a home folder.
 */
file: string | null, 
/**
 * Its text as it stands there now, for its owner to edit; absent when it is not there or is no text.
 */
text: string | null, 
/**
 * What the file is told by as it is now, for `config_draft` and `config_save`.
 */
base: string, 
/**
 * Why the file cannot be saved, where that is known before.
 */
read_only: string | null, 
/**
 * When what is in use was read.
 */
loaded_at: number, 
/**
 * Of the file as it is now, in its order. With an error, what is in use is from before.
 */
problems: Array<ConfigProblem>, 
/**
 * All of what is in use, defaults included; of secrets only `${NAME}`.
 */
effective: Record<string, unknown>, };

export type ConfigOp = "set" | "remove" | "insert" | "move";

export type ConfigEdit = { 
/**
 * What it does.
 */
op: ConfigOp, 
/**
 * Where: keys, and the numbers of items from 0.
 */
path: (string | number)[], 
/**
 * The value, to set or to insert.
 */
value?: unknown, 
/**
 * The place among its siblings, from 0, to move to.
 */
to?: number, };

export type ConfigDraftArgs = { 
/**
 * Edits, one after the other.
 */
edits?: Array<ConfigEdit>, 
/**
 * The text they are made in; absent means the file's.
 */
text?: string, 
/**
 * The `base` of the file that was seen; another one on disk is a conflict. Absent means whatever is there.
 */
base?: string, 
/**
 * Calls that would be made under the draft, as `route` tries them: one question instead of two. Its `rules` are the draft's
 * and are not given.
 */
route?: RouteArgs, };

export type LineFate = "kept" | "removed" | "added";

export type DiffLine = { 
/**
 * What became of it.
 */
fate: LineFate, 
/**
 * Its number in the old text, from 1.
 */
old: number | null, 
/**
 * Its number in the new text, from 1.
 */
new: number | null, 
/**
 * Without its end.
 */
text: string, };

export type ConfigPlace = { 
/**
 * Which.
 */
path: (string | number)[], 
/**
 * The line of its key or its dash, from 1.
 */
line: number, 
/**
 * The line in which its value ends.
 */
end: number, };

export type ConfigDraft = { 
/**
 * All of it.
 */
text: string, 
/**
 * What the file as it is now is told by.
 */
base: string, 
/**
 * It would load.
 */
valid: boolean, 
/**
 * Of the text, in its order.
 */
problems: Array<ConfigProblem>, 
/**
 * What differs from the file, with some lines around it.
 */
diff: Array<DiffLine>, 
/**
 * The sections whose settings would differ.
 */
sections: Array<string>, 
/**
 * The keys that would take effect at the next start.
 */
restart: Array<string>, 
/**
 * What the text says; absent where it cannot be read.
 */
values: unknown, 
/**
 * Where each of that stands, in the order of the text.
 */
places: Array<ConfigPlace>, 
/**
 * Where the calls that were asked about would go. Absent where none were, where the draft does not load, and where they
 * cannot be tried: `route` says why.
 */
route: RouteResult | null, };

export type ConfigSecretState = "missing" | "plain" | "set" | "unused";

export type ConfigSecretRow = { 
/**
 * How it is.
 */
state: ConfigSecretState, 
/**
 * Its name: of the variable, of what is kept, or of the key in whose place it stands.
 */
name: string, 
/**
 * What stands in the file for it; absent for what stands there itself.
 */
reference: string | null, 
/**
 * The setting; absent for what the file does not name.
 */
path: (string | number)[] | null, 
/**
 * Its line, from 1.
 */
line: number | null, 
/**
 * Where it is kept; absent for a variable of the environment, and for what stands in the file.
 */
place: SecretPlace | null, };

export type ConfigSecretsArgs = { 
/**
 * Absent means the file's.
 */
text?: string, };

export type ConfigSecrets = { 
/**
 * Where the next one goes.
 */
place: SecretPlace, 
/**
 * Why that is not the keyring, or what is wrong with the keyring.
 */
why: string | null, 
/**
 * The file that is used where there is no keyring.
 */
file: string, 
/**
 * They.
 */
rows: Array<ConfigSecretRow>, };

export type ConfigSecretMoveArgs = { 
/**
 * The setting that it is the value of.
 */
path: (string | number)[], 
/**
 * What to keep it under; absent means a name made of the setting's.
 */
name?: string, 
/**
 * Where to keep it; absent means the keyring or, only where there is none, the file for secrets.
 */
place?: SecretPlace, 
/**
 * The `base` of the file that was seen; another one on disk is a conflict.
 */
base?: string, 
/**
 * Who saves; absent means a browser.
 */
by?: ConfigBy, };

export type ConfigSecretMoved = { 
/**
 * What stands in the file for it: `${keyring:NAME}`.
 */
reference: string, 
/**
 * Where it was put.
 */
kept: KeptIn, 
/**
 * The file.
 */
saved: ConfigSaved, };

export type ConfigBy = "window" | "browser" | "command_line" | "disk";

export type ConfigSaveArgs = { 
/**
 * Edits, one after the other.
 */
edits?: Array<ConfigEdit>, 
/**
 * The text they are made in; absent means the file's.
 */
text?: string, 
/**
 * The `base` of the file that was seen; another one on disk is a conflict. Absent means whatever is there.
 */
base?: string, 
/**
 * Why, in a person's words; absent means the names of what is edited.
 */
label?: string, 
/**
 * Who saves; absent means a browser.
 */
by?: ConfigBy, };

export type ConfigSaved = { 
/**
 * Its version.
 */
version: number, 
/**
 * The entry for `undo` that takes it back; absent when nothing changed.
 */
undo: number | null, 
/**
 * What the file is told by now.
 */
base: string, 
/**
 * All of it.
 */
text: string, 
/**
 * Warnings, in its order.
 */
problems: Array<ConfigProblem>, 
/**
 * What differs from before.
 */
diff: Array<DiffLine>, 
/**
 * The sections whose settings differ.
 */
sections: Array<string>, 
/**
 * The keys that take effect at the next start.
 */
restart: Array<string>, 
/**
 * The version of what somebody else wrote into the old file while this was saved.
 */
late: number | null, };

export type ConfigVersionRow = { 
/**
 * Its number; a later one is higher.
 */
version: number, 
/**
 * When it was written, or seen.
 */
at: number, 
/**
 * Why.
 */
label: string, 
/**
 * Who wrote it.
 */
by: ConfigBy, 
/**
 * The file is as it was.
 */
current: boolean, 
/**
 * How many lines it has that the version before had not.
 */
added: number, 
/**
 * How many the version before had that it has not.
 */
removed: number, };

export type ConfigVersions = { 
/**
 * At most fifty.
 */
versions: Array<ConfigVersionRow>, };

export type ConfigVersionArgs = { 
/**
 * Its number.
 */
version: number, };

export type ConfigVersion = { 
/**
 * What the list says of it.
 */
row: ConfigVersionRow, 
/**
 * All of it.
 */
text: string, 
/**
 * What it changed.
 */
diff: Array<DiffLine>, 
/**
 * What the file would change by becoming it again.
 */
restoring: Array<DiffLine>, };

export type ConfigRestoreArgs = { 
/**
 * Its number.
 */
version: number, 
/**
 * The `base` of the file that was seen; another one on disk is a conflict.
 */
base?: string, 
/**
 * Who restores; absent means a browser.
 */
by?: ConfigBy, };

export type ConfigKind = "truth" | "text" | "number" | "whole" | "word" | "url" | "capability" | "ports" | "network" | "listen" | "field" | "filter" | "secret" | "any" | "section" | "list" | "named";

export type ConfigUnit = "seconds" | "milliseconds";

export type ConfigKey = { 
/**
 * Its path, with `*` for a name that people choose and `[]` for an item.
 */
path: string, 
/**
 * What it does.
 */
meaning: string, 
/**
 * What it may be.
 */
kind: ConfigKind, 
/**
 * What its items, or the values of its names, may be.
 */
items: ConfigKind | null, 
/**
 * The words it knows.
 */
words: Array<string>, 
/**
 * The least it may be.
 */
low: number | null, 
/**
 * The most.
 */
high: number | null, 
/**
 * What its number counts.
 */
unit: ConfigUnit | null, 
/**
 * What is in effect without it.
 */
default: unknown, 
/**
 * A value that can stand there, as YAML.
 */
example: string, 
/**
 * The first version that reads it.
 */
since: string, 
/**
 * The backends it belongs to; absent means all.
 */
only: string | null, 
/**
 * Its section needs it.
 */
needed: boolean, 
/**
 * It takes effect at the next start.
 */
restart: boolean, 
/**
 * It is a secret.
 */
secret: boolean, 
/**
 * It changes nothing yet.
 */
no_effect: boolean, };

export type ConfigKeys = { 
/**
 * They.
 */
keys: Array<ConfigKey>, };

export type ConfigSchema = { 
/**
 * It.
 */
schema: Record<string, unknown>, };

export type GatewayClientRow = { 
/**
 * The part of its token that is no secret.
 */
id: string, 
/**
 * What a person calls it.
 */
name: string, 
/**
 * When it got its token.
 */
created_at: number, 
/**
 * When it asked for something last.
 */
used_at: number | null, };

export type GatewayToolRow = { 
/**
 * What clients call it.
 */
name: string, 
/**
 * What its server calls it.
 */
tool: string, 
/**
 * Its server, or its group of replicas, by name.
 */
owner: string, 
/**
 * The server; absent for a group.
 */
server: ServerId | null, 
/**
 * Why it cannot be called now.
 */
unavailable: string | null, };

export type OfferKind = "resource" | "template" | "prompt";

export type GatewayOfferRow = { 
/**
 * What it is.
 */
kind: OfferKind, 
/**
 * What clients call it.
 */
name: string, 
/**
 * What its server calls it.
 */
own: string, 
/**
 * Its server, or its group of replicas, by name.
 */
owner: string, 
/**
 * The server; of a group the one that is asked now.
 */
server: ServerId, 
/**
 * Why it cannot be used now.
 */
unavailable: string | null, };

export type GatewayProfileRow = { 
/**
 * Its name.
 */
name: string, 
/**
 * Where clients ask for it; absent while the gateway is not served.
 */
url: string | null, 
/**
 * How many tools are seen there.
 */
tools: number, };

export type GatewayStatus = { 
/**
 * Where AI clients ask, such as `http://127.0.0.1:8090/mcp`; absent while it is not served.
 */
url: string | null, 
/**
 * Why it is not served.
 */
reason: string | null, 
/**
 * A token is needed.
 */
needs_token: boolean, 
/**
 * It is served beyond this computer, where what clients send, tokens too, can be read on the way.
 */
in_clear: boolean, 
/**
 * The clients that have a token, by name.
 */
clients: Array<GatewayClientRow>, 
/**
 * The tools that clients see, by name.
 */
tools: Array<GatewayToolRow>, 
/**
 * What else they see, by kind and name.
 */
others: Array<GatewayOfferRow>, 
/**
 * Parts of it that have an endpoint of their own, as the configuration has them.
 */
profiles: Array<GatewayProfileRow>, };

export type GatewayTokenArgs = { 
/**
 * What to call it: 1 to 64 characters. A client of this name that has a token already gets a new one; the old one is
 * revoked.
 */
name: string, };

export type GatewayToken = { 
/**
 * Whose it is.
 */
client: GatewayClientRow, 
/**
 * The token, `mcpd_<id>_<secret>`. It is shown this once: only its hash is kept.
 */
token: string, };

export type GatewayRevokeArgs = { 
/**
 * Its name or its id.
 */
client: string, };

export type GatewayRevoked = { 
/**
 * Whose it was.
 */
client: GatewayClientRow, };

export type ReplicaDifference = "address" | "region" | "version" | "transport" | "protocol" | "descriptions";

export type ReplicaServer = { 
/**
 * Which.
 */
id: ServerId, 
/**
 * Its name.
 */
name: string, 
/**
 * Its URL or command.
 */
address: string, 
/**
 * How it is spoken to.
 */
transport: Transport, 
/**
 * Where it is.
 */
region: string | null, 
/**
 * The version that it says it has.
 */
version: string | null, 
/**
 * The revision of MCP that it speaks.
 */
protocol_version: string | null, };

export type ReplicaProposal = { 
/**
 * Its key: another set of servers, or other tools, has another.
 */
key: string, 
/**
 * A name that no group has.
 */
name: string, 
/**
 * What they say that they are, as far as they do.
 */
product: string | null, 
/**
 * The names of their tools.
 */
tools: Array<string>, 
/**
 * At least two.
 */
servers: Array<ReplicaServer>, 
/**
 * In what they differ.
 */
differ: Array<ReplicaDifference>, };

export type ReplicaApart = { 
/**
 * Its name.
 */
tool: string, 
/**
 * Whose definition clients see. A call goes to servers whose own schema takes its arguments.
 */
shown: ServerId, 
/**
 * Those whose schemas accept something else.
 */
differing: Array<ServerId>, 
/**
 * Those that do not have it: no call of it goes to them.
 */
lacking: Array<ServerId>, };

export type ReplicaGroupRow = { 
/**
 * Its name.
 */
name: string, 
/**
 * Its servers.
 */
servers: Array<ReplicaServer>, 
/**
 * Entries of it that name no server, or more than one.
 */
unknown: Array<string>, 
/**
 * How many tools clients see of it.
 */
tools: number, 
/**
 * The tools in which its servers do not agree.
 */
apart: Array<ReplicaApart>, };

export type ReplicaProposals = { 
/**
 * Servers that could be one, the most of them first.
 */
proposals: Array<ReplicaProposal>, 
/**
 * How many more there are than are listed.
 */
more: number, 
/**
 * How many a person does not want.
 */
dismissed: number, 
/**
 * The groups of the configuration, in its order.
 */
groups: Array<ReplicaGroupRow>, 
/**
 * What keeps the configuration's file from being written, as far as that is known before.
 */
hindrance: string | null, };

export type ReplicaGroupArgs = { 
/**
 * What clients see instead of their names: 1 to 64 characters.
 */
name: string, 
/**
 * Ids, or names that only one server has.
 */
servers: Array<string>, 
/**
 * Who asks, for the versions of the configuration; absent means a browser.
 */
by?: ConfigBy, };

export type ReplicaDissolveArgs = { 
/**
 * Its name.
 */
name: string, 
/**
 * Who asks, for the versions of the configuration; absent means a browser.
 */
by?: ConfigBy, };

export type ReplicaToolNames = { 
/**
 * What its servers call it.
 */
tool: string, 
/**
 * What clients call it now, at each of the servers.
 */
now: Array<string>, 
/**
 * What they would call it.
 */
then: string, };

export type ReplicaPreview = { 
/**
 * How many names of tools clients see of them now.
 */
now: number, 
/**
 * How many they would see.
 */
then: number, 
/**
 * The first of the tools, by name.
 */
tools: Array<ReplicaToolNames>, };

export type ReplicaGroupChanged = { 
/**
 * Its name.
 */
name: string, 
/**
 * Its servers.
 */
servers: Array<ServerId>, 
/**
 * The entry for `undo` that takes it back; absent when nothing changed.
 */
undo: number | null, 
/**
 * What differs in the configuration's file.
 */
diff: Array<DiffLine>, };

export type ReplicaDismissArgs = { 
/**
 * The key of the proposal, or the name that it proposes.
 */
proposal: string, };

export type ReplicaDismissed = { 
/**
 * The name that it proposed.
 */
name: string, 
/**
 * The entry for `undo` that takes it back; absent when it was dismissed already.
 */
undo: number | null, };

export type FamilyKind = "counter" | "gauge" | "histogram";

export type Bucket = { 
/**
 * The limit; absent where there is none.
 */
at_most: number | null, 
/**
 * How many.
 */
count: number, };

export type Series = { 
/**
 * What tells it from others of its name. A list, since each of ten thousands has few.
 */
labels: Record<string, string>, 
/**
 * The value; of a histogram, the sum of all that was observed.
 */
value: number, 
/**
 * Of a histogram: how many were at most so long, the last without a limit.
 */
buckets?: Array<Bucket>, };

export type Family = { 
/**
 * The name, as Prometheus has it.
 */
name: string, 
/**
 * What it says, in a sentence.
 */
help: string, 
/**
 * How its values are read.
 */
kind: FamilyKind, 
/**
 * Its series.
 */
series: Array<Series>, };

export type Figures = { 
/**
 * When.
 */
at: number, 
/**
 * Each name with its series.
 */
families: Array<Family>, };

export type MetricsExports = { 
/**
 * For Prometheus; absent while it is switched off.
 */
prometheus: MetricsDoor | null, 
/**
 * The file; absent while it is switched off.
 */
json: MetricsFile | null, };

export type MetricsDoor = { 
/**
 * Such as `http://127.0.0.1:8090/metrics`; absent while nothing is served.
 */
url: string | null, 
/**
 * It opens only with its token, since it is served beyond loopback.
 */
needs_token: boolean, 
/**
 * The file that the token was written to; absent where the configuration has one, or none is needed.
 */
token_file: string | null, 
/**
 * The last scrape.
 */
last_scrape: Scrape | null, 
/**
 * What to write in the configuration of Prometheus.
 */
scrape_config: string | null, };

export type Scrape = { 
/**
 * When.
 */
at: number, 
/**
 * From where, and what it calls itself.
 */
by: string, 
/**
 * How long it took, in milliseconds.
 */
ms: number, 
/**
 * How large it was.
 */
bytes: number, 
/**
 * How many series were left out, since there were too many.
 */
left_out: number, };

export type MetricsFile = { 
/**
 * Its path.
 */
file: string, 
/**
 * When it was written last.
 */
written_at: number | null, 
/**
 * Why it cannot be written.
 */
problem: string | null, };

export type Checked = { 
/**
 * The server.
 */
id: ServerId, 
/**
 * What was measured.
 */
health: Health, 
/**
 * What the probe concluded.
 */
outcome: Outcome | null, 
/**
 * Each check and its evidence.
 */
checks: Array<CheckResult>, };

export type Demo = { 
/**
 * It runs. It ends with the core, and nothing of it stays in the registry.
 */
running: boolean, 
/**
 * Its servers, as they are in the registry now.
 */
servers: Array<ServerRow>, 
/**
 * The revision that shows it.
 */
revision: number, };

export type FilterArgs = { 
/**
 * A string in the short form, or an object in the JSON form.
 */
filter: unknown, };

export type FilterForms = { 
/**
 * As people type it.
 */
short: string, 
/**
 * As programs send it.
 */
json: unknown, };

export type ErrorCode = "invalid_arguments" | "invalid_filter" | "invalid_file" | "config_conflict" | "unknown_operation" | "not_found" | "ambiguous" | "no_server" | "no_healthy_server" | "no_server_meets_rule" | "capability_not_allowed" | "overloaded" | "paused" | "transport_failed" | "protocol_error" | "needs_sign_in" | "untrusted_certificate" | "needs_consent" | "timeout" | "cancelled" | "storage_failed" | "unauthorized" | "forbidden" | "internal";

export type Advice = "give_credentials" | "keep_anyway" | "use_http" | "give_path" | "agree_in_clear" | "forget_token" | "give_environment" | "give_variable" | "agree_to_command" | "trust_certificate" | "keep_in_file" | "resume" | "check" | "list_tools" | "list_servers";

export type ApiError = { 
/**
 * What to branch on.
 */
code: ErrorCode, 
/**
 * What happened, the likely cause, what to do.
 */
message: string, 
/**
 * More, for programs.
 */
detail: unknown, };

export interface Operations {
  /** What this core is and what it holds. */
  status: { args: Empty; result: Status };
  /** Ends the access of every browser that opened the link: each has to open it again. */
  revoke_browsers: { args: Empty; result: Empty };
  /** The servers that match. */
  servers: { args: ServersArgs; result: ServerList };
  /** The ids of the servers that match. */
  order: { args: ServersArgs; result: ServerOrder };
  /** Everything about one server. */
  server: { args: ServerArgs; result: ServerDetails };
  /** Probes an address and keeps the server. */
  add: { args: AddArgs; result: Added };
  /** Looks at the certificate that a server shows now; nothing is asked of it. */
  certificate: { args: CertificateArgs; result: ShownCertificate };
  /** Gives a server another name, tags, data, address, command or sign-in; it is asked before that is kept. */
  edit: { args: EditArgs; result: Edited };
  /** Gives tags and data to servers, or takes them away, as one change. */
  label: { args: LabelArgs; result: Changed };
  /** Removes servers; they can be restored for 30 days. */
  remove: { args: ServersByIdArgs; result: Changed };
  /** Brings removed servers back. */
  restore: { args: ServersByIdArgs; result: Changed };
  /** Removes servers and keeps scans from bringing them back. */
  ignore: { args: ServersByIdArgs; result: Changed };
  /** Pauses servers: no call goes to them until they are resumed. */
  pause: { args: ServersByIdArgs; result: Changed };
  /** Resumes servers that were paused. */
  resume: { args: ServersByIdArgs; result: Changed };
  /** Undoes the newest change. */
  undo: { args: UndoArgs; result: Undone };
  /** Redoes the change that was undone last. */
  redo: { args: UndoArgs; result: Undone };
  /** What the next undo and the next redo would do. */
  upcoming: { args: Empty; result: Upcoming };
  /** The servers that can be restored. */
  removed: { args: Empty; result: RemovedList };
  /** Checks a server now. */
  check: { args: ServerArgs; result: Checked };
  /** How servers are, with the evidence. */
  health: { args: HealthArgs; result: HealthReport };
  /** How a server was: changes of its status, the last day, the last hour. */
  history: { args: HistoryArgs; result: ServerHistory };
  /** How the last requests to a server ended, and what it wrote to its standard error. */
  logs: { args: ServerArgs; result: ServerLogs };
  /** Accepts the tools that a server lists now, where they differ from the accepted ones. */
  adopt: { args: ServerArgs; result: Changed };
  /** What a scan would ask and how long it would take; nothing is sent. */
  scan_plan: { args: ScanArgs; result: ScanPlan };
  /** Starts a scan; its rows come as events. */
  scan_start: { args: ScanArgs; result: ScanStatus };
  /** Ends a scan and keeps its rows. */
  scan_cancel: { args: ScanRef; result: ScanStatus };
  /** The last scans, the newest first. */
  scans: { args: Empty; result: ScanList };
  /** A scan and its rows so far. */
  scan: { args: ScanRef; result: ScanReport };
  /** The AI clients of this computer, and the servers that they are set up with; nothing is started or asked. */
  clients: { args: ClientsArgs; result: ClientList };
  /** What differs between two scans: new, gone, changed, moved, not asked. */
  scan_compare: { args: ScanCompareArgs; result: ScanComparison };
  /** Forgets scans that are over; it can be taken back. */
  scan_forget: { args: ScanForgetArgs; result: ScansChanged };
  /** Writes a scan as a file. */
  scan_export: { args: ScanExportArgs; result: Exported };
  /** Takes a scan from a file that `scan_export` wrote. */
  scan_import: { args: ScanImportArgs; result: ScanImported };
  /** The ranges that are saved. */
  ranges: { args: Empty; result: RangeList };
  /** Saves addresses and ports under a name. */
  range_save: { args: RangeSaveArgs; result: ScansChanged };
  /** Forgets a saved range. */
  range_forget: { args: RangeForgetArgs; result: ScansChanged };
  /** Who saw a server, where and when. */
  sightings: { args: ServerArgs; result: SightingList };
  /** The tools that servers list. */
  tools: { args: ToolsArgs; result: ToolList };
  /** Calls a tool. */
  call: { args: CallArgs; result: CallResult };
  /** Where calls would go, and why; nothing is sent. */
  route: { args: RouteArgs; result: RouteResult };
  /** The rules of routing, in their order. */
  rules: { args: RulesArgs; result: RuleList };
  /** The breakers of servers that failed, rest, or have calls under way. */
  breakers: { args: Empty; result: BreakerList };
  /** The calls that were recorded, newest first. */
  calls: { args: CallsArgs; result: CallList };
  /** All that is kept of a call, with its decisions made again. */
  call_record: { args: CallRecordArgs; result: CallRecord };
  /** How many calls there were, how long they took, who answered, which rules applied. */
  traffic: { args: TrafficArgs; result: Traffic };
  /** Where recorded calls would have gone by other rules, or with servers down; nothing is sent. */
  replay: { args: ReplayArgs; result: Replay };
  /** Ends a call; its server is told. */
  cancel: { args: CancelArgs; result: Cancelled };
  /** The commands that take longer to start than a moment. */
  starts: { args: Empty; result: StartList };
  /** Ends the start of a command. A known server is started again when it is used, or in an hour. */
  start_cancel: { args: ServerArgs; result: Cancelled };
  /** Keeps the server that an `add` waits for; its start goes on. */
  keep_starting: { args: CancelArgs; result: KeptStarting };
  /** Where secrets are kept, and which; never the secrets themselves. */
  secrets: { args: Empty; result: Secrets };
  /** Keeps a token or a header for a server, then measures it. */
  secret_set: { args: SecretSetArgs; result: SecretSet };
  /** Forgets a token or a header of a server, then measures it. */
  secret_forget: { args: SecretArgs; result: SecretForgotten };
  /** Keeps a secret for the configuration, where `${keyring:NAME}` names it. */
  named_secret_set: { args: NamedSecretSetArgs; result: NamedSecretSet };
  /** Forgets a secret of the configuration. */
  named_secret_forget: { args: NamedSecretArgs; result: NamedSecretForgotten };
  /** Imports servers from a file. */
  import: { args: ImportArgs; result: ImportReport };
  /** Exports the servers as a file. */
  export: { args: ExportArgs; result: Exported };
  /** Checks a configuration without loading it. */
  config_check: { args: ConfigCheckArgs; result: ConfigReport };
  /** The configuration in use, and its file as it is now. */
  config: { args: Empty; result: ConfigStatus };
  /** What the configuration's file would be after these edits; nothing is written. */
  config_draft: { args: ConfigDraftArgs; result: ConfigDraft };
  /** Saves the configuration's file and takes it up, if it loads. */
  config_save: { args: ConfigSaveArgs; result: ConfigSaved };
  /** The versions of the file that are kept, newest first. */
  config_versions: { args: Empty; result: ConfigVersions };
  /** One of them, with what it changed and what restoring it would. */
  config_version: { args: ConfigVersionArgs; result: ConfigVersion };
  /** Makes the file again what a version was. */
  config_restore: { args: ConfigRestoreArgs; result: ConfigSaved };
  /** The secrets that the file holds or names, and those that are kept for it; never the secrets themselves. */
  config_secrets: { args: ConfigSecretsArgs; result: ConfigSecrets };
  /** Keeps a secret that stands in the file in plain text, and writes its name there instead. Both happen, or neither. */
  config_secret_move: { args: ConfigSecretMoveArgs; result: ConfigSecretMoved };
  /** What every key of the file is. */
  config_keys: { args: Empty; result: ConfigKeys };
  /** The file as a JSON Schema, for editors. */
  config_schema: { args: Empty; result: ConfigSchema };
  /** Where AI clients ask, which of them have a token, and the tools that they see. */
  gateway: { args: Empty; result: GatewayStatus };
  /** Makes a token for an AI client. It is shown this once. */
  gateway_token_new: { args: GatewayTokenArgs; result: GatewayToken };
  /** Revokes the token of an AI client: what it has open ends. */
  gateway_token_revoke: { args: GatewayRevokeArgs; result: GatewayRevoked };
  /** Servers that could be one to AI clients, since they list the same tools, and the groups that there are. */
  replica_proposals: { args: Empty; result: ReplicaProposals };
  /** What clients would see of servers if they were one; nothing is changed. */
  replica_preview: { args: ReplicaGroupArgs; result: ReplicaPreview };
  /** Makes servers one to AI clients, in the configuration's file. */
  replica_group_accept: { args: ReplicaGroupArgs; result: ReplicaGroupChanged };
  /** Takes a group apart again, in the configuration's file. */
  replica_group_dissolve: { args: ReplicaDissolveArgs; result: ReplicaGroupChanged };
  /** Does not propose these servers again, while they and their tools are the same. */
  replica_proposal_dismiss: { args: ReplicaDismissArgs; result: ReplicaDismissed };
  /** All that is measured, as `/metrics` and the file have it. */
  metrics: { args: Empty; result: Figures };
  /** Where figures are exported, and who read them last. */
  metrics_exports: { args: Empty; result: MetricsExports };
  /** Starts the demo fleet on loopback: servers to try things with. Harmless when it runs. */
  demo_start: { args: Empty; result: Demo };
  /** Ends the demo fleet and forgets its servers. Harmless when it does not run. */
  demo_stop: { args: Empty; result: Demo };
  /** Whether the demo fleet runs, and its servers. */
  demo: { args: Empty; result: Demo };
  /** Checks a filter and translates it. */
  filter: { args: FilterArgs; result: FilterForms };
}

/** 0 is the worst, which needs attention first. */
export const SEVERITY: Record<HealthStatus, number> = {
  healthy: 6,
  degraded: 1,
  unhealthy: 0,
  unknown: 4,
  needs_sign_in: 3,
  paused: 5,
  blocked: 2,
};

/** The word that people read, and the word after `is:` in a filter. */
export const STATUS_WORDS: Record<HealthStatus, { word: string; is: string }> = {
  healthy: { word: "Healthy", is: "healthy" },
  degraded: { word: "Degraded", is: "degraded" },
  unhealthy: { word: "Down", is: "down" },
  unknown: { word: "Unknown", is: "unknown" },
  needs_sign_in: { word: "Needs sign-in", is: "sign-in" },
  paused: { word: "Paused", is: "paused" },
  blocked: { word: "Blocked", is: "blocked" },
};

/** The stages of a decision, in their order. */
export const STAGE_WORDS: Record<Stage, string> = {
  capability: "capability",
  arguments: "arguments",
  allowed: "allowed",
  rule: "rule",
  health: "health",
  breaker_and_cap: "breaker and cap",
  metadata: "metadata",
  region_tier: "region tier",
  affinity: "affinity",
  strategy: "strategy",
};

/** How one of several servers is picked. */
export const STRATEGY_WORDS: Record<Strategy, string> = {
  round_robin: "round robin",
  least_connections: "fewest calls under way",
  weighted_round_robin: "weighted round robin",
  health_weighted: "by health and speed",
  random: "random",
  priority: "highest priority",
  peak_ewma: "the faster of two",
};

/** A field that every server has. */
export interface FilterField { aliases: readonly string[]; about: string; sign: string; values: readonly string[] }

/** The fields of a filter by their words. */
export const FILTER_FIELDS = {
  id: { aliases: [], about: "Its key", sign: ":", values: [] },
  name: { aliases: [], about: "Its name", sign: ":", values: [] },
  transport: { aliases: [], about: "http, sse or stdio", sign: ":", values: ["http", "sse", "stdio"] },
  url: { aliases: [], about: "Its address as it was given", sign: ":", values: [] },
  endpoint: { aliases: [], about: "Where it answers", sign: ":", values: [] },
  command: { aliases: [], about: "The program of a stdio server", sign: ":", values: [] },
  args: { aliases: [], about: "The arguments of its program", sign: ":", values: [] },
  capabilities: { aliases: ["capability"], about: "A tool or tag it offers", sign: ":", values: [] },
  health_status: { aliases: ["status", "health.status"], about: "Its status", sign: ":", values: ["healthy", "degraded", "down", "unknown", "sign-in", "paused", "blocked"] },
  region: { aliases: [], about: "Where it runs", sign: ":", values: [] },
  auth_required: { aliases: [], about: "It asks for credentials", sign: ":", values: ["true", "false"] },
  version: { aliases: [], about: "The version in its record", sign: ":", values: [] },
  server_version: { aliases: [], about: "What it calls its version", sign: ":", values: [] },
  protocol_version: { aliases: [], about: "The MCP revision it agreed to", sign: ":", values: [] },
  era: { aliases: [], about: "legacy or modern protocol", sign: ":", values: ["legacy", "modern"] },
  source: { aliases: [], about: "Who brought it", sign: ":", values: ["manual", "import", "scan", "client", "demo"] },
  seen: { aliases: ["seen_by"], about: "Who sees it now: a kind of sighting, or the name of an AI client", sign: ":", values: ["port", "client", "scan", "announced", "mdns", "registry", "kubernetes"] },
  tools: { aliases: [], about: "How many tools it lists", sign: ">=", values: [] },
  resources: { aliases: [], about: "How many resources it lists", sign: ">=", values: [] },
  prompts: { aliases: [], about: "How many prompts it lists", sign: ">=", values: [] },
  last_seen: { aliases: [], about: "The last successful contact, in milliseconds since 1970", sign: ">", values: [] },
  response_time: { aliases: ["response_time_ms", "health.response_time_ms"], about: "The response time, in milliseconds", sign: ">", values: [] },
  score: { aliases: ["health.score"], about: "The health score, 0 to 1", sign: "<", values: [] },
  paused: { aliases: [], about: "Paused by a person", sign: ":", values: ["true", "false"] },
  health_endpoint: { aliases: [], about: "The path or URL of its health check", sign: ":", values: [] },
  created_at: { aliases: [], about: "When it was registered first, in milliseconds since 1970", sign: ">", values: [] },
  updated_at: { aliases: [], about: "When its record changed last, in milliseconds since 1970", sign: ">", values: [] },
} as const satisfies Record<string, FilterField>;

/** The signs between a field and its value; longer ones first. */
export const FILTER_SIGNS = [":", "!=", ">=", "<=", "==", "=~", "=", ">", "<", "~"] as const;
