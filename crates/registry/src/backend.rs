//! Where records are stored, and how the registry is opened over a folder. Every implementation passes the suite in
//! `contract/`.

use std::collections::BTreeMap;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;

use model::{HealthStatus, Millis, ServerId};
use parking_lot::Mutex;
use store::{Change, History, JournalEntry, Loaded, Record, Store, StoreError};

use crate::writer::now;
use crate::{OpenedRegistry, Registry, RegistryError};

/// A backend's answer, later.
pub type BackendAnswer<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

/// Storage for records and the journal. Only the registry's writer calls it, one call at a time.
pub trait Backend: Send + 'static {
    /// Everything that is stored.
    fn load(&mut self) -> BackendAnswer<'_, Loaded>;

    /// Keeps all of `changes` or nothing. Once it answers, they are as safe as this backend makes them.
    fn commit(&mut self, changes: Vec<Change>) -> BackendAnswer<'_, ()>;

    /// The reader of the history of servers. By default there is none.
    fn past(&self) -> Arc<dyn Past> {
        Arc::new(Nothing)
    }
}

/// The history of servers, as far as it was committed. Readers do not wait for the writer.
pub trait Past: Send + Sync + 'static {
    /// The history of a server, with its counts from `since` on.
    fn of(&self, server: ServerId, since: Millis) -> BackendAnswer<'_, History>;
}

/// The past of a backend that keeps none.
struct Nothing;

impl Past for Nothing {
    fn of(&self, _: ServerId, _: Millis) -> BackendAnswer<'_, History> {
        Box::pin(std::future::ready(Ok(History::default())))
    }
}

/// The local database, which is the default and always the local store.
#[derive(Debug, Clone)]
pub struct Sqlite(Store);

impl Sqlite {
    /// Over an open store.
    pub fn new(store: Store) -> Self {
        Self(store)
    }
}

impl Backend for Sqlite {
    fn load(&mut self) -> BackendAnswer<'_, Loaded> {
        Box::pin(self.0.load())
    }

    fn commit(&mut self, changes: Vec<Change>) -> BackendAnswer<'_, ()> {
        Box::pin(self.0.commit(changes))
    }

    fn past(&self) -> Arc<dyn Past> {
        Arc::new(self.clone())
    }
}

impl Past for Sqlite {
    fn of(&self, server: ServerId, since: Millis) -> BackendAnswer<'_, History> {
        Box::pin(self.0.history(server, since))
    }
}

/// Opens the registry over the database in `folder`. A damaged database is moved aside and named in the notices.
pub async fn open_sqlite(folder: &Path) -> Result<OpenedRegistry, RegistryError> {
    open_sqlite_telling(folder, Box::new(|news| tracing::warn!(news, "the database"))).await
}

/// The same; later problems of its file are reported as notices. [`OpenedRegistry::watch`] has to run for that.
pub async fn open_sqlite_telling(
    folder: &Path,
    told: store::FileListener,
) -> Result<OpenedRegistry, RegistryError> {
    let folder = folder.to_path_buf();
    let opening = tokio::task::spawn_blocking(move || Store::open_telling(&folder, now(), told));
    let store::OpenedStore { store, damaged, backup, clock, clock_notice } =
        opening.await.map_err(|_| RegistryError::Closed)??;
    if let Some(backup) = backup {
        tracing::info!(backup = %backup.display(), "the database was copied before its schema changed");
    }
    let watch = store.look_after();
    let mut opened = Registry::open_by(Sqlite::new(store), clock.ages()).await?;
    opened.watch = Box::pin(watch);
    opened.notices.splice(0..0, damaged.map(|damage| moved_aside(&damage)).into_iter().chain(clock_notice));
    opened.clock = Some(clock);
    Ok(opened)
}

fn moved_aside(store::Damage { aside, kept }: &store::Damage) -> String {
    let kept = match kept {
        0 => "no server could be read from it".to_owned(),
        1 => "one server could be read from it and is kept".to_owned(),
        kept => format!("{kept} servers could be read from it and are kept"),
    };
    format!(
        "The database was damaged. It was moved aside as `{}` and a new one was started: {kept}. What is missing must be found \
         or added again.",
        aside.display()
    )
}

/// Keeps everything as long as the process lives: for one-shot commands and tests. Clones share it.
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
