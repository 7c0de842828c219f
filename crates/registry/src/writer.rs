//! The one task that changes the registry.

use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use metrics::Counters;
use model::{Millis, ServerId};
use store::StoreError;
use tokio::sync::{broadcast, mpsc, oneshot};
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::change::Command;
use crate::registry::{NamesRevision, Published, Told};
use crate::state::{NextState, RegistryState};
use crate::{Backend, Past, RegistryError, Snapshot};

/// How many inputs wait before senders do.
pub(crate) const QUEUE: usize = 1024;

/// How many inputs share one commit at most.
const BATCH: usize = 512;

/// Above this many changed servers in one revision, its subscribers read the snapshot: that is cheaper.
const MOST_TOLD: usize = 1_000;

/// How often it checks for what waits to be written.
const SAVE_EVERY: Duration = Duration::from_secs(1);

/// The same after a write failed.
const SAVE_AGAIN: Duration = Duration::from_secs(30);

/// A command and the channel of its answer.
pub(crate) trait Input: Send {
    fn apply(&mut self, draft: &mut NextState) -> Result<(), RegistryError>;
    /// `revision` is the one that includes the change.
    fn answer(self: Box<Self>, outcome: Result<u64, RegistryError>);
}

pub(crate) struct AskedCommand<C: Command> {
    pub(crate) command: C,
    pub(crate) answer: Option<C::Answer>,
    pub(crate) reply: oneshot::Sender<Result<C::Answer, RegistryError>>,
}

impl<C: Command<Answer: NamesRevision>> Input for AskedCommand<C> {
    fn apply(&mut self, draft: &mut NextState) -> Result<(), RegistryError> {
        self.answer = Some(self.command.apply(draft)?);
        Ok(())
    }

    fn answer(self: Box<Self>, outcome: Result<u64, RegistryError>) {
        let Self { answer, reply, .. } = *self;
        let answer = outcome.and_then(|revision| Ok(answer.ok_or(RegistryError::Closed)?.stamped(revision)));
        // The caller may be gone; the commit holds.
        let _ = reply.send(answer);
    }
}

pub(crate) struct RegistryWriter {
    pub(crate) backend: Box<dyn Backend>,
    /// The reader of the history.
    pub(crate) past: Arc<dyn Past>,
    pub(crate) state: RegistryState,
    pub(crate) snapshot: Snapshot,
    pub(crate) inputs: mpsc::Receiver<Box<dyn Input>>,
    pub(crate) published: Arc<ArcSwap<Snapshot>>,
    pub(crate) events: broadcast::Sender<Published>,
    pub(crate) counters: Arc<Counters>,
    pub(crate) cancel: CancellationToken,
    /// When it next checks for what waits to be written.
    pub(crate) save_at: Instant,
    /// Announces that the writer and its backend have ended. Last, since fields are dropped in order.
    pub(crate) ended: DropGuard,
}

impl RegistryWriter {
    /// Ends when the last handle is dropped or the registry is closed, after answering what it took.
    pub(crate) async fn run(mut self) {
        let mut batch = Vec::new();
        while self.next_batch(&mut batch).await {
            self.adopt();
            self.write(std::mem::take(&mut batch)).await;
            if self.state.has_unsaved() && Instant::now() >= self.save_at {
                self.save(now()).await;
            }
        }
        self.save(Millis::MAX).await;
        let Self { backend, past, ended, .. } = self;
        drop((past, backend));
        drop(ended);
    }

    async fn next_batch(&mut self, batch: &mut Vec<Box<dyn Input>>) -> bool {
        if !self.cancel.is_cancelled() {
            tokio::select! {
                taken = self.inputs.recv_many(batch, BATCH) => return taken > 0,
                () = self.cancel.cancelled() => {}
                () = sleep_until(self.save_at), if self.state.has_unsaved() => return true,
                () = self.snapshot.workshop().has_news.notified() => return true,
            }
        }
        self.inputs.close();
        self.inputs.recv_many(batch, BATCH).await > 0
    }

    /// Keeps the indexes that readers made. What is published shows the same servers as before.
    fn adopt(&mut self) {
        if self.snapshot.adopt() {
            self.published.store(Arc::new(self.snapshot.clone()));
        }
    }

    /// One commit for the batch; if the backend refuses it for its content, one for each, so that a bad change harms only
    /// itself. If the environment is at fault, such as a full disk, all get the error at once.
    async fn write(&mut self, batch: Vec<Box<dyn Input>>) {
        let Err((batch, error)) = self.write_together(batch).await else { return };
        if batch.len() == 1 || error.is_environmental() {
            refuse(batch, &error);
            return;
        }
        for (input, _) in batch {
            if let Err((alone, error)) = self.write_together(vec![input]).await {
                refuse(alone, &error);
            }
        }
    }

    /// Plan, commit, publish, answer. On an error nothing was published and nothing was answered.
    async fn write_together(&mut self, batch: Vec<Box<dyn Input>>) -> Result<(), RefusedWrites> {
        let mut draft = NextState::new(&self.state, now());
        let planned = batch.into_iter().map(|mut input| {
            let outcome = input.apply(&mut draft);
            (input, outcome)
        });
        let planned: PlannedWrites = planned.collect();
        let former = match self.commit(draft).await {
            Ok(former) => former,
            Err(error) => return Err((planned, error)),
        };
        let revision = self.snapshot.revision();
        for (input, outcome) in planned {
            input.answer(outcome.map(|()| revision));
        }
        // To free the old state takes a while, and no caller has to wait for that.
        drop(former);
        Ok(())
    }

    /// Writes what is only in memory and has waited long enough. A failure loses nothing: it is tried again.
    async fn save(&mut self, due: Millis) {
        let mut draft = NextState::new(&self.state, now());
        draft.save_due(due);
        let saved = self.commit(draft).await;
        let wait = if saved.is_ok() { SAVE_EVERY } else { SAVE_AGAIN };
        self.save_at = Instant::now() + wait;
        if let Err(error) = saved {
            tracing::warn!(%error, "the history of servers could not be written");
        }
    }

    /// Has the backend store a draft, and prepares meanwhile what readers see next. That is published once it is stored.
    /// Returns the former state.
    async fn commit(&mut self, mut draft: NextState) -> Result<Former, StoreError> {
        let changes = std::mem::take(&mut draft.changes);
        let (backend, mut next) = (&mut self.backend, self.snapshot.clone());
        let counters = self.counters.clone();
        let keep = async {
            if changes.is_empty() {
                return Ok(());
            }
            let began = Instant::now();
            let kept = backend.commit(changes).await;
            counters.committed(kept.is_ok(), began.elapsed());
            kept
        };
        let (kept, told) = tokio::join!(biased; keep, async { show(&mut next, &draft) });
        kept?;
        let state = std::mem::replace(&mut self.state, draft.state);
        Ok(Former(state, (!told.is_empty()).then(|| self.publish(next, told))))
    }

    /// One new revision, announced once.
    fn publish(&mut self, mut next: Snapshot, told: Vec<Told>) -> (Snapshot, Arc<Snapshot>) {
        next.advance();
        let former =
            (std::mem::replace(&mut self.snapshot, next.clone()), self.published.swap(Arc::new(next)));
        let told = (told.len() <= MOST_TOLD).then(|| told.into());
        // Fails only without receivers.
        let _ = self.events.send(Published { revision: self.snapshot.revision(), told });
        former
    }
}

/// The state before a commit.
#[expect(dead_code, reason = "it is held to be dropped later")]
struct Former(RegistryState, Option<(Snapshot, Arc<Snapshot>)>);

/// Takes what a draft touched into a snapshot, and returns the changes: nothing, when nothing that is shown differs.
fn show(snapshot: &mut Snapshot, draft: &NextState) -> Vec<Told> {
    draft.touched.iter().filter_map(|id| show_one(snapshot, *id, draft)).collect()
}

fn show_one(snapshot: &mut Snapshot, id: ServerId, draft: &NextState) -> Option<Told> {
    let Some(now) = draft.state.server(id) else {
        snapshot.get(id)?;
        snapshot.remove(id);
        return Some(Told::Removed(id));
    };
    let before = snapshot.get(id);
    if before.is_some_and(|before| Arc::ptr_eq(&before.info, &now.info) && before.health == now.health) {
        return None;
    }
    let is_measured = before.is_some() && !draft.edited.contains(&id);
    let now = Arc::new(now);
    snapshot.put(now.clone());
    Some(if is_measured { Told::Measured(now) } else { Told::Changed(now) })
}

/// A command that was refused gets that reason, all others the backend's.
fn refuse(planned: PlannedWrites, error: &StoreError) {
    for (input, outcome) in planned {
        input.answer(outcome.and(Err(error.clone().into())));
    }
}

type PlannedWrites = Vec<(Box<dyn Input>, Result<(), RegistryError>)>;
type RefusedWrites = (PlannedWrites, StoreError);

/// The wall clock. A clock before 1970 counts as 1970.
pub fn now() -> Millis {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.map_or(0, |since| Millis::try_from(since.as_millis()).unwrap_or(Millis::MAX))
}
