//! What the writer knows, and a draft of what it will know once the backend has committed it.

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

use imbl::{HashMap, OrdMap};
use model::{Allowed, Health, Millis, Server, ServerId, ServerInfo, Source};
use store::{Ages, Change, Image, JournalEntry, Loaded, Record};

use crate::RegistryError;
use crate::health::{Flip, HealthPolicy, HealthState, Measure, Minute, News, Observation};

/// How long removed servers and changes can be restored.
pub(crate) const KEPT_FOR: Millis = 30 * 24 * 60 * 60 * 1000;

/// How long the measurements of a removed server are worth showing again.
const FACTS_FOR: Millis = 60 * 60 * 1000;

/// How many removed servers are kept at most, besides the ignored ones; the newest stay.
const REMOVED_KEPT: usize = 200_000;

/// How many changes can be undone at most.
pub(crate) const JOURNAL_KEPT: usize = 1_000;

/// How many servers all changes together can touch, so that a few large imports cannot fill the memory.
const IMAGES_KEPT: usize = 200_000;

/// How long counts and contacts wait to be written together: a crash loses at most this much of them.
const COUNTS_WAIT: Millis = 60_000;

/// The same for changes of a status, which are read soon.
const TRANSITIONS_WAIT: Millis = 1_000;

/// Persistent maps: a clone is free, so a draft is a clone that replaces its original or is dropped.
#[derive(Debug, Clone, Default)]
pub(crate) struct RegistryState {
    records: HashMap<ServerId, Arc<Record>>,
    health: HashMap<ServerId, Arc<HealthState>>,
    policy: HealthPolicy,
    allowed: Allowed,
    /// The clock that decides when old records and changes are deleted.
    ages: Ages,
    /// The servers with data that is only in memory, and when it must be written at the latest.
    unsaved: HashMap<ServerId, Millis>,
    journal: OrdMap<i64, Arc<JournalEntry>>,
    images: usize,
    last_entry: i64,
    /// The changes that were undone since the last new one, in their order: the last is redone first.
    undone: Arc<Vec<i64>>,
    /// The measurements of servers that were removed while this process ran.
    parked: HashMap<ServerId, Arc<HealthState>>,
}

impl RegistryState {
    /// What was stored, without what is too old to keep; the changes delete that.
    pub(crate) fn load(loaded: Loaded, now: Millis, ages: Ages) -> (Self, Vec<Change>) {
        let mut draft = NextState::new(&Self::default(), now);
        let expired = expired(&loaded.records, ages.by(now));
        draft.state.ages = ages;
        draft.state.last_entry = loaded.last_entry;
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
        let health = match self.health.get(&id) {
            Some(health) => health.shown(&record.info, &self.allowed),
            None => HealthState::new().shown(&record.info, &self.allowed),
        };
        Some(Server { info: record.info.clone(), health })
    }

    /// Whether something waits to be written.
    pub(crate) fn has_unsaved(&self) -> bool {
        !self.unsaved.is_empty()
    }
}

/// Servers that were removed too long ago, or before too many others. Ignored ones stay: a scan must not add them again.
fn expired(records: &[Record], now: Millis) -> BTreeSet<ServerId> {
    let removed = records.iter().filter(|record| !record.ignored);
    let mut removed: Vec<_> = removed.filter_map(|record| Some((record.removed_at?, record.id()))).collect();
    removed.sort_unstable_by(|a, b| b.cmp(a));
    let kept =
        removed.iter().take(REMOVED_KEPT).take_while(|(at, _)| at.saturating_add(KEPT_FOR) > now).count();
    removed.into_iter().skip(kept).map(|(_, id)| id).collect()
}

/// A future state, and how the backend gets there. It is not visible before it is committed.
#[derive(Debug)]
pub(crate) struct NextState {
    pub(crate) state: RegistryState,
    pub(crate) changes: Vec<Change>,
    /// The servers that readers will see changed, in the order of the changes.
    pub(crate) touched: Vec<ServerId>,
    /// Those of them whose record is another, but for when they were seen last.
    pub(crate) edited: HashSet<ServerId>,
    pub(crate) now: Millis,
}

impl NextState {
    pub(crate) fn new(state: &RegistryState, now: Millis) -> Self {
        Self { state: state.clone(), changes: Vec::new(), touched: Vec::new(), edited: HashSet::new(), now }
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

    /// The servers of this source, removed ones included.
    pub(crate) fn brought_by(&self, source: Source) -> impl Iterator<Item = ServerId> {
        let records = self.state.records.iter();
        records.filter(move |(_, record)| record.info.source == source).map(|(id, _)| *id)
    }

    /// Deletes a record and all its measurements.
    pub(crate) fn purge(&mut self, id: ServerId) {
        self.state.records.remove(&id);
        self.state.health.remove(&id);
        self.state.parked.remove(&id);
        self.state.unsaved.remove(&id);
        self.changes.push(Change::Purge(id));
        self.touch(id);
    }

    pub(crate) fn put(&mut self, record: Record) {
        let record = Arc::new(record);
        self.changes.push(Change::Put(record.clone()));
        self.edited.insert(record.id());
        self.replace(record);
    }

    /// Like [`NextState::put`] when only `last_seen` is new, which is cheaper to store.
    pub(crate) fn put_seen(&mut self, record: Record, at: Millis) {
        self.changes.push(Change::Seen { id: record.id(), at });
        self.replace(Arc::new(record));
    }

    fn replace(&mut self, record: Arc<Record>) {
        let id = record.id();
        if record.removed_at.is_some() {
            self.save_history(id);
            if let Some(health) = self.state.health.remove(&id) {
                self.state.parked.insert(id, health);
            }
            self.state.unsaved.remove(&id);
        } else if let Some(health) = self.state.parked.remove(&id) {
            self.bring_back(id, health);
        }
        self.state.records.insert(id, record);
        self.touch(id);
    }

    /// Measurements before a removal are facts for as long as the figures of the last hour are.
    fn bring_back(&mut self, id: ServerId, health: Arc<HealthState>) {
        let removed_at = self.record(id).and_then(|record| record.removed_at);
        if removed_at.is_some_and(|at| self.now.saturating_sub(at) < FACTS_FOR) {
            self.state.health.insert(id, health);
        }
    }

    fn touch(&mut self, id: ServerId) {
        if self.touched.last() != Some(&id) {
            self.touched.push(id);
        }
    }

    /// Takes a measurement of a server that was not removed, and returns the health that is shown of it then.
    pub(crate) fn measure(
        &mut self,
        id: ServerId,
        observation: &Observation,
    ) -> Result<Health, RegistryError> {
        let info = self.live(id)?.info.clone();
        let policy = self.state.policy;
        self.with_health(id, |health| health.observe(observation, &policy));
        Ok(self.shown(&info))
    }

    /// Takes the measurements of checks and calls of a server that was not removed.
    pub(crate) fn take_measure(&mut self, id: ServerId, measure: &Measure) -> Result<(), RegistryError> {
        self.live(id)?;
        let policy = self.state.policy;
        self.with_health(id, |health| health.measure(measure, &policy));
        Ok(())
    }

    /// What the last round found, for the user to accept.
    pub(crate) fn note_listing(&mut self, id: ServerId, news: Option<&News>) {
        let listed = news.and_then(|news| news.listed.clone());
        if self.health_of(id).is_some_and(|health| health.listed != listed) {
            self.with_health(id, |health| {
                health.listed = listed;
                None
            });
        }
    }

    /// The health that is shown of a record now.
    pub(crate) fn shown(&self, info: &ServerInfo) -> Health {
        let allowed = &self.state.allowed;
        match self.health_of(info.id) {
            Some(health) => health.shown(info, allowed),
            None => HealthState::new().shown(info, allowed),
        }
    }

    /// The measurements of a server, if any.
    pub(crate) fn health_of(&self, id: ServerId) -> Option<&Arc<HealthState>> {
        self.state.health.get(&id)
    }

    pub(crate) fn set_policy(&mut self, policy: HealthPolicy) {
        self.state.policy = policy;
    }

    /// The capabilities that a policy allows: a server without any is shown as blocked from now on.
    pub(crate) fn set_allowed(&mut self, allowed: &Allowed) {
        let turned: Vec<ServerId> = self
            .state
            .records
            .values()
            .filter(|record| self.state.allowed.blocks(&record.info) != allowed.blocks(&record.info))
            .map(|record| record.id())
            .collect();
        self.state.allowed = allowed.clone();
        for id in turned {
            self.touch(id);
        }
    }

    fn with_health(&mut self, id: ServerId, change: impl FnOnce(&mut HealthState) -> Option<Flip>) {
        let health = self.state.health.entry(id).or_insert_with(|| Arc::new(HealthState::new()));
        let health = Arc::make_mut(health);
        if let Some(flip) = change(health) {
            tracing::debug!(server = %id, from = flip.from.label(), to = flip.to.label(), "health changed");
        }
        let wait = match &health.unsaved {
            unsaved if unsaved.is_empty() => None,
            unsaved if unsaved.transitions.is_empty() => Some(COUNTS_WAIT),
            _ => Some(TRANSITIONS_WAIT),
        };
        if let Some(wait) = wait {
            let due = self.now.saturating_add(wait);
            let known = self.state.unsaved.get(&id).copied();
            if known.is_none_or(|known| due < known) {
                self.state.unsaved.insert(id, due);
            }
        }
        self.touch(id);
    }

    /// Has everything written that waits until `due` or longer.
    pub(crate) fn save_due(&mut self, due: Millis) {
        let ids: Vec<_> =
            self.state.unsaved.iter().filter(|(_, at)| **at <= due).map(|(id, _)| *id).collect();
        for id in ids {
            self.save(id);
        }
    }

    /// Has everything written that is only in memory.
    pub(crate) fn save(&mut self, id: ServerId) {
        let seen = self.health_of(id).and_then(|health| health.unsaved.seen);
        self.save_history(id);
        let known = self.record(id).cloned();
        if let Some((at, record)) = seen.zip(known).filter(|(at, known)| Some(*at) > known.info.last_seen) {
            let info = ServerInfo { last_seen: Some(at), ..(*record.info).clone() };
            self.put_seen(Record { info: Arc::new(info), ..(*record).clone() }, at);
        }
    }

    fn save_history(&mut self, id: ServerId) {
        self.state.unsaved.remove(&id);
        let Some(health) = self.state.health.get_mut(&id) else { return };
        if health.unsaved.is_empty() {
            return;
        }
        let unsaved = std::mem::take(&mut Arc::make_mut(health).unsaved);
        let turned = unsaved.transitions.into_iter().map(|transition| Change::Turned { id, transition });
        let counted = unsaved.tallies.into_iter().map(|(slice, tally)| Change::Counted { id, slice, tally });
        self.changes.extend(turned.chain(counted));
    }

    /// The last hour of a server, oldest minute first.
    pub(crate) fn minutes(&self, id: ServerId) -> Vec<Minute> {
        self.health_of(id).map(|health| health.minutes()).unwrap_or_default()
    }

    /// Remembers a change, so that it can be undone.
    pub(crate) fn remember(&mut self, label: String, images: Vec<Image>) -> i64 {
        self.state.last_entry += 1;
        let id = self.state.last_entry;
        let entry = JournalEntry { id, at: self.now, label, images: images.into(), undone_at: None };
        let entry = Arc::new(entry);
        self.changes.push(Change::Journal(entry.clone()));
        self.state.images += entry.images.len();
        self.state.journal.insert(id, entry);
        self.state.undone = Arc::default();
        self.forget_old_changes();
        id
    }

    /// The change with this id, if it was not undone.
    pub(crate) fn entry(&self, id: i64) -> Option<&Arc<JournalEntry>> {
        self.state.journal.get(&id).filter(|entry| entry.undone_at.is_none())
    }

    /// The changes that were not undone, newest first.
    pub(crate) fn entries(&self) -> impl Iterator<Item = &Arc<JournalEntry>> {
        self.state.journal.values().rev().filter(|entry| entry.undone_at.is_none())
    }

    /// The changes that can be redone, the one that was undone last first.
    pub(crate) fn undone(&self) -> impl Iterator<Item = &Arc<JournalEntry>> {
        self.state.undone.iter().rev().filter_map(|id| self.state.journal.get(id))
    }

    pub(crate) fn mark_undone(&mut self, entry: &JournalEntry) {
        self.mark(entry, Some(self.now));
        Arc::make_mut(&mut self.state.undone).push(entry.id);
    }

    pub(crate) fn mark_redone(&mut self, entry: &JournalEntry) {
        self.mark(entry, None);
        Arc::make_mut(&mut self.state.undone).retain(|id| *id != entry.id);
    }

    fn mark(&mut self, entry: &JournalEntry, undone_at: Option<Millis>) {
        self.changes.push(Change::Undone { entry: entry.id, at: undone_at });
        let marked = JournalEntry { undone_at, ..entry.clone() };
        self.state.journal.insert(entry.id, Arc::new(marked));
    }

    /// Keeps the journal within its bounds; the newest change always stays.
    fn forget_old_changes(&mut self) {
        let now = self.state.ages.by(self.now);
        while let Some((id, entry)) = self.state.journal.get_min().cloned() {
            let is_old = entry.at.saturating_add(KEPT_FOR) <= now;
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
