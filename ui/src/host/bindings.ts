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
 * The duration of the exchange, in milliseconds; absent when there was none.
 */
ms: number | null, 
/**
 * What was sent and what came back, in one line.
 */
evidence: string, 
/**
 * How the lists of the server differ from what is known of it; absent when they do not.
 */
details: Differences | null, };

export type Differences = { 
/**
 * Known, but no longer listed: tool names, `resource:<uri>`, `prompt:<name>`. Not callable on this server.
 */
missing: Array<string>, 
/**
 * Listed, but not accepted yet.
 */
undeclared: Array<string>, 
/**
 * Tools whose name, description or schema differs from the accepted one: this is how a tool is turned against its user.
 */
changed: Array<string>, };

export type Transition = { 
/**
 * The time.
 */
at: number, 
/**
 * The former status.
 */
from: HealthStatus, 
/**
 * The new status.
 */
to: HealthStatus, 
/**
 * The reason, in one sentence; absent for a recovery.
 */
reason: string | null, };

export type Health = { 
/**
 * The verdict.
 */
status: HealthStatus, 
/**
 * From 0 to 1; unknown is 0.5.
 */
score: number, 
/**
 * The reason, in one sentence; absent when there is none.
 */
reason: string | null, 
/**
 * The reason in a few words, for a list: `Connection refused`. It is complete: a list cuts it where its column ends.
 */
summary: string | null, 
/**
 * The certificate that was refused, when that is the reason.
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
 * When its child process was stopped because it was healthy and not used; absent while it is not asleep. It is started
 * again when it is used.
 */
asleep: number | null, 
/**
 * When its child process was started, where that takes long; absent once it has answered.
 */
starting: number | null, 
/**
 * When the status last changed.
 */
since: number | null, 
/**
 * Failed rounds and calls in a row.
 */
consecutive_failures: number, 
/**
 * When it is checked next; absent when no check is planned.
 */
next_check: number | null, 
/**
 * The last round or call that succeeded.
 */
last_success: number | null, 
/**
 * What sees it now: `port`, `scan`, `client`, the name of a client. See [`crate::Sighting`].
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
 * The era of its revision.
 */
era: Era, 
/**
 * Instructions for its use, in the server's words.
 */
instructions: string | null, };

export type ToolHints = { 
/**
 * It changes nothing.
 */
read_only: boolean | null, 
/**
 * It may delete or overwrite things.
 */
destructive: boolean | null, 
/**
 * Calling it twice has the same effect as calling it once.
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
 * The members of its definition that no field above contains, as the server wrote them: icons, `_meta`, further
 * annotations.
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
 * Its transport.
 */
transport: Transport, 
/**
 * The URL as it was given.
 */
url: string | null, 
/**
 * The endpoint as a probe resolved it.
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
 * Everything it can be called for: tool names, `resource:…`, `prompt:…`, free tags.
 */
capabilities: Array<string>, 
/**
 * Free data, which the user sets.
 */
metadata: Record<string, unknown>, 
/**
 * `metadata.region`.
 */
region: string | null, 
/**
 * Its health.
 */
health: Health, 
/**
 * How it was added.
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
 * Whether it requires credentials.
 */
auth_required: boolean, 
/**
 * The version of the guide's file.
 */
version: string | null, 
/**
 * The version that the server reports.
 */
server_version: string | null, 
/**
 * The agreed revision of MCP.
 */
protocol_version: string | null, 
/**
 * The era of its revision.
 */
era: Era | null, 
/**
 * When it was added.
 */
created_at: number, 
/**
 * When its record last changed.
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
 * The name that it reports, else its address.
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
 * The era; absent unless it is MCP.
 */
era: Era | null, 
/**
 * The agreed revision of MCP.
 */
protocol_version: string | null, 
/**
 * The version that it reports.
 */
server_version: string | null, 
/**
 * Whether it requires credentials.
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
 * The certificate it presented, when that is not trusted: nothing that it sends over it is kept.
 */
certificate: RefusedCertificate | null, 
/**
 * The reason, when the verdict is not `mcp`, or its certificate is not trusted.
 */
reason: string | null, 
/**
 * Whether it is in the registry already.
 */
known: boolean, 
/**
 * The program that listens there, when it is on this computer and can be determined.
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
 * The targets, in words: `this computer`, `127.0.0.0/28`.
 */
targets: Array<string>, 
/**
 * The ports that were asked for, as they were given; absent when none were.
 */
named_ports: Array<string> | null, 
/**
 * Whether less common paths are tried as well.
 */
deep: boolean, 
/**
 * Whether it was imported from a file: it may be from another computer.
 */
imported: boolean, 
/**
 * How many rows were not kept, beyond the limit of one scan.
 */
left_out: number, 
/**
 * Its state.
 */
state: ScanState, 
/**
 * When it started.
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
 * Open ports that the scan is waiting for: each can take all of `timeout`, whatever the speed so far.
 */
slow: number, 
/**
 * The time limit of one port, in seconds.
 */
timeout: number, };

export type NoticeLevel = "info" | "warning";

export type Notice = { 
/**
 * Its level.
 */
level: NoticeLevel, 
/**
 * What happened and what to do, in one or two sentences.
 */
text: string, 
/**
 * The time.
 */
at: number, };

export type Activity = { "type": "scan_changed", 
/**
 * Its new state.
 */
scan: ScanStatus, } | { "type": "scan_found", 
/**
 * The scan.
 */
scan: string, 
/**
 * The row.
 */
row: ScanRow, } | { "type": "scans_changed", } | { "type": "call_progress", 
/**
 * The handle the caller gave.
 */
call: string, 
/**
 * The progress; it only grows.
 */
progress: number, 
/**
 * The total, when known.
 */
total: number | null, 
/**
 * The server's message.
 */
message: string | null, } | { "type": "starting", 
/**
 * The start that is waited for.
 */
start: Start, } | { "type": "started", 
/**
 * The server.
 */
id: ServerId, } | { "type": "calls_changed", 
/**
 * The greatest id of a row.
 */
newest: number, 
/**
 * How many calls were recorded since the last such event.
 */
calls: number, 
/**
 * How many of these failed, or were taken by no server.
 */
failed: number, } | { "type": "config_changed", 
/**
 * The sections whose settings differ now; none when what is in use stayed as it was.
 */
sections: Array<string>, } | { "type": "clients_changed" } | { "type": "notice", 
/**
 * The notice.
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
 * The server.
 */
id: ServerId, 
/**
 * Its health now.
 */
health: Health, } | { "type": "server_removed", 
/**
 * The server.
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
 * The events in order.
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
 * The data directory.
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
 * How many servers have each status.
 */
servers: StatusCounts, 
/**
 * Notices, oldest first.
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
 * Paused by the user: no call goes to them.
 */
paused: number, 
/**
 * Blocked by a policy.
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
 * The revision of this list.
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
 * The revision of this list.
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
 * How to use it, in the server's own words.
 */
instructions: string | null, 
/**
 * The title that it gives itself.
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
 * The trust for its certificate; absent means the CAs that this computer trusts.
 */
tls: Tls | null, 
/**
 * The environment variables that its command is started with; their values are kept, or taken from the environment of
 * this program.
 */
env: string[], 
/**
 * The folder in which its command starts; absent means that of this program.
 */
cwd: string | null, 
/**
 * Whether its child process keeps running when it is not used.
 */
keep_running: boolean, 
/**
 * Its token and headers that are kept for it; not the secrets themselves.
 */
secrets: Array<KeptSecret>, 
/**
 * A path or URL that answers 2xx while it is healthy.
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
 * The name that people read; the default is what the server calls itself, else its address.
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
 * The SHA-256 of the server's certificate: exactly this one is trusted, whoever signed it. Unless `no_probe` is set, it
 * must be the one that is presented now.
 */
trust_certificate?: string, 
/**
 * The path of a file, on the computer where the core runs, with the certificates of the only trusted CA.
 */
ca?: string, 
/**
 * Trust the CAs that this computer trusts, and no others: a certificate that was accepted before no longer is.
 */
system_trust?: boolean, 
/**
 * Allow the token and the headers to be sent over plain HTTP beyond this computer, where others can read them.
 */
in_clear?: boolean, 
/**
 * Keys that belong in the query of the URL, by name, to be kept where `secrets` says. What looks like one in `url`
 * itself is taken out and treated the same.
 */
query?: Record<string, string>, 
/**
 * Environment variables of a stdio server: their values, to be kept where `secrets` says, or null to take the value
 * from the environment of this program.
 */
env?: Record<string, string | null>, 
/**
 * The folder in which a stdio server starts, as a full path.
 */
cwd?: string, 
/**
 * Keep a stdio server running even when it is not used; absent, a known one stays as it is.
 */
keep_running?: boolean, 
/**
 * The handle by which `cancel` ends the start of a stdio server, and `keep_starting` ends only the wait for it.
 */
call?: string, 
/**
 * Where to keep secrets; absent means the keyring or, only where there is none, the file.
 */
token_place?: SecretPlace, 
/**
 * Add it without contacting it first.
 */
no_probe?: boolean, 
/**
 * Keep nothing: only report what would be kept and, unless `no_probe` is set, the result of the check.
 */
dry_run?: boolean, };

export type Added = { 
/**
 * Its row.
 */
server: ServerRow, 
/**
 * Whether it was in the registry before.
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
 * Parameters that were taken out of its URL, since they look like keys. They are kept, and sent with requests to it.
 */
taken: Array<string>, 
/**
 * The journal entry to undo; absent when nothing was kept.
 */
undo: number | null, 
/**
 * The requests that were sent and their answers; empty when none was sent, or when it was probed just before.
 */
steps: Array<AskedStep>, 
/**
 * The revision that includes the change.
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
 * The servers that were changed.
 */
ids: Array<ServerId>, 
/**
 * The journal entry to undo; absent when nothing changed.
 */
undo: number | null, 
/**
 * The revision that includes the change.
 */
revision: number, };

export type EditArgs = { 
/**
 * Its id, or a name that only one server has.
 */
id: string, 
/**
 * What to remove from it.
 */
without?: Without, 
/**
 * Give the values of its environment to another command as well. Otherwise only the former command had them.
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
 * The name that people read; the default is what the server calls itself, else its address.
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
 * The SHA-256 of the server's certificate: exactly this one is trusted, whoever signed it. Unless `no_probe` is set, it
 * must be the one that is presented now.
 */
trust_certificate?: string, 
/**
 * The path of a file, on the computer where the core runs, with the certificates of the only trusted CA.
 */
ca?: string, 
/**
 * Trust the CAs that this computer trusts, and no others: a certificate that was accepted before no longer is.
 */
system_trust?: boolean, 
/**
 * Allow the token and the headers to be sent over plain HTTP beyond this computer, where others can read them.
 */
in_clear?: boolean, 
/**
 * Keys that belong in the query of the URL, by name, to be kept where `secrets` says. What looks like one in `url`
 * itself is taken out and treated the same.
 */
query?: Record<string, string>, 
/**
 * Environment variables of a stdio server: their values, to be kept where `secrets` says, or null to take the value
 * from the environment of this program.
 */
env?: Record<string, string | null>, 
/**
 * The folder in which a stdio server starts, as a full path.
 */
cwd?: string, 
/**
 * Keep a stdio server running even when it is not used; absent, a known one stays as it is.
 */
keep_running?: boolean, 
/**
 * The handle by which `cancel` ends the start of a stdio server, and `keep_starting` ends only the wait for it.
 */
call?: string, 
/**
 * Where to keep secrets; absent means the keyring or, only where there is none, the file.
 */
token_place?: SecretPlace, 
/**
 * Add it without contacting it first.
 */
no_probe?: boolean, 
/**
 * Keep nothing: only report what would be kept and, unless `no_probe` is set, the result of the check.
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
 * The journal entry to undo; absent when nothing was kept.
 */
undo: number | null, 
/**
 * The revision that includes the change.
 */
revision: number, 
/**
 * Its row as it is now; where nothing was kept, as it would be.
 */
server: ServerRow, 
/**
 * Where its new secrets were put.
 */
kept: KeptIn | null, 
/**
 * Parameters that were taken out of its URL, since they look like keys.
 */
taken: Array<string>, 
/**
 * Which of its secrets are still sent, in words.
 */
stays: Array<string>, 
/**
 * Which of its secrets are no longer sent: they were given for another origin or command, or are replaced or left out.
 */
leaves: Array<string>, 
/**
 * The origin that the secrets that are no longer sent belong to. Absent when it has not changed.
 */
leaves_at: string | null, 
/**
 * The requests that were sent and their answers; empty when none was sent.
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
 * Tags to remove.
 */
without?: Array<string>, 
/**
 * Keys of the data to set; null removes one.
 */
metadata?: Record<string, unknown>, };

export type UndoArgs = { 
/**
 * A journal entry; the default is the newest that can still be undone, or the one that was undone last.
 */
undo?: number, 
/**
 * The face that asks, for the versions of the configuration; absent means a browser.
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
 * The change that would be undone.
 */
undo: UndoStep | null, 
/**
 * The change that would be redone.
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
 * The servers it changed.
 */
ids: Array<ServerId>, 
/**
 * The revision that includes the change.
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
 * Whether scans ignore it.
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
 * Ports, as `8080` or `3000-3010`; the default is the common MCP ports, or, for this computer, those that listen.
 */
ports?: Array<string>, 
/**
 * `http`, `sse`; default both.
 */
protocols?: Array<string>, 
/**
 * The time limit of one host and port, in seconds; default 5.
 */
timeout?: number, 
/**
 * Also try less common paths: `/`, `/api/mcp`, `/mcp/v1`, `/v1/mcp`, and those that server cards name.
 */
deep?: boolean, 
/**
 * Add what is found to the registry.
 */
register?: boolean, };

export type ScanPlan = { 
/**
 * The targets, in words.
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
 * Whether nothing leaves this computer.
 */
local: boolean, };

export type ScanRef = { 
/**
 * The handle of the scan; absent means the newest.
 */
scan?: string, };

export type ScanReport = { 
/**
 * The scan; absent when there was none yet.
 */
scan: ScanStatus | null, 
/**
 * Every row, including `not_mcp` ones.
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
 * Found before; asked again, it did not answer, or another server did.
 */
gone: Array<ScanGone>, 
/**
 * Its tools have changed.
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
 * How many servers were found in both, unchanged.
 */
same: number, };

export type ScanGone = { 
/**
 * As it was found before.
 */
row: ScanRow, 
/**
 * What happened instead of its answer.
 */
reason: string, };

export type ScanChanged = { 
/**
 * The server as it is now.
 */
row: ScanRow, 
/**
 * Tools that it did not have before.
 */
added: Array<string>, 
/**
 * Tools that it no longer has.
 */
removed: Array<string>, 
/**
 * Tools with another description or schema.
 */
changed: Array<string>, };

export type ScanMoved = { 
/**
 * The server as it is now.
 */
row: ScanRow, 
/**
 * Its former address.
 */
from: string, };

export type ScanNotAsked = { 
/**
 * As it was found in the other.
 */
row: ScanRow, 
/**
 * True if it was found before and the later scan did not ask it; otherwise the earlier one did not.
 */
was_found_before: boolean, 
/**
 * The reason.
 */
reason: string, };

export type ScanForgetArgs = { 
/**
 * Their handles.
 */
scans: Array<string>, };

export type ScansChanged = { 
/**
 * The entry to undo; absent when nothing changed.
 */
undo: number | null, };

export type ScanForm = "json" | "csv";

export type ScanExportArgs = { 
/**
 * Its handle; default is the newest.
 */
scan?: string, 
/**
 * The format.
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
 * The scan as it is kept now.
 */
scan: ScanStatus, 
/**
 * The entry to undo.
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
 * Ports, as `8080` or `3000-3010`; absent means the common ones.
 */
ports: Array<string> | null, 
/**
 * Whether less common paths are tried as well.
 */
deep: boolean, 
/**
 * When it was saved.
 */
saved_at: number, };

export type RangeList = { 
/**
 * The ranges.
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
 * Ports, as `8080` or `3000-3010`; the default is the common ones.
 */
ports?: Array<string>, 
/**
 * Also try less common paths.
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
 * The server: the id that it has, or would have, in the registry.
 */
server: ServerId, 
/**
 * What saw it.
 */
kind: SightingKind, 
/**
 * The place: its address for a scan, the client and its file for a client.
 */
place: string, 
/**
 * When it was first seen there.
 */
first_seen: number, 
/**
 * When it was last seen there.
 */
last_seen: number, 
/**
 * When it was found to be gone from there; absent while it is there.
 */
gone_at: number | null, };

export type SightingList = { 
/**
 * The sightings.
 */
sightings: Array<Sighting>, 
/**
 * When this was read.
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
 * The folder of the project that it is for, if the file says so for this entry.
 */
project?: string | null, 
/**
 * The hash that was agreed to.
 */
consent: string, };

export type ClientScope = "user" | "profile" | "project";

export type FileProblem = { 
/**
 * The line, from 1; absent when it is about the whole file.
 */
line: number | null, 
/**
 * The column, from 1.
 */
column: number | null, 
/**
 * What is wrong.
 */
message: string, 
/**
 * Nothing in the file could be read.
 */
unread: boolean, };

export type EntryKind = "here" | "elsewhere" | "command" | "own" | "unusable";

export type ClientEntry = { 
/**
 * What the client calls it.
 */
name: string, 
/**
 * The folder of the project that it is for, if the file says so for this entry.
 */
project: string | null, 
/**
 * The line, from 1.
 */
line: number, 
/**
 * The column, from 1.
 */
column: number, 
/**
 * What it refers to.
 */
kind: EntryKind, 
/**
 * Its transport; absent when it cannot be used.
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
 * Variables of the user's environment that would be sent to it, in sentences.
 */
reads: Array<string>, 
/**
 * The placeholders without values, as they are written: `${input:id}`, `${VAR}`.
 */
placeholders: Array<string>, 
/**
 * Whether it is disabled in the client.
 */
disabled: boolean, 
/**
 * The id of the server in the list that it is, or that it would be.
 */
id: ServerId | null, 
/**
 * Whether that server is in the list.
 */
known: boolean, 
/**
 * Whether the server in the list was added from this entry, and the entry has changed since.
 */
changed: boolean, 
/**
 * What the user agrees to: a hash of command, arguments, folder and names. Entries that share it are the same server.
 */
consent: string, 
/**
 * Notes on it.
 */
notes: Array<FileProblem>, };

export type ClientFile = { 
/**
 * Its path.
 */
path: string, 
/**
 * What it applies to.
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
 * Its id in operations and commands: `claude-code`.
 */
id: string, 
/**
 * Its name: `Claude Code`.
 */
name: string, 
/**
 * Its files that exist, the user's own first.
 */
files: Array<ClientFile>, };

export type ClientsArgs = { 
/**
 * Folders of projects, as full paths, whose files are read as well, now and later. Others are those that a client's own
 * file names.
 */
projects?: Array<string>, };

export type ClientList = { 
/**
 * The clients that have files here.
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
 * The folder of the project that it is for, if the file says so for this entry.
 */
project?: string, 
/**
 * The consent: the hash of the entry as it was shown. Without it nothing is added, and the error contains the entry.
 */
consent?: string, 
/**
 * The values of its placeholders, by how they are written: `${input:token}`.
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
 * The members of its definition that no field above contains, as the server wrote them: icons, `_meta`, further
 * annotations.
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
 * The capability to call: a tool's name, or another capability that names one tool.
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
 * Seconds for the whole call with its retries; the default is the timeout of its rule, else 30.
 */
timeout?: number, 
/**
 * A handle that the caller chooses, for progress and cancel.
 */
call?: string, 
/**
 * The caller's name: a rule with `affinity: client` keeps its calls at one server.
 */
client?: string, 
/**
 * Whether to return the reasons of the decision.
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
 * Their names.
 */
tools: Array<string>, } | { "kind": "arguments", 
/**
 * What is wrong with them.
 */
problem: string, } | { "kind": "not_allowed" } | { "kind": "region", 
/**
 * Its region.
 */
region: string | null, 
/**
 * The regions of the rule.
 */
wanted: Array<string>, } | { "kind": "status", 
/**
 * The status.
 */
status: HealthStatus, } | { "kind": "score", 
/**
 * Its score, from 0 to 1.
 */
score: number, 
/**
 * The least score of the rule.
 */
least: number, } | { "kind": "full", 
/**
 * The limit.
 */
most: number, } | { "kind": "breaker_open" } | { "kind": "set_aside" } | { "kind": "tried" } | { "kind": "metadata", 
/**
 * The condition that does not hold, in the filter's short form.
 */
wanted: string, } | { "kind": "too_far", 
/**
 * Its region.
 */
region: string | null, } | { "kind": "farther", 
/**
 * Its region.
 */
region: string | null, } | { "kind": "other_key" } | { "kind": "no_weight" };

export type Strategy = "round_robin" | "least_connections" | "weighted_round_robin" | "health_weighted" | "random" | "priority" | "peak_ewma";

export type RouteArgs = { 
/**
 * The capability that would be called.
 */
capability: string, 
/**
 * Its arguments; absent means that no schema is checked.
 */
arguments?: Record<string, unknown>, 
/**
 * The caller's name.
 */
client?: string, 
/**
 * How many calls, one after the other: 1 to 100,000; default 1.
 */
calls?: number, 
/**
 * The text of a configuration whose rules and balancing are used instead of those in effect.
 */
rules?: string, 
/**
 * Servers that are assumed to be down: ids, or names that only one server has.
 */
down?: Array<string>, 
/**
 * How many servers each list of the answer names at most; absent means all of them.
 */
most?: number, };

export type RouteResult = { 
/**
 * The decision for the first of them.
 */
decision: Decision, 
/**
 * How many calls each server would take, the most first. Servers that could take calls and take none are there with 0.
 */
distribution: Array<RouteShare>, 
/**
 * How many servers take some calls and are not named in `distribution`.
 */
more: number, 
/**
 * How many of the calls a server takes.
 */
calls: number, 
/**
 * The average duration of a call by the last measurements, in milliseconds; absent when one of the servers was not
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
 * The server.
 */
server: ServerPlace, 
/**
 * How many it takes.
 */
calls: number, 
/**
 * Its share of all calls, from 0 to 1.
 */
share: number, };

export type Decision = { 
/**
 * The capability.
 */
capability: string, 
/**
 * The rule that applies, by its pattern; absent when only the defaults do.
 */
rule: string | null, 
/**
 * How one of the servers that are left is picked.
 */
strategy: Strategy, 
/**
 * Whether the rule's conditions left no server, and were dropped (`on_empty: relax`).
 */
relaxed: boolean, 
/**
 * What each stage kept and left out.
 */
stages: Array<DecisionStage>, 
/**
 * The server that takes it; absent when none does.
 */
winner: ServerPlace | null, 
/**
 * Why no server takes it.
 */
refusal: RouteRefusal | null, 
/**
 * The server that would take it if the winner had just been tried.
 */
runner_up: ServerPlace | null, 
/**
 * The servers that were left for the strategy. If not all are named, the winner and the runner-up are, and one with
 * another weight if there is one.
 */
weights: Array<DecisionWeight>, };

export type DecisionStage = { 
/**
 * The stage.
 */
stage: Stage, 
/**
 * How many servers it kept.
 */
kept: number, 
/**
 * The servers that it left out.
 */
left_out: Array<LeftOut>, 
/**
 * How many servers it left out that are not named.
 */
more?: number, };

export type LeftOut = { 
/**
 * The server.
 */
server: ServerPlace, 
/**
 * The reason.
 */
why: Why, 
/**
 * The reason as a sentence, without its subject.
 */
text: string, };

export type DecisionWeight = { 
/**
 * The server.
 */
server: ServerPlace, 
/**
 * Its weight.
 */
weight: number, 
/**
 * Whether the weight in its record is not valid (a number, 0 or more), and counts as 1.
 */
odd: boolean, 
/**
 * Its share of all weights, from 0 to 1.
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
 * The text of a configuration whose rules are listed instead of those in effect.
 */
rules?: string, };

export type RuleList = { 
/**
 * The first that matches a capability applies.
 */
rules: Array<RuleRow>, 
/**
 * What applies where a rule sets nothing, as the configuration has it.
 */
defaults: Record<string, unknown>, 
/**
 * How one of several servers is picked where no rule says so.
 */
strategy: Strategy, };

export type RuleRow = { 
/**
 * Its place, from 1.
 */
number: number, 
/**
 * The capabilities that it matches.
 */
pattern: string, 
/**
 * Its priority; the highest comes first.
 */
priority: number, 
/**
 * False: the rule is turned off.
 */
enabled: boolean, 
/**
 * Its settings, as the configuration has them.
 */
fields: Record<string, unknown>, 
/**
 * How many servers offer something that it matches.
 */
servers: number, 
/**
 * How many tools it matches; a tool that several servers have counts once.
 */
tools: number, 
/**
 * An earlier rule that matches all that it matches, so that it never applies.
 */
covered_by: string | null, 
/**
 * The routing tests whose call it applies to, by their place in the file, from 0.
 */
tests: Array<number>, };

export type BreakerState = "closed" | "half_open" | "open";

export type BreakerList = { 
/**
 * The open breakers first, then by name.
 */
breakers: Array<BreakerRow>, };

export type BreakerRow = { 
/**
 * The server.
 */
server: ServerPlace, 
/**
 * Whether calls go to it.
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
 * How long the server asked to get no calls (`Retry-After`), in seconds.
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
 * Only calls with this outcome.
 */
outcome?: CallsLike, };

export type CallList = { 
/**
 * Newest first.
 */
rows: Array<CallRow>, 
/**
 * How many rows match in all, regardless of `limit` and `before`.
 */
more: boolean, 
/**
 * How many rows match in all, whatever `limit` and `before` say.
 */
total: number, 
/**
 * Whether calls are being recorded (`call_log.enabled`, and there is a file to write to).
 */
recording: boolean, };

export type CallRow = { 
/**
 * Its id; a later call has a greater one.
 */
id: number, 
/**
 * When it ended.
 */
at: number, 
/**
 * The caller's name.
 */
client: string | null, 
/**
 * The capability.
 */
capability: string, 
/**
 * The tool that was called, by the name that the server has for it; absent when no server took the call.
 */
tool: string | null, 
/**
 * The server that answered, or was tried last.
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
 * The reason, in a sentence. A tool's own error is in its answer, which is not kept.
 */
reason: string | null, 
/**
 * How many servers were asked.
 */
attempts: number, 
/**
 * The duration of the whole call, in milliseconds.
 */
ms: number, 
/**
 * How many calls the row represents: 1, or more when too many came at once to keep each one.
 */
stands_for: number, 
/**
 * The rule that applied, by its pattern; absent when only the defaults did, or when the caller named a server.
 */
rule: string | null, 
/**
 * Whether the caller named the server: then nothing was decided.
 */
named: boolean, };

export type CallRecordArgs = { 
/**
 * Its id.
 */
id: number, };

export type CallRecord = { 
/**
 * The row of the call.
 */
row: CallRow, 
/**
 * Every server that was asked, in order.
 */
tries: Array<CallTry>, 
/**
 * The decision of each try, recomputed from what was stored; one more than `tries` when no server was left for a
 * further try. Empty when the caller named a server, or when the inputs of the decision are no longer kept.
 */
decisions: Array<Decision>, 
/**
 * The first of the decisions: why the call went where it went.
 */
decision: Decision | null, 
/**
 * The rule that applied, by its pattern.
 */
rule: string | null, 
/**
 * Whether the recomputed decisions equal the original ones, to the last digit.
 */
is_exact: boolean, };

export type CallTry = { 
/**
 * The server.
 */
server: ServerPlace, 
/**
 * The duration, in milliseconds.
 */
ms: number, 
/**
 * How it failed; absent when it answered.
 */
error: string | null, };

export type TrafficArgs = { 
/**
 * The start; the default is an hour ago.
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
 * The servers that answered or were tried last, the most calls first.
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
 * Calls that failed or that no server took.
 */
failed: number, 
/**
 * The time of the oldest call that is kept; absent when there is none.
 */
oldest: number | null, };

export type TrafficBucket = { 
/**
 * Its start.
 */
at: number, 
/**
 * Its length.
 */
seconds: number, 
/**
 * Calls that ended in it.
 */
calls: number, 
/**
 * Calls that failed or that no server took.
 */
failed: number, 
/**
 * The median duration of the answered calls, in milliseconds; absent when there was none.
 */
p50_ms: number | null, 
/**
 * The 95th percentile of their durations, in milliseconds.
 */
p95_ms: number | null, };

export type TrafficServer = { 
/**
 * The server.
 */
server: ServerPlace, 
/**
 * Calls.
 */
calls: number, 
/**
 * Failed calls.
 */
failed: number, 
/**
 * Its share of all calls that reached a server, from 0 to 1.
 */
share: number, 
/**
 * The median duration of the calls that it answered, in milliseconds.
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
 * When it last applied, also before the span.
 */
last_at: number, };

export type ReplayArgs = { 
/**
 * The text of a configuration whose rules and balancing are used; absent means those in effect.
 */
rules?: string, 
/**
 * How many of the newest: 1 to 10,000; default 100. A row that stands for several calls is one of these.
 */
calls?: number, 
/**
 * Servers that are assumed to be down: ids, or names that only one server has.
 */
down?: Array<string>, };

export type Replay = { 
/**
 * All calls that were decided again.
 */
calls: number, 
/**
 * Calls that go to the same server, that failed in the same way as before, or that named their server.
 */
stays: number, 
/**
 * Calls that go to another server, or that a server takes only now.
 */
moves: number, 
/**
 * Calls that no server would take, though one did.
 */
fails: number, 
/**
 * Calls that cannot be decided again.
 */
unknowns: number, 
/**
 * The rows that move, newest first; at most 1,000.
 */
moved: Array<ReplayMove>, 
/**
 * The rows that no server would take, newest first; at most 1,000.
 */
would_fail: Array<ReplayFailure>, 
/**
 * The rows that cannot be decided again, newest first; at most 1,000.
 */
unknown: Array<ReplayUnknown>, 
/**
 * How many calls each server took and would take, the most first.
 */
distribution: Array<ReplayShare>, };

export type ReplayMove = { 
/**
 * Its record.
 */
id: number, 
/**
 * When it ended.
 */
at: number, 
/**
 * The capability.
 */
capability: string, 
/**
 * The caller.
 */
client: string | null, 
/**
 * The server that was picked; absent when none was.
 */
from: ServerPlace | null, 
/**
 * The server that would be picked.
 */
to: ServerPlace | null, 
/**
 * How many calls the row stands for.
 */
stands_for: number, };

export type ReplayFailure = { 
/**
 * Its record.
 */
id: number, 
/**
 * The capability.
 */
capability: string, 
/**
 * The reason, in a sentence.
 */
why: string, 
/**
 * The code of the error that it would end with.
 */
code: ErrorCode, 
/**
 * How many calls the row stands for.
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
 * How many calls the row stands for.
 */
stands_for: number, };

export type ReplayShare = { 
/**
 * The server.
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
 * The server.
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
 * MCP's `CallToolResult` in the server's own text: `content`, `structuredContent`, `isError`. It is not parsed into a
 * tree on its way to a face, since that would round long numbers.
 */
result: unknown, 
/**
 * The server that answered.
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
 * The duration of the whole call.
 */
elapsed_ms: number, 
/**
 * The decision, when it was asked for and the call named no server.
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
 * Its address, or its command.
 */
address: string, 
/**
 * What happens to it.
 */
fate: Fate, };

export type Fate = "added" | "updated" | "unchanged";

export type ImportReport = { 
/**
 * What happens to each server of the file, in its order; the first thousand.
 */
servers: Array<ImportedServer>, 
/**
 * New servers.
 */
added: number, 
/**
 * Servers that were known and now match the file.
 */
updated: number, 
/**
 * Servers that were known and are unchanged.
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
 * The journal entry to undo; absent when nothing changed.
 */
undo: number | null, 
/**
 * The revision that includes the change.
 */
revision: number, };

export type ScanList = { 
/**
 * The progress of each.
 */
scans: Array<ScanStatus>, 
/**
 * The reason why older ones are missing; absent when none is.
 */
problem: string | null, };

export type ExportForm = "servers.json" | "mcp.json";

export type ExportArgs = { 
/**
 * The format.
 */
as?: ExportForm, };

export type Exported = { 
/**
 * A name for the file.
 */
file: string, 
/**
 * Its text.
 */
text: string, 
/**
 * How many servers it contains.
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
 * From 0 to 1.
 */
score: number, 
/**
 * The reason, in one sentence.
 */
reason: string | null, 
/**
 * The reason, in a few words.
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
 * When its child process was stopped because it was not used; absent while it is not asleep.
 */
asleep: number | null, 
/**
 * When its child process was started; absent once it has answered.
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
 * When the status last changed.
 */
since: number | null, 
/**
 * The checks of the last round, with their evidence.
 */
checks: Array<CheckResult>, };

export type HealthReport = { 
/**
 * False: checks are off in the configuration (`health_monitoring.enabled`).
 */
enabled: boolean, 
/**
 * Seconds between two rounds of one server.
 */
check_interval: number, 
/**
 * The time limit of a round, in seconds.
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
 * A response time above this is slow, in milliseconds.
 */
warn_ms: number, 
/**
 * The revision of this list.
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
 * The part of them in which it was up, in percent.
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
 * Rounds without an answer.
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
 * The part of the rounds of the day in which it was up, in percent; absent when there was none.
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
 * When it was started.
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
 * The starts.
 */
starts: Array<Start>, };

export type KeptStarting = { 
/**
 * False when it was over already.
 */
kept: boolean, };

export type LogLine = { 
/**
 * When it was read.
 */
at: number, 
/**
 * The text, without control characters.
 */
text: string, };

export type LoggedKind = "call" | "check";

export type LoggedOutcome = "answered" | "tool_error" | "failed" | "cancelled";

export type LoggedRequest = { 
/**
 * When it ended; for several alike, the last one.
 */
at: number, 
/**
 * When the first of several alike ended.
 */
first_at: number, 
/**
 * How many alike followed each other: the rounds of a server that stays down are one entry.
 */
times: number, 
/**
 * Why it was sent.
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
 * How many older requests were dropped.
 */
requests_lost: number, 
/**
 * The standard error of the child process, oldest first; empty for other transports.
 */
stderr: Array<LogLine>, 
/**
 * How many older lines were dropped.
 */
stderr_lost: number, };

export type SecretPlace = "keyring" | "file";

export type KeptIn = { 
/**
 * The place.
 */
place: SecretPlace, 
/**
 * The reason why it is not the keyring, unless the user chose so.
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
 * The only origin it is sent to: scheme, host and port, or `stdio` for a command of this computer.
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
 * Whether it is no longer sent: an edit replaced it or changed the origin of the server. It is kept for 30 days, so
 * that the change can be undone.
 */
former: boolean, };

export type Secrets = { 
/**
 * Where the next one will be kept.
 */
place: SecretPlace, 
/**
 * The reason why that is not the keyring, or what is wrong with the keyring.
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
 * Allow it to be sent over plain HTTP beyond this computer, where others can read it.
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
 * The health that a check found with it.
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
 * False when there was no such secret.
 */
forgotten: boolean, 
/**
 * The health that a check found without it; absent for a server that is not in the registry.
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
 * Its name: letters, digits, `-`, `_` and `.`.
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
 * How the file refers to it: `${keyring:NAME}`.
 */
reference: string, 
/**
 * Where it was put.
 */
kept: KeptIn, };

export type NamedSecretForgotten = { 
/**
 * False when there was no such secret.
 */
forgotten: boolean, };

export type Fingerprint = string;

export type Certificate = { 
/**
 * Its identity.
 */
fingerprint: Fingerprint, 
/**
 * The name it is for.
 */
subject?: string, 
/**
 * The names and addresses it is for.
 */
names?: Array<string>, 
/**
 * The name of its issuer.
 */
issuer?: string, 
/**
 * The start of its validity.
 */
not_before?: number, 
/**
 * The end of its validity.
 */
not_after?: number, };

export type Flaw = "changed" | "self_signed" | "unknown_issuer" | "expired" | "not_yet_valid" | "wrong_name" | "revoked" | "unusable";

export type RefusedCertificate = { 
/**
 * The certificate that was presented.
 */
shown: Certificate, 
/**
 * Everything that is wrong with it; at least one thing.
 */
flaws: Array<Flaw>, 
/**
 * The name or address of the request.
 */
asked: string, 
/**
 * The accepted certificate, when that is another.
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
 * The address.
 */
url: string, 
/**
 * The certificate.
 */
shown: Certificate, 
/**
 * The reason why it is not trusted; absent when it is.
 */
refused: RefusedCertificate | null, 
/**
 * What it is trusted by; absent means the CAs that this computer trusts.
 */
tls: Tls | null, };

export type Severity = "error" | "warning" | "no_effect";

export type ConfigProblem = { 
/**
 * The line, from 1.
 */
line: number, 
/**
 * The column, from 1.
 */
column: number, 
/**
 * The key's path, such as `health_monitoring.timeout`.
 */
path: string, 
/**
 * Its severity.
 */
severity: Severity, 
/**
 * What is wrong and how to fix it.
 */
message: string, };

export type ConfigReport = { 
/**
 * Whether it would load.
 */
valid: boolean, 
/**
 * The problems, in the order of the file.
 */
problems: Array<ConfigProblem>, };

export type ConfigStatus = { 
/**
 * The file that is followed, whether or not it is there; absent without a home folder.
 */
file: string | null, 
/**
 * The text of the file as it is now, for its owner to edit; absent when there is no file or it is not text.
 */
text: string | null, 
/**
 * The identity of the file as it is now, for `config_draft` and `config_save`.
 */
base: string, 
/**
 * Why the file cannot be saved, where that is known before.
 */
read_only: string | null, 
/**
 * When the configuration in use was read.
 */
loaded_at: number, 
/**
 * The problems of the file as it is now, in its order. If there is an error, the configuration in use is an earlier
 * one.
 */
problems: Array<ConfigProblem>, 
/**
 * The whole configuration in use, defaults included; for secrets only `${NAME}`.
 */
effective: Record<string, unknown>, };

export type ConfigOp = "set" | "remove" | "insert" | "move";

export type ConfigEdit = { 
/**
 * What it does.
 */
op: ConfigOp, 
/**
 * The place: keys, and the numbers of items from 0.
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
 * The text that they edit; absent means the file's.
 */
text?: string, 
/**
 * The `base` of the file that the edits are made for; another one on disk is a conflict. Absent means any.
 */
base?: string, 
/**
 * Calls to simulate under the draft, as with `route`: one request instead of two. Its `rules` are the draft's and are
 * not given.
 */
route?: RouteArgs, };

export type LineFate = "kept" | "removed" | "added";

export type DiffLine = { 
/**
 * What happened to it.
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
 * The line without its end.
 */
text: string, };

export type ConfigPlace = { 
/**
 * The setting.
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
 * The whole text.
 */
text: string, 
/**
 * The identity of the file as it is now, for `config_save`.
 */
base: string, 
/**
 * Whether it would load.
 */
valid: boolean, 
/**
 * The problems of the text, in its order.
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
 * The settings of the text; absent where it cannot be read.
 */
values: unknown, 
/**
 * The place of each of them, in the order of the text.
 */
places: Array<ConfigPlace>, 
/**
 * Where the calls that were asked about would go. Absent where none were, where the draft does not load, and where they
 * cannot be simulated: `route` says why.
 */
route: RouteResult | null, };

export type ConfigSecretState = "missing" | "plain" | "set" | "unused";

export type ConfigSecretRow = { 
/**
 * Its state.
 */
state: ConfigSecretState, 
/**
 * Its name: of the variable, of the kept secret, or of the setting whose value it is.
 */
name: string, 
/**
 * How the file refers to it; absent for a secret in plain text.
 */
reference: string | null, 
/**
 * The setting; absent for a secret that the file does not name.
 */
path: (string | number)[] | null, 
/**
 * Its line, from 1.
 */
line: number | null, 
/**
 * Where it is kept; absent for a variable of the environment, and for a secret in plain text.
 */
place: SecretPlace | null, };

export type ConfigSecretsArgs = { 
/**
 * The text; absent means that of the file.
 */
text?: string, };

export type ConfigSecrets = { 
/**
 * Where the next one will be kept.
 */
place: SecretPlace, 
/**
 * The reason why that is not the keyring, or what is wrong with the keyring.
 */
why: string | null, 
/**
 * The file that is used where there is no keyring.
 */
file: string, 
/**
 * The secrets.
 */
rows: Array<ConfigSecretRow>, };

export type ConfigSecretMoveArgs = { 
/**
 * The setting that it is the value of.
 */
path: (string | number)[], 
/**
 * The name to keep it under; absent means one made from the name of the setting.
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
 * The face that saves; absent means a browser.
 */
by?: ConfigBy, };

export type ConfigSecretMoved = { 
/**
 * How the file refers to it: `${keyring:NAME}`.
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
 * The text that they edit; absent means the file's.
 */
text?: string, 
/**
 * The `base` of the file that the edits are made for; another one on disk is a conflict. Absent means any.
 */
base?: string, 
/**
 * The reason, as a note; absent means the names of the edited settings.
 */
label?: string, 
/**
 * The face that saves; absent means a browser.
 */
by?: ConfigBy, };

export type ConfigSaved = { 
/**
 * Its version.
 */
version: number, 
/**
 * The entry for `undo`; absent when nothing changed.
 */
undo: number | null, 
/**
 * The identity of the file now.
 */
base: string, 
/**
 * The whole text.
 */
text: string, 
/**
 * The warnings, in the order of the text.
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
 * The version of what another program wrote into the old file while this was saved.
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
 * The reason or note.
 */
label: string, 
/**
 * What wrote it.
 */
by: ConfigBy, 
/**
 * Whether this is the version in the file now.
 */
current: boolean, 
/**
 * How many lines it has that the version before did not have.
 */
added: number, 
/**
 * How many lines the version before had that it does not have.
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
 * Its row in the list.
 */
row: ConfigVersionRow, 
/**
 * The whole text.
 */
text: string, 
/**
 * What it changed.
 */
diff: Array<DiffLine>, 
/**
 * What restoring it would change in the file.
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
 * The face that restores; absent means a browser.
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
 * The kind of its value.
 */
kind: ConfigKind, 
/**
 * The kind of its items, or of the values of its names.
 */
items: ConfigKind | null, 
/**
 * The allowed words.
 */
words: Array<string>, 
/**
 * The least allowed value.
 */
low: number | null, 
/**
 * The greatest allowed value.
 */
high: number | null, 
/**
 * The unit of its number.
 */
unit: ConfigUnit | null, 
/**
 * The value in effect without it.
 */
default: unknown, 
/**
 * An example value, as YAML.
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
 * Whether its section requires it.
 */
needed: boolean, 
/**
 * Whether it takes effect at the next start.
 */
restart: boolean, 
/**
 * Whether it is a secret.
 */
secret: boolean, 
/**
 * Whether it has no effect yet.
 */
no_effect: boolean, };

export type ConfigKeys = { 
/**
 * The keys.
 */
keys: Array<ConfigKey>, };

export type ConfigSchema = { 
/**
 * The schema.
 */
schema: Record<string, unknown>, };

export type GatewayClientRow = { 
/**
 * The part of its token that is not secret.
 */
id: string, 
/**
 * Its name.
 */
name: string, 
/**
 * When it got its token.
 */
created_at: number, 
/**
 * When it last made a request.
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
 * Its kind.
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
 * The server; for a group the one that is asked now.
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
 * Its address for clients; absent while the gateway is not served.
 */
url: string | null, 
/**
 * How many tools it shows.
 */
tools: number, };

export type GatewayStatus = { 
/**
 * The address for AI clients, such as `http://127.0.0.1:8090/mcp`; absent while it is not served.
 */
url: string | null, 
/**
 * The reason why it is not served.
 */
reason: string | null, 
/**
 * Whether a token is needed.
 */
needs_token: boolean, 
/**
 * Whether it is served beyond this computer without encryption, where others can read what clients send, including
 * tokens.
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
 * The other things they see, by kind and name.
 */
others: Array<GatewayOfferRow>, 
/**
 * The profiles, each with its own endpoint, as in the configuration.
 */
profiles: Array<GatewayProfileRow>, };

export type GatewayTokenArgs = { 
/**
 * The name of the client: 1 to 64 characters. If a client of this name has a token already, that token is revoked.
 */
name: string, };

export type GatewayToken = { 
/**
 * The client.
 */
client: GatewayClientRow, 
/**
 * The token, `mcpd_<id>_<secret>`. It is shown only this once: only its hash is kept.
 */
token: string, };

export type GatewayRevokeArgs = { 
/**
 * Its name or its id.
 */
client: string, };

export type GatewayRevoked = { 
/**
 * The client.
 */
client: GatewayClientRow, };

export type ReplicaDifference = "address" | "region" | "version" | "transport" | "protocol" | "descriptions";

export type ReplicaServer = { 
/**
 * Its id.
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
 * Its transport.
 */
transport: Transport, 
/**
 * Its region.
 */
region: string | null, 
/**
 * The version that it reports.
 */
version: string | null, 
/**
 * Its revision of MCP.
 */
protocol_version: string | null, };

export type ReplicaProposal = { 
/**
 * Its key: another set of servers, or other tools, has another key.
 */
key: string, 
/**
 * A name that no group has.
 */
name: string, 
/**
 * The product that they report, if they do.
 */
product: string | null, 
/**
 * The names of their tools.
 */
tools: Array<string>, 
/**
 * The servers, at least two.
 */
servers: Array<ReplicaServer>, 
/**
 * What differs between them.
 */
differ: Array<ReplicaDifference>, };

export type ReplicaApart = { 
/**
 * Its name.
 */
tool: string, 
/**
 * The server whose definition clients see. A call goes to servers whose own schema accepts its arguments.
 */
shown: ServerId, 
/**
 * The servers whose schemas accept something else.
 */
differing: Array<ServerId>, 
/**
 * The servers that do not have it: no call to it goes to them.
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
 * Entries of the group that name no server, or more than one.
 */
unknown: Array<string>, 
/**
 * How many tools of it clients see.
 */
tools: number, 
/**
 * The tools that differ between its servers.
 */
apart: Array<ReplicaApart>, };

export type ReplicaProposals = { 
/**
 * Proposals, the one with the most servers first.
 */
proposals: Array<ReplicaProposal>, 
/**
 * How many more there are than are listed.
 */
more: number, 
/**
 * How many were dismissed.
 */
dismissed: number, 
/**
 * The groups of the configuration, in its order.
 */
groups: Array<ReplicaGroupRow>, 
/**
 * The reason why the configuration's file cannot be written, as far as it is known before.
 */
hindrance: string | null, };

export type ReplicaGroupArgs = { 
/**
 * The name of the group, which clients see instead of theirs: 1 to 64 characters.
 */
name: string, 
/**
 * Ids, or names that only one server has.
 */
servers: Array<string>, 
/**
 * The face that asks, for the versions of the configuration; absent means a browser.
 */
by?: ConfigBy, };

export type ReplicaDissolveArgs = { 
/**
 * Its name.
 */
name: string, 
/**
 * The face that asks, for the versions of the configuration; absent means a browser.
 */
by?: ConfigBy, };

export type ReplicaToolNames = { 
/**
 * Its name at its servers.
 */
tool: string, 
/**
 * Its name for clients now, at each of the servers.
 */
now: Array<string>, 
/**
 * Its name for clients then.
 */
then: string, };

export type ReplicaPreview = { 
/**
 * How many tool names of them clients see now.
 */
now: number, 
/**
 * How many tool names clients would see.
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
 * The entry for `undo`; absent when nothing changed.
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
 * The entry for `undo`; absent when it was dismissed already.
 */
undo: number | null, };

export type FamilyKind = "counter" | "gauge" | "histogram";

export type Bucket = { 
/**
 * The limit; absent where there is none.
 */
at_most: number | null, 
/**
 * The number of observations.
 */
count: number, };

export type Series = { 
/**
 * Its labels. A list, since each of tens of thousands of series has few.
 */
labels: Record<string, string>, 
/**
 * The value; for a histogram, the sum of all observations.
 */
value: number, 
/**
 * For a histogram: the counts of its buckets, the last without a limit.
 */
buckets?: Array<Bucket>, };

export type Family = { 
/**
 * The name of the metric in Prometheus.
 */
name: string, 
/**
 * Its meaning, in a sentence.
 */
help: string, 
/**
 * The kind of its values.
 */
kind: FamilyKind, 
/**
 * Its series.
 */
series: Array<Series>, };

export type Figures = { 
/**
 * The time.
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
 * Whether it requires its token, since it is served beyond loopback.
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
 * The lines for the configuration of Prometheus.
 */
scrape_config: string | null, };

export type Scrape = { 
/**
 * The time.
 */
at: number, 
/**
 * The address of the reader, and its name for itself.
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
 * When it was last written.
 */
written_at: number | null, 
/**
 * The reason why it cannot be written.
 */
problem: string | null, };

export type Checked = { 
/**
 * The server.
 */
id: ServerId, 
/**
 * The measurement.
 */
health: Health, 
/**
 * The verdict of the probe.
 */
outcome: Outcome | null, 
/**
 * Each check and its evidence.
 */
checks: Array<CheckResult>, };

export type Demo = { 
/**
 * Whether it runs. It ends with the core, and nothing of it stays in the registry.
 */
running: boolean, 
/**
 * Its servers, as they are in the registry now.
 */
servers: Array<ServerRow>, 
/**
 * The revision that includes them.
 */
revision: number, };

export type FilterArgs = { 
/**
 * A string in the short form, or an object in the JSON form.
 */
filter: unknown, };

export type FilterForms = { 
/**
 * The short form, which people type.
 */
short: string, 
/**
 * The JSON form, which programs send.
 */
json: unknown, };

export type ErrorCode = "invalid_arguments" | "invalid_filter" | "invalid_file" | "config_conflict" | "unknown_operation" | "not_found" | "ambiguous" | "no_server" | "no_healthy_server" | "no_server_meets_rule" | "capability_not_allowed" | "overloaded" | "paused" | "transport_failed" | "protocol_error" | "needs_sign_in" | "untrusted_certificate" | "needs_consent" | "timeout" | "cancelled" | "storage_failed" | "unauthorized" | "forbidden" | "internal";

export type Advice = "give_credentials" | "keep_anyway" | "use_http" | "give_path" | "agree_in_clear" | "forget_token" | "give_environment" | "give_variable" | "agree_to_command" | "trust_certificate" | "keep_in_file" | "resume" | "check" | "list_tools" | "list_servers";

export type ApiError = { 
/**
 * The code to branch on.
 */
code: ErrorCode, 
/**
 * What happened, the likely cause, what to do.
 */
message: string, 
/**
 * More details, for programs.
 */
detail: unknown, };

export interface Operations {
  /** The core and its data. */
  status: { args: Empty; result: Status };
  /** Signs out every browser that opened the link: each has to open it again. */
  revoke_browsers: { args: Empty; result: Empty };
  /** The servers that match. */
  servers: { args: ServersArgs; result: ServerList };
  /** The ids of the servers that match. */
  order: { args: ServersArgs; result: ServerOrder };
  /** Everything about one server. */
  server: { args: ServerArgs; result: ServerDetails };
  /** Probes an address and keeps the server. */
  add: { args: AddArgs; result: Added };
  /** Shows the certificate that a server presents now; no request is sent to the server. */
  certificate: { args: CertificateArgs; result: ShownCertificate };
  /** Changes the name, tags, data, address, command or sign-in of a server; it is checked before that is kept. */
  edit: { args: EditArgs; result: Edited };
  /** Adds or removes tags and data of servers, as one change. */
  label: { args: LabelArgs; result: Changed };
  /** Removes servers; they can be restored for 30 days. */
  remove: { args: ServersByIdArgs; result: Changed };
  /** Restores removed servers. */
  restore: { args: ServersByIdArgs; result: Changed };
  /** Removes servers, and scans do not add them again. */
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
  /** The health of servers, with the evidence. */
  health: { args: HealthArgs; result: HealthReport };
  /** The history of a server: changes of its status, the last day, the last hour. */
  history: { args: HistoryArgs; result: ServerHistory };
  /** How the last requests to a server ended, and what it wrote to its standard error. */
  logs: { args: ServerArgs; result: ServerLogs };
  /** Accepts the tools that a server lists now, where they differ from the accepted ones. */
  adopt: { args: ServerArgs; result: Changed };
  /** What a scan would probe and how long it would take; nothing is sent. */
  scan_plan: { args: ScanArgs; result: ScanPlan };
  /** Starts a scan; its rows come as events. */
  scan_start: { args: ScanArgs; result: ScanStatus };
  /** Ends a scan and keeps its rows. */
  scan_cancel: { args: ScanRef; result: ScanStatus };
  /** The last scans, the newest first. */
  scans: { args: Empty; result: ScanList };
  /** A scan and its rows so far. */
  scan: { args: ScanRef; result: ScanReport };
  /** The AI clients of this computer, and the servers that they are set up with; nothing is started or contacted. */
  clients: { args: ClientsArgs; result: ClientList };
  /** What differs between two scans: new, gone, changed, moved, not asked. */
  scan_compare: { args: ScanCompareArgs; result: ScanComparison };
  /** Forgets scans that are over; this can be undone. */
  scan_forget: { args: ScanForgetArgs; result: ScansChanged };
  /** Writes a scan as a file. */
  scan_export: { args: ScanExportArgs; result: Exported };
  /** Imports a scan from a file that `scan_export` wrote. */
  scan_import: { args: ScanImportArgs; result: ScanImported };
  /** The saved ranges. */
  ranges: { args: Empty; result: RangeList };
  /** Saves addresses and ports under a name. */
  range_save: { args: RangeSaveArgs; result: ScansChanged };
  /** Forgets a saved range. */
  range_forget: { args: RangeForgetArgs; result: ScansChanged };
  /** What saw a server, where and when. */
  sightings: { args: ServerArgs; result: SightingList };
  /** The tools that servers list. */
  tools: { args: ToolsArgs; result: ToolList };
  /** Calls a tool. */
  call: { args: CallArgs; result: CallResult };
  /** Where calls would go, and why; nothing is sent. */
  route: { args: RouteArgs; result: RouteResult };
  /** The routing rules, in their order of precedence. */
  rules: { args: RulesArgs; result: RuleList };
  /** The breakers of servers that failed, get no calls for now, or have calls under way. */
  breakers: { args: Empty; result: BreakerList };
  /** The calls that were recorded, newest first. */
  calls: { args: CallsArgs; result: CallList };
  /** Everything that is kept of a call, with its decisions recomputed. */
  call_record: { args: CallRecordArgs; result: CallRecord };
  /** How many calls there were, how long they took, which servers answered, which rules applied. */
  traffic: { args: TrafficArgs; result: Traffic };
  /** Where recorded calls would have gone under other rules, or with servers down; nothing is sent. */
  replay: { args: ReplayArgs; result: Replay };
  /** Cancels a call, also at its server. */
  cancel: { args: CancelArgs; result: Cancelled };
  /** The commands that take long to start. */
  starts: { args: Empty; result: StartList };
  /** Cancels the start of a command. A known server is started again when it is used, or in an hour. */
  start_cancel: { args: ServerArgs; result: Cancelled };
  /** Keeps the server that an `add` waits for; its start continues. */
  keep_starting: { args: CancelArgs; result: KeptStarting };
  /** Where secrets are kept, and which; never the secrets themselves. */
  secrets: { args: Empty; result: Secrets };
  /** Keeps a token or a header for a server, then checks the server. */
  secret_set: { args: SecretSetArgs; result: SecretSet };
  /** Forgets a token or a header of a server, then checks the server. */
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
  /** Saves the configuration's file and applies it, if it loads. */
  config_save: { args: ConfigSaveArgs; result: ConfigSaved };
  /** The versions of the file that are kept, newest first. */
  config_versions: { args: Empty; result: ConfigVersions };
  /** A version, with what it changed and what restoring it would change. */
  config_version: { args: ConfigVersionArgs; result: ConfigVersion };
  /** Restores a version of the file. */
  config_restore: { args: ConfigRestoreArgs; result: ConfigSaved };
  /** The secrets that the file contains or names, and those that are kept for it; never the secrets themselves. */
  config_secrets: { args: ConfigSecretsArgs; result: ConfigSecrets };
  /** Moves a plain-text secret from the file to where secrets are kept, and writes its name there instead. Both */
  /** happen, or neither. */
  config_secret_move: { args: ConfigSecretMoveArgs; result: ConfigSecretMoved };
  /** Every key of the file, described. */
  config_keys: { args: Empty; result: ConfigKeys };
  /** The file as a JSON Schema, for editors. */
  config_schema: { args: Empty; result: ConfigSchema };
  /** The address for AI clients, which of them have a token, and the tools that they see. */
  gateway: { args: Empty; result: GatewayStatus };
  /** Creates a token for an AI client. It is shown only this once. */
  gateway_token_new: { args: GatewayTokenArgs; result: GatewayToken };
  /** Revokes the token of an AI client: its open connections end. */
  gateway_token_revoke: { args: GatewayRevokeArgs; result: GatewayRevoked };
  /** The groups of replicas, and servers that look like replicas since they list the same tools. */
  replica_proposals: { args: Empty; result: ReplicaProposals };
  /** What clients would see of servers if they were a group; nothing is changed. */
  replica_preview: { args: ReplicaGroupArgs; result: ReplicaPreview };
  /** Groups servers as replicas, in the configuration's file. */
  replica_group_accept: { args: ReplicaGroupArgs; result: ReplicaGroupChanged };
  /** Dissolves a group, in the configuration's file. */
  replica_group_dissolve: { args: ReplicaDissolveArgs; result: ReplicaGroupChanged };
  /** Does not propose these servers again, while they and their tools are the same. */
  replica_proposal_dismiss: { args: ReplicaDismissArgs; result: ReplicaDismissed };
  /** All metrics, as `/metrics` and the file have them. */
  metrics: { args: Empty; result: Figures };
  /** Where metrics are exported, and what read them last. */
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

/** The label, and the word after `is:` in a filter. */
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
  capabilities: { aliases: ["capability"], about: "A tool or tag that it offers", sign: ":", values: [] },
  health_status: { aliases: ["status", "health.status"], about: "Its status", sign: ":", values: ["healthy", "degraded", "down", "unknown", "sign-in", "paused", "blocked"] },
  region: { aliases: [], about: "Its region", sign: ":", values: [] },
  auth_required: { aliases: [], about: "Whether it requires credentials", sign: ":", values: ["true", "false"] },
  version: { aliases: [], about: "The version in its record", sign: ":", values: [] },
  server_version: { aliases: [], about: "The version that it reports", sign: ":", values: [] },
  protocol_version: { aliases: [], about: "The agreed MCP revision", sign: ":", values: [] },
  era: { aliases: [], about: "legacy or modern protocol", sign: ":", values: ["legacy", "modern"] },
  source: { aliases: [], about: "How it was added", sign: ":", values: ["manual", "import", "scan", "client", "demo"] },
  seen: { aliases: ["seen_by"], about: "What sees it now: a kind of sighting, or the name of an AI client", sign: ":", values: ["port", "client", "scan", "announced", "mdns", "registry", "kubernetes"] },
  tools: { aliases: [], about: "How many tools it lists", sign: ">=", values: [] },
  resources: { aliases: [], about: "How many resources it lists", sign: ">=", values: [] },
  prompts: { aliases: [], about: "How many prompts it lists", sign: ">=", values: [] },
  last_seen: { aliases: [], about: "The last successful contact, in milliseconds since 1970", sign: ">", values: [] },
  response_time: { aliases: ["response_time_ms", "health.response_time_ms"], about: "The response time, in milliseconds", sign: ">", values: [] },
  score: { aliases: ["health.score"], about: "The health score, 0 to 1", sign: "<", values: [] },
  paused: { aliases: [], about: "Whether it is paused", sign: ":", values: ["true", "false"] },
  health_endpoint: { aliases: [], about: "The path or URL of its health check", sign: ":", values: [] },
  created_at: { aliases: [], about: "When it was registered first, in milliseconds since 1970", sign: ">", values: [] },
  updated_at: { aliases: [], about: "When its record changed last, in milliseconds since 1970", sign: ">", values: [] },
} as const satisfies Record<string, FilterField>;

/** The signs between a field and its value; longer ones first. */
export const FILTER_SIGNS = [":", "!=", ">=", "<=", "==", "=~", "=", ">", "<", "~"] as const;
