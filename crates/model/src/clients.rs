//! AI clients and the servers that they are set up with, as their files say. Nothing of it is a secret: of variables and
//! headers there are names alone, and addresses and arguments are without what looks like a credential.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::{ServerId, Transport};

/// An AI client that has files on this computer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ClientReport {
    /// In operations and commands: `claude-code`.
    pub id: String,
    /// For people: `Claude Code`.
    pub name: String,
    /// Its files that are there, the person's own first.
    pub files: Vec<ClientFile>,
}

/// Whom a client's file is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum ClientScope {
    /// The person, in all that they do.
    User,
    /// One profile of theirs.
    Profile,
    /// One project.
    Project,
}

/// A file of an AI client.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ClientFile {
    /// Where it is.
    pub path: String,
    /// Whom it is for.
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

/// Something that is wrong with a client's file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct FileProblem {
    /// From 1; absent when it is about the whole file.
    pub line: Option<usize>,
    /// From 1.
    pub column: Option<usize>,
    /// What is wrong.
    pub message: String,
    /// Nothing of the file could be read.
    pub unread: bool,
}

/// What a client's entry leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum EntryKind {
    /// An address of this computer: it is probed with the ports that listen.
    Here,
    /// Another host: it is not asked before a person adds it.
    Elsewhere,
    /// A command: it is not started before a person adds it.
    Command,
    /// This program.
    Own,
    /// It cannot be used; its notes say why.
    Unusable,
}

/// A server of a client's file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ClientEntry {
    /// What the client calls it.
    pub name: String,
    /// The folder of the project that it is for, where the file says so of one entry.
    pub project: Option<String>,
    /// From 1.
    pub line: usize,
    /// From 1.
    pub column: usize,
    /// What it leads to.
    pub kind: EntryKind,
    /// How it is spoken to; absent when it cannot be used.
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
    /// Variables of one's own environment that would be sent to it, in sentences.
    pub reads: Vec<String>,
    /// What nobody has filled yet, as it is written: `${input:id}`, `${VAR}`.
    pub placeholders: Vec<String>,
    /// The client does not use it.
    pub disabled: bool,
    /// The server in the list that it is, or that it would be.
    pub id: Option<ServerId>,
    /// That server is in the list.
    pub known: bool,
    /// The server in the list was added from this entry, which is not what it was then.
    pub changed: bool,
    /// What a person agrees to: a hash of command, arguments, folder and names. Entries that share it are the same server.
    pub consent: String,
    /// What is said of it.
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
    /// The folder of the project that it is for, where the file says so of one entry.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project: Option<String>,
    /// What a person agreed to.
    pub consent: String,
}

impl ClientReport {
    /// All its entries.
    pub fn entries(&self) -> impl Iterator<Item = &ClientEntry> {
        self.files.iter().flat_map(|file| &file.entries)
    }
}
