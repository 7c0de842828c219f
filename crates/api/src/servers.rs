//! Operations on servers: lists, the certificate of one, starts that take long, the demo fleet.

use std::collections::{BTreeMap, BTreeSet};

use model::{
    AddedFrom, Certificate, CheckResult, Health, Millis, Notice, Outcome, RefusedCertificate, Server,
    ServerId, ServerInfo, ServerRow, Start, Tls, Tool,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use ts_rs::TS;

use crate::KeptSecret;

/// The core and its data.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct Status {
    /// The version of the product.
    pub version: String,
    /// The process that owns the data directory.
    pub pid: u32,
    /// The data directory.
    pub data_dir: String,
    /// The file the configuration was read from, when there is one.
    pub config_file: Option<String>,
    /// The address of the HTTP face, when it is served.
    pub listening: Option<String>,
    /// The registry's revision.
    pub revision: u64,
    /// When the core started.
    pub started_at: Millis,
    /// How many servers have each status.
    pub servers: StatusCounts,
    /// Notices, oldest first.
    pub notices: Vec<Notice>,
}

/// How many servers have each status.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize, TS)]
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
    /// They require authentication.
    pub needs_sign_in: usize,
    /// Paused by the user: no call goes to them.
    pub paused: usize,
    /// Blocked by a policy.
    pub blocked: usize,
}

/// Which servers.
#[derive(Debug, Clone, Default, Serialize, Deserialize, TS)]
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
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct ServerList {
    /// The revision of this list.
    pub revision: u64,
    /// The rows.
    pub servers: Vec<ServerRow>,
    /// How many there are without the filter.
    pub total: usize,
}

/// The ids of the servers that match, worst first, then by name: the list for a face that has the rows already.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct ServerOrder {
    /// The revision of this list.
    pub revision: u64,
    /// The ids.
    pub ids: Vec<ServerId>,
    /// How many there are without the filter.
    pub total: usize,
}

/// One server.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct ServerArgs {
    /// Its id, or a name that only one server has.
    pub id: String,
}

/// Several servers.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct ServersByIdArgs {
    /// Their ids, or names that only one server has.
    pub ids: Vec<String>,
}

/// Everything about one server.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct ServerDetails {
    /// Its row.
    pub server: ServerRow,
    /// The tools it listed.
    pub tools: Vec<Tool>,
    /// The URIs of the resources it listed.
    pub resources: Vec<String>,
    /// The names of the prompts it listed.
    pub prompts: Vec<String>,
    /// How to use it, in the server's own words.
    pub instructions: Option<String>,
    /// The title that it gives itself.
    pub title: Option<String>,
    /// The tags of its record.
    pub declared_capabilities: Vec<String>,
    /// The environment variable that holds its token.
    pub token_env: Option<String>,
    /// More headers of its requests, by name, and the environment variables that hold their values.
    pub header_env: BTreeMap<String, String>,
    /// The trust for its certificate; absent means the CAs that this computer trusts.
    pub tls: Option<Tls>,
    /// The environment variables that its command is started with; their values are kept, or taken from the environment of
    /// this program.
    #[ts(type = "string[]")]
    pub env: BTreeSet<String>,
    /// The folder in which its command starts; absent means that of this program.
    pub cwd: Option<String>,
    /// Whether its child process keeps running when it is not used.
    pub keep_running: bool,
    /// Its token and headers that are kept for it; not the secrets themselves.
    pub secrets: Vec<KeptSecret>,
    /// A path or URL that answers 2xx while it is healthy.
    pub health_endpoint: Option<String>,
    /// The entry of an AI client's file that it was added from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub added_from: Option<AddedFrom>,
}

/// A filter to check as it is typed.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct FilterArgs {
    /// A string in the short form, or an object in the JSON form.
    #[ts(type = "unknown")]
    pub filter: Value,
}

/// A filter in both forms.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct FilterForms {
    /// The short form, which people type.
    pub short: String,
    /// The JSON form, which programs send.
    #[ts(type = "unknown")]
    pub json: Value,
}

/// The result of a check that the user asked for.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct Checked {
    /// The server.
    pub id: ServerId,
    /// The measurement.
    pub health: Health,
    /// The verdict of the probe.
    pub outcome: Option<Outcome>,
    /// Each check and its evidence.
    pub checks: Vec<CheckResult>,
}

/// A server in brief.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ServerRef {
    /// Its key.
    pub id: ServerId,
    /// Its name.
    pub name: String,
    /// Its endpoint, URL or command.
    pub url: String,
}

impl ServerRef {
    /// The summary of this server.
    pub fn to(server: &Server) -> Self {
        Self::to_record(&server.info)
    }

    /// The summary of the server with this record.
    pub fn to_record(info: &ServerInfo) -> Self {
        Self { id: info.id, name: info.name.clone(), url: info.address() }
    }
}

/// Whose certificate to show: that of a server, or of an address.
#[derive(Debug, Clone, Default, Serialize, Deserialize, TS)]
#[serde(default, deny_unknown_fields)]
pub struct CertificateArgs {
    /// An id, or a name that only one server has.
    #[ts(optional)]
    pub id: Option<String>,
    /// `https://host[:port]`.
    #[ts(optional)]
    pub url: Option<String>,
}

/// The certificate that is presented at an address now.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct ShownCertificate {
    /// The address.
    pub url: String,
    /// The certificate.
    pub shown: Certificate,
    /// The reason why it is not trusted; absent when it is.
    pub refused: Option<RefusedCertificate>,
    /// What it is trusted by; absent means the CAs that this computer trusts.
    pub tls: Option<Tls>,
}

/// The demo fleet: servers of our own on loopback, to try things with. Their answers are made up.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct Demo {
    /// Whether it runs. It ends with the core, and nothing of it stays in the registry.
    pub running: bool,
    /// Its servers, as they are in the registry now.
    pub servers: Vec<ServerRow>,
    /// The revision that includes them.
    pub revision: u64,
}

/// The commands that take long to start, the oldest first.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct StartList {
    /// The starts.
    pub starts: Vec<Start>,
}

/// Whether a wait was ended.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, TS)]
pub struct KeptStarting {
    /// False when it was over already.
    pub kept: bool,
}
