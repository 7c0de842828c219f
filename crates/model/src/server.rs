use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use ts_rs::TS;

use crate::{AddedFrom, Health, Millis, ServerId, ServerRow, Tls};
use crate::{Definitions, Schema};

/// The transport of a server. The words of the guide's file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "lowercase")]
pub enum Transport {
    /// Streamable HTTP.
    Http,
    /// HTTP + SSE of revision 2024-11-05.
    Sse,
    /// A child process that speaks over its standard input and output.
    Stdio,
}

/// MCP broke with revision 2026-07-28: no `initialize`, no sessions. Before it: legacy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "lowercase")]
pub enum Era {
    /// Revisions 2024-11-05 to 2025-11-25.
    Legacy,
    /// Revision 2026-07-28 and later.
    Modern,
}

/// How far away an address is, nearest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Reach {
    /// This computer.
    Loopback,
    /// A private network.
    Private,
    /// The internet.
    Public,
}

/// How a server was added to the registry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// The user added it.
    Manual,
    /// It came with a file that the user imported.
    Import,
    /// A scan registered it automatically.
    Scan,
    /// It was in a file of an AI client, and the user added it from there.
    Client,
    /// It belongs to the demo fleet: it listens on loopback and is removed with the core that hosts it.
    Demo,
}

/// What a server reports about itself. Hostile text: shown as text, never as markup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Identity {
    /// `serverInfo.name`.
    pub name: String,
    /// `serverInfo.title`, for people.
    pub title: Option<String>,
    /// `serverInfo.version`.
    pub version: Option<String>,
    /// The revision that was agreed on, such as `2026-07-28`.
    pub protocol_version: String,
    /// The era of its revision.
    pub era: Era,
    /// Instructions for its use, in the server's words.
    pub instructions: Option<String>,
}

/// A tool's annotations. Hints from the server, not promises (MCP, `ToolAnnotations`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, TS)]
#[serde(default)]
pub struct ToolHints {
    /// It changes nothing.
    pub read_only: Option<bool>,
    /// It may delete or overwrite things.
    pub destructive: Option<bool>,
    /// Calling it twice has the same effect as calling it once.
    pub idempotent: Option<bool>,
    /// It reaches outside the server.
    pub open_world: Option<bool>,
}

/// A tool as its server lists it.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, TS)]
pub struct Tool {
    /// The name that a call must use.
    pub name: String,
    /// The name for people.
    #[serde(default)]
    pub title: Option<String>,
    /// What it does, in the server's words.
    #[serde(default)]
    pub description: Option<String>,
    /// JSON Schema of its arguments.
    #[ts(type = "unknown")]
    pub input_schema: Schema,
    /// JSON Schema of its structured result.
    #[serde(default)]
    #[ts(type = "unknown")]
    pub output_schema: Option<Schema>,
    /// Its annotations.
    #[serde(default)]
    pub hints: ToolHints,
    /// The members of its definition that no field above contains, as the server wrote them: icons, `_meta`, further
    /// annotations.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional, type = "Record<string, unknown>")]
    pub more: Option<Schema>,
}

/// The record of a server: what is kept. `name` to `version` are the fields of the guide's `ServerInfo`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub struct ServerInfo {
    /// The key.
    pub id: ServerId,
    /// The name that people read; several servers can have the same one.
    pub name: String,
    /// Its transport.
    pub transport: Transport,
    /// The URL as it was given.
    pub url: Option<String>,
    /// The URL that a probe resolved, with the MCP path.
    pub endpoint: Option<String>,
    /// The program of a stdio server.
    pub command: Option<String>,
    /// Its arguments.
    #[serde(default)]
    pub args: Vec<String>,
    /// Free tags of the record; what the server itself offers is derived, see [`ServerInfo::offers`].
    #[serde(default)]
    pub capabilities: Vec<String>,
    /// Free data; `region`, `priority`, `max_concurrent`, `capacity` are used by routing.
    #[serde(default)]
    #[ts(type = "Record<string, unknown>")]
    pub metadata: Map<String, Value>,
    /// A path or URL that answers 2xx while the server is healthy.
    #[serde(default)]
    pub health_endpoint: Option<String>,
    /// Whether it requires credentials.
    #[serde(default)]
    pub auth_required: bool,
    /// The version of the guide's file, which its owner set. What the server reports is [`Identity::version`].
    #[serde(default)]
    pub version: Option<String>,
    /// The environment variable that holds the bearer token. The token itself is never kept here.
    #[serde(default)]
    pub token_env: Option<String>,
    /// More headers of its requests: their names, and the environment variables that hold their values.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub header_env: BTreeMap<String, String>,
    /// The environment variables that its command is started with, by name. Their values are kept in the vault, or come from
    /// the environment of this program; never here.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    #[ts(type = "string[]")]
    pub env: BTreeSet<String>,
    /// The folder in which its command starts; absent means that of this program.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cwd: Option<String>,
    /// How its certificate is trusted; absent means by the CAs that this computer trusts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tls: Option<Tls>,
    /// Whether its child process keeps running when it is not used.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub keep_running: bool,
    /// The number of its current set of secrets. An edit that changes a secret, or leads to another origin or command,
    /// starts another set, so that undo finds the former as it was. It reveals nothing about the secrets; 0 is the first.
    #[serde(default, skip_serializing_if = "is_first")]
    pub secret_set: u64,
    /// Whether its id is not the one computed from its address or command: an edit changed them, or freed the address for
    /// another server.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub moved: bool,
    /// How far away its address was when the user added it. If its name later leads farther away, nothing is sent to it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reach: Option<Reach>,
    /// How it was added.
    pub source: Source,
    /// The entry of an AI client's file that it was added from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub added_from: Option<Box<AddedFrom>>,
    /// Whether it is paused.
    #[serde(default)]
    pub paused: bool,
    /// When it was added.
    pub created_at: Millis,
    /// When its record last changed.
    pub updated_at: Millis,
    /// The last successful contact.
    #[serde(default)]
    pub last_seen: Option<Millis>,
    /// What it reported about itself at the last contact.
    #[serde(default)]
    pub identity: Option<Identity>,
    /// The tools it listed at the last contact.
    #[serde(default)]
    pub tools: Arc<[Tool]>,
    /// The URIs of the resources it listed.
    #[serde(default)]
    pub resources: Vec<String>,
    /// The names of the prompts it listed.
    #[serde(default)]
    pub prompts: Vec<String>,
    /// Their definitions, and those of its resource templates.
    #[serde(default, skip_serializing_if = "no_definitions")]
    pub definitions: Arc<Definitions>,
    /// Which of its resources, prompts or instructions are not kept, in a sentence. Rounds only ask for tools.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub left_out: Option<String>,
}

fn no_definitions(definitions: &Arc<Definitions>) -> bool {
    definitions.is_empty()
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for it")]
fn is_first(set: &u64) -> bool {
    *set == 0
}

impl ServerInfo {
    /// `metadata.region`, when it is a string.
    pub fn region(&self) -> Option<&str> {
        self.metadata.get("region").and_then(Value::as_str)
    }

    /// Everything it can be called for, each once: tool names, `resource:<uri>`, `prompt:<name>`, then the free tags.
    pub fn offers(&self) -> Vec<String> {
        let tools = self.tools.iter().map(|tool| tool.name.clone());
        let resources = self.resources.iter().map(|uri| format!("resource:{uri}"));
        let prompts = self.prompts.iter().map(|name| format!("prompt:{name}"));
        let tags = self.capabilities.iter().cloned();
        let mut seen = std::collections::HashSet::new();
        tools.chain(resources).chain(prompts).chain(tags).filter(|offer| seen.insert(offer.clone())).collect()
    }
}

/// A server as the core sees it: its record and its measured health. Serialised as a [`ServerRow`].
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(into = "ServerRow")]
pub struct Server {
    /// Its record.
    pub info: Arc<ServerInfo>,
    /// Its health.
    pub health: Health,
}
