use std::collections::HashMap;

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::block;
use super::block::Block;
use crate::{Health, Millis, Server, ServerId, ServerInfo, Transport};

/// The file, as the guide's library writes it.
#[derive(Serialize)]
struct File<'a> {
    servers: Map<String, Value>,
    last_updated: f64,
    version: &'a str,
}

/// An entry: exactly the 16 keys of the guide's library, in its order.
#[derive(Serialize)]
struct WrittenEntry<'a> {
    name: &'a str,
    transport: Transport,
    capabilities: Vec<String>,
    metadata: Map<String, Value>,
    id: ServerId,
    endpoint: Option<&'a str>,
    command: Option<&'a str>,
    args: &'a [String],
    url: Option<&'a str>,
    health_endpoint: Option<&'a str>,
    health_status: &'a str,
    health: Value,
    last_seen: Option<f64>,
    response_time: Option<f64>,
    version: Option<&'a str>,
    auth_required: bool,
}

/// Writes a `servers.json`: times and `response_time` in seconds, the guide's three status words, everything a server
/// offers as its capabilities, and our own fields under `metadata.mcp_discovery`. [`read`](super::read) gives the same
/// records back.
pub fn write(servers: &[Server], now: Millis) -> String {
    let entries = servers.iter().map(|server| (server.info.id.to_string(), entry(server)));
    let file = File { servers: entries.collect(), last_updated: seconds(now), version: "1.0" };
    let mut text = serde_json::to_string_pretty(&file).unwrap_or_default();
    text.push('\n');
    text
}

fn entry(server: &Server) -> Value {
    let Server { info, health } = server;
    let entry = WrittenEntry {
        name: &info.name,
        transport: info.transport,
        capabilities: info.offers(),
        metadata: metadata(server),
        id: info.id,
        endpoint: info.endpoint.as_deref(),
        command: info.command.as_deref(),
        args: &info.args,
        url: info.url.as_deref(),
        health_endpoint: info.health_endpoint.as_deref(),
        health_status: health.status.file_word(),
        health: measured(health),
        last_seen: info.last_seen.map(seconds),
        response_time: health.response_time_ms.filter(|ms| ms.is_finite()).map(|ms| ms / 1000.0),
        version: info.version.as_deref(),
        auth_required: info.auth_required,
    };
    json!(entry)
}

fn metadata(server: &Server) -> Map<String, Value> {
    let mut metadata = server.info.metadata.clone();
    let block = Block::of(&server.info, server.health.status);
    metadata.insert(block::KEY.into(), json!(block));
    metadata
}

/// What the guide's library calls `health`: absent before the first measurement.
fn measured(health: &Health) -> Value {
    match health.checked_at {
        None => Value::Null,
        Some(at) => json!({
            "status": health.status.file_word(),
            "score": health.score,
            "details": health.reason,
            "last_check": seconds(at),
        }),
    }
}

#[expect(clippy::cast_precision_loss, reason = "milliseconds stay exact for 285,000 years")]
fn seconds(millis: Millis) -> f64 {
    millis as f64 / 1000.0
}

/// Writes the `mcpServers` map that AI clients read: `{type, url}` or `{command, args}` under each name, with a number
/// behind a duplicate name. A record without an address is left out; credentials are never in it.
pub fn write_mcp_json<'a>(servers: impl IntoIterator<Item = &'a ServerInfo>) -> String {
    let mut taken = HashMap::new();
    let mut entries = Map::new();
    for info in servers {
        if let Some(entry) = client_entry(info) {
            entries.insert(unique(&info.name, &mut taken), entry);
        }
    }
    let mut text = serde_json::to_string_pretty(&json!({ "mcpServers": entries })).unwrap_or_default();
    text.push('\n');
    text
}

fn client_entry(info: &ServerInfo) -> Option<Value> {
    match (info.transport, info.target(), &info.command) {
        (Transport::Stdio, _, Some(command)) => Some(of_command(info, command)),
        (Transport::Http | Transport::Sse, Some(url), _) => {
            Some(json!({ "type": info.transport, "url": url }))
        }
        _ => None,
    }
}

/// Only the names of an environment: clients replace `${NAME}` with their own value.
fn of_command(info: &ServerInfo, command: &str) -> Value {
    let mut entry = Map::new();
    entry.insert("command".to_owned(), json!(command));
    entry.insert("args".to_owned(), json!(info.args));
    let env: Map<String, Value> =
        info.env.iter().map(|name| (name.clone(), Value::String(format!("${{{name}}}")))).collect();
    if !env.is_empty() {
        entry.insert("env".to_owned(), env.into());
    }
    if let Some(cwd) = &info.cwd {
        entry.insert("cwd".to_owned(), json!(cwd));
    }
    entry.into()
}

/// `taken` has each name with the last number that was tried behind it: thousands of servers may share a name.
fn unique(name: &str, taken: &mut HashMap<String, usize>) -> String {
    let Some(mut number) = taken.get(name).copied() else {
        taken.insert(name.to_owned(), 1);
        return name.to_owned();
    };
    let free = loop {
        number += 1;
        let numbered = format!("{name}-{number}");
        if !taken.contains_key(&numbered) {
            break numbered;
        }
    };
    taken.insert(name.to_owned(), number);
    taken.insert(free.clone(), 1);
    free
}
