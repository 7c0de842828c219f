use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use ts_rs::TS;

use crate::{Era, Health, Millis, Server, ServerId, Source, Transport, secrets};

/// A server as a list shows it: its record without tool definitions, its health, and what it offers.
/// This is how a [`Server`] is serialised at every face.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct ServerRow {
    /// The key.
    pub id: ServerId,
    /// For people.
    pub name: String,
    /// How it is spoken to.
    pub transport: Transport,
    /// As it was given.
    pub url: Option<String>,
    /// As a probe resolved it.
    pub endpoint: Option<String>,
    /// The program of a stdio server.
    pub command: Option<String>,
    /// Its arguments.
    pub args: Vec<String>,
    /// Everything a caller can ask it for: tool names, `resource:…`, `prompt:…`, free tags.
    pub capabilities: Vec<String>,
    /// Free data.
    #[ts(type = "Record<string, unknown>")]
    pub metadata: Map<String, Value>,
    /// `metadata.region`.
    pub region: Option<String>,
    /// What was measured.
    pub health: Health,
    /// Who brought it.
    pub source: Source,
    /// How many tools it lists.
    pub tools: usize,
    /// How many resources it lists.
    pub resources: usize,
    /// How many prompts it lists.
    pub prompts: usize,
    /// It asks for credentials.
    pub auth_required: bool,
    /// The guide's field.
    pub version: Option<String>,
    /// What the server calls its version.
    pub server_version: Option<String>,
    /// The agreed revision.
    pub protocol_version: Option<String>,
    /// The side of the July 2026 break it is on.
    pub era: Option<Era>,
    /// When it was registered first.
    pub created_at: Millis,
    /// When its record changed last.
    pub updated_at: Millis,
    /// The last successful contact.
    pub last_seen: Option<Millis>,
}

impl From<Server> for ServerRow {
    fn from(server: Server) -> Self {
        let Server { info, health } = server;
        let identity = info.identity.as_ref();
        Self {
            id: info.id,
            name: info.name.clone(),
            transport: info.transport,
            url: info.url.clone(),
            endpoint: info.endpoint.clone(),
            command: info.command.clone(),
            args: secrets::shown_arguments(&info.args),
            capabilities: info.offers(),
            metadata: info.metadata.clone(),
            region: info.region().map(str::to_owned),
            health,
            source: info.source,
            tools: info.tools.len(),
            resources: info.resources.len(),
            prompts: info.prompts.len(),
            auth_required: info.auth_required,
            version: info.version.clone(),
            server_version: identity.and_then(|said| said.version.clone()),
            protocol_version: identity.map(|said| said.protocol_version.clone()),
            era: identity.map(|said| said.era),
            created_at: info.created_at,
            updated_at: info.updated_at,
            last_seen: info.last_seen,
        }
    }
}
