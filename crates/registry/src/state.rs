//! What the writer knows, and a draft of what it will know once the backend has committed it.

use std::collections::BTreeSet;
use std::sync::Arc;

use imbl::{HashMap, OrdMap};
use model::{Health, Millis, Server, ServerId};
use store::{Change, Image, JournalEntry, Loaded, Record};

use crate::RegistryError;
use crate::endpoint::{Endpoint, Observation};

/// How long removed servers and changes can be brought back.
pub(crate) const KEPT_FOR: Millis = 30 * 24 * 60 * 60 * 1000;

/// How many removed servers are kept at most, beside the ignored ones; the newest stay.
const REMOVED_KEPT: usize = 10_000;

/// How many changes can be taken back at most.
pub(crate) const JOURNAL_KEPT: usize = 1_000;

/// How many servers all changes together may touch, so that a few large imports cannot fill the memory.
const IMAGES_KEPT: usize = 200_000;

/// Persistent maps: a clone is free, so a draft is a clone that replaces its original or is dropped.
#[derive(Debug, Clone, Default)]
pub(crate) struct State {
    records: HashMap<ServerId, Arc<Record>>,
    endpoints: HashMap<ServerId, Endpoint>,
    journal: OrdMap<i64, Arc<JournalEntry>>,
    images: usize,
    last_entry: i64,
}

impl State {
    /// What was kept, without what is too old to keep; the changes delete that.
    pub(crate) fn load(loaded: Loaded, now: Millis) -> (Self, Vec<Change>) {
        let mut draft = Draft::new(&Self::default(), now);
        let expired = expired(&loaded.records, now);
        draft.state.last_entry = loaded.journal.last().map_or(0, |entry| entry.id);
        for record in loaded.records {
            if expired.contains(&record.id()) {
                draft.changes.push(Change::Purge(record.id()));
            } else {
                draft.state.records.insert(record.id(), Arc::new(record));
            }
        }
        for entry in loaded.journal {
            draft.state.images += entry.images.len();
            draft.state.journal.insert(entry.id, Arc::new(entry));
        }
        draft.forget_old_changes();
        (draft.state, draft.changes)
    }

    /// Every server that was not removed, in no order.
    pub(crate) fn servers(&self) -> impl Iterator<Item = Server> {
        self.records.keys().filter_map(|id| self.server(*id))
    }

    /// The server as readers see it; a removed one is not seen.
    pub(crate) fn server(&self, id: ServerId) -> Option<Server> {
        let record = self.records.get(&id).filter(|record| record.removed_at.is_none())?;
        let health = self.endpoints.get(&id).unwrap_or(&Endpoint::new()).shown(&record.info);
        Some(Server { info: record.info.clone(), health })
    }
}

/// Servers that were removed too long ago, or before too many others. Ignored ones stay: a scan must not bring them back.
fn expired(records: &[Record], now: Millis) -> BTreeSet<ServerId> {
    let removed = records.iter().filter(|record| !record.ignored);
    let mut removed: Vec<_> = removed.filter_map(|record| Some((record.removed_at?, record.id()))).collect();
    removed.sort_unstable_by(|a, b| b.cmp(a));
    let kept =
        removed.iter().take(REMOVED_KEPT).take_while(|(at, _)| at.saturating_add(KEPT_FOR) > now).count();
    removed.into_iter().skip(kept).map(|(_, id)| id).collect()
}

/// A state to come, and how the backend gets there. Nobody sees it before it is committed.
#[derive(Debug)]
pub(crate) struct Draft {
    pub(crate) state: State,
    pub(crate) changes: Vec<Change>,
    /// The servers that readers will see changed, in the order of the changes.
    pub(crate) touched: Vec<ServerId>,
    pub(crate) now: Millis,
}

impl Draft {
    pub(crate) fn new(state: &State, now: Millis) -> Self {
        Self { state: state.clone(), changes: Vec::new(), touched: Vec::new(), now }
    }

    /// The record, removed or not.
    pub(crate) fn record(&self, id: ServerId) -> Option<&Arc<Record>> {
        self.state.records.get(&id)
    }

    /// The record of a server that was not removed.
    pub(crate) fn live(&self, id: ServerId) -> Result<&Arc<Record>, RegistryError> {
        self.record(id).filter(|record| record.removed_at.is_none()).ok_or(RegistryError::NotFound(id))
    }

    /// Every removed record.
    pub(crate) fn removed(&self) -> impl Iterator<Item = (&Arc<Record>, Millis)> {
        self.state.records.values().filter_map(|record| Some((record, record.removed_at?)))
    }

    pub(crate) fn put(&mut self, record: Record) {
        let record = Arc::new(record);
        self.changes.push(Change::Put(record.clone()));
        self.replace(record);
    }

    /// As [`Draft::put`] when only `last_seen` is new, which is cheaper to keep.
    pub(crate) fn put_seen(&mut self, record: Record, at: Millis) {
        self.changes.push(Change::Seen { id: record.id(), at });
        self.replace(Arc::new(record));
    }

    fn replace(&mut self, record: Arc<Record>) {
        let id = record.id();
        if record.removed_at.is_some() {
            self.state.endpoints.remove(&id);
        }
        self.state.records.insert(id, record);
        self.touch(id);
    }

    fn touch(&mut self, id: ServerId) {
        if self.touched.last() != Some(&id) {
            self.touched.push(id);
        }
    }

    /// Takes a measurement of a server that was not removed, and gives what is shown of it then.
    pub(crate) fn measure(
        &mut self,
        id: ServerId,
        observation: &Observation,
    ) -> Result<Health, RegistryError> {
        let info = self.live(id)?.info.clone();
        let endpoint = self.state.endpoints.entry(id).or_insert_with(Endpoint::new);
        if let Some(flip) = endpoint.observe(observation) {
            tracing::debug!(server = %id, from = flip.from.label(), to = flip.to.label(), "health changed");
        }
        let shown = endpoint.shown(&info);
        self.touch(id);
        Ok(shown)
    }

    /// Remembers a change, so that it can be taken back.
    pub(crate) fn remember(&mut self, label: String, images: Vec<Image>) -> i64 {
        self.state.last_entry += 1;
        let id = self.state.last_entry;
        let entry = JournalEntry { id, at: self.now, label, images: images.into(), undone_at: None };
        let entry = Arc::new(entry);
        self.changes.push(Change::Journal(entry.clone()));
        self.state.images += entry.images.len();
        self.state.journal.insert(id, entry);
        self.forget_old_changes();
        id
    }

    /// The change with this id, if it was not taken back.
    pub(crate) fn entry(&self, id: i64) -> Option<&Arc<JournalEntry>> {
        self.state.journal.get(&id).filter(|entry| entry.undone_at.is_none())
    }

    /// The changes that were not taken back, newest first.
    pub(crate) fn entries(&self) -> impl Iterator<Item = &Arc<JournalEntry>> {
        self.state.journal.values().rev().filter(|entry| entry.undone_at.is_none())
    }

    pub(crate) fn mark_undone(&mut self, entry: &JournalEntry) {
        let at = self.now;
        self.changes.push(Change::Undone { entry: entry.id, at });
        let undone = JournalEntry { undone_at: Some(at), ..entry.clone() };
        self.state.journal.insert(entry.id, Arc::new(undone));
    }

    /// Keeps the journal within its bounds; the newest change always stays.
    fn forget_old_changes(&mut self) {
        while let Some((id, entry)) = self.state.journal.get_min().cloned() {
            let is_old = entry.at.saturating_add(KEPT_FOR) <= self.now;
            let is_over = self.state.journal.len() > JOURNAL_KEPT || self.state.images > IMAGES_KEPT;
            if self.state.journal.len() == 1 || !(is_old || is_over) {
                return;
            }
            self.state.images -= entry.images.len();
            self.state.journal.remove(&id);
            self.changes.push(Change::Forget(id));
        }
    }
}
