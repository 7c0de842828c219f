//! One entry of `servers.json`, read tolerantly.

use serde_json::{Map, Value};

use super::block::{self, Block};
use super::read::Reader;
use super::tree::{FileNode, Json};
use crate::{
    DEEPEST_VALUE, Endpoint, EndpointError, Millis, ServerId, ServerInfo, Source, Transport, secrets,
};

/// Seconds above this are milliseconds: the year 5138 in the former, 1973 in the latter.
const LATEST_SECONDS: f64 = 1e11;
/// Keys of the guide with measurements from when the file was written. Not read: an old status is not a fact.
const MEASURED: [&str; 3] = ["health_status", "health", "response_time"];

/// The fields of one entry, taken out one by one; what remains at the end is unknown.
struct EntryFields<'a, 'b> {
    label: String,
    /// Whether MCP Discovery wrote it.
    is_ours: bool,
    left: Vec<(String, FileNode)>,
    reader: &'a mut Reader<'b>,
}

/// Reads an entry, or says in a warning why it is left out.
///
/// With it comes the id that we gave it in a file of ours, where that is not the id of its address.
pub(super) fn read(
    key: Option<&str>,
    node: FileNode,
    reader: &mut Reader<'_>,
) -> Option<(ServerInfo, Option<ServerId>)> {
    let label = key.map_or_else(|| "an entry".to_owned(), |key| format!("entry `{key:.80}`"));
    let (at, kind) = (node.at, node.kind());
    let Json::Map(left) = node.value else {
        reader.warn(at, format!("{label} was left out: expected an object, got {kind}"));
        return None;
    };
    let mut fields = EntryFields { label, is_ours: false, left, reader };
    let Some(name) = fields.text("name").filter(|name| !name.trim().is_empty()) else {
        return fields.refuse(at, "it has no `name`");
    };
    fields.label = format!("`{name:.80}`");
    let transport = match fields.transport() {
        Ok(transport) => transport,
        Err(reason) => return fields.refuse(at, &reason),
    };
    let mut info = match fields.addressed(&name, transport, at) {
        Ok(info) => info,
        Err(reason) => return fields.refuse(at, &reason),
    };
    let own = fields.rest(&mut info, key, at);
    Some((info, own))
}

/// Reads an address. A credential in it is left out and reported; without it the address may be valid.
pub(super) fn address(text: &str) -> Result<(String, Option<EndpointError>), EndpointError> {
    match Endpoint::parse(text) {
        Ok(_) => Ok((text.trim().to_owned(), None)),
        Err(
            problem
            @ (EndpointError::Credentials | EndpointError::SecretInQuery(_) | EndpointError::Fragment),
        ) => {
            let stripped = secrets::strip_url(text).ok_or(problem.clone())?;
            Endpoint::parse(&stripped)?;
            Ok((stripped, Some(problem)))
        }
        Err(error) => Err(error),
    }
}

impl EntryFields<'_, '_> {
    fn refuse<T>(&mut self, at: usize, reason: &str) -> Option<T> {
        let message = format!("{} was left out: {reason}", self.label);
        self.reader.warn(at, message);
        None
    }

    fn warn(&mut self, at: usize, message: &str) {
        let message = format!("{}: {message}", self.label);
        self.reader.warn(at, message);
    }

    /// Takes a field out; of a duplicate the last one counts. Null counts as absent.
    fn take(&mut self, key: &str) -> Option<FileNode> {
        let mut found: Vec<FileNode> =
            self.left.extract_if(.., |(name, _)| name == key).map(|(_, node)| node).collect();
        for again in found.iter().skip(1) {
            self.warn(again.at, &format!("`{key}` is given twice: the last one counts"));
        }
        found.pop().filter(|node| !matches!(node.value, Json::Null))
    }

    fn unexpected<T>(&mut self, node: &FileNode, key: &str, expected: &str) -> Option<T> {
        self.warn(node.at, &format!("`{key}` was left out: expected {expected}, got {}", node.kind()));
        None
    }

    fn text(&mut self, key: &str) -> Option<String> {
        let node = self.take(key)?;
        match node.value {
            Json::Text(text) => Some(text),
            Json::Number(number) => Some(number.to_string()),
            _ => self.unexpected(&node, key, "text"),
        }
    }

    fn texts(&mut self, key: &str) -> Vec<String> {
        let Some(node) = self.take(key) else { return Vec::new() };
        let items = match node.value {
            Json::List(items) => items,
            Json::Text(text) => return vec![text],
            _ => return self.unexpected(&node, key, "a list of texts").unwrap_or_default(),
        };
        let mut texts = Vec::new();
        for item in items {
            match item.value {
                Json::Text(text) => texts.push(text),
                Json::Number(number) => texts.push(number.to_string()),
                _ => texts.extend(self.unexpected::<String>(&item, key, "text in the list")),
            }
        }
        texts
    }

    fn truth(&mut self, key: &str) -> bool {
        let Some(node) = self.take(key) else { return false };
        match &node.value {
            Json::Bool(value) => *value,
            Json::Text(text) if text.eq_ignore_ascii_case("true") => true,
            Json::Text(text) if text.eq_ignore_ascii_case("false") => false,
            _ => self.unexpected(&node, key, "true or false").unwrap_or_default(),
        }
    }

    fn transport(&mut self) -> Result<Transport, String> {
        let word = self.text("transport").ok_or("it has no `transport`: `http`, `sse` or `stdio`")?;
        let lower = word.to_ascii_lowercase().replace('_', "-");
        match lower.as_str() {
            "streamable-http" | "streamablehttp" => Ok(Transport::Http),
            known => Transport::of_word(known).ok_or_else(|| {
                format!("the transport `{word:.40}` is not supported: `http`, `sse` and `stdio` are")
            }),
        }
    }

    /// The record with its address; one without is kept, since the file requires none.
    fn addressed(&mut self, name: &str, transport: Transport, at: usize) -> Result<ServerInfo, String> {
        let now = self.reader.now;
        let (url, endpoint) = (self.text("url"), self.text("endpoint"));
        let (command, args) = (self.text("command"), self.texts("args"));
        let blank =
            || ServerInfo::blank(ServerId::for_name(transport, name), name, transport, Source::Import, now);
        let mut info = blank();
        if transport == Transport::Stdio {
            info.command = command.or_else(|| endpoint.clone()).filter(|command| !command.trim().is_empty());
            info.args = args;
        } else {
            info.url = self.checked("url", url, at)?;
            info.endpoint = self.checked("endpoint", endpoint, at)?;
            info.command = command;
            info.args = args;
        }
        if info.target().is_none() && info.command.is_none() {
            self.warn(at, "it has no address, so it can be listed and not called");
        }
        info.id = info.address_id();
        Ok(info)
    }

    fn checked(&mut self, key: &str, given: Option<String>, at: usize) -> Result<Option<String>, String> {
        let Some(given) = given.filter(|given| !given.trim().is_empty()) else { return Ok(None) };
        let (address, problem) = address(&given).map_err(|error| format!("`{key}`: {error}"))?;
        if let Some(problem) = problem {
            self.warn(at, &format!("`{key}` was taken without its secret part: {problem}"));
        }
        Ok(Some(address))
    }

    /// A path of the server, or an address: checked like every address, so that no secret is kept in it.
    fn health_endpoint(&mut self, at: usize) -> Option<String> {
        /// Only so that a path can be parsed as a part of an address.
        const SERVER: &str = "http://server";
        let given = self.text("health_endpoint")?;
        let is_path = given.starts_with('/') && !given.starts_with("//");
        let whole = if is_path { format!("{SERVER}{given}") } else { given };
        match self.checked("health_endpoint", Some(whole), at) {
            Ok(Some(address)) if is_path => address.strip_prefix(SERVER).map(str::to_owned),
            Ok(address) => address,
            Err(reason) => {
                self.warn(at, &format!("{reason}; it was left out"));
                None
            }
        }
    }

    fn rest(mut self, info: &mut ServerInfo, key: Option<&str>, at: usize) -> Option<ServerId> {
        let now = self.reader.now;
        info.capabilities = self.texts("capabilities");
        info.health_endpoint = self.health_endpoint(at);
        info.version = self.text("version");
        info.auth_required = self.truth("auth_required");
        info.last_seen = self.moment("last_seen", now);
        if let Some(metadata) = self.take("metadata") {
            self.metadata(metadata, info);
        }
        let own = self.id(info, key);
        for measured in MEASURED {
            self.take(measured);
        }
        self.unknown(info);
        own
    }

    /// Seconds since 1970, or milliseconds where the number says so; never in the future.
    fn moment(&mut self, key: &str, now: Millis) -> Option<Millis> {
        let node = self.take(key)?;
        let seconds = match &node.value {
            Json::Number(number) => number.as_f64().filter(|seconds| *seconds >= 0.0),
            _ => None,
        };
        let Some(seconds) = seconds else {
            return self.unexpected(&node, key, "a time in seconds since 1970");
        };
        let millis = if seconds > LATEST_SECONDS { seconds } else { seconds * 1000.0 };
        Some(millis_of(millis).min(now))
    }

    fn metadata(&mut self, node: FileNode, info: &mut ServerInfo) {
        let at = node.at;
        if node.has_not_finite() {
            self.warn(at, "a number in `metadata` is not finite: imported as null");
        }
        let Json::Map(entries) = node.value else {
            self.unexpected::<()>(&node, "metadata", "an object");
            return;
        };
        let mut metadata = Map::new();
        for (key, node) in entries {
            if self.fits(&key, &node) {
                metadata.insert(key, node.into_value());
            }
        }
        let own = metadata.shift_remove(block::KEY);
        info.metadata = metadata;
        match own.map(serde_json::from_value::<Block>) {
            Some(Ok(block)) => {
                self.is_ours = true;
                block.apply(info, self.reader.now);
            }
            Some(Err(error)) => {
                self.warn(at, &format!("`metadata.{}` was left out: {error}", block::KEY));
            }
            None => {}
        }
        if let Some(variable) = &info.token_env {
            let message = format!("its token is read from `{variable}` and sent to `{}`", info.address());
            self.warn(at, &message);
        }
    }

    fn fits(&mut self, key: &str, node: &FileNode) -> bool {
        let fits = node.nests_within(DEEPEST_VALUE);
        if !fits {
            let message = format!("`{key:.80}` was left out: it nests deeper than {DEEPEST_VALUE} levels");
            self.warn(node.at, &message);
        }
        fits
    }

    /// An id that can be computed from the record's own address is ours and kept. Any other was chosen by the file's writer:
    /// kept as data, since a file that can choose ids could put its address in the place of a known server's. In a file of
    /// ours it distinguishes servers at one address.
    fn id(&mut self, info: &mut ServerInfo, key: Option<&str>) -> Option<ServerId> {
        let own = self.text("id").or_else(|| key.map(str::to_owned)).filter(|id| !id.is_empty())?;
        match ServerId::parse(&own) {
            Some(id) if info.mints(id) => info.id = id,
            Some(id) if self.is_ours => return Some(id),
            _ => {
                info.metadata.entry("original_id").or_insert(Value::String(own));
            }
        }
        None
    }

    /// What the guide's file does not know is kept as metadata.
    fn unknown(&mut self, info: &mut ServerInfo) {
        for (key, node) in std::mem::take(&mut self.left) {
            let at = node.at;
            if key == block::KEY {
                self.warn(at, &format!("`{key}` was left out: it belongs in the metadata"));
                continue;
            }
            if matches!(key.as_str(), "env" | "headers") || secrets::is_secret_name(&key) {
                self.warn(at, &format!("`{key}` was left out: it may hold secrets"));
                continue;
            }
            if info.metadata.contains_key(&key) {
                self.warn(
                    at,
                    &format!(
                        "`{key}` is not a field of an entry and was left out: its metadata has one already"
                    ),
                );
                continue;
            }
            if !self.fits(&key, &node) {
                continue;
            }
            self.warn(at, &format!("`{key}` is not a field of an entry: kept in its metadata"));
            info.metadata.insert(key, node.into_value());
        }
    }
}

#[expect(clippy::cast_possible_truncation, reason = "a float to integer cast saturates")]
pub(super) fn millis_of(millis: f64) -> Millis {
    millis.round() as Millis
}
