use super::merge::Merged;
use super::tree::{self, Json, Node};
use super::{entry, mcp_json};
use crate::{Given, Millis, ServerInfo};

/// What a file held.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ServersFile {
    /// The records, in the order of the file.
    pub servers: Vec<ServerInfo>,
    /// What each of them was given beside its address, in the same order, with its line. The values may be secrets.
    pub given: Vec<(usize, Given)>,
    /// What was left out or read tolerantly, each with its place and reason.
    pub warnings: Vec<String>,
}

/// A file that cannot be read at all.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {message}")]
pub struct FileError {
    /// From 1.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
    /// What is wrong and what to do.
    pub message: String,
}

/// Collects warnings with their places.
pub(super) struct Reader<'a> {
    text: &'a str,
    pub(super) now: Millis,
    warnings: Vec<String>,
    /// Up to where lines were counted, and how many: warnings come in the order of the file.
    counted: (usize, usize),
}

impl Reader<'_> {
    pub(super) fn warn(&mut self, at: usize, message: impl AsRef<str>) {
        let line = self.line(at);
        self.warnings.push(format!("line {line}: {}", message.as_ref()));
    }

    /// The line of a place, from 1.
    pub(super) fn line(&mut self, at: usize) -> usize {
        let (mut from, mut line) = self.counted;
        if at < from {
            (from, line) = (0, 1);
        }
        line += self.text.get(from..at).unwrap_or_default().matches('\n').count();
        self.counted = (at, line);
        line
    }
}

/// Reads a `servers.json`, or the `mcpServers` map of an AI client. `now` stamps what the file does not date, and is the
/// latest time a record can have.
///
/// Only `name` and `transport` are required. An entry that cannot be read is left out and named in the warnings; a file
/// that is no JSON, cut off, too deep or too large is refused as a whole with its line and column, so that half a file
/// is never taken for all of it.
///
/// Ids: a record has the id of its address, so that a file, a scan and a person bring one server and not three. What the
/// file calls it is kept as `metadata.original_id`, unless it is that id.
pub fn read(text: &str, now: Millis) -> Result<ServersFile, FileError> {
    let root = tree::parse(text)?;
    let mut reader = Reader { text, now, warnings: Vec::new(), counted: (0, 1) };
    let mut merged = Merged::default();
    match servers_of(root) {
        Ok((Form::Guide, entries)) => {
            for (key, node) in entries {
                let at = node.at;
                if let Some((info, own)) = entry::read(key.as_deref(), node, &mut reader) {
                    let given = Given { id: own, ..names_of(&info) };
                    merged.add(info, given, at, &mut reader);
                }
            }
        }
        Ok((Form::Client, entries)) => {
            for (key, node) in entries {
                let at = node.at;
                let entry = mcp_json::read_entry(&key.unwrap_or_default(), node, &mut reader);
                if let Some((info, given)) = entry {
                    merged.add(info, given, at, &mut reader);
                }
            }
        }
        Err(at) => {
            let (line, column) = tree::place(text, at);
            let message =
                "this is no list of servers: expected {\"servers\": {…}} or {\"mcpServers\": {…}}".into();
            return Err(FileError { line, column, message });
        }
    }
    Ok(ServersFile { servers: merged.servers, given: merged.given, warnings: reader.warnings })
}

/// A record that we wrote names what its command was given.
fn names_of(info: &ServerInfo) -> Given {
    let env = info.env.iter().map(|name| (name.clone(), None)).collect();
    Given { cwd: info.cwd.clone(), env, ..Given::default() }
}

enum Form {
    Guide,
    Client,
}

type Entries = Vec<(Option<String>, Node)>;

/// The entries of a file with their keys, or the place that is not as expected.
fn servers_of(root: Node) -> Result<(Form, Entries), usize> {
    let at = root.at;
    let Json::Map(keys) = root.value else {
        return entries(root).map(|entries| (Form::Guide, entries));
    };
    for (key, node) in keys {
        match key.as_str() {
            "servers" => return entries(node).map(|entries| (Form::Guide, entries)),
            "mcpServers" => return entries(node).map(|entries| (Form::Client, entries)),
            _ => {}
        }
    }
    Err(at)
}

fn entries(node: Node) -> Result<Entries, usize> {
    match node.value {
        Json::Map(entries) => Ok(entries.into_iter().map(|(key, node)| (Some(key), node)).collect()),
        Json::List(items) => Ok(items.into_iter().map(|node| (None, node)).collect()),
        _ => Err(node.at),
    }
}
