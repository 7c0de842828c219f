use std::path::{Path, PathBuf};

use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot};

use crate::beside::{Present, remove_companions, unless_missing};
use crate::open::{again, keep_private};
use crate::salvage::{move_aside, suffixed};
use crate::{FileListener, StoreError};

/// How many commands wait before senders do.
pub(crate) const QUEUE: usize = 1024;

/// How many commands share one commit at most. Bounds how long the first of them waits for the last.
const GROUP: usize = 256;

/// Work on the connection, and the channel of its answer.
pub(crate) trait Job: Send {
    /// Does it. May run twice: once with its group, once alone if the group could not be committed.
    fn run(&mut self, connection: &Connection) -> rusqlite::Result<()>;
    /// Answers the caller, after the commit.
    fn answer(self: Box<Self>, outcome: Result<(), StoreError>);
}

/// A closure as a [`Job`].
pub(crate) struct ClosureJob<T, F> {
    work: F,
    result: Option<T>,
    reply: oneshot::Sender<Result<T, StoreError>>,
}

impl<T, F> ClosureJob<T, F> {
    pub(crate) fn new(work: F, reply: oneshot::Sender<Result<T, StoreError>>) -> Self {
        Self { work, result: None, reply }
    }
}

impl<T: Send, F: FnMut(&Connection) -> rusqlite::Result<T> + Send> Job for ClosureJob<T, F> {
    fn run(&mut self, connection: &Connection) -> rusqlite::Result<()> {
        self.result = Some((self.work)(connection)?);
        Ok(())
    }

    fn answer(self: Box<Self>, outcome: Result<(), StoreError>) {
        let Self { result, reply, .. } = *self;
        // The caller may be gone; the commit holds either way.
        let _ = reply.send(outcome.and_then(|()| result.ok_or(StoreError::Closed)));
    }
}

/// The only owner of the connection. Ends when the last sender is gone and everything taken is answered.
pub(crate) struct StoreWriter {
    pub(crate) connection: Connection,
    pub(crate) path: PathBuf,
    pub(crate) present: Present,
    pub(crate) told: FileListener,
    /// All of the data, in a file beside that could not be put into its place yet.
    pub(crate) saved: Option<PathBuf>,
    pub(crate) jobs: mpsc::Receiver<Box<dyn Job>>,
}

impl StoreWriter {
    pub(crate) fn run(mut self) {
        while let Some(group) = self.next_group() {
            match self.be_there() {
                Ok(()) => self.commit(group),
                Err(error) => {
                    let outcomes = group.iter().map(|_| Err(error.clone())).collect();
                    answer(group, outcomes);
                }
            }
        }
        if let Err((_, error)) = self.connection.close() {
            tracing::warn!(%error, "the database could not be closed; its next opening recovers it");
        }
    }

    /// If the file was deleted or replaced, what is written would be lost with this process: it is written again first.
    fn be_there(&mut self) -> Result<(), StoreError> {
        if self.saved.is_none() {
            if self.present.is_whole() {
                return Ok(());
            }
            self.saved = Some(self.save()?);
        }
        let Some(saved) = self.saved.clone() else { return Ok(()) };
        let aside = self.put_back(&saved)?;
        self.saved = None;
        let other = aside.map(|aside| format!("; the file in its place is now `{}`", aside.display()));
        (self.told)(format!(
            "The database `{}` was deleted or replaced while it was in use. It was written again with all its \
             data{}.",
            self.path.display(),
            other.unwrap_or_default()
        ));
        Ok(())
    }

    /// Copies all that the connection still has to a file beside, and closes it: SQLite deletes a journal by its name, so
    /// this must be over before there is another one.
    fn save(&mut self) -> Result<PathBuf, StoreError> {
        let part = suffixed(&self.path, ".part");
        unless_missing(std::fs::remove_file(&part)).map_err(|error| StoreError::of_io(&part, &error))?;
        keep_private(&part);
        let copied = self.connection.execute("VACUUM INTO ?1", [part.to_string_lossy()]);
        copied.map_err(|error| StoreError::of(&self.path, error))?;
        let none = Connection::open_in_memory().map_err(|error| StoreError::of(&self.path, error))?;
        drop(std::mem::replace(&mut self.connection, none));
        Ok(part)
    }

    /// Puts the copy into the place of the file. A file that is there is moved aside.
    fn put_back(&mut self, saved: &Path) -> Result<Option<PathBuf>, StoreError> {
        let failed = |error| StoreError::of_io(&self.path, &error);
        let aside = self.path.exists().then(|| move_aside(&self.path, millis())).transpose()?;
        remove_companions(&self.path).map_err(failed)?;
        std::fs::rename(saved, &self.path).map_err(failed)?;
        self.connection = again(&self.path)?;
        self.present = Present::of(&self.path);
        Ok(aside)
    }

    /// Waits for a command, then takes what else is waiting.
    fn next_group(&mut self) -> Option<Vec<Box<dyn Job>>> {
        let mut group = vec![self.jobs.blocking_recv()?];
        while group.len() < GROUP {
            let Ok(job) = self.jobs.try_recv() else { break };
            group.push(job);
        }
        Some(group)
    }

    /// One transaction for all; if that fails as a whole, one for each, so that a bad command harms only itself.
    fn commit(&self, mut group: Vec<Box<dyn Job>>) {
        match self.transaction(&mut group) {
            Ok(outcomes) => answer(group, outcomes),
            Err(error) if group.len() == 1 => answer(group, vec![Err(error)]),
            Err(_) => group.into_iter().for_each(|job| self.commit(vec![job])),
        }
    }

    /// The outer error means that nothing was stored; an inner one that only this command was not.
    fn transaction(&self, group: &mut [Box<dyn Job>]) -> Result<Vec<Result<(), StoreError>>, StoreError> {
        let mut work = || {
            self.connection.execute_batch("BEGIN IMMEDIATE")?;
            let outcomes =
                group.iter_mut().map(|job| self.savepoint(job.as_mut())).collect::<Result<_, _>>()?;
            self.connection.execute_batch("COMMIT")?;
            Ok(outcomes)
        };
        work().map_err(|error| {
            // A full disk ends the transaction by itself; anything else is ended here.
            if !self.connection.is_autocommit() && self.connection.execute_batch("ROLLBACK").is_err() {
                tracing::error!(path = %self.path.display(), "a transaction could not be rolled back");
            }
            StoreError::of(&self.path, error)
        })
    }

    /// Runs one command so that its failure leaves the others of its group alone.
    fn savepoint(&self, job: &mut dyn Job) -> rusqlite::Result<Result<(), StoreError>> {
        self.connection.prepare_cached("SAVEPOINT command")?.execute([])?;
        let Err(error) = job.run(&self.connection) else {
            self.connection.prepare_cached("RELEASE command")?.execute([])?;
            return Ok(Ok(()));
        };
        if self.connection.is_autocommit() {
            return Err(error);
        }
        self.connection.execute_batch("ROLLBACK TO command; RELEASE command")?;
        Ok(Err(StoreError::of(&self.path, error)))
    }
}

/// For the name of a file.
fn millis() -> model::Millis {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    model::Millis::try_from(since.as_millis()).unwrap_or(model::Millis::MAX)
}

fn answer(group: Vec<Box<dyn Job>>, outcomes: Vec<Result<(), StoreError>>) {
    for (job, outcome) in group.into_iter().zip(outcomes) {
        job.answer(outcome);
    }
}
