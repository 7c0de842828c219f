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

/// What an import did.
#[derive(Debug, Clone, Default, Serialize, Deserialize, TS)]
pub struct ImportReport {
    /// What becomes of each server of the file, in its order; the first thousand.
    pub servers: Vec<ImportedServer>,
    /// New servers.
    pub added: usize,
    /// Servers that were known and are now as the file says.
    pub updated: usize,
    /// Servers that were known just so.
    pub unchanged: usize,
    /// Entries that were left out or read tolerantly, each with its place and reason.
    pub warnings: Vec<String>,
    /// How many values of environments, headers and keys are kept now.
    pub secrets_kept: usize,
    /// How many were left out, and could be kept.
    pub secrets_left: usize,
    /// How many certificates and CAs were left out, and could be trusted.
    pub certificates_left: usize,
    /// The journal entry that takes it back; absent when nothing changed.
    pub undo: Option<i64>,
    /// The revision that shows it.
    pub revision: u64,
}

/// A server of a file.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct ImportedServer {
    /// Its name.
    pub name: String,
    /// Where it is, or its command.
    pub address: String,
    /// What becomes of it.
    pub fate: Fate,
}

/// What becomes of a server of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Fate {
    /// It was not in the list.
    Added,
    /// It was, and is as the file has it now.
    Updated,
    /// It was just so.
    Unchanged,
}

/// In which form to export.
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

/// What to export.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize, TS)]
#[serde(default, deny_unknown_fields)]
pub struct ExportArgs {
    /// The form.
    #[serde(rename = "as")]
    #[ts(optional, as = "Option<ExportForm>")]
    pub form: ExportForm,
}

/// The exported file.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct Exported {
    /// A name for it.
    pub file: String,
    /// Its text.
    pub text: String,
    /// How many servers it holds.
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
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct ConfigReport {
    /// It would load.
    pub valid: bool,
    /// In the order of the file.
    pub problems: Vec<ConfigProblem>,
}

/// The configuration in use, beside its file as it is now.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct ConfigStatus {
    /// The file that is followed, whether or not it is there; absent without a home folder.
    pub file: Option<String>,
    /// Its text as it stands there now, for its owner to edit; absent when it is not there or is no text.
    pub text: Option<String>,
    /// What the file is told by as it is now, for `config_draft` and `config_save`.
    pub base: String,
    /// Why the file cannot be saved, where that is known before.
    pub read_only: Option<String>,
    /// When what is in use was read.
    pub loaded_at: Millis,
    /// Of the file as it is now, in its order. With an error, what is in use is from before.
    pub problems: Vec<ConfigProblem>,
    /// All of what is in use, defaults included; of secrets only `${NAME}`.
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

/// Whose files to read.
#[derive(Debug, Clone, Default, Serialize, Deserialize, TS)]
#[serde(default, deny_unknown_fields)]
pub struct ClientsArgs {
    /// Folders of projects, from the root on, whose files are read as well, now and later. Others are those that a client's
    /// own file names.
    #[ts(optional, as = "Option<Vec<String>>")]
    pub projects: Vec<String>,
}

/// The AI clients of this computer.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct ClientList {
    /// Those that have files here.
    pub clients: Vec<ClientReport>,
}

/// The entry of a client's file that a server is added from. It is read again, and its values never pass a face.
#[derive(Debug, Clone, Default, Serialize, Deserialize, TS)]
#[serde(default, deny_unknown_fields)]
pub struct FromClient {
    /// The client's id.
    pub client: String,
    /// The file, as `clients` lists it.
    pub file: String,
    /// What the client calls the server.
    pub name: String,
    /// The folder of the project that it is for, where the file says so of one entry.
    #[ts(optional)]
    pub project: Option<String>,
    /// What a person agreed to: the hash of the entry as it was shown to them. Without it nothing is added, and the error
    /// has the entry.
    #[ts(optional)]
    pub consent: Option<String>,
    /// What its placeholders stand for, by how they are written: `${input:token}`.
    #[ts(optional, type = "Record<string, string>")]
    pub filled: BTreeMap<String, GivenSecret>,
}
