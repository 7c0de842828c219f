use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use model::{Millis, ServerId};
use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot};

use crate::ages::written_at;
use crate::beside::Present;
use crate::journal::Journal;
use crate::open::open;
use crate::writer::{ClosureJob, Job, QUEUE, StoreWriter};
use crate::{Ages, Change, History, Loaded, OpenedStore, StoreError, history, journal, meta, servers};

/// How often to check whether the file still exists.
const LOOK: Duration = Duration::from_secs(1);

/// Receives notices about the file, in a sentence or two.
pub type FileListener = Box<dyn Fn(String) + Send>;

/// The database. Cheap to clone; dropping the last clone waits until the writer has committed what it took and has
/// closed the file.
#[derive(Debug, Clone)]
pub struct Store {
    inner: Arc<SharedStore>,
    ages: Ages,
}

#[derive(Debug)]
struct SharedStore {
    path: PathBuf,
    // Options, because the channel must close before the thread is waited for.
    jobs: Option<mpsc::Sender<Box<dyn Job>>>,
    thread: Option<JoinHandle<()>>,
}

impl Store {
    /// Opens `mcp-discovery.db` in `folder`, creating both if needed. `now` names files that are moved or copied.
    ///
    /// Blocks while the file is checked, and copied if it is migrated: some milliseconds for a usual one.
    ///
    /// # Errors
    /// [`StoreError::Newer`] for a file of a newer version, [`StoreError::Full`], [`StoreError::NotWritable`] and
    /// [`StoreError::Busy`] for its surroundings, [`StoreError::Migration`]. A damaged file is not an error: see
    /// [`OpenedStore::damaged`].
    pub fn open(folder: &Path, now: Millis) -> Result<OpenedStore, StoreError> {
        Self::open_telling(folder, now, Box::new(|news| tracing::warn!(news, "the database")))
    }

    /// The same; later problems of the file are reported as notices.
    pub fn open_telling(folder: &Path, now: Millis, told: FileListener) -> Result<OpenedStore, StoreError> {
        let written = written_at(folder);
        let ready = open(folder, now)?;
        let (clock, clock_notice) = Ages::open(folder, now, written);
        let ages = clock.ages();
        let (sender, jobs) = mpsc::channel(QUEUE);
        let present = Present::of(&ready.path);
        let writer = StoreWriter {
            connection: ready.connection,
            path: ready.path.clone(),
            present,
            told,
            saved: None,
            jobs,
        };
        let thread = std::thread::Builder::new()
            .name("store".to_owned())
            .spawn(move || writer.run())
            .map_err(|error| StoreError::of_io(&ready.path, &error))?;
        let inner = SharedStore { path: ready.path, jobs: Some(sender), thread: Some(thread) };
        let store = Self { inner: Arc::new(inner), ages };
        let (damaged, backup) = (ready.damaged, ready.backup);
        Ok(OpenedStore { store, damaged, backup, clock, clock_notice })
    }

    /// Checks whether the file still exists, once a second, until the store is dropped: while nothing is written, nothing
    /// else would notice. Holds no clone of it while it waits.
    pub fn look_after(&self) -> impl Future<Output = ()> + Send + 'static {
        let (inner, ages) = (Arc::downgrade(&self.inner), self.ages.clone());
        async move {
            loop {
                tokio::time::sleep(LOOK).await;
                let Some(inner) = inner.upgrade() else { return };
                // Whatever is asked: the writer looks before it does anything.
                if (Self { inner, ages: ages.clone() }).ask(|_| Ok(())).await.is_err() {
                    tracing::debug!("the file could not be examined");
                }
            }
        }
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.inner.path
    }

    /// Everything that is stored.
    pub async fn load(&self) -> Result<Loaded, StoreError> {
        self.ask(|connection| {
            let (records, mut unreadable) = servers::all(connection)?;
            let Journal { entries, unreadable: more, last } = journal::all(connection)?;
            unreadable.extend(more);
            Ok(Loaded { records, journal: entries, last_entry: last, unreadable })
        })
        .await
    }

    /// Writes all of `changes`, or nothing. Once this answers, they survive a crash and a power cut.
    pub async fn commit(&self, changes: Vec<Change>) -> Result<(), StoreError> {
        let ages = self.ages.clone();
        self.ask(move |connection| changes.iter().try_for_each(|change| apply(connection, change, &ages)))
            .await
    }

    /// The history of a server, with its counts from `since` on.
    pub async fn history(&self, server: ServerId, since: Millis) -> Result<History, StoreError> {
        self.ask(move |connection| history::of(connection, server, since)).await
    }

    /// A single value of the whole file.
    pub async fn meta(&self, key: &'static str) -> Result<Option<String>, StoreError> {
        self.ask(move |connection| meta::get(connection, key)).await
    }

    /// Sets a single value of the whole file.
    pub async fn set_meta(&self, key: &'static str, value: String) -> Result<(), StoreError> {
        self.ask(move |connection| meta::set(connection, key, &value)).await
    }

    /// Has the writer do `work`. It runs in a transaction with others and may run twice, so it must only touch the
    /// connection.
    async fn ask<T: Send + 'static>(
        &self,
        work: impl FnMut(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (reply, answer) = oneshot::channel();
        let jobs = self.inner.jobs.as_ref().ok_or(StoreError::Closed)?;
        jobs.send(Box::new(ClosureJob::new(work, reply))).await.map_err(|_| StoreError::Closed)?;
        answer.await.map_err(|_| StoreError::Closed)?
    }
}

impl Drop for SharedStore {
    fn drop(&mut self) {
        self.jobs = None;
        let ended = self.thread.take().map(JoinHandle::join);
        if matches!(ended, Some(Err(_))) {
            tracing::error!(path = %self.path.display(), "the store's thread had panicked");
        }
    }
}

fn apply(connection: &Connection, change: &Change, ages: &Ages) -> rusqlite::Result<()> {
    match change {
        Change::Put(record) => servers::put(connection, record),
        Change::Seen { id, at } => servers::seen(connection, *id, *at),
        Change::Purge(id) => servers::purge(connection, *id).and_then(|()| history::purge(connection, *id)),
        Change::Journal(entry) => journal::add(connection, entry),
        Change::Undone { entry, at } => journal::undone(connection, *entry, *at),
        Change::Forget(entry) => journal::forget(connection, *entry),
        Change::Turned { id, transition } => history::turned(connection, *id, transition, ages),
        Change::Counted { id, slice, tally } => history::counted(connection, *id, *slice, *tally, ages),
    }
}
