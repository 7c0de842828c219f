//! AI clients and the servers in their files. There are no secrets here: only names of variables and headers, and addresses
//! and arguments without what looks like a credential.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::{ServerId, Transport};

/// An AI client that has files on this computer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ClientReport {
    /// Its id in operations and commands: `claude-code`.
    pub id: String,
    /// Its name: `Claude Code`.
    pub name: String,
    /// Its files that exist, the user's own first.
    pub files: Vec<ClientFile>,
}

/// What a client's file applies to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum ClientScope {
    /// The user, everywhere.
    User,
    /// One profile of the user.
    Profile,
    /// One project.
    Project,
}

/// A file of an AI client.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ClientFile {
    /// Its path.
    pub path: String,
    /// What it applies to.
    pub scope: ClientScope,
    /// The folder of the project that it is for.
    pub project: Option<String>,
    /// The servers in it, in its order.
    pub entries: Vec<ClientEntry>,
    /// How many more it holds than are listed.
    pub more: usize,
    /// What is wrong with it.
    pub problems: Vec<FileProblem>,
}

/// A problem of a client's file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct FileProblem {
    /// The line, from 1; absent when it is about the whole file.
    pub line: Option<usize>,
    /// The column, from 1.
    pub column: Option<usize>,
    /// What is wrong.
    pub message: String,
    /// Nothing in the file could be read.
    pub unread: bool,
}

/// What a client's entry refers to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum EntryKind {
    /// An address of this computer: it is probed with the ports that listen.
    Here,
    /// Another host: nothing is sent to it before the user adds it.
    Elsewhere,
    /// A command: it is not started before the user adds it.
    Command,
    /// MCP Discovery itself.
    Own,
    /// It cannot be used; its notes say why.
    Unusable,
}

/// A server of a client's file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ClientEntry {
    /// What the client calls it.
    pub name: String,
    /// The folder of the project that it is for, if the file says so for this entry.
    pub project: Option<String>,
    /// The line, from 1.
    pub line: usize,
    /// The column, from 1.
    pub column: usize,
    /// What it refers to.
    pub kind: EntryKind,
    /// Its transport; absent when it cannot be used.
    pub transport: Option<Transport>,
    /// Its URL, or the exact command line, without secrets.
    pub address: String,
    /// The folder in which its command starts.
    pub cwd: Option<String>,
    /// The variables that its command is given, by name.
    pub env: Vec<String>,
    /// The headers that it is sent, by name.
    pub headers: Vec<String>,
    /// The keys in the query of its URL, by name.
    pub query: Vec<String>,
    /// Variables of the user's environment that would be sent to it, in sentences.
    pub reads: Vec<String>,
    /// The placeholders without values, as they are written: `${input:id}`, `${VAR}`.
    pub placeholders: Vec<String>,
    /// Whether it is disabled in the client.
    pub disabled: bool,
    /// The id of the server in the list that it is, or that it would be.
    pub id: Option<ServerId>,
    /// Whether that server is in the list.
    pub known: bool,
    /// Whether the server in the list was added from this entry, and the entry has changed since.
    pub changed: bool,
    /// What the user agrees to: a hash of command, arguments, folder and names. Entries that share it are the same server.
    pub consent: String,
    /// Notes on it.
    pub notes: Vec<FileProblem>,
}

/// The entry of a client's file that a server was added from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct AddedFrom {
    /// The client's id.
    pub client: String,
    /// The file.
    pub file: String,
    /// What the client calls the server.
    pub name: String,
    /// The folder of the project that it is for, if the file says so for this entry.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project: Option<String>,
    /// The hash that was agreed to.
    pub consent: String,
}

impl ClientReport {
    /// All entries of the file.
    pub fn entries(&self) -> impl Iterator<Item = &ClientEntry> {
        self.files.iter().flat_map(|file| &file.entries)
    }
}
