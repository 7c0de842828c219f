use std::collections::BTreeMap;
use std::sync::Arc;

use model::ServerId;
use parking_lot::Mutex;
use store::{Change, JournalEntry, Loaded, Record, StoreError};

use super::{Answer, Backend};

/// Keeps everything as long as the process lives: for one-shot commands and tests. Clones share what they keep.
#[derive(Debug, Clone, Default)]
pub struct Memory(Arc<Mutex<Kept>>);

#[derive(Debug, Clone, Default)]
struct Kept {
    records: BTreeMap<ServerId, Record>,
    journal: BTreeMap<i64, JournalEntry>,
}

impl Backend for Memory {
    fn load(&mut self) -> Answer<'_, Loaded> {
        let kept = self.0.lock();
        let loaded = Loaded {
            records: kept.records.values().cloned().collect(),
            journal: kept.journal.values().cloned().collect(),
            unreadable: Vec::new(),
        };
        Box::pin(std::future::ready(Ok(loaded)))
    }

    fn commit(&mut self, changes: Vec<Change>) -> Answer<'_, ()> {
        let mut kept = self.0.lock();
        for change in changes {
            kept.apply(change);
        }
        Box::pin(std::future::ready(Ok::<_, StoreError>(())))
    }
}

impl Kept {
    fn apply(&mut self, change: Change) {
        match change {
            Change::Put(record) => drop(self.records.insert(record.id(), (*record).clone())),
            Change::Seen { id, at } => {
                if let Some(record) = self.records.get_mut(&id) {
                    Arc::make_mut(&mut record.info).last_seen = Some(at);
                }
            }
            Change::Purge(id) => drop(self.records.remove(&id)),
            Change::Journal(entry) => drop(self.journal.insert(entry.id, (*entry).clone())),
            Change::Undone { entry, at } => {
                if let Some(entry) = self.journal.get_mut(&entry) {
                    entry.undone_at = Some(at);
                }
            }
            Change::Forget(entry) => drop(self.journal.remove(&entry)),
        }
    }
}
