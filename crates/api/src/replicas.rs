//! Servers that could be one to AI clients, and the groups that a person made of some.

use model::{ServerId, Transport};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::{ConfigBy, DiffLine};

/// What could be one, and what is.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct ReplicaProposals {
    /// Servers that could be one, the most of them first.
    pub proposals: Vec<ReplicaProposal>,
    /// How many more there are than are listed.
    pub more: usize,
    /// How many a person does not want.
    pub dismissed: usize,
    /// The groups of the configuration, in its order.
    pub groups: Vec<ReplicaGroupRow>,
    /// What keeps the configuration's file from being written, as far as that is known before.
    pub hindrance: Option<String>,
}

/// Servers that are of one product, and list the same tools with schemas that accept the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ReplicaProposal {
    /// Its key: another set of servers, or other tools, has another.
    pub key: String,
    /// A name that no group has.
    pub name: String,
    /// What they say that they are, as far as they do.
    pub product: Option<String>,
    /// The names of their tools.
    pub tools: Vec<String>,
    /// At least two.
    pub servers: Vec<ReplicaServer>,
    /// In what they differ.
    pub differ: Vec<ReplicaDifference>,
}

/// In what servers differ that could be one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum ReplicaDifference {
    /// Where they are.
    Address,
    /// Their regions.
    Region,
    /// The versions that they say they have.
    Version,
    /// How they are spoken to.
    Transport,
    /// The revisions of MCP that they speak.
    Protocol,
    /// What their tools say of themselves; clients read the words of one of them.
    Descriptions,
}

/// A server of a group, or of what could be one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ReplicaServer {
    /// Which.
    pub id: ServerId,
    /// Its name.
    pub name: String,
    /// Its URL or command.
    pub address: String,
    /// How it is spoken to.
    pub transport: Transport,
    /// Where it is.
    pub region: Option<String>,
    /// The version that it says it has.
    pub version: Option<String>,
    /// The revision of MCP that it speaks.
    pub protocol_version: Option<String>,
}

/// A group of the configuration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ReplicaGroupRow {
    /// Its name.
    pub name: String,
    /// Its servers.
    pub servers: Vec<ReplicaServer>,
    /// Entries of it that name no server, or more than one.
    pub unknown: Vec<String>,
    /// How many tools clients see of it.
    pub tools: usize,
    /// The tools in which its servers do not agree.
    pub apart: Vec<ReplicaApart>,
}

/// A tool in which the servers of a group do not agree.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ReplicaApart {
    /// Its name.
    pub tool: String,
    /// Whose definition clients see. A call goes to servers whose own schema takes its arguments.
    pub shown: ServerId,
    /// Those whose schemas accept something else.
    pub differing: Vec<ServerId>,
    /// Those that do not have it: no call of it goes to them.
    pub lacking: Vec<ServerId>,
}

/// Servers that are to be one.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct ReplicaGroupArgs {
    /// What clients see instead of their names: 1 to 64 characters.
    pub name: String,
    /// Ids, or names that only one server has.
    pub servers: Vec<String>,
    /// Who asks, for the versions of the configuration; absent means a browser.
    #[serde(default)]
    #[ts(optional)]
    pub by: Option<ConfigBy>,
}

/// A group that is to be taken apart.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct ReplicaDissolveArgs {
    /// Its name.
    pub name: String,
    /// Who asks, for the versions of the configuration; absent means a browser.
    #[serde(default)]
    #[ts(optional)]
    pub by: Option<ConfigBy>,
}

/// What clients see of servers now, and would see of a group of them.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct ReplicaPreview {
    /// How many names of tools clients see of them now.
    pub now: usize,
    /// How many they would see.
    pub then: usize,
    /// The first of the tools, by name.
    pub tools: Vec<ReplicaToolNames>,
}

/// What clients call a tool.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ReplicaToolNames {
    /// What its servers call it.
    pub tool: String,
    /// What clients call it now, at each of the servers.
    pub now: Vec<String>,
    /// What they would call it.
    pub then: String,
}

/// A group that was made, or taken apart.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct ReplicaGroupChanged {
    /// Its name.
    pub name: String,
    /// Its servers.
    pub servers: Vec<ServerId>,
    /// The entry for `undo` that takes it back; absent when nothing changed.
    pub undo: Option<i64>,
    /// What differs in the configuration's file.
    pub diff: Vec<DiffLine>,
}

/// What is not wanted.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct ReplicaDismissArgs {
    /// The key of the proposal, or the name that it proposes.
    pub proposal: String,
}

/// A proposal that does not come again while its servers and their tools are the same.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct ReplicaDismissed {
    /// The name that it proposed.
    pub name: String,
    /// The entry for `undo` that takes it back; absent when it was dismissed already.
    pub undo: Option<i64>,
}
