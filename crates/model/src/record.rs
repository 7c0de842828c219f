use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::Map;

use crate::{Endpoint, EndpointError, Millis, ServerId, ServerInfo, Source, Transport, secrets};

impl ServerInfo {
    /// A new record of a server at a URL, with nothing known of it but its address. `transport` is `http` or `sse`.
    /// Errors when the address cannot be a server's.
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

    /// A record of nothing but its key and name.
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

    /// Where the server is, for people: its endpoint, else its URL, else its command line; what looks like a secret is
    /// hidden.
    pub fn address(&self) -> String {
        match self.endpoint.as_ref().or(self.url.as_ref()) {
            Some(url) => secrets::redact_url(url),
            None => secrets::command_line(self.command.as_deref().unwrap_or_default(), &self.args),
        }
    }

    /// The URL to speak to: the one a probe resolved, else the one that was given.
    pub fn target(&self) -> Option<&str> {
        self.endpoint.as_deref().or(self.url.as_deref())
    }

    /// The id that this address mints, whatever id the record has: records that share it are one server. A record
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

    /// Whether an id is one that this record's address mints: from its URL or from the endpoint a probe resolved, over
    /// any transport, since a probe may correct that as well.
    pub fn mints(&self, id: ServerId) -> bool {
        id == self.address_id() || self.minted().contains(&id)
    }

    /// Every id that this record's address mints, whatever id it has.
    pub fn minted(&self) -> Vec<ServerId> {
        let urls = [&self.url, &self.endpoint].into_iter().flatten();
        let over = |url: &String| [Transport::Http, Transport::Sse].map(|over| ServerId::for_url(over, url));
        let mut ids: Vec<_> = urls.flat_map(over).flatten().collect();
        ids.push(self.address_id());
        ids.sort_unstable();
        ids.dedup();
        ids
    }

    /// Scheme, host and port that it is spoken to at; nothing for a command.
    pub fn origin(&self) -> Option<String> {
        Some(Endpoint::parse(self.target()?).ok()?.origin())
    }

    /// Whether both run the same program with the same arguments; so do two that run none.
    pub fn runs_as(&self, other: &Self) -> bool {
        self.command == other.command && self.args == other.args
    }
}
