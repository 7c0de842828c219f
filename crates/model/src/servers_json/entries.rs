//! The servers of an AI client's file, each as it is in the file. Nothing is merged or decided: lists that people read are
//! made of it, and their consent is compared with it.

use std::collections::BTreeMap;

use super::client_entry::{self, EntryRead, placeholder};
use super::forms::{FileEntry, servers_of};
use super::read::{COMMA, Note, Reader};
use super::tree::{FileNode, Json};
use super::{FileError, Form, tree};
use crate::{Given, Millis, ServerInfo, secrets};

/// The content of a client's file.
#[derive(Debug, Clone, Default)]
pub struct ClientServers {
    /// In the order of the file.
    pub servers: Vec<ClientServer>,
    /// Notes on the file itself.
    pub notes: Vec<Note>,
    /// Folders of projects that it names.
    pub folders: Vec<String>,
}

/// A server of a client's file.
#[derive(Debug, Clone)]
pub struct ClientServer {
    /// What the client calls it.
    pub name: String,
    /// The folder of the project that it is for, if the file says so.
    pub project: Option<String>,
    /// The line, from 1.
    pub line: usize,
    /// The column, from 1, in characters.
    pub column: usize,
    /// Whether it is disabled in the client.
    pub disabled: bool,
    /// Placeholders without values: `${input:id}`, `${VAR}`.
    pub placeholders: Vec<String>,
    /// Headers whose value in the file contains a placeholder.
    pub waiting_headers: Vec<String>,
    /// Its address, without secrets, where that cannot be that of a server.
    pub written: Option<String>,
    /// Its record, and what is given with it, whose values may be secrets. Absent when it cannot be used; a note says why.
    pub server: Option<(ServerInfo, Given)>,
    /// Notes on it.
    pub notes: Vec<Note>,
}

/// Reads the servers of a client's file. `filled` has values for placeholders, as [`ClientServer::placeholders`] names them.
///
/// A file without any list of servers has none; one that is not of its form is refused with line and column.
pub fn entries(
    form: Form,
    text: &str,
    filled: &BTreeMap<String, String>,
    now: Millis,
) -> Result<ClientServers, FileError> {
    let (root, odd) = form.skim(text)?;
    let mut read = ClientServers { folders: folders_of(&root), ..ClientServers::default() };
    let found = servers_of(root, form).map_err(|no_list| {
        let (line, column) = tree::place(text, no_list.at);
        let message = format!("expected a map of servers, got {}", no_list.kind);
        FileError { line, column, message }
    })?;
    let mut reader = Reader::new(text, now);
    if let Some(at) = found.listed_at {
        reader.warn(at, "expected a map of servers, got a list: the client may not be able to read it");
    }
    if let Some(comma) = odd {
        reader.warn(comma, COMMA);
    }
    read.notes = std::mem::take(&mut reader.notes);
    for mut entry in found.entries {
        fill(&mut entry.node, filled);
        read.servers.push(of_entry(entry, &mut reader));
    }
    Ok(read)
}

fn of_entry(entry: FileEntry, reader: &mut Reader<'_>) -> ClientServer {
    let FileEntry { key, node, project, is_again, .. } = entry;
    let (line, column) = reader.place(node.at);
    if is_again {
        let name = key.as_deref().unwrap_or_default();
        reader.warn(node.at, format!("`{name:.80}` is given twice: clients read the last one"));
    }
    let EntryRead { name, is_off, waits, waiting_headers, written, server, .. } =
        client_entry::read(&key.unwrap_or_default(), node, reader);
    let mut placeholders: Vec<String> = waits.iter().map(|found| secrets::without_defaults(found)).collect();
    placeholders.dedup();
    let name = server.as_ref().map_or(name, |(_, info)| info.name.clone());
    ClientServer {
        name,
        project,
        line,
        column,
        disabled: is_off,
        placeholders,
        waiting_headers,
        written: written.map(|written| secrets::without_defaults(&written)),
        server: server.map(|(given, info)| (info, given)),
        notes: std::mem::take(&mut reader.notes),
    }
}

/// Claude Code and Codex keep the settings of a folder under its path.
fn folders_of(root: &FileNode) -> Vec<String> {
    let Json::Map(keys) = &root.value else { return Vec::new() };
    let projects = keys.iter().filter(|(key, _)| key == "projects");
    let folders = projects.filter_map(|(_, node)| match &node.value {
        Json::Map(folders) => Some(folders.iter().map(|(folder, _)| folder.clone())),
        _ => None,
    });
    folders.flatten().collect()
}

/// Replaces placeholders with values, in every text of an entry.
fn fill(node: &mut FileNode, filled: &BTreeMap<String, String>) {
    if filled.is_empty() {
        return;
    }
    match &mut node.value {
        Json::Text(text) => *text = filled_in(text, filled),
        Json::List(items) => items.iter_mut().for_each(|item| fill(item, filled)),
        Json::Map(entries) => entries.iter_mut().for_each(|(_, node)| fill(node, filled)),
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::NotFinite => {}
    }
}

fn filled_in(text: &str, filled: &BTreeMap<String, String>) -> String {
    let (mut whole, mut rest) = (String::new(), text);
    // What was filled in is not read again: a value may hold what looks like a placeholder.
    while let Some(found) = placeholder(rest) {
        let Some((before, after)) = rest.split_once(found) else { break };
        whole += before;
        whole += filled.get(&secrets::without_defaults(found)).map_or(found, String::as_str);
        rest = after;
    }
    whole + rest
}
