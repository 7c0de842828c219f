//! What goes in and out of each operation. These shapes are promised to the UI, to HTTP and to scripts.

use std::collections::BTreeMap;

use model::{CheckResult, Health, Millis, Notice, Outcome, ScanRow, ScanStatus, ServerId, ServerRow, Tool};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use ts_rs::TS;

use super::{KeptIn, KeptSecret};
use crate::secrets::{GivenSecret, SecretPlace};

/// No arguments, or nothing to say.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize, TS)]
pub struct Empty {}

/// What this core is and what it holds.
#[derive(Debug, Clone, Serialize, TS)]
pub struct Status {
    /// The version of the product.
    pub version: String,
    /// The process that owns the data directory.
    pub pid: u32,
    /// Where the data lives.
    pub data_dir: String,
    /// The file the configuration was read from, when there is one.
    pub config_file: Option<String>,
    /// The address of the HTTP face, when it is served.
    pub listening: Option<String>,
    /// The registry's revision.
    pub revision: u64,
    /// When the core started.
    pub started_at: Millis,
    /// How many servers in each state.
    pub servers: StatusCounts,
    /// Things a person should know, oldest first.
    pub notices: Vec<Notice>,
}

/// How many servers in each state.
#[derive(Debug, Clone, Copy, Default, Serialize, TS)]
pub struct StatusCounts {
    /// All of them.
    pub all: usize,
    /// Healthy.
    pub healthy: usize,
    /// Degraded.
    pub degraded: usize,
    /// Down.
    pub unhealthy: usize,
    /// Not measured yet.
    pub unknown: usize,
    /// Asking who we are.
    pub needs_sign_in: usize,
    /// Drained.
    pub paused: usize,
    /// Kept out.
    pub blocked: usize,
}

/// Which servers.
#[derive(Debug, Clone, Default, Deserialize, TS)]
#[serde(default, deny_unknown_fields)]
pub struct ServersArgs {
    /// A capability, exact after folding, or a glob.
    #[ts(optional)]
    pub capability: Option<String>,
    /// A filter: a string in the short form, or an object in the JSON form.
    #[ts(optional, type = "unknown")]
    pub filter: Option<Value>,
}

/// The servers that match, worst first, then by name.
#[derive(Debug, Clone, Serialize, TS)]
pub struct ServerList {
    /// The revision this list is of.
    pub revision: u64,
    /// The rows.
    pub servers: Vec<ServerRow>,
    /// How many there are without the filter.
    pub total: usize,
}

/// The ids of the servers that match, worst first, then by name: the list for who has the rows already.
#[derive(Debug, Clone, Serialize, TS)]
pub struct ServerOrder {
    /// The revision this list is of.
    pub revision: u64,
    /// The ids.
    pub ids: Vec<ServerId>,
    /// How many there are without the filter.
    pub total: usize,
}

/// One server.
#[derive(Debug, Clone, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct ServerArgs {
    /// Its id, or a name that only one server has.
    pub id: String,
}

/// Several servers.
#[derive(Debug, Clone, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct ServersByIdArgs {
    /// Their ids, or names that only one server has.
    pub ids: Vec<String>,
}

/// Everything about one server.
#[derive(Debug, Clone, Serialize, TS)]
pub struct ServerDetails {
    /// Its row.
    pub server: ServerRow,
    /// The tools it listed.
    pub tools: Vec<Tool>,
    /// The URIs of the resources it listed.
    pub resources: Vec<String>,
    /// The names of the prompts it listed.
    pub prompts: Vec<String>,
    /// How to use it, in its own words.
    pub instructions: Option<String>,
    /// What it calls itself for people.
    pub title: Option<String>,
    /// The tags of its record.
    pub declared_capabilities: Vec<String>,
    /// The environment variable that holds its token.
    pub token_env: Option<String>,
    /// More headers of its requests, by name, and the environment variables that hold their values.
    pub header_env: BTreeMap<String, String>,
    /// Its token and headers that are kept for it; not the secrets themselves.
    pub secrets: Vec<KeptSecret>,
    /// A path or URL that answers 2xx while it is well.
    pub health_endpoint: Option<String>,
}

/// A server to add.
#[derive(Debug, Clone, Default, Deserialize, TS)]
#[serde(default, deny_unknown_fields)]
pub struct AddArgs {
    /// `http(s)://host[:port][/path]`; the MCP path is found by probing.
    #[ts(optional)]
    pub url: Option<String>,
    /// Program and arguments of a stdio server.
    #[ts(optional)]
    pub stdio: Option<Vec<String>>,
    /// For people; default is what the server calls itself, else its address.
    #[ts(optional)]
    pub name: Option<String>,
    /// Free data.
    #[ts(optional, type = "Record<string, unknown>")]
    pub metadata: Option<Map<String, Value>>,
    /// Free tags.
    #[ts(optional)]
    pub capabilities: Option<Vec<String>>,
    /// The environment variable that holds the bearer token.
    #[ts(optional)]
    pub token_env: Option<String>,
    /// More headers: their names, and the environment variables that hold their values.
    #[ts(optional, as = "Option<BTreeMap<String, String>>")]
    pub header_env: BTreeMap<String, String>,
    /// The bearer token itself, to be kept where `secrets` says.
    #[ts(optional, type = "string")]
    pub token: Option<GivenSecret>,
    /// Where to keep it; absent means the keyring or, only where there is none, the file.
    #[ts(optional)]
    pub token_place: Option<SecretPlace>,
    /// Keep it without asking it anything first.
    #[ts(optional, as = "Option<bool>")]
    pub no_probe: bool,
}

/// The server that was added.
#[derive(Debug, Clone, Serialize, TS)]
pub struct Added {
    /// Its row.
    pub server: ServerRow,
    /// It was in the registry before.
    pub updated: bool,
    /// Where its token was put, when one was given.
    pub token: Option<KeptIn>,
    /// The journal entry that takes it back.
    pub undo: i64,
}

/// What a change of several servers did.
#[derive(Debug, Clone, Serialize, TS)]
pub struct Changed {
    /// The servers it changed.
    pub ids: Vec<ServerId>,
    /// The journal entry that takes it back; absent when nothing changed.
    pub undo: Option<i64>,
}

/// A new name, tags or data for one server. What is absent stays.
#[derive(Debug, Clone, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct EditArgs {
    /// Its id, or a name that only one server has.
    pub id: String,
    /// A new name.
    #[ts(optional)]
    #[serde(default)]
    pub name: Option<String>,
    /// The whole new metadata.
    #[ts(optional, type = "Record<string, unknown>")]
    #[serde(default)]
    pub metadata: Option<Map<String, Value>>,
    /// The whole new list of tags.
    #[ts(optional)]
    #[serde(default)]
    pub capabilities: Option<Vec<String>>,
}

/// What to take back.
#[derive(Debug, Clone, Default, Deserialize, TS)]
#[serde(default, deny_unknown_fields)]
pub struct UndoArgs {
    /// A journal entry; default is the newest that can still be taken back.
    #[ts(optional)]
    pub undo: Option<i64>,
}

/// What was taken back.
#[derive(Debug, Clone, Serialize, TS)]
pub struct Undone {
    /// In words: `removed weather-usw2-b`.
    pub label: String,
    /// The servers it touched.
    pub ids: Vec<ServerId>,
}

/// A removed server that can be brought back.
#[derive(Debug, Clone, Serialize, TS)]
pub struct Removed {
    /// Its key.
    pub id: ServerId,
    /// Its name.
    pub name: String,
    /// Its URL or command.
    pub address: String,
    /// When it was removed.
    pub removed_at: Millis,
    /// Scans do not bring it back.
    pub ignored: bool,
}

/// The servers that can be brought back, newest first.
#[derive(Debug, Clone, Serialize, TS)]
pub struct RemovedList {
    /// The rows.
    pub servers: Vec<Removed>,
}

/// What to scan.
#[derive(Debug, Clone, Default, Deserialize, TS)]
#[serde(default, deny_unknown_fields)]
pub struct ScanArgs {
    /// Hosts, addresses, ranges; none means this computer: every port that listens on loopback.
    pub targets: Vec<String>,
    /// Ports, as `8080` or `3000-3010`; default is the usual MCP ports, or, for this computer, those that listen.
    #[ts(optional)]
    pub ports: Option<Vec<String>>,
    /// `http`, `sse`; default both.
    #[ts(optional)]
    pub protocols: Option<Vec<String>>,
    /// The budget of one host and port, in seconds; default 5.
    #[ts(optional)]
    pub timeout: Option<f64>,
    /// Add what is found to the registry.
    #[ts(optional, as = "Option<bool>")]
    pub register: bool,
}

/// What a scan will ask, before anything is sent.
#[derive(Debug, Clone, Serialize, TS)]
pub struct ScanPlan {
    /// What is scanned, in words.
    pub targets: Vec<String>,
    /// How many addresses.
    pub addresses: u64,
    /// How many ports on each.
    pub ports: u64,
    /// How many probes.
    pub probes: u64,
    /// About how long it takes when nothing answers, in seconds.
    pub seconds: f64,
    /// Nothing leaves this computer.
    pub local: bool,
}

/// A scan.
#[derive(Debug, Clone, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct ScanRef {
    /// The handle of the scan; absent means the newest.
    #[serde(default)]
    #[ts(optional)]
    pub scan: Option<String>,
}

/// A scan and its rows so far.
#[derive(Debug, Clone, Serialize, TS)]
pub struct ScanReport {
    /// Absent when there was no scan yet.
    pub scan: Option<ScanStatus>,
    /// Every row, `not_mcp` ones included.
    pub rows: Vec<ScanRow>,
}

/// Whose tools.
#[derive(Debug, Clone, Default, Deserialize, TS)]
#[serde(default, deny_unknown_fields)]
pub struct ToolsArgs {
    /// An id, or a name that only one server has; absent means every server.
    #[ts(optional)]
    pub server: Option<String>,
}

/// A tool and the server that lists it.
#[derive(Debug, Clone, Serialize, TS)]
pub struct ToolRow {
    /// The server.
    pub server: ServerRef,
    /// The tool.
    #[serde(flatten)]
    pub tool: Tool,
}

/// Tools, by server and name.
#[derive(Debug, Clone, Serialize, TS)]
pub struct ToolList {
    /// The rows.
    pub tools: Vec<ToolRow>,
}

/// A server, shortly.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
pub struct ServerRef {
    /// Its key.
    pub id: ServerId,
    /// Its name.
    pub name: String,
    /// Its endpoint, URL or command.
    pub url: String,
}

/// A tool call.
#[derive(Debug, Clone, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct CallArgs {
    /// What to call: a tool's name, or another capability that names one tool.
    pub capability: String,
    /// Its arguments, sent as they are.
    #[serde(default)]
    #[ts(optional, type = "Record<string, unknown>")]
    pub arguments: Option<Map<String, Value>>,
    /// An id, or a name that only one server has; absent means any server that offers it.
    #[serde(default)]
    #[ts(optional)]
    pub server: Option<String>,
    /// Seconds for the whole call; default 30.
    #[serde(default)]
    #[ts(optional)]
    pub timeout: Option<f64>,
    /// A handle of the caller's own choice, for progress and cancel.
    #[serde(default)]
    #[ts(optional)]
    pub call: Option<String>,
}

/// A call to end.
#[derive(Debug, Clone, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct CancelArgs {
    /// The handle that was given with the call.
    pub call: String,
}

/// Whether there was something to end.
#[derive(Debug, Clone, Copy, Serialize, TS)]
pub struct Cancelled {
    /// False when it was over already.
    pub cancelled: bool,
}

/// How an attempt ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum AttemptOutcome {
    /// The tool answered.
    Answered,
    /// The tool answered `isError`.
    ToolError,
}

/// One try on one server.
#[derive(Debug, Clone, Serialize, TS)]
pub struct Attempt {
    /// Where.
    pub server: ServerRef,
    /// How it ended.
    pub outcome: AttemptOutcome,
    /// How long it took.
    pub ms: f64,
}

/// What came back. Failures of transport or protocol are errors of the operation, not results.
#[derive(Debug, Clone, Serialize, TS)]
pub struct CallResult {
    /// MCP's `CallToolResult` as it came: `content`, `structuredContent`, `isError`.
    #[ts(type = "unknown")]
    pub result: Value,
    /// Who answered.
    pub server: ServerRef,
    /// The tool that was called.
    pub tool: String,
    /// Every try, in order.
    pub attempts: Vec<Attempt>,
    /// The whole call.
    pub elapsed_ms: f64,
}

/// A file to import.
#[derive(Debug, Clone, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct ImportArgs {
    /// The text of a `servers.json`.
    pub text: String,
    /// Its name, for messages.
    #[serde(default)]
    #[ts(optional)]
    pub file: Option<String>,
}

/// What an import did.
#[derive(Debug, Clone, Serialize, TS)]
pub struct ImportReport {
    /// New servers.
    pub added: usize,
    /// Servers that were known and are now as the file says.
    pub updated: usize,
    /// Servers that were known just so.
    pub unchanged: usize,
    /// Entries that were left out or read tolerantly, each with its place and reason.
    pub warnings: Vec<String>,
    /// The journal entry that takes it back; absent when nothing changed.
    pub undo: Option<i64>,
}

/// In which form to export.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
pub enum ExportForm {
    /// The guide's file.
    #[default]
    #[serde(rename = "servers.json")]
    ServersJson,
    /// The `mcpServers` map that AI clients read.
    #[serde(rename = "mcp.json")]
    McpJson,
}

/// What to export.
#[derive(Debug, Clone, Copy, Default, Deserialize, TS)]
#[serde(default, deny_unknown_fields)]
pub struct ExportArgs {
    /// The form.
    #[serde(rename = "as")]
    #[ts(optional, as = "Option<ExportForm>")]
    pub form: ExportForm,
}

/// The exported file.
#[derive(Debug, Clone, Serialize, TS)]
pub struct Exported {
    /// A name for it.
    pub file: String,
    /// Its text.
    pub text: String,
    /// How many servers it holds.
    pub servers: usize,
}

/// A configuration to check.
#[derive(Debug, Clone, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct ConfigCheckArgs {
    /// The text of a `mcp-discovery.yaml`.
    pub text: String,
}

/// How bad a problem is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// The file is refused.
    Error,
    /// The file loads.
    Warning,
}

/// One problem of a configuration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
pub struct ConfigProblem {
    /// From 1.
    pub line: usize,
    /// From 1.
    pub column: usize,
    /// The key's path, such as `health_monitoring.timeout`.
    pub path: String,
    /// How bad.
    pub severity: Severity,
    /// What is wrong and what works.
    pub message: String,
}

/// Every problem of a configuration at once.
#[derive(Debug, Clone, Serialize, TS)]
pub struct ConfigReport {
    /// It would load.
    pub valid: bool,
    /// In the order of the file.
    pub problems: Vec<ConfigProblem>,
}

/// The configuration in use, beside its file as it is now.
#[derive(Debug, Clone, Serialize, TS)]
pub struct ConfigStatus {
    /// The file that is followed, whether or not it is there; absent without a home folder.
    pub file: Option<String>,
    /// Its text as it stands there now, for its owner to edit; absent when it is not there or is no text.
    pub text: Option<String>,
    /// When what is in use was read.
    pub loaded_at: Millis,
    /// Of the file as it is now, in its order. With an error, what is in use is from before.
    pub problems: Vec<ConfigProblem>,
    /// All of what is in use, defaults included; of secrets only `${NAME}`.
    #[ts(type = "Record<string, unknown>")]
    pub effective: Value,
}

/// The verdict of a check that a person asked for.
#[derive(Debug, Clone, Serialize, TS)]
pub struct Checked {
    /// The server.
    pub id: ServerId,
    /// What was measured.
    pub health: Health,
    /// What the probe concluded.
    pub outcome: Option<Outcome>,
    /// Each check and its evidence.
    pub checks: Vec<CheckResult>,
}

/// A filter to check as it is typed.
#[derive(Debug, Clone, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct FilterArgs {
    /// A string in the short form, or an object in the JSON form.
    #[ts(type = "unknown")]
    pub filter: Value,
}

/// A filter in both forms.
#[derive(Debug, Clone, Serialize, TS)]
pub struct FilterForms {
    /// As people type it.
    pub short: String,
    /// As programs send it.
    #[ts(type = "unknown")]
    pub json: Value,
}

/// The closed set of things that can go wrong; the faces branch on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum ErrorCode {
    /// The arguments do not fit the operation.
    InvalidArguments,
    /// The filter is malformed; `detail.path` says where.
    InvalidFilter,
    /// The file is malformed; `detail` has line and column.
    InvalidFile,
    /// There is no such operation.
    UnknownOperation,
    /// There is no such server, scan or journal entry.
    NotFound,
    /// The name fits several; `detail.candidates` lists them.
    Ambiguous,
    /// Nothing offers this capability.
    NoServer,
    /// The server is paused.
    Paused,
    /// The server could not be reached, or the connection broke.
    TransportFailed,
    /// The server answered with an MCP or JSON-RPC error; `detail` has it unchanged.
    ProtocolError,
    /// The server asks who we are.
    NeedsSignIn,
    /// The deadline passed.
    Timeout,
    /// A person ended it.
    Cancelled,
    /// The data could not be written: the disk is full, or not writable.
    StorageFailed,
    /// A token is missing, wrong or stale.
    Unauthorized,
    /// The Host or Origin is not ours.
    Forbidden,
    /// A defect of this program.
    Internal,
}

/// An error as every face sees it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct ApiError {
    /// What to branch on.
    pub code: ErrorCode,
    /// What happened, the likely cause, what to do.
    pub message: String,
    /// More, for programs.
    #[serde(default)]
    #[ts(type = "unknown")]
    pub detail: Value,
}
