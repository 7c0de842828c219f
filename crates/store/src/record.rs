use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use model::{Millis, ServerId, ServerInfo, Transition};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A field that the user can set, and that nothing automatic changes afterwards.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PersonField {
    /// `name`.
    Name,
    /// `metadata`, as a whole.
    Metadata,
    /// `capabilities`, the free tags.
    Capabilities,
}

/// A server as it is stored: its record and its state.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    /// The record.
    pub info: Arc<ServerInfo>,
    /// When it was removed; it can be restored for 30 days.
    pub removed_at: Option<Millis>,
    /// Whether nothing automatic can restore it.
    pub ignored: bool,
    /// The fields that the user set.
    pub set_by_person: BTreeSet<PersonField>,
}

impl Record {
    /// A record that was not removed and in which the user set nothing.
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
    /// The server.
    pub id: ServerId,
    /// Before and after, by field. Only what the user can change is here: what a server reported about itself is not undone.
    pub fields: BTreeMap<String, (Value, Value)>,
}

/// One change that can be undone.
#[derive(Debug, Clone, PartialEq)]
pub struct JournalEntry {
    /// Grows by one with each change, and is never used twice.
    pub id: i64,
    /// The time.
    pub at: Millis,
    /// In words: `removed weather-b`.
    pub label: String,
    /// The servers it touched.
    pub images: Arc<[Image]>,
    /// When it was undone.
    pub undone_at: Option<Millis>,
}

/// One write. A list of them is all or nothing.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// Insert or replace a server.
    Put(Arc<Record>),
    /// A contact that changed nothing else.
    Seen {
        /// The server.
        id: ServerId,
        /// The time.
        at: Millis,
    },
    /// Delete a server for good.
    Purge(ServerId),
    /// Remember a change.
    Journal(Arc<JournalEntry>),
    /// A change was undone, or redone.
    Undone {
        /// The change.
        entry: i64,
        /// The time; absent when it is in effect again.
        at: Option<Millis>,
    },
    /// Forget a change.
    Forget(i64),
    /// A server's status became another.
    Turned {
        /// Whose.
        id: ServerId,
        /// The event.
        transition: Transition,
    },
    /// Rounds of checks that are to be added to those of a slice.
    Counted {
        /// Whose.
        id: ServerId,
        /// The beginning of the slice, a multiple of [`SLICE`].
        slice: Millis,
        /// How many more.
        tally: Tally,
    },
}

/// A slice of time in which rounds are counted: 120 are a day.
pub const SLICE: Millis = 12 * 60 * 1000;

/// How many rounds of checks ended in each status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// Healthy.
    pub healthy: u32,
    /// Degraded.
    pub degraded: u32,
    /// Down.
    pub unhealthy: u32,
    /// It requires authentication.
    pub needs_sign_in: u32,
}

impl Tally {
    /// Adds the rounds of another.
    pub fn add(&mut self, other: Self) {
        self.healthy = self.healthy.saturating_add(other.healthy);
        self.degraded = self.degraded.saturating_add(other.degraded);
        self.unhealthy = self.unhealthy.saturating_add(other.unhealthy);
        self.needs_sign_in = self.needs_sign_in.saturating_add(other.needs_sign_in);
    }

    /// All rounds.
    pub fn all(self) -> u64 {
        [self.healthy, self.degraded, self.unhealthy, self.needs_sign_in].into_iter().map(u64::from).sum()
    }
}

/// The history of one server.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct History {
    /// Newest first; of the last 30 days, and at most 500.
    pub transitions: Vec<Transition>,
    /// Slices in which there was a round, oldest first.
    pub tallies: Vec<(Millis, Tally)>,
}

/// Everything that was kept.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Loaded {
    /// The servers, removed ones included, by id.
    pub records: Vec<Record>,
    /// The changes, oldest first.
    pub journal: Vec<JournalEntry>,
    /// The highest id of a change, readable or not.
    pub last_entry: i64,
    /// Rows that could not be read and were left as they are: what and why, a line each.
    pub unreadable: Vec<String>,
}
