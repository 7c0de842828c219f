//! The memory of scans: `discovery.db` in the data directory.
//!
//! - [`ScanMemory`] has the scans under way; a thread of its own writes their results as they come, four times a second.
//!   Whatever happens to the file, scans continue and are shown: what could not be written waits in memory.
//! - With a scan it keeps what its plan covers and which probes were made, so that in a comparison ([`compare`]) no server
//!   counts as gone that was not asked again.
//! - [`SeenServer`]: what saw a server, where and when. Every source of servers records it here, and a scan does by itself.
//! - Forgetting and saving can be undone ([`StepDirection`]).

pub mod compare;
mod dismissed;
mod export;
mod file;
mod keeper;
mod live;
mod rows;
mod sightings;
mod steps;

use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};
use std::thread::JoinHandle;

use keeper::{Keeper, KeeperJob};
use live::LiveScans;
use model::{Millis, ScanRange, ScanRow, ScanState, ScanStatus, ServerId, Sighting, SightingKind};
use parking_lot::Mutex;
use steps::StepFate;
use store::Ages;
use store::beside::BesideError;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::Definition;
use crate::scan::ProbePlan;

pub use export::ScanFileError;
pub use file::{FILE, MOST_ROWS, MOST_SCANS};
pub use live::KeptScan;
pub use sightings::SeenServer;
pub use steps::{FIRST_ENTRY, MemoryStep, StepDirection};

/// Why the memory of scans cannot be read or changed.
#[derive(Debug, thiserror::Error)]
pub enum MemoryError {
    /// The file cannot be used.
    #[error(transparent)]
    File(#[from] BesideError),
    /// There is no such scan.
    #[error("there is no scan `{0}`: it was forgotten, or deleted to make room for later ones")]
    NoScan(String),
    /// No scan was made yet.
    #[error("no scan is kept yet")]
    NoScans,
    /// A scan that runs is not forgotten.
    #[error("the scan `{0}` is running: cancel it first")]
    Running(String),
    /// There is no such range.
    #[error("no range is saved as `{0}`")]
    NoRange(String),
    /// A name that cannot be one.
    #[error("a range needs a name of 1 to 100 characters, on one line, that does not begin with `@`")]
    BadName,
    /// It was undone before, or something else changed it since.
    #[error(
        "that change can no longer be undone or redone: that was done before, or what it changed has changed since"
    )]
    StepGone,
    /// The file of a scan contains what none of ours would.
    #[error(transparent)]
    ScanFile(#[from] ScanFileError),
    /// The thread has ended.
    #[error("the memory of scans is closed")]
    Closed,
}

/// The memory of scans. Cheap to clone; all clones are one.
#[derive(Clone)]
pub struct ScanMemory(Arc<Memory>);

struct Memory {
    inner: Arc<SharedMemory>,
    jobs: Mutex<Option<Sender<KeeperJob>>>,
    thread: Mutex<Option<JoinHandle<()>>>,
    now: fn() -> Millis,
}

/// What the thread shares with its callers.
struct SharedMemory {
    live: Mutex<LiveScans>,
    /// Notifies that the sightings changed.
    noted: watch::Sender<()>,
}

/// The longest name of a range.
const LONGEST_NAME: usize = 100;

impl ScanMemory {
    /// Starts to keep scans in this folder; `noticed` receives notices for the user.
    pub fn start(
        folder: &Path,
        now: fn() -> Millis,
        ages: Ages,
        noticed: Box<dyn Fn(String) + Send>,
    ) -> Self {
        let inner = Arc::new(SharedMemory { live: Mutex::default(), noted: watch::Sender::new(()) });
        let keeper = Keeper::new(inner.clone(), folder.join(FILE), (now, ages), noticed);
        let (sender, jobs) = channel();
        let thread = std::thread::Builder::new().name("scans".to_owned()).spawn(move || keeper.run(&jobs));
        let thread = thread
            .inspect_err(|error| tracing::warn!(%error, "scans are not kept: there is no thread for it"))
            .ok();
        let jobs = thread.is_some().then_some(sender);
        let memory = Memory { inner, jobs: Mutex::new(jobs), thread: Mutex::new(thread), now };
        Self(Arc::new(memory))
    }

    /// Writes what waits, and ends the thread.
    pub async fn close(&self) {
        drop(self.0.jobs.lock().take());
        let Some(thread) = self.0.thread.lock().take() else { return };
        let ended = tokio::task::spawn_blocking(move || thread.join()).await;
        if !matches!(ended, Ok(Ok(()))) {
            tracing::error!("the thread that keeps scans had panicked");
        }
    }

    /// Adds a scan that starts.
    pub fn begin(&self, status: ScanStatus, plan: &ProbePlan) -> CancellationToken {
        let cancel = self.0.inner.live.lock().begin(status, plan);
        self.wake();
        cancel
    }

    /// Adds the result of a probe of a running scan.
    pub fn take(&self, id: &str, probe: u64, row: Option<(ScanRow, Option<Definition>)>) {
        let mut live = self.0.inner.live.lock();
        let Some(live) = live.iter_mut().find(|live| live.scan.status.id == id) else { return };
        let was_clean = !live.is_dirty;
        live.take(probe, row);
        if was_clean {
            self.wake();
        }
    }

    /// Records the progress of a scan.
    pub fn update(&self, id: &str, change: impl FnOnce(&mut ScanStatus)) {
        let mut live = self.0.inner.live.lock();
        let Some(live) = live.iter_mut().find(|live| live.scan.status.id == id) else { return };
        change(&mut live.scan.status);
        if !std::mem::replace(&mut live.is_dirty, true) {
            self.wake();
        }
    }

    /// The progress of a scan of this process.
    pub fn status(&self, id: &str) -> Option<ScanStatus> {
        self.0.inner.live.lock().get(id).map(|live| live.scan.status.clone())
    }

    /// Ends a scan; without an id the newest running one.
    pub fn cancel(&self, id: Option<&str>) -> Option<ScanStatus> {
        let live = self.0.inner.live.lock();
        let is_meant = |status: &ScanStatus| match id {
            Some(id) => status.id == id,
            None => status.state == ScanState::Running,
        };
        let found = live.iter().find(|live| is_meant(&live.scan.status))?;
        found.cancel.cancel();
        Some(found.scan.status.clone())
    }

    /// Ends all of them.
    pub fn stop(&self) {
        self.0.inner.live.lock().iter().for_each(|live| live.cancel.cancel());
    }

    /// All kept scans, the newest first, and why older ones are missing.
    pub async fn list(&self) -> (Vec<ScanStatus>, Option<MemoryError>) {
        let kept = self.ask(|keeper| keeper.read(rows::list)).await;
        let (mut scans, problem) = match kept {
            Ok(scans) => (scans, None),
            Err(error) => (Vec::new(), Some(error)),
        };
        for live in self.0.inner.live.lock().iter() {
            let status = live.scan.status.clone();
            match scans.iter_mut().find(|known| known.id == status.id) {
                Some(known) => *known = status,
                None => scans.push(status),
            }
        }
        scans.sort_by_key(|scan| std::cmp::Reverse(scan.started_at));
        (scans, problem)
    }

    /// A scan with everything that is kept of it.
    pub async fn scan(&self, id: &str) -> Result<KeptScan, MemoryError> {
        if let Some(live) = self.0.inner.live.lock().get(id) {
            return Ok(live.scan.clone());
        }
        let wanted = id.to_owned();
        let found =
            self.ask(move |keeper| keeper.read(|connection| rows::whole(connection, &wanted))).await?;
        found.ok_or_else(|| MemoryError::NoScan(id.to_owned()))
    }

    /// The newest scan; nothing where there is none.
    pub async fn newest(&self) -> Result<Option<KeptScan>, MemoryError> {
        if let Some(live) = self.0.inner.live.lock().newest() {
            return Ok(Some(live.scan.clone()));
        }
        let (scans, problem) = self.list().await;
        match (scans.first(), problem) {
            (Some(scan), _) => self.scan(&scan.id).await.map(Some),
            (None, Some(error)) => Err(error),
            (None, None) => Ok(None),
        }
    }

    /// Forgets scans that are over, as one change.
    pub async fn forget(&self, ids: Vec<String>) -> Result<Option<i64>, MemoryError> {
        let (scans, problem) = self.list().await;
        if let Some(error) = problem {
            return Err(error);
        }
        for id in &ids {
            match scans.iter().find(|scan| scan.id == *id) {
                None => return Err(MemoryError::NoScan(id.clone())),
                Some(scan) if scan.state == ScanState::Running => {
                    return Err(MemoryError::Running(id.clone()));
                }
                Some(_) => {}
            }
        }
        let turn = |id: &String| StepFate::Scan { id: id.clone(), was_kept: true, is_kept: false };
        let turns: Vec<StepFate> = ids.iter().collect::<HashSet<_>>().into_iter().map(turn).collect();
        if turns.is_empty() {
            return Ok(None);
        }
        let label = match turns.len() {
            1 => "forgot a scan".to_owned(),
            many => format!("forgot {many} scans"),
        };
        let entry = self.change(label, turns).await?;
        let mut live = self.0.inner.live.lock();
        for id in &ids {
            live.forget(id);
        }
        Ok(Some(entry))
    }

    /// The ranges that are saved, by name.
    pub async fn ranges(&self) -> Result<Vec<ScanRange>, MemoryError> {
        self.ask(|keeper| keeper.read(steps::ranges)).await
    }

    /// Saves a range, replacing one of the same name.
    pub async fn save_range(&self, range: ScanRange) -> Result<Option<i64>, MemoryError> {
        let name = range.name.trim().to_owned();
        let is_long = name.chars().count() > LONGEST_NAME;
        if name.is_empty() || is_long || name.starts_with('@') || name.contains(char::is_control) {
            return Err(MemoryError::BadName);
        }
        let after = ScanRange { name: name.clone(), saved_at: (self.0.now)(), ..range };
        let before = self.range(&name).await?;
        let is_same = before
            .as_ref()
            .is_some_and(|before| ScanRange { saved_at: after.saved_at, ..before.clone() } == after);
        if is_same {
            return Ok(None);
        }
        let label = format!("saved the range {name}");
        self.change(label, vec![StepFate::Range { name, before, after: Some(after) }]).await.map(Some)
    }

    /// Forgets a range.
    pub async fn forget_range(&self, name: &str) -> Result<Option<i64>, MemoryError> {
        let before = self.range(name).await?;
        let Some(before) = before else { return Err(MemoryError::NoRange(name.to_owned())) };
        let label = format!("forgot the range {name}");
        let turn = StepFate::Range { name: name.to_owned(), before: Some(before), after: None };
        self.change(label, vec![turn]).await.map(Some)
    }

    async fn range(&self, name: &str) -> Result<Option<ScanRange>, MemoryError> {
        let name = name.to_owned();
        self.ask(move |keeper| keeper.read(|connection| steps::range(connection, &name))).await
    }

    async fn change(&self, label: String, turns: Vec<StepFate>) -> Result<i64, MemoryError> {
        let now = (self.0.now)();
        self.ask(move |keeper| keeper.with(|connection| steps::make(connection, &label, &turns, now))).await
    }

    /// The change that would be undone next, or redone.
    pub async fn next_step(&self, way: StepDirection) -> Option<MemoryStep> {
        // A scan that cannot be read cannot be converted either; reading it reports why.
        self.ask(move |keeper| keeper.read(|connection| steps::next(connection, way))).await.ok().flatten()
    }

    /// Undoes a change, or redoes it.
    pub async fn turn(&self, way: StepDirection, entry: i64) -> Result<MemoryStep, MemoryError> {
        let now = (self.0.now)();
        let turned = self
            .ask(move |keeper| keeper.with(|connection| steps::turn(connection, way, entry, now)))
            .await?
            .ok_or(MemoryError::StepGone)?;
        // A scan of this process that is forgotten again is in the file alone.
        let (kept, problem) = self
            .ask(|keeper| keeper.read(rows::list))
            .await
            .map_or_else(|error| (Vec::new(), Some(error)), |kept| (kept, None));
        if problem.is_none() {
            let mut live = self.0.inner.live.lock();
            let gone = |status: &ScanStatus| {
                status.state != ScanState::Running && kept.iter().all(|known| known.id != status.id)
            };
            let gone: Vec<String> = live
                .iter()
                .filter(|live| gone(&live.scan.status))
                .map(|live| live.scan.status.id.clone())
                .collect();
            for id in &gone {
                live.forget(id);
            }
        }
        Ok(turned)
    }

    /// Records that servers are seen now. For all kinds except ports and scans, a place starts with what sees it (`cursor:
    /// ~/.cursor/mcp.json`): `seen:cursor` finds those.
    pub async fn saw(&self, kind: SightingKind, seen: Vec<SeenServer>) -> Result<(), MemoryError> {
        let now = (self.0.now)();
        self.ask(move |keeper| {
            keeper.with(|connection| {
                sightings::saw(connection, kind, seen.iter().map(|one| (one.server, &*one.place)), now)
            })?;
            keeper.noted();
            Ok(())
        })
        .await
    }

    /// Records everything that this kind sees now: a server that was seen before, and is not among them, is gone.
    pub async fn saw_all(&self, kind: SightingKind, seen: HashSet<SeenServer>) -> Result<(), MemoryError> {
        let now = (self.0.now)();
        self.ask(move |keeper| {
            keeper.with(|connection| sightings::saw_all(connection, kind, &seen, now))?;
            keeper.noted();
            Ok(())
        })
        .await
    }

    /// What saw a server, or, without one, all sightings.
    pub async fn sightings(&self, server: Option<ServerId>) -> Result<Vec<Sighting>, MemoryError> {
        self.ask(move |keeper| keeper.read(|connection| sightings::of(connection, server))).await
    }

    /// Where servers of this computer were last seen, to be asked again.
    pub async fn seen_here(&self) -> Vec<std::net::SocketAddr> {
        let read = self.ask(|keeper| {
            keeper.read(|connection| sightings::still_there(connection, &[SightingKind::Port]))
        });
        let seen = read.await.unwrap_or_default();
        let address = |sighting: Sighting| crate::HostAndPort::of(&sighting.place)?.loopback_address();
        seen.into_iter().filter_map(address).collect::<HashSet<_>>().into_iter().collect()
    }

    /// Servers were deleted for good, and so are their sightings.
    pub async fn forget_servers(&self, servers: Vec<ServerId>) -> Result<(), MemoryError> {
        if servers.is_empty() {
            return Ok(());
        }
        self.ask(move |keeper| keeper.with(|connection| sightings::forget(connection, &servers))).await
    }

    /// Has the thread do it, after all that scans found is written.
    async fn ask<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Keeper) -> Result<T, MemoryError> + Send + 'static,
    ) -> Result<T, MemoryError> {
        let (reply, answer) = tokio::sync::oneshot::channel();
        self.send(Box::new(move |keeper| {
            keeper.flush();
            // The caller may be gone; the change is done either way.
            let _ = reply.send(work(keeper));
        }))?;
        answer.await.map_err(|_| MemoryError::Closed)?
    }

    /// Wakes the thread, which may be waiting.
    fn wake(&self) {
        // After the end there is nothing to wake.
        drop(self.send(Box::new(|_| {})));
    }

    fn send(&self, job: KeeperJob) -> Result<(), MemoryError> {
        let jobs = self.0.jobs.lock();
        jobs.as_ref().and_then(|jobs| jobs.send(job).ok()).ok_or(MemoryError::Closed)
    }
}
