//! Changes of the registry, and how they are undone.

use std::collections::BTreeMap;

use model::{GivenSecret, Millis, SecretPlace, ServerId, ServerRow};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use ts_rs::TS;

use crate::{AskedStep, ConfigBy, FromClient, KeptIn};

/// A server to add.
#[derive(Debug, Clone, Default, Serialize, Deserialize, TS)]
#[serde(default, deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "each is an option of the user")]
pub struct AddArgs {
    /// `http(s)://host[:port][/path]`; the MCP path is found by probing.
    #[ts(optional)]
    pub url: Option<String>,
    /// Program and arguments of a stdio server.
    #[ts(optional)]
    pub stdio: Option<Vec<String>>,
    /// The entry of an AI client's file, instead of both.
    #[ts(optional)]
    pub from: Option<FromClient>,
    /// The name that people read; the default is what the server calls itself, else its address.
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
    /// The SHA-256 of the server's certificate: exactly this one is trusted, whoever signed it. Unless `no_probe` is set, it
    /// must be the one that is presented now.
    #[ts(optional)]
    pub trust_certificate: Option<String>,
    /// The path of a file, on the computer where the core runs, with the certificates of the only trusted CA.
    #[ts(optional)]
    pub ca: Option<String>,
    /// Trust the CAs that this computer trusts, and no others: a certificate that was accepted before no longer is.
    #[ts(optional, as = "Option<bool>")]
    pub system_trust: bool,
    /// Allow the token and the headers to be sent over plain HTTP beyond this computer, where others can read them.
    #[ts(optional, as = "Option<bool>")]
    pub in_clear: bool,
    /// Keys that belong in the query of the URL, by name, to be kept where `secrets` says. What looks like one in `url`
    /// itself is taken out and treated the same.
    #[ts(optional, type = "Record<string, string>")]
    pub query: BTreeMap<String, GivenSecret>,
    /// Environment variables of a stdio server: their values, to be kept where `secrets` says, or null to take the value
    /// from the environment of this program.
    #[ts(optional, type = "Record<string, string | null>")]
    pub env: BTreeMap<String, Option<GivenSecret>>,
    /// The folder in which a stdio server starts, as a full path.
    #[ts(optional)]
    pub cwd: Option<String>,
    /// Keep a stdio server running even when it is not used; absent, a known one stays as it is.
    #[ts(optional)]
    pub keep_running: Option<bool>,
    /// The handle by which `cancel` ends the start of a stdio server, and `keep_starting` ends only the wait for it.
    #[ts(optional)]
    pub call: Option<String>,
    /// Where to keep secrets; absent means the keyring or, only where there is none, the file.
    #[ts(optional)]
    pub token_place: Option<SecretPlace>,
    /// Add it without contacting it first.
    #[ts(optional, as = "Option<bool>")]
    pub no_probe: bool,
    /// Keep nothing: only report what would be kept and, unless `no_probe` is set, the result of the check.
    #[ts(optional, as = "Option<bool>")]
    pub dry_run: bool,
}

impl AddArgs {
    /// Whether anything says whom to trust.
    pub fn says_whom_to_trust(&self) -> bool {
        self.trust_certificate.is_some() || self.ca.is_some() || self.system_trust
    }
}

/// The server that was added.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct Added {
    /// Its row.
    pub server: ServerRow,
    /// Whether it was in the registry before.
    pub updated: bool,
    /// Where its token was put, when one was given.
    pub token: Option<KeptIn>,
    /// Where its environment or its keys were put, when some were given.
    pub kept: Option<KeptIn>,
    /// Parameters that were taken out of its URL, since they look like keys. They are kept, and sent with requests to it.
    pub taken: Vec<String>,
    /// The journal entry to undo; absent when nothing was kept.
    pub undo: Option<i64>,
    /// The requests that were sent and their answers; empty when none was sent, or when it was probed just before.
    pub steps: Vec<AskedStep>,
    /// The revision that includes the change.
    pub revision: u64,
}

/// What a change of several servers did.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct Changed {
    /// The servers that were changed.
    pub ids: Vec<ServerId>,
    /// The journal entry to undo; absent when nothing changed.
    pub undo: Option<i64>,
    /// The revision that includes the change.
    pub revision: u64,
}

/// Tags and data for servers. Those that are not named stay.
#[derive(Debug, Clone, Default, Serialize, Deserialize, TS)]
#[serde(default, deny_unknown_fields)]
pub struct LabelArgs {
    /// Ids, or names that only one server has.
    pub ids: Vec<String>,
    /// Tags to add.
    #[ts(optional, as = "Option<Vec<String>>")]
    pub tags: Vec<String>,
    /// Tags to remove.
    #[ts(optional, as = "Option<Vec<String>>")]
    pub without: Vec<String>,
    /// Keys of the data to set; null removes one.
    #[ts(optional, type = "Record<string, unknown>")]
    pub metadata: Map<String, Value>,
}

/// What to undo, or to redo.
#[derive(Debug, Clone, Default, Serialize, Deserialize, TS)]
#[serde(default, deny_unknown_fields)]
pub struct UndoArgs {
    /// A journal entry; the default is the newest that can still be undone, or the one that was undone last.
    #[ts(optional)]
    pub undo: Option<i64>,
    /// The face that asks, for the versions of the configuration; absent means a browser.
    #[ts(optional)]
    pub by: Option<ConfigBy>,
}

/// A change that could be undone, or redone.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct UndoStep {
    /// Its journal entry.
    pub entry: i64,
    /// In words: `removed weather-usw2-b`.
    pub label: String,
    /// When it was made.
    pub at: Millis,
}

/// What the next undo and the next redo would do.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct Upcoming {
    /// The change that would be undone.
    pub undo: Option<UndoStep>,
    /// The change that would be redone.
    pub redo: Option<UndoStep>,
}

/// A change that was undone, or redone.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct Undone {
    /// Its journal entry.
    pub entry: i64,
    /// In words: `removed weather-usw2-b`.
    pub label: String,
    /// The servers it changed.
    pub ids: Vec<ServerId>,
    /// The revision that includes the change.
    pub revision: u64,
}

/// A removed server that can be restored.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct Removed {
    /// Its key.
    pub id: ServerId,
    /// Its name.
    pub name: String,
    /// Its URL or command.
    pub address: String,
    /// When it was removed.
    pub removed_at: Millis,
    /// Whether scans ignore it.
    pub ignored: bool,
}

/// The servers that can be restored, newest first.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct RemovedList {
    /// The rows.
    pub servers: Vec<Removed>,
}
