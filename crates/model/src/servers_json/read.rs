use std::collections::HashMap;

use super::forms::{FileEntry, servers_of};
use super::{Form, client_entry, entry, tree};
use crate::{Given, Millis, ServerId, ServerInfo};

/// The content of a file.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ServersFile {
    /// The records, in the order of the file.
    pub servers: Vec<ServerInfo>,
    /// What was given for each of them besides its address, in the same order, with its line. The values may be secrets.
    pub given: Vec<(usize, Given)>,
    /// What was left out or read tolerantly, each with its place and reason.
    pub warnings: Vec<String>,
}

/// A file that cannot be read at all.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {message}")]
pub struct FileError {
    /// The line, from 1.
    pub line: usize,
    /// The column, from 1, in characters.
    pub column: usize,
    /// What is wrong and what to do.
    pub message: String,
}

/// A note on a place in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// The line, from 1.
    pub line: usize,
    /// The column, from 1, in characters.
    pub column: usize,
    /// A sentence, which names the entry where that is not clear from the context.
    pub message: String,
}

impl std::fmt::Display for Note {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "line {}: {}", self.line, self.message)
    }
}

/// A longer name or address is not a name or an address.
const LONGEST_NOTE: usize = 600;

/// Collects notes on a file, with their places.
pub(super) struct Reader<'a> {
    text: &'a str,
    pub(super) now: Millis,
    pub(super) notes: Vec<Note>,
    /// The position up to which places were counted, with its line and column: notes come in the order of the file.
    counted: (usize, usize, usize),
}

impl<'a> Reader<'a> {
    pub(super) fn new(text: &'a str, now: Millis) -> Self {
        let from = if text.starts_with('\u{feff}') { 3 } else { 0 };
        Self { text, now, notes: Vec::new(), counted: (from, 1, 1) }
    }

    pub(super) fn warn(&mut self, at: usize, message: impl AsRef<str>) {
        let (line, column) = self.place(at);
        let mut message = message.as_ref().to_owned();
        if let Some((end, _)) = message.char_indices().nth(LONGEST_NOTE) {
            message.truncate(end);
            message.push('…');
        }
        self.notes.push(Note { line, column, message });
    }

    /// The line and the column of a place, from 1.
    pub(super) fn place(&mut self, at: usize) -> (usize, usize) {
        let (mut from, mut line, mut column) = self.counted;
        if at < from {
            (from, line, column) = Self::new(self.text, self.now).counted;
        }
        let between = self.text.get(from..at).unwrap_or_default();
        line += between.matches('\n').count();
        column = match between.rfind('\n') {
            Some(newline) => between.get(newline + 1..).unwrap_or_default().chars().count() + 1,
            None => column + between.chars().count(),
        };
        self.counted = (at.max(from), line, column);
        (line, column)
    }
}

/// Reads a `servers.json`, or the JSON file of an AI client, as [`read_as`] does.
pub fn read(text: &str, now: Millis) -> Result<ServersFile, FileError> {
    read_as(Form::Json, text, now)
}

/// Reads a `servers.json`, or the file of an AI client, with comments and commas too many. `now` stamps what the file does
/// not date, and is the latest time a record can have.
///
/// Only `name` and `transport` are required. An entry that cannot be read is left out and named in the warnings; a file that
/// is cut off, too deep or too large, or not of its form, is refused as a whole with its line and column, so that half a
/// file is never taken for all of it.
///
/// Ids: a record has the id of its address, so that a file, a scan and the user add one server and not three. What the
/// file calls it is kept as `metadata.original_id`, unless it is that id.
pub fn read_as(form: Form, text: &str, now: Millis) -> Result<ServersFile, FileError> {
    let (root, odd) = form.parse(text)?;
    let mut reader = Reader::new(text, now);
    if let Some(comma) = odd {
        reader.warn(comma, COMMA);
    }
    let mut merged = Merged::default();
    let root_at = root.at;
    let refused = |at| {
        let (line, column) = tree::place(text, at);
        let message =
            "this is not a list of servers: expected {\"servers\": {…}} or {\"mcpServers\": {…}}".into();
        FileError { line, column, message }
    };
    let found = servers_of(root, form).map_err(|no_list| refused(no_list.at))?;
    if !found.has_list {
        return Err(refused(root_at));
    }
    for FileEntry { key, node, project, is_guide, is_again: _ } in found.entries {
        let at = node.at;
        let read = if is_guide {
            entry::read(key.as_deref(), node, &mut reader)
                .map(|(info, own)| (Given { id: own, ..names_of(&info) }, info))
        } else {
            client_entry::read(&key.unwrap_or_default(), node, &mut reader)
                .imported(project.as_deref(), &mut reader)
        };
        if let Some((given, info)) = read {
            merged.add(info, given, at, &mut reader);
        }
    }
    let warnings = reader.notes.iter().map(ToString::to_string).collect();
    Ok(ServersFile { servers: merged.servers, given: merged.given, warnings })
}

/// The warning for a comma that some clients do not accept.
pub(super) const COMMA: &str = "there is a comma before a closing bracket: not every client can read that";

/// A record that MCP Discovery wrote names what its command was given.
fn names_of(info: &ServerInfo) -> Given {
    let env = info.env.iter().map(|name| (name.clone(), None)).collect();
    Given { cwd: info.cwd.clone(), env, ..Given::default() }
}

/// The records of a file, each server once.
#[derive(Default)]
pub(super) struct Merged {
    pub(super) servers: Vec<ServerInfo>,
    pub(super) given: Vec<(usize, Given)>,
    by_id: HashMap<(ServerId, String), usize>,
    by_name_and_address: HashMap<(String, ServerId, String), usize>,
}

impl Merged {
    /// Adds a record. One address is one server, under whatever names and ids; so is one name at two spellings of an
    /// address. What was given besides the address distinguishes them: two databases, two accounts.
    pub(super) fn add(&mut self, info: ServerInfo, given: Given, at: usize, reader: &mut Reader<'_>) {
        let apart = if given.is_empty() { String::new() } else { given.key() };
        let named = (info.name.clone(), info.address_id(), apart.clone());
        let own = (info.id, apart);
        let known = self.by_id.get(&own).or_else(|| self.by_name_and_address.get(&named)).copied();
        if let Some((known, other)) = known.and_then(|known| Some((known, self.servers.get(known)?))) {
            let (name, address) = (&info.name, info.address());
            let message = if other.name == *name {
                format!("`{name}` is listed twice at `{address}`: imported as one server")
            } else {
                format!("`{name}` has the address of `{}`, `{address}`: imported as one server", other.name)
            };
            reader.warn(at, message);
            return self.keep_newest(known, info);
        }
        self.by_id.insert(own, self.servers.len());
        self.by_name_and_address.insert(named, self.servers.len());
        self.servers.push(info);
        self.given.push((reader.place(at).0, given));
    }

    /// The record that was seen last counts; the id stays that of the first.
    fn keep_newest(&mut self, known: usize, info: ServerInfo) {
        let Some(kept) = self.servers.get_mut(known) else { return };
        if info.last_seen > kept.last_seen {
            *kept = ServerInfo { id: kept.id, ..info };
        }
    }
}
