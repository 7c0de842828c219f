use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use ts_rs::TS;
use uuid::Uuid;

use crate::{Endpoint, EndpointError, Era, Health, Millis, Server, ServerInfo, Source, Transport, secrets};

impl ServerInfo {
    /// A new record of a server at a URL, of which only the address is known. `transport` is `http` or `sse`. Fails when the
    /// address cannot be that of a server.
    pub fn new_at(
        transport: Transport,
        name: &str,
        url: &str,
        source: Source,
        now: Millis,
    ) -> Result<Self, EndpointError> {
        let endpoint = Endpoint::parse(url)?;
        let id = ServerId::for_endpoint(transport, &endpoint);
        Ok(Self { url: Some(url.trim().to_owned()), ..Self::blank(id, name, transport, source, now) })
    }

    /// [`ServerInfo::new_at`] over Streamable HTTP.
    pub fn new_http(name: &str, url: &str, source: Source, now: Millis) -> Result<Self, EndpointError> {
        Self::new_at(Transport::Http, name, url, source, now)
    }

    /// A new record of a server that is a child process.
    pub fn new_stdio(name: &str, command: &str, args: Vec<String>, source: Source, now: Millis) -> Self {
        let id = ServerId::for_stdio(command, &args);
        let command = Some(command.to_owned());
        Self { command, args, ..Self::blank(id, name, Transport::Stdio, source, now) }
    }

    /// A record with only a key and a name.
    pub(crate) fn blank(id: ServerId, name: &str, transport: Transport, source: Source, now: Millis) -> Self {
        Self {
            id,
            name: name.to_owned(),
            transport,
            url: None,
            endpoint: None,
            command: None,
            args: Vec::new(),
            capabilities: Vec::new(),
            metadata: Map::new(),
            health_endpoint: None,
            auth_required: false,
            version: None,
            token_env: None,
            header_env: BTreeMap::new(),
            env: BTreeSet::new(),
            cwd: None,
            tls: None,
            keep_running: false,
            secret_set: 0,
            moved: false,
            reach: None,
            source,
            added_from: None,
            paused: false,
            created_at: now,
            updated_at: now,
            last_seen: None,
            identity: None,
            tools: Arc::from([]),
            resources: Vec::new(),
            prompts: Vec::new(),
            definitions: Arc::default(),
            left_out: None,
        }
    }

    /// The address that people read: its endpoint, else its URL, else its command line; what looks like a secret is hidden.
    pub fn address(&self) -> String {
        match self.endpoint.as_ref().or(self.url.as_ref()) {
            Some(url) => secrets::redact_url(url),
            None => secrets::command_line(self.command.as_deref().unwrap_or_default(), &self.args),
        }
    }

    /// The URL for requests: the one a probe resolved, else the one that was given.
    pub fn target(&self) -> Option<&str> {
        self.endpoint.as_deref().or(self.url.as_deref())
    }

    /// The id that is computed from this address, whatever id the record has: records that share it are one server. A record
    /// without an address has that of its name.
    pub fn address_id(&self) -> ServerId {
        let by_name = || ServerId::for_name(self.transport, &self.name);
        match (self.transport, &self.command) {
            (Transport::Stdio, Some(command)) => ServerId::for_stdio(command, &self.args),
            (Transport::Stdio, None) => by_name(),
            _ => match self
                .url
                .as_ref()
                .or(self.endpoint.as_ref())
                .map(|url| ServerId::for_url(self.transport, url))
            {
                Some(Ok(id)) => id,
                _ => by_name(),
            },
        }
    }

    /// Whether an id can be computed from this record's address: from its URL or from the endpoint a probe resolved, over
    /// any transport, since a probe may correct that as well.
    pub fn mints(&self, id: ServerId) -> bool {
        id == self.address_id() || self.minted().contains(&id)
    }

    /// Every id that can be computed from this record's address, whatever id it has.
    pub fn minted(&self) -> Vec<ServerId> {
        let urls = [&self.url, &self.endpoint].into_iter().flatten();
        let over = |url: &String| [Transport::Http, Transport::Sse].map(|over| ServerId::for_url(over, url));
        let mut ids: Vec<_> = urls.flat_map(over).flatten().collect();
        ids.push(self.address_id());
        ids.sort_unstable();
        ids.dedup();
        ids
    }

    /// The origin of its requests: scheme, host and port; nothing for a command.
    pub fn origin(&self) -> Option<String> {
        Some(Endpoint::parse(self.target()?).ok()?.origin())
    }

    /// Whether both run the same program with the same arguments; so do two that run none.
    pub fn runs_as(&self, other: &Self) -> bool {
        self.command == other.command && self.args == other.args
    }
}

/// How deep one value of a record's metadata can be nested: the record must fit into the JSON of stores and peers, whose
/// readers stop at 128 levels.
pub const DEEPEST_VALUE: usize = 100;

/// Whether lists and objects are nested at most this deep.
pub fn nests_within(value: &Value, levels: usize) -> bool {
    let Some(below) = levels.checked_sub(1) else { return !value.is_object() && !value.is_array() };
    match value {
        Value::Object(fields) => fields.values().all(|value| nests_within(value, below)),
        Value::Array(items) => items.iter().all(|value| nests_within(value, below)),
        _ => true,
    }
}

/// A server as a list shows it: its record without tool definitions, its health, and what it offers.
/// This is how a [`Server`] is serialised at every face.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct ServerRow {
    /// The key.
    pub id: ServerId,
    /// The name that people read.
    pub name: String,
    /// Its transport.
    pub transport: Transport,
    /// The URL as it was given.
    pub url: Option<String>,
    /// The endpoint as a probe resolved it.
    pub endpoint: Option<String>,
    /// The program of a stdio server.
    pub command: Option<String>,
    /// Its arguments.
    pub args: Vec<String>,
    /// Everything it can be called for: tool names, `resource:…`, `prompt:…`, free tags.
    pub capabilities: Vec<String>,
    /// Free data, which the user sets.
    #[ts(type = "Record<string, unknown>")]
    pub metadata: Map<String, Value>,
    /// `metadata.region`.
    pub region: Option<String>,
    /// Its health.
    pub health: Health,
    /// How it was added.
    pub source: Source,
    /// How many tools it lists.
    pub tools: usize,
    /// How many resources it lists.
    pub resources: usize,
    /// How many prompts it lists.
    pub prompts: usize,
    /// Whether it requires credentials.
    pub auth_required: bool,
    /// The version of the guide's file.
    pub version: Option<String>,
    /// The version that the server reports.
    pub server_version: Option<String>,
    /// The agreed revision of MCP.
    pub protocol_version: Option<String>,
    /// The era of its revision.
    pub era: Option<Era>,
    /// When it was added.
    pub created_at: Millis,
    /// When its record last changed.
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

/// The key of a server. Computed once (see [`ServerId::mint`]) and kept when the record is edited, so history, statistics
/// and undo follow a server through a rename or a move.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, TS)]
#[serde(transparent)]
#[ts(type = "string")]
pub struct ServerId(Uuid);

/// The namespace of our version 5 ids. Never change it: an import must find the record it made before.
const NAMESPACE: Uuid = Uuid::from_u128(0x6d63_7064_6973_636f_7665_7279_2e76_3101);

impl ServerId {
    /// A stable id for `key`: the same key gives the same id on every computer (RFC 9562, version 5).
    pub fn mint(key: &str) -> Self {
        Self(Uuid::new_v5(&NAMESPACE, key.as_bytes()))
    }

    /// Reads the hyphenated form, as [`Display`](std::fmt::Display) writes it.
    pub fn parse(text: &str) -> Option<Self> {
        Uuid::parse_str(text).ok().map(Self)
    }

    /// The 16 bytes, for stores that keep ids in binary.
    pub fn as_bytes(&self) -> &[u8; 16] {
        self.0.as_bytes()
    }

    /// The reverse of [`ServerId::as_bytes`].
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(Uuid::from_bytes(bytes))
    }
}

impl std::fmt::Display for ServerId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}
