use std::collections::BTreeMap;
use std::sync::Arc;

use model::{HealthStatus, Millis, ServerId};
use parking_lot::Mutex;
use store::{Change, History, JournalEntry, Loaded, Record, StoreError};

use super::{Backend, BackendAnswer, Past};

/// Keeps everything as long as the process lives: for one-shot commands and tests. Clones share what they keep.
#[derive(Debug, Clone, Default)]
pub struct MemoryBackend(Arc<Mutex<MemoryTables>>);

#[derive(Debug, Clone, Default)]
struct MemoryTables {
    records: BTreeMap<ServerId, Record>,
    journal: BTreeMap<i64, JournalEntry>,
    histories: BTreeMap<ServerId, History>,
}

/// How many changes of status one server keeps.
const TRANSITIONS: usize = 500;

/// How many slices of counts: a day and the one that is being left.
const SLICES: usize = 121;

impl Backend for MemoryBackend {
    fn load(&mut self) -> BackendAnswer<'_, Loaded> {
        let kept = self.0.lock();
        let loaded = Loaded {
            records: kept.records.values().cloned().collect(),
            journal: kept.journal.values().cloned().collect(),
            last_entry: kept.journal.keys().next_back().copied().unwrap_or(0),
            unreadable: Vec::new(),
        };
        Box::pin(std::future::ready(Ok(loaded)))
    }

    fn commit(&mut self, changes: Vec<Change>) -> BackendAnswer<'_, ()> {
        let mut kept = self.0.lock();
        for change in changes {
            kept.apply(change);
        }
        Box::pin(std::future::ready(Ok::<_, StoreError>(())))
    }

    fn past(&self) -> Arc<dyn Past> {
        Arc::new(self.clone())
    }
}

impl Past for MemoryBackend {
    fn of(&self, server: ServerId, since: Millis) -> BackendAnswer<'_, History> {
        let mut history = self.0.lock().histories.get(&server).cloned().unwrap_or_default();
        history.tallies.retain(|(slice, _)| *slice >= since);
        Box::pin(std::future::ready(Ok(history)))
    }
}

impl MemoryTables {
    fn apply(&mut self, change: Change) {
        match change {
            Change::Put(record) => drop(self.records.insert(record.id(), (*record).clone())),
            Change::Seen { id, at } => {
                if let Some(record) = self.records.get_mut(&id) {
                    Arc::make_mut(&mut record.info).last_seen = Some(at);
                }
            }
            Change::Purge(id) => {
                self.records.remove(&id);
                self.histories.remove(&id);
            }
            Change::Journal(entry) => drop(self.journal.insert(entry.id, (*entry).clone())),
            Change::Undone { entry, at } => {
                if let Some(entry) = self.journal.get_mut(&entry) {
                    entry.undone_at = at;
                }
            }
            Change::Forget(entry) => drop(self.journal.remove(&entry)),
            Change::Turned { id, transition } => {
                let lines = &mut self.histories.entry(id).or_default().transitions;
                let says_nothing_new = transition.from == HealthStatus::Unknown
                    && lines.first().is_some_and(|last| last.to == transition.to);
                if !says_nothing_new {
                    lines.insert(0, transition);
                    lines.truncate(TRANSITIONS);
                }
            }
            Change::Counted { id, slice, tally } => {
                let slices = &mut self.histories.entry(id).or_default().tallies;
                match slices.iter_mut().find(|(known, _)| *known == slice) {
                    Some((_, known)) => known.add(tally),
                    None => slices.push((slice, tally)),
                }
                let surplus = slices.len().saturating_sub(SLICES);
                slices.drain(..surplus);
            }
        }
    }
}
