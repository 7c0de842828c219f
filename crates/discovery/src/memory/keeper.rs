//! The thread that owns the file. Only this thread reads and writes it, so what is read is what was written.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

use model::Millis;
use rusqlite::Connection;
use store::Ages;
use store::beside::{Aside, BesideError, check_beside, in_transaction, open_beside, put_aside};
use tokio::time::Instant;

use super::file::{LAYOUT, end_lost, make_room, shrink};
use super::live::LiveScan;
use super::{KeptScan, MemoryError, SharedMemory, rows, sightings};

/// How long the results of scans are collected.
const GATHER: Duration = Duration::from_millis(250);
/// When a failed write is tried again.
const AGAIN: Duration = Duration::from_secs(2);

/// Something to do with the file.
pub(super) type KeeperJob = Box<dyn FnOnce(&mut Keeper) + Send>;

pub(super) struct Keeper {
    inner: Arc<SharedMemory>,
    path: PathBuf,
    now: fn() -> Millis,
    ages: Ages,
    noticed: Box<dyn Fn(String) + Send>,
    connection: Option<Connection>,
    /// Whether it was opened before: what runs in it now is ours.
    is_ours: bool,
    /// Grows with each file that takes the place of one.
    generation: u64,
    /// The problem that was reported, while it lasts.
    said: Option<String>,
}

impl Keeper {
    pub(super) fn new(
        inner: Arc<SharedMemory>,
        path: PathBuf,
        (now, ages): (fn() -> Millis, Ages),
        noticed: Box<dyn Fn(String) + Send>,
    ) -> Self {
        Self { inner, path, now, ages, noticed, connection: None, is_ours: false, generation: 0, said: None }
    }

    /// Works until the memory is closed.
    pub(super) fn run(mut self, jobs: &Receiver<KeeperJob>) {
        let mut due = None;
        loop {
            let wait = if self.said.is_some() { AGAIN } else { GATHER };
            due = if self.has_more() { due.or_else(|| Instant::now().checked_add(wait)) } else { None };
            let job = match due {
                None => jobs.recv().map_err(|_| RecvTimeoutError::Disconnected),
                Some(due) => jobs.recv_timeout(due.saturating_duration_since(Instant::now())),
            };
            match job {
                Ok(job) => job(&mut self),
                Err(RecvTimeoutError::Timeout) => {
                    due = None;
                    self.flush();
                }
                Err(RecvTimeoutError::Disconnected) => break,
            }
        }
        self.flush();
        self.end();
    }

    fn has_more(&self) -> bool {
        self.inner.live.lock().iter().any(|live| live.is_dirty)
    }

    /// Writes what scans found since the last time. What cannot be written stays in memory and is tried again.
    pub(super) fn flush(&mut self) {
        let is_dirty = |live: &&LiveScan| live.is_dirty;
        // The oldest first, so that a list by age is one by time. Each once: a scan that goes on must not keep who asks
        // waiting.
        let mut dirty: Vec<String> =
            self.inner.live.lock().iter().filter(is_dirty).map(|live| live.scan.status.id.clone()).collect();
        dirty.reverse();
        for id in dirty {
            if self.write(&id).is_err() {
                return;
            }
        }
    }

    fn write(&mut self, id: &str) -> Result<(), MemoryError> {
        let Some(LiveScan { scan, written, is_closed, .. }) = self.news_of(id) else { return Ok(()) };
        let (total, now, generation) = (written + scan.rows.len(), (self.now)(), self.generation);
        self.with(|connection| {
            let n = rows::put_scan(connection, &scan.status, &scan.scope, &scan.done, now)?;
            rows::put_rows(connection, n, written, &scan.rows)?;
            scan.definitions.values().try_for_each(|one| rows::put_definition(connection, one))?;
            let kind = sightings::kind_of(&scan.status.targets);
            sightings::saw(connection, kind, sightings::servers(&scan.rows), now)
        })?;
        if generation != self.generation {
            // It went into another file than what was before it: all of it is written again.
            return Ok(());
        }
        let mut closes = false;
        if let Some(live) = self.inner.live.lock().iter_mut().find(|live| live.scan.status.id == id) {
            let is_same = live.scan.rows.len() == total && live.scan.status == scan.status;
            live.written = total;
            live.is_dirty = !is_same || live.scan.done != scan.done;
            closes = !is_closed && !live.is_dirty && scan.status.finished_at.is_some();
            live.is_closed |= closes;
        }
        if closes {
            self.close_scan(id);
        }
        Ok(())
    }

    /// A scan with only the rows that are not in the file yet.
    fn news_of(&self, id: &str) -> Option<LiveScan> {
        let live = self.inner.live.lock();
        let live = live.get(id)?;
        let rows = live.scan.rows.get(live.written..).unwrap_or_default().to_vec();
        let definitions =
            rows.iter().filter_map(|row| live.scan.definitions.get_key_value(row.definition.as_ref()?));
        let definitions = definitions.map(|(hash, one)| (hash.clone(), one.clone())).collect();
        let KeptScan { status, scope, done, .. } = &live.scan;
        let (status, scope, done) = (status.clone(), scope.clone(), done.clone());
        let scan = KeptScan { status, scope, done, rows, definitions };
        let (written, is_dirty, is_closed) = (live.written, live.is_dirty, live.is_closed);
        Some(LiveScan { scan, cancel: live.cancel.clone(), written, is_dirty, is_closed })
    }

    /// Records which servers are gone, and makes room for the next scan.
    fn close_scan(&mut self, id: &str) {
        let whole = self.inner.live.lock().get(id).map(|live| live.scan.clone());
        let Some(scan) = whole else { return };
        let now = (self.now)();
        let aged = self.ages.by(now);
        // What cannot be noted now is noted with the next scan.
        drop(self.with(|connection| {
            sightings::close_scan(connection, &scan, now)?;
            make_room(connection, aged)
        }));
        self.noted();
        drop(self.outside(shrink));
        self.look_at_it();
    }

    /// Followers of sightings read them again.
    pub(super) fn noted(&self) {
        self.inner.noted.send_replace(());
    }

    /// Another program may have written over the file, which the cache of this thread would hide until the next start.
    fn look_at_it(&mut self) {
        let Err(BesideError::Damaged { source, .. }) = check_beside(&self.path) else { return };
        self.connection = None;
        match put_aside(&self.path, (self.now)(), &source) {
            Ok(aside) => self.begin_anew(Some(&aside)),
            Err(error) => self.complain(&error),
        }
    }

    /// Does something with the file, all or nothing. A damaged file is moved aside, and it is done with the next one.
    pub(super) fn with<T>(
        &mut self,
        work: impl Fn(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, MemoryError> {
        self.outside(|connection| in_transaction(connection, || work(connection)))
    }

    /// Reads something of the file. Where there is none, there is nothing to read, and none is made for it.
    pub(super) fn read<T: Default>(
        &mut self,
        work: impl Fn(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, MemoryError> {
        if self.connection.is_none() && !self.path.exists() {
            return Ok(T::default());
        }
        self.with(work)
    }

    fn outside<T>(&mut self, work: impl Fn(&Connection) -> rusqlite::Result<T>) -> Result<T, MemoryError> {
        let done = match self.once(&work) {
            Err(BesideError::Damaged { source, .. }) => {
                self.connection = None;
                put_aside(&self.path, (self.now)(), &source).and_then(|aside| {
                    self.begin_anew(Some(&aside));
                    self.once(&work)
                })
            }
            outcome => outcome,
        };
        match done {
            Ok(done) => {
                self.said = None;
                Ok(done)
            }
            Err(error) => {
                self.connection = None;
                self.complain(&error);
                Err(error.into())
            }
        }
    }

    fn once<T>(&mut self, work: impl Fn(&Connection) -> rusqlite::Result<T>) -> Result<T, BesideError> {
        // Somebody may have deleted it.
        if self.connection.is_some() && !self.path.exists() {
            self.connection = None;
            tracing::warn!(path = %self.path.display(), "the file of scans is gone: a new one is started");
            self.begin_anew(None);
        }
        if self.connection.is_none() {
            let (connection, aside) = open_beside(&self.path, &LAYOUT, (self.now)())?;
            if let Some(aside) = &aside {
                self.begin_anew(Some(aside));
            }
            if !self.is_ours {
                in_transaction(&connection, || end_lost(&connection))
                    .map_err(|error| BesideError::of(&self.path, error))?;
                self.is_ours = true;
            }
            self.connection = Some(connection);
        }
        // It was set just now.
        let Some(connection) = &self.connection else {
            return Err(BesideError::Newer { path: self.path.clone() });
        };
        work(connection).map_err(|error| BesideError::of(&self.path, error))
    }

    /// What is in memory is written to the new file as well.
    fn begin_anew(&mut self, aside: Option<&Aside>) {
        self.generation += 1;
        self.inner.live.lock().write_again();
        if let Some(Aside { path, why }) = aside {
            (self.noticed)(format!(
                "The file of scans was damaged ({why}). It is kept as `{}`, and a new one was started.",
                path.display()
            ));
        }
    }

    /// The same problem is reported once.
    fn complain(&mut self, error: &BesideError) {
        let said = format!("Scans are not being kept: {error}. They still run.");
        if self.said.as_ref() != Some(&said) {
            (self.noticed)(said.clone());
            self.said = Some(said);
        }
    }

    fn end(self) {
        if let Some(Err((_, error))) = self.connection.map(Connection::close) {
            tracing::warn!(%error, "the memory of scans could not be closed; its next opening recovers it");
        }
    }
}
