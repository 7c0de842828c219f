//! The `mcpServers` map that AI clients read.

use std::collections::HashMap;

use serde_json::{Map, Value, json};

use crate::{ServerInfo, Transport};

/// Writes the `mcpServers` map that AI clients read: `{type, url}` or `{command, args}` under each name, with a number
/// behind a name that stands twice. A record without an address is left out; credentials are never in it.
pub fn write_mcp_json<'a>(servers: impl IntoIterator<Item = &'a ServerInfo>) -> String {
    let mut taken = HashMap::new();
    let mut entries = Map::new();
    for info in servers {
        if let Some(entry) = entry(info) {
            entries.insert(unique(&info.name, &mut taken), entry);
        }
    }
    let mut text = serde_json::to_string_pretty(&json!({ "mcpServers": entries })).unwrap_or_default();
    text.push('\n');
    text
}

fn entry(info: &ServerInfo) -> Option<Value> {
    match (info.transport, info.target(), &info.command) {
        (Transport::Stdio, _, Some(command)) => Some(of_command(info, command)),
        (Transport::Http | Transport::Sse, Some(url), _) => {
            Some(json!({ "type": info.transport, "url": url }))
        }
        _ => None,
    }
}

/// Of an environment only names: `${NAME}` is what clients put their own value in for.
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
