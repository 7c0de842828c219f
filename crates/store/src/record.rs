use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use model::{Millis, ServerId, ServerInfo};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A field that a person can set, and that nothing automatic changes afterwards.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Field {
    /// `name`.
    Name,
    /// `metadata`, as a whole.
    Metadata,
    /// `capabilities`, the free tags.
    Capabilities,
}

/// A server as it is kept: its record and what became of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    /// The record.
    pub info: Arc<ServerInfo>,
    /// When it was removed; it can be brought back for 30 days.
    pub removed_at: Option<Millis>,
    /// Nothing automatic may bring it back.
    pub ignored: bool,
    /// What a person set.
    pub set_by_person: BTreeSet<Field>,
}

impl Record {
    /// A record that nobody removed and no person touched.
    pub fn new(info: Arc<ServerInfo>) -> Self {
        Self { info, removed_at: None, ignored: false, set_by_person: BTreeSet::new() }
    }

    /// The key.
    pub fn id(&self) -> ServerId {
        self.info.id
    }
}

/// What one change did to one server: the fields it changed, each with its value before.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Image {
    /// Which server.
    pub id: ServerId,
    /// Before and after, by field. Only what a person can change is here: what a server said of itself is not undone.
    pub fields: BTreeMap<String, (Value, Value)>,
}

/// One change that can be taken back.
#[derive(Debug, Clone, PartialEq)]
pub struct JournalEntry {
    /// Grows by one with each change, and is never used twice.
    pub id: i64,
    /// When.
    pub at: Millis,
    /// In words: `removed weather-b`.
    pub label: String,
    /// The servers it touched.
    pub images: Arc<[Image]>,
    /// When it was taken back.
    pub undone_at: Option<Millis>,
}

/// One write. A list of them is all or nothing.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// Insert or replace a server.
    Put(Arc<Record>),
    /// A contact that changed nothing else.
    Seen {
        /// Whom.
        id: ServerId,
        /// When.
        at: Millis,
    },
    /// Delete a server for good.
    Purge(ServerId),
    /// Remember a change.
    Journal(Arc<JournalEntry>),
    /// A change was taken back.
    Undone {
        /// Which.
        entry: i64,
        /// When.
        at: Millis,
    },
    /// Forget a change.
    Forget(i64),
}

/// Everything that was kept.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Loaded {
    /// The servers, removed ones included, by id.
    pub records: Vec<Record>,
    /// The changes, oldest first.
    pub journal: Vec<JournalEntry>,
    /// Rows that could not be read and were left as they are: what and why, a line each.
    pub unreadable: Vec<String>,
}
