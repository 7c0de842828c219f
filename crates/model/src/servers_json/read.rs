use super::forms::{FileEntry, servers_of};
use super::merge::Merged;
use super::{client_entry, entry, tree};
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

/// Reads a `servers.json`, or the JSON file of an AI client, with comments and commas too many. `now` stamps what the file does not date, and is the
/// latest time a record can have.
///
/// Only `name` and `transport` are required. An entry that cannot be read is left out and named in the warnings; a file
/// that is no JSON, cut off, too deep or too large is refused as a whole with its line and column, so that half a file
/// is never taken for all of it.
///
/// Ids: a record has the id of its address, so that a file, a scan and a person bring one server and not three. What the
/// file calls it is kept as `metadata.original_id`, unless it is that id.
pub fn read(text: &str, now: Millis) -> Result<ServersFile, FileError> {
    let (root, odd) = tree::parse(text)?;
    let mut reader = Reader { text, now, warnings: Vec::new(), counted: (0, 1) };
    if let Some(comma) = odd {
        reader.warn(comma, "a comma stands before a closing bracket: not every client reads the file so");
    }
    let mut merged = Merged::default();
    let listed = servers_of(root).map_err(|at| {
        let (line, column) = tree::place(text, at);
        let message =
            "this is no list of servers: expected {\"servers\": {…}} or {\"mcpServers\": {…}}".into();
        FileError { line, column, message }
    })?;
    for FileEntry { key, node, project, is_guide } in listed {
        let at = node.at;
        let read = if is_guide {
            entry::read(key.as_deref(), node, &mut reader)
                .map(|(info, own)| (Given { id: own, ..names_of(&info) }, info))
        } else {
            client_entry::read(&key.unwrap_or_default(), project.as_deref(), node, &mut reader)
        };
        if let Some((given, info)) = read {
            merged.add(info, given, at, &mut reader);
        }
    }
    Ok(ServersFile { servers: merged.servers, given: merged.given, warnings: reader.warnings })
}

/// A record that we wrote names what its command was given.
fn names_of(info: &ServerInfo) -> Given {
    let env = info.env.iter().map(|name| (name.clone(), None)).collect();
    Given { cwd: info.cwd.clone(), env, ..Given::default() }
}
