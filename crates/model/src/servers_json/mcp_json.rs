//! The `mcpServers` map that AI clients read and write.

use std::collections::{BTreeMap, HashMap};

use serde_json::{Map, Value, json};

use super::entry::address;
use super::read::Reader;
use super::tree::{Json, Node};
use crate::{Given, ServerInfo, Source, Transport, without_keys};

/// Keys under which clients keep a URL.
const URLS: [&str; 4] = ["url", "serverUrl", "httpUrl", "uri"];

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

/// Reads one entry, or says in a warning why it is left out. Values of `env` and `headers` are in no record: they are the
/// client's secrets, and stay beside it until a person says what becomes of them.
pub(super) fn read_entry(name: &str, node: Node, reader: &mut Reader<'_>) -> Option<(ServerInfo, Given)> {
    let (at, kind) = (node.at, node.kind());
    let Json::Map(fields) = node.value else {
        reader.warn(at, format!("`{name:.80}` was left out: expected an object, got {kind}"));
        return None;
    };
    let text = |key: &str| {
        fields.iter().find_map(|(own, node)| match &node.value {
            Json::Text(text) if own == key => Some(text.clone()),
            _ => None,
        })
    };
    if let Some(command) = text("command").filter(|command| !command.trim().is_empty()) {
        let name = named(name).unwrap_or(command.trim());
        let mut info = ServerInfo::new_stdio(name, &command, args(&fields), Source::Import, reader.now);
        let env = texts(&fields, "env").into_iter().filter(|(_, value)| !value.is_empty());
        let env = env.map(|(name, value)| own_value(name, value)).collect();
        let given = Given { cwd: text("cwd").filter(|cwd| !cwd.trim().is_empty()), env, ..Given::default() };
        info.env = given.env.keys().cloned().collect();
        info.cwd.clone_from(&given.cwd);
        return Some((info, given));
    }
    let Some(url) = URLS.iter().find_map(|key| text(key)) else {
        reader.warn(at, format!("`{name:.80}` was left out: it has neither `url` nor `command`"));
        return None;
    };
    let is_sse = text("type").is_some_and(|word| word == "sse");
    let transport = if is_sse { Transport::Sse } else { Transport::Http };
    let (url, query) = without_keys(&url);
    let given = Given { headers: texts(&fields, "headers"), query, ..Given::default() };
    match address(&url) {
        Ok((url, problem)) => {
            if let Some(problem) = problem {
                reader.warn(at, format!("`{name:.80}`: `url` was taken without its secret part: {problem}"));
            }
            let name = named(name).unwrap_or(&url);
            let info = ServerInfo::new_at(transport, name, &url, Source::Import, reader.now).ok()?;
            Some((info, given))
        }
        Err(error) => {
            reader.warn(at, format!("`{name:.80}` was left out: {error}"));
            None
        }
    }
}

/// A client may keep a server under a blank key; in our list it is named after its address.
fn named(name: &str) -> Option<&str> {
    Some(name).filter(|name| !name.trim().is_empty())
}

/// The texts and numbers of an object, by name.
fn texts(fields: &[(String, Node)], key: &str) -> BTreeMap<String, String> {
    let object = fields.iter().find_map(|(own, node)| match &node.value {
        Json::Map(entries) if own == key => Some(entries),
        _ => None,
    });
    let text = |(name, node): &(String, Node)| match &node.value {
        Json::Text(text) => Some((name.clone(), text.clone())),
        Json::Number(number) => Some((name.clone(), number.to_string())),
        Json::Bool(truth) => Some((name.clone(), truth.to_string())),
        _ => None,
    };
    object.into_iter().flatten().filter_map(text).collect()
}

/// `"KEY": "${KEY}"` says that the value is in one's own environment.
fn own_value(name: String, value: String) -> (String, Option<String>) {
    let is_own = value == format!("${{{name}}}") || value == format!("${{env:{name}}}");
    (name, (!is_own).then_some(value))
}

fn args(fields: &[(String, Node)]) -> Vec<String> {
    let list = fields.iter().find_map(|(key, node)| match &node.value {
        Json::List(items) if key == "args" => Some(items),
        _ => None,
    });
    let text = |node: &Node| match &node.value {
        Json::Text(text) => Some(text.clone()),
        Json::Number(number) => Some(number.to_string()),
        _ => None,
    };
    list.into_iter().flatten().filter_map(text).collect()
}
