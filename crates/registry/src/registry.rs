use std::pin::Pin;
use std::sync::{Arc, Weak};

use arc_swap::ArcSwap;
use metrics::Counters;
use model::{Health, Millis, Server, ServerId, ServerInfo, Source};
use store::{Ages, Change, ClockKeeper, JournalEntry};
use tokio::sync::{broadcast, mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use crate::change::{
    Command, Edit, Forget, Labelling, ListRemoved, Mark, Marking, Next, Observe, Preview, Redo, Undo, Upsert,
    check,
};
use crate::state::RegistryState;
use crate::writer::{AskedCommand, Input, QUEUE, RegistryWriter, now};
use crate::{Backend, Labels, Minute, Observation, Origin, Past, Patch, RegistryError, Snapshot};

/// How many revisions a slow subscriber can lag behind before it loses some (and learns that).
const REVISIONS: usize = 512;

/// The servers and their state. Cheap to clone; all clones are one registry.
#[derive(Clone)]
pub struct Registry {
    inputs: mpsc::Sender<Box<dyn Input>>,
    published: Arc<ArcSwap<Snapshot>>,
    events: broadcast::Sender<Published>,
    /// The writer holds it, so that the backend is closed when the writer has ended.
    pub(crate) past: Weak<dyn Past>,
    counters: Arc<Counters>,
    cancel: CancellationToken,
    ended: CancellationToken,
}

impl std::fmt::Debug for Registry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Registry")
            .field("revision", &self.published.load().revision())
            .finish_non_exhaustive()
    }
}

impl std::fmt::Debug for dyn Input {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Input")
    }
}

/// The writer task, to be spawned by the owner of the tasks. It ends when the last handle is dropped or the registry is
/// closed, after answering what it took; nothing is written unless it runs.
pub type Writing = Pin<Box<dyn Future<Output = ()> + Send>>;

/// An open registry.
#[must_use = "nothing is written unless the writer runs"]
pub struct OpenedRegistry {
    /// The handle.
    pub registry: Registry,
    /// The task to spawn.
    pub writer: Writing,
    /// The task that watches whether its file still exists, to be spawned as well.
    pub watch: Writing,
    /// Notices about the opening: a sentence or two each.
    pub notices: Vec<String>,
    /// Servers that were removed so long ago that they are deleted for good now, with everything stored about them here.
    pub expired: Vec<ServerId>,
    /// Follows the clock that decides when old data is deleted; a backend without a file trusts every clock.
    pub clock: Option<ClockKeeper>,
}

/// The announcement of one published state. Each revision is announced once, in order.
#[derive(Debug, Clone, PartialEq)]
pub struct Published {
    /// The revision of the registry that shows it.
    pub revision: u64,
    /// The difference from the revision before; absent when it is so large that reading the snapshot is cheaper.
    pub told: Option<Arc<[Told]>>,
}

/// The change of one server.
#[derive(Debug, Clone, PartialEq)]
pub enum Told {
    /// It was added, edited or restored.
    Changed(Arc<Server>),
    /// It was checked or paused; its record did not change.
    Measured(Arc<Server>),
    /// It left the list.
    Removed(ServerId),
}

/// The result for one registered server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Upserted {
    /// It was not known.
    Added,
    /// It was known, and is now as given.
    Updated,
    /// It was known and is unchanged.
    Unchanged,
    /// It had been removed and is restored.
    Restored,
    /// The user ignored it, so it was left out.
    Ignored,
}

/// The result of a registration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Committed {
    /// The revision that shows it.
    pub revision: u64,
    /// Each given server, in the given order.
    pub upserted: Vec<(ServerId, Upserted)>,
    /// The journal entry to undo; a registration of the user has one.
    pub undo: Option<i64>,
}

/// The result of a change of some servers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangedServers {
    /// The servers that are different now.
    pub ids: Vec<ServerId>,
    /// The journal entry to undo; absent when nothing changed.
    pub undo: Option<i64>,
    /// The revision that shows it.
    pub revision: u64,
}

impl ChangedServers {
    pub(crate) fn nothing() -> Self {
        Self { ids: Vec::new(), undo: None, revision: 0 }
    }
}

/// A change that was undone, or redone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UndoneStep {
    /// Its journal entry.
    pub entry: i64,
    /// In words: `removed weather-b`.
    pub label: String,
    /// The servers that are different now.
    pub ids: Vec<ServerId>,
    /// The revision that shows it.
    pub revision: u64,
}

impl UndoneStep {
    pub(crate) fn of(entry: &JournalEntry, ids: Vec<ServerId>) -> Self {
        Self { entry: entry.id, label: entry.label.clone(), ids, revision: 0 }
    }
}

/// A change that could be undone, or redone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JournalStep {
    /// Its journal entry.
    pub entry: i64,
    /// In words.
    pub label: String,
    /// When it was made.
    pub at: Millis,
}

impl JournalStep {
    pub(crate) fn of(entry: &JournalEntry) -> Self {
        Self { entry: entry.id, label: entry.label.clone(), at: entry.at }
    }
}

/// What the next undo and the next redo would do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UpcomingSteps {
    /// The change that would be undone.
    pub undo: Option<JournalStep>,
    /// The change that would be made again.
    pub redo: Option<JournalStep>,
}

/// A server that can be restored.
#[derive(Debug, Clone, PartialEq)]
pub struct RemovedServer {
    /// Its record.
    pub info: Arc<ServerInfo>,
    /// When it was removed.
    pub removed_at: Millis,
    /// Whether nothing automatic restores it.
    pub ignored: bool,
}

/// Answers that name the revision learn it last, when it is published.
pub(crate) trait NamesRevision: Sized {
    fn stamped(self, _revision: u64) -> Self {
        self
    }
}

impl NamesRevision for Committed {
    fn stamped(self, revision: u64) -> Self {
        Self { revision, ..self }
    }
}

impl NamesRevision for ChangedServers {
    fn stamped(self, revision: u64) -> Self {
        Self { revision, ..self }
    }
}

impl NamesRevision for UndoneStep {
    fn stamped(self, revision: u64) -> Self {
        Self { revision, ..self }
    }
}

impl NamesRevision for () {}
impl NamesRevision for UpcomingSteps {}
impl NamesRevision for Vec<Minute> {}
impl NamesRevision for Health {}
impl NamesRevision for Vec<RemovedServer> {}

impl Registry {
    /// Loads what the backend keeps, and deletes what is too old to be kept.
    pub async fn open(backend: impl Backend) -> Result<OpenedRegistry, RegistryError> {
        Self::open_by(backend, Ages::default()).await
    }

    /// The same, by a clock that may have jumped.
    pub async fn open_by(backend: impl Backend, ages: Ages) -> Result<OpenedRegistry, RegistryError> {
        let mut backend: Box<dyn Backend> = Box::new(backend);
        let mut loaded = backend.load().await?;
        let notices = unreadable(&std::mem::take(&mut loaded.unreadable));
        let (state, expired) = RegistryState::load(loaded, now(), ages);
        let gone = expired.iter().filter_map(|change| match change {
            Change::Purge(id) => Some(*id),
            _ => None,
        });
        let gone = gone.collect();
        if !expired.is_empty()
            && let Err(error) = backend.commit(expired).await
        {
            tracing::warn!(%error, "what is too old could not be deleted; the next start tries again");
        }
        let snapshot = Snapshot::of(state.servers());
        Ok(OpenedRegistry { expired: gone, ..Self::over(backend, state, snapshot, notices) })
    }

    fn over(
        backend: Box<dyn Backend>,
        state: RegistryState,
        snapshot: Snapshot,
        notices: Vec<String>,
    ) -> OpenedRegistry {
        let (sender, inputs) = mpsc::channel(QUEUE);
        let (events, _) = broadcast::channel(REVISIONS);
        let published = Arc::new(ArcSwap::from_pointee(snapshot.clone()));
        let (cancel, ended) = (CancellationToken::new(), CancellationToken::new());
        let past = backend.past();
        let past_of_readers = Arc::downgrade(&past);
        let counters = Arc::new(Counters::default());
        let writer = RegistryWriter {
            backend,
            past,
            state,
            snapshot,
            inputs,
            published: published.clone(),
            events: events.clone(),
            counters: counters.clone(),
            cancel: cancel.clone(),
            save_at: tokio::time::Instant::now(),
            ended: ended.clone().drop_guard(),
        };
        let registry =
            Self { inputs: sender, published, events, past: past_of_readers, counters, cancel, ended };
        let watch = Box::pin(std::future::ready(()));
        OpenedRegistry {
            registry,
            writer: Box::pin(writer.run()),
            watch,
            notices,
            expired: Vec::new(),
            clock: None,
        }
    }

    /// The counters of this registry, and of everything that works with it.
    pub fn counters(&self) -> &Arc<Counters> {
        &self.counters
    }

    /// How many writes wait for the writer.
    pub fn waiting(&self) -> usize {
        self.inputs.max_capacity().saturating_sub(self.inputs.capacity())
    }

    /// The newest state. Never waits; shows every write whose answer was awaited before.
    pub fn snapshot(&self) -> Arc<Snapshot> {
        self.published.load_full()
    }

    /// Subscribes to later events. Subscribe, then take a snapshot: then nothing is missed between the two.
    pub fn subscribe(&self) -> broadcast::Receiver<Published> {
        self.events.subscribe()
    }

    /// Registers servers: new ones are added, known ones keep their history (see [`Origin`] for what else they keep).
    ///
    /// # Errors
    /// [`RegistryError::Invalid`] when one has no name or is too large; then none is registered.
    pub async fn upsert(&self, servers: Vec<ServerInfo>, origin: Origin) -> Result<Committed, RegistryError> {
        servers.iter().try_for_each(check)?;
        self.ask(Upsert { servers, origin }).await
    }

    /// What registering these would do, as [`Registry::upsert`] tells it; nothing is changed.
    ///
    /// # Errors
    /// As those of [`Registry::upsert`].
    pub async fn preview(
        &self,
        servers: Vec<ServerInfo>,
        origin: Origin,
    ) -> Result<Committed, RegistryError> {
        servers.iter().try_for_each(check)?;
        self.ask(Preview(Upsert { servers, origin })).await
    }

    /// Changes the fields that the user can change of one server.
    pub async fn edit(&self, id: ServerId, patch: Patch) -> Result<ChangedServers, RegistryError> {
        self.ask(Edit { id, patch }).await
    }

    /// Gives tags and data to servers, or takes them away.
    pub async fn label(&self, ids: Vec<ServerId>, labels: Labels) -> Result<ChangedServers, RegistryError> {
        self.ask(Labelling { ids, labels }).await
    }

    /// Removes servers; they can be restored for 30 days.
    pub async fn remove(&self, ids: Vec<ServerId>) -> Result<ChangedServers, RegistryError> {
        self.mark(ids, Mark::Remove).await
    }

    /// Removes servers, and nothing automatic restores them. Also for servers that were removed before.
    pub async fn ignore(&self, ids: Vec<ServerId>) -> Result<ChangedServers, RegistryError> {
        self.mark(ids, Mark::Ignore).await
    }

    /// Restores removed and ignored servers, with what was measured of them while this process ran.
    pub async fn restore(&self, ids: Vec<ServerId>) -> Result<ChangedServers, RegistryError> {
        self.mark(ids, Mark::Restore).await
    }

    /// Deletes every server from `source`, removed ones included, and their history: that cannot be undone.
    /// For servers that end with their source; those of the user are [removed](Self::remove).
    pub async fn forget(&self, source: Source) -> Result<ChangedServers, RegistryError> {
        self.ask(Forget { source }).await
    }

    /// Drains servers: shown as paused whatever is measured, until they are resumed.
    pub async fn pause(&self, ids: Vec<ServerId>) -> Result<ChangedServers, RegistryError> {
        self.mark(ids, Mark::Pause).await
    }

    /// Resumes paused servers.
    pub async fn resume(&self, ids: Vec<ServerId>) -> Result<ChangedServers, RegistryError> {
        self.mark(ids, Mark::Resume).await
    }

    /// Takes a change back: the one named, or the newest that can be. Fields that were changed again since keep their
    /// newer value.
    ///
    /// # Errors
    /// [`RegistryError::UndoGone`] for a named change with nothing left to take back, [`RegistryError::NothingToUndo`].
    pub async fn undo(&self, entry: Option<i64>) -> Result<UndoneStep, RegistryError> {
        self.ask(Undo { entry }).await
    }

    /// Redoes a change: the given one, or the one that was undone last. After a new change there is nothing to redo.
    ///
    /// # Errors
    /// [`RegistryError::RedoGone`] for a named change that cannot be made again, [`RegistryError::NothingToRedo`].
    pub async fn redo(&self, entry: Option<i64>) -> Result<UndoneStep, RegistryError> {
        self.ask(Redo { entry }).await
    }

    /// What the next undo and the next redo would do.
    pub async fn upcoming(&self) -> Result<UpcomingSteps, RegistryError> {
        self.ask(Next).await
    }

    /// The servers that can be restored, newest first.
    pub async fn removed(&self) -> Result<Vec<RemovedServer>, RegistryError> {
        self.ask(ListRemoved).await
    }

    /// Takes a measurement, and returns the health that is shown of the server then.
    pub async fn observe(&self, id: ServerId, observation: Observation) -> Result<Health, RegistryError> {
        self.ask(Observe { id, observation }).await
    }

    /// Ends the writer after it has answered earlier requests, and waits until its backend is closed. Every later change is
    /// refused with [`RegistryError::Closed`]; snapshots stay readable.
    pub async fn close(&self) {
        self.cancel.cancel();
        self.ended.cancelled().await;
    }

    async fn mark(&self, ids: Vec<ServerId>, mark: Mark) -> Result<ChangedServers, RegistryError> {
        self.ask(Marking { ids, mark }).await
    }

    pub(crate) async fn ask<C: Command<Answer: NamesRevision>>(
        &self,
        command: C,
    ) -> Result<C::Answer, RegistryError> {
        let (reply, answer) = oneshot::channel();
        let input = AskedCommand { command, answer: None, reply };
        self.inputs.send(Box::new(input)).await.map_err(|_| RegistryError::Closed)?;
        answer.await.map_err(|_| RegistryError::Closed)?
    }
}

fn unreadable(rows: &[String]) -> Vec<String> {
    let Some(first) = rows.first() else { return Vec::new() };
    let count = rows.len();
    vec![format!(
        "{count} rows of the database could not be read and were left as they are; the first: {first}"
    )]
}
