//! Servers that look like replicas of one server to AI clients, and the groups in the configuration.

use model::{ServerId, Transport};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::{ConfigBy, DiffLine};

/// The proposed groups, and the existing ones.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct ReplicaProposals {
    /// Proposals, the one with the most servers first.
    pub proposals: Vec<ReplicaProposal>,
    /// How many more there are than are listed.
    pub more: usize,
    /// How many were dismissed.
    pub dismissed: usize,
    /// The groups of the configuration, in its order.
    pub groups: Vec<ReplicaGroupRow>,
    /// The reason why the configuration's file cannot be written, as far as it is known before.
    pub hindrance: Option<String>,
}

/// Servers of one product that list the same tools with schemas that accept the same arguments.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ReplicaProposal {
    /// Its key: another set of servers, or other tools, has another key.
    pub key: String,
    /// A name that no group has.
    pub name: String,
    /// The product that they report, if they do.
    pub product: Option<String>,
    /// The names of their tools.
    pub tools: Vec<String>,
    /// The servers, at least two.
    pub servers: Vec<ReplicaServer>,
    /// What differs between them.
    pub differ: Vec<ReplicaDifference>,
}

/// What can differ between servers that look like replicas.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum ReplicaDifference {
    /// Their addresses.
    Address,
    /// Their regions.
    Region,
    /// The versions that they report.
    Version,
    /// Their transports.
    Transport,
    /// Their revisions of MCP.
    Protocol,
    /// The descriptions of their tools; clients read those of one of them.
    Descriptions,
}

/// A server of a group, or of a proposal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ReplicaServer {
    /// Its id.
    pub id: ServerId,
    /// Its name.
    pub name: String,
    /// Its URL or command.
    pub address: String,
    /// Its transport.
    pub transport: Transport,
    /// Its region.
    pub region: Option<String>,
    /// The version that it reports.
    pub version: Option<String>,
    /// Its revision of MCP.
    pub protocol_version: Option<String>,
}

/// A group of the configuration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ReplicaGroupRow {
    /// Its name.
    pub name: String,
    /// Its servers.
    pub servers: Vec<ReplicaServer>,
    /// Entries of the group that name no server, or more than one.
    pub unknown: Vec<String>,
    /// How many tools of it clients see.
    pub tools: usize,
    /// The tools that differ between its servers.
    pub apart: Vec<ReplicaApart>,
}

/// A tool that differs between the servers of a group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ReplicaApart {
    /// Its name.
    pub tool: String,
    /// The server whose definition clients see. A call goes to servers whose own schema accepts its arguments.
    pub shown: ServerId,
    /// The servers whose schemas accept something else.
    pub differing: Vec<ServerId>,
    /// The servers that do not have it: no call to it goes to them.
    pub lacking: Vec<ServerId>,
}

/// Servers to group.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct ReplicaGroupArgs {
    /// The name of the group, which clients see instead of theirs: 1 to 64 characters.
    pub name: String,
    /// Ids, or names that only one server has.
    pub servers: Vec<String>,
    /// The face that asks, for the versions of the configuration; absent means a browser.
    #[serde(default)]
    #[ts(optional)]
    pub by: Option<ConfigBy>,
}

/// A group to dissolve.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct ReplicaDissolveArgs {
    /// Its name.
    pub name: String,
    /// The face that asks, for the versions of the configuration; absent means a browser.
    #[serde(default)]
    #[ts(optional)]
    pub by: Option<ConfigBy>,
}

/// What clients see of servers now, and what they would see of a group of them.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct ReplicaPreview {
    /// How many tool names of them clients see now.
    pub now: usize,
    /// How many tool names clients would see.
    pub then: usize,
    /// The first of the tools, by name.
    pub tools: Vec<ReplicaToolNames>,
}

/// The names of a tool for clients.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ReplicaToolNames {
    /// Its name at its servers.
    pub tool: String,
    /// Its name for clients now, at each of the servers.
    pub now: Vec<String>,
    /// Its name for clients then.
    pub then: String,
}

/// A group that was made, or dissolved.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct ReplicaGroupChanged {
    /// Its name.
    pub name: String,
    /// Its servers.
    pub servers: Vec<ServerId>,
    /// The entry for `undo`; absent when nothing changed.
    pub undo: Option<i64>,
    /// What differs in the configuration's file.
    pub diff: Vec<DiffLine>,
}

/// A proposal to dismiss.
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
    /// The entry for `undo`; absent when it was dismissed already.
    pub undo: Option<i64>,
}
