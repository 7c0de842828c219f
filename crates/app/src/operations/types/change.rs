//! Changes of the registry, and how they are taken back.

use std::collections::BTreeMap;

use model::{Millis, ServerId, ServerRow};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use ts_rs::TS;

use super::super::KeptIn;
use vault::{GivenSecret, SecretPlace};

/// A server to add.
#[derive(Debug, Clone, Default, Deserialize, TS)]
#[serde(default, deny_unknown_fields)]
pub struct AddArgs {
    /// `http(s)://host[:port][/path]`; the MCP path is found by probing.
    #[ts(optional)]
    pub url: Option<String>,
    /// Program and arguments of a stdio server.
    #[ts(optional)]
    pub stdio: Option<Vec<String>>,
    /// For people; default is what the server calls itself, else its address.
    #[ts(optional)]
    pub name: Option<String>,
    /// Free data.
    #[ts(optional, type = "Record<string, unknown>")]
    pub metadata: Option<Map<String, Value>>,
    /// Free tags.
    #[ts(optional)]
    pub capabilities: Option<Vec<String>>,
    /// The environment variable that holds the bearer token.
    #[ts(optional)]
    pub token_env: Option<String>,
    /// More headers: their names, and the environment variables that hold their values.
    #[ts(optional, as = "Option<BTreeMap<String, String>>")]
    pub header_env: BTreeMap<String, String>,
    /// The bearer token itself, to be kept where `secrets` says.
    #[ts(optional, type = "string")]
    pub token: Option<GivenSecret>,
    /// More headers and their values, to be kept like the token.
    #[ts(optional, type = "Record<string, string>")]
    pub headers: BTreeMap<String, GivenSecret>,
    /// The token and the headers may travel over plain HTTP beyond this computer, where others can read them.
    #[ts(optional, as = "Option<bool>")]
    pub in_clear: bool,
    /// Keys that belong into the query of the URL, by name, to be kept where `secrets` says. What looks like one in `url`
    /// itself is taken out and treated the same.
    #[ts(optional, type = "Record<string, string>")]
    pub query: BTreeMap<String, GivenSecret>,
    /// Environment variables of a stdio server: their values, to be kept where `secrets` says, or null for what this program
    /// was started with.
    #[ts(optional, type = "Record<string, string | null>")]
    pub env: BTreeMap<String, Option<GivenSecret>>,
    /// The folder in which a stdio server starts, from the root on.
    #[ts(optional)]
    pub cwd: Option<String>,
    /// A stdio server runs on, however long nobody asks it; absent or false, a known one stays as it is.
    #[ts(optional, as = "Option<bool>")]
    pub keep_running: bool,
    /// The handle by which `cancel` ends the start of a stdio server, and `keep_starting` ends only the wait for it.
    #[ts(optional)]
    pub call: Option<String>,
    /// Where to keep what is secret; absent means the keyring or, only where there is none, the file.
    #[ts(optional)]
    pub token_place: Option<SecretPlace>,
    /// Keep it without asking it anything first.
    #[ts(optional, as = "Option<bool>")]
    pub no_probe: bool,
}

/// The server that was added.
#[derive(Debug, Clone, Serialize, TS)]
pub struct Added {
    /// Its row.
    pub server: ServerRow,
    /// It was in the registry before.
    pub updated: bool,
    /// Where its token was put, when one was given.
    pub token: Option<KeptIn>,
    /// Where its environment or its keys were put, when some were given.
    pub kept: Option<KeptIn>,
    /// Parameters that were taken out of its URL, since they look like keys. They are kept, and sent when it is asked.
    pub taken: Vec<String>,
    /// The journal entry that takes it back.
    pub undo: i64,
    /// The revision that shows it.
    pub revision: u64,
}

/// What a change of several servers did.
#[derive(Debug, Clone, Serialize, TS)]
pub struct Changed {
    /// The servers it changed.
    pub ids: Vec<ServerId>,
    /// The journal entry that takes it back; absent when nothing changed.
    pub undo: Option<i64>,
    /// The revision that shows it.
    pub revision: u64,
}

/// A new name, tags or data for one server. What is absent stays.
#[derive(Debug, Clone, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct EditArgs {
    /// Its id, or a name that only one server has.
    pub id: String,
    /// A new name.
    #[ts(optional)]
    #[serde(default)]
    pub name: Option<String>,
    /// The whole new metadata.
    #[ts(optional, type = "Record<string, unknown>")]
    #[serde(default)]
    pub metadata: Option<Map<String, Value>>,
    /// The whole new list of tags.
    #[ts(optional)]
    #[serde(default)]
    pub capabilities: Option<Vec<String>>,
    /// Of a stdio server: whether its child runs on, however long nobody asks it.
    #[ts(optional)]
    #[serde(default)]
    pub keep_running: Option<bool>,
}

/// What to take back.
#[derive(Debug, Clone, Default, Deserialize, TS)]
#[serde(default, deny_unknown_fields)]
pub struct UndoArgs {
    /// A journal entry; default is the newest that can still be taken back.
    #[ts(optional)]
    pub undo: Option<i64>,
}

/// What was taken back.
#[derive(Debug, Clone, Serialize, TS)]
pub struct Undone {
    /// In words: `removed weather-usw2-b`.
    pub label: String,
    /// The servers it touched.
    pub ids: Vec<ServerId>,
    /// The revision that shows it.
    pub revision: u64,
}

/// A removed server that can be brought back.
#[derive(Debug, Clone, Serialize, TS)]
pub struct Removed {
    /// Its key.
    pub id: ServerId,
    /// Its name.
    pub name: String,
    /// Its URL or command.
    pub address: String,
    /// When it was removed.
    pub removed_at: Millis,
    /// Scans do not bring it back.
    pub ignored: bool,
}

/// The servers that can be brought back, newest first.
#[derive(Debug, Clone, Serialize, TS)]
pub struct RemovedList {
    /// The rows.
    pub servers: Vec<Removed>,
}
