//! AI clients and what they are set up with.

use std::collections::BTreeMap;

use model::{ClientReport, GivenSecret};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Whose files to read.
#[derive(Debug, Clone, Default, Serialize, Deserialize, TS)]
#[serde(default, deny_unknown_fields)]
pub struct ClientsArgs {
    /// Folders of projects, from the root on, whose files are read as well, now and later. Others are those that a client's
    /// own file names.
    #[ts(optional, as = "Option<Vec<String>>")]
    pub projects: Vec<String>,
}

/// The AI clients of this computer.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct ClientList {
    /// Those that have files here.
    pub clients: Vec<ClientReport>,
}

/// The entry of a client's file that a server is added from. It is read again, and its values never pass a face.
#[derive(Debug, Clone, Default, Serialize, Deserialize, TS)]
#[serde(default, deny_unknown_fields)]
pub struct FromClient {
    /// The client's id.
    pub client: String,
    /// The file, as `clients` lists it.
    pub file: String,
    /// What the client calls the server.
    pub name: String,
    /// The folder of the project that it is for, where the file says so of one entry.
    #[ts(optional)]
    pub project: Option<String>,
    /// What a person agreed to: the hash of the entry as it was shown to them. Without it nothing is added, and the error has
    /// the entry.
    #[ts(optional)]
    pub consent: Option<String>,
    /// What its placeholders stand for, by how they are written: `${input:token}`.
    #[ts(optional, type = "Record<string, string>")]
    pub filled: BTreeMap<String, GivenSecret>,
}
