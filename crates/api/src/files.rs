//! Files in and out: servers, the configuration, and what AI clients are set up with.

use std::collections::BTreeMap;

use model::config::{Problem, Severity};
use model::{ClientReport, GivenSecret, Millis, SecretPlace, config};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use ts_rs::TS;

/// A file to import.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct ImportArgs {
    /// The text of a `servers.json`.
    pub text: String,
    /// Its name, for messages.
    #[serde(default)]
    #[ts(optional)]
    pub file: Option<String>,
    /// Keep the values of environments, headers and keys that the file has, where `secrets` says. Without it they are left
    /// out and named in the warnings.
    #[serde(default)]
    #[ts(optional, as = "Option<bool>")]
    pub secrets: bool,
    /// Trust the certificates and the CAs that the file names for its servers. Without it they are left out and named in the
    /// warnings.
    #[serde(default)]
    #[ts(optional, as = "Option<bool>")]
    pub certificates: bool,
    /// Where to keep them; absent means the keyring or, only where there is none, the file.
    #[serde(default)]
    #[ts(optional)]
    pub place: Option<SecretPlace>,
    /// Keep nothing: only say what would be done.
    #[serde(default)]
    #[ts(optional, as = "Option<bool>")]
    pub dry_run: bool,
}

/// The result of an import.
#[derive(Debug, Clone, Default, Serialize, Deserialize, TS)]
pub struct ImportReport {
    /// What happens to each server of the file, in its order; the first thousand.
    pub servers: Vec<ImportedServer>,
    /// New servers.
    pub added: usize,
    /// Servers that were known and now match the file.
    pub updated: usize,
    /// Servers that were known and are unchanged.
    pub unchanged: usize,
    /// Entries that were left out or read tolerantly, each with its place and reason.
    pub warnings: Vec<String>,
    /// How many values of environments, headers and keys are kept now.
    pub secrets_kept: usize,
    /// How many were left out, and could be kept.
    pub secrets_left: usize,
    /// How many certificates and CAs were left out, and could be trusted.
    pub certificates_left: usize,
    /// The journal entry to undo; absent when nothing changed.
    pub undo: Option<i64>,
    /// The revision that includes the change.
    pub revision: u64,
}

/// A server of a file.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct ImportedServer {
    /// Its name.
    pub name: String,
    /// Its address, or its command.
    pub address: String,
    /// What happens to it.
    pub fate: Fate,
}

/// What happens to a server of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Fate {
    /// It was not in the list.
    Added,
    /// It was in the list, and now matches the file.
    Updated,
    /// It was in the list, unchanged.
    Unchanged,
}

/// The format of an export.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
pub enum ExportForm {
    /// Everything about the servers, for another MCP Discovery or the Python library.
    #[default]
    #[serde(rename = "servers.json")]
    ServersJson,
    /// The `mcpServers` map that AI clients read.
    #[serde(rename = "mcp.json")]
    McpJson,
}

/// A format to export.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize, TS)]
#[serde(default, deny_unknown_fields)]
pub struct ExportArgs {
    /// The format.
    #[serde(rename = "as")]
    #[ts(optional, as = "Option<ExportForm>")]
    pub form: ExportForm,
}

/// The exported file.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct Exported {
    /// A name for the file.
    pub file: String,
    /// Its text.
    pub text: String,
    /// How many servers it contains.
    pub servers: usize,
    /// What was left out: secrets among the arguments of a command.
    pub warnings: Vec<String>,
}

/// A configuration to check.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct ConfigCheckArgs {
    /// The text of a `mcp-discovery.yaml`.
    pub text: String,
}

/// One problem of a configuration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ConfigProblem {
    /// The line, from 1.
    pub line: usize,
    /// The column, from 1.
    pub column: usize,
    /// The key's path, such as `health_monitoring.timeout`.
    pub path: String,
    /// Its severity.
    pub severity: Severity,
    /// What is wrong and how to fix it.
    pub message: String,
}

/// Every problem of a configuration at once.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct ConfigReport {
    /// Whether it would load.
    pub valid: bool,
    /// The problems, in the order of the file.
    pub problems: Vec<ConfigProblem>,
}

/// The configuration in use, and its file as it is now.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct ConfigStatus {
    /// The file that is followed, whether or not it is there; absent without a home folder.
    pub file: Option<String>,
    /// The text of the file as it is now, for its owner to edit; absent when there is no file or it is not text.
    pub text: Option<String>,
    /// The identity of the file as it is now, for `config_draft` and `config_save`.
    pub base: String,
    /// Why the file cannot be saved, where that is known before.
    pub read_only: Option<String>,
    /// When the configuration in use was read.
    pub loaded_at: Millis,
    /// The problems of the file as it is now, in its order. If there is an error, the configuration in use is an earlier
    /// one.
    pub problems: Vec<ConfigProblem>,
    /// The whole configuration in use, defaults included; for secrets only `${NAME}`.
    #[ts(type = "Record<string, unknown>")]
    pub effective: Value,
}

impl ConfigReport {
    /// Checks the text of a configuration; needs no core.
    pub fn check(text: &str) -> Self {
        let problems: Vec<ConfigProblem> = config::check(text).into_iter().map(ConfigProblem::from).collect();
        let valid = problems.iter().all(|problem| problem.severity != Severity::Error);
        Self { valid, problems }
    }
}

impl From<Problem> for ConfigProblem {
    fn from(problem: Problem) -> Self {
        let Problem { line, column, path, severity, message } = problem;
        Self { line, column, path, severity, message }
    }
}

/// The projects whose files to read.
#[derive(Debug, Clone, Default, Serialize, Deserialize, TS)]
#[serde(default, deny_unknown_fields)]
pub struct ClientsArgs {
    /// Folders of projects, as full paths, whose files are read as well, now and later. Others are those that a client's own
    /// file names.
    #[ts(optional, as = "Option<Vec<String>>")]
    pub projects: Vec<String>,
}

/// The AI clients of this computer.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct ClientList {
    /// The clients that have files here.
    pub clients: Vec<ClientReport>,
}

/// The entry of a client's file that a server is added from. It is read again, and its values are never sent to a face.
#[derive(Debug, Clone, Default, Serialize, Deserialize, TS)]
#[serde(default, deny_unknown_fields)]
pub struct FromClient {
    /// The client's id.
    pub client: String,
    /// The file, as `clients` lists it.
    pub file: String,
    /// What the client calls the server.
    pub name: String,
    /// The folder of the project that it is for, if the file says so for this entry.
    #[ts(optional)]
    pub project: Option<String>,
    /// The consent: the hash of the entry as it was shown. Without it nothing is added, and the error contains the entry.
    #[ts(optional)]
    pub consent: Option<String>,
    /// The values of its placeholders, by how they are written: `${input:token}`.
    #[ts(optional, type = "Record<string, string>")]
    pub filled: BTreeMap<String, GivenSecret>,
}
