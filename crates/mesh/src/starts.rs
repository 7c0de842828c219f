//! Starts of child processes, reported to all listeners: what is waited for, since when, and its last line of output.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use mcp::tame;
use model::{Activity, Millis, ServerId, Start};
use registry::{Measure, Registry};
use tokio::sync::watch;
use tokio::time::{sleep, timeout};
use tokio_util::task::TaskTracker;

use crate::{Activities, now};

/// How long a start can take before it is reported.
const MOMENT: Duration = Duration::from_secs(2);

/// How often the newest lines are sent.
const BETWEEN: Duration = Duration::from_millis(250);

/// The starts under way.
#[derive(Debug, Clone)]
pub struct Starts(Arc<SharedStarts>);

#[derive(Debug)]
struct SharedStarts {
    registry: Registry,
    activities: Activities,
    tasks: TaskTracker,
    under_way: Mutex<HashMap<ServerId, Arc<watch::Sender<Start>>>>,
    waiting: Mutex<HashMap<ServerId, String>>,
}

/// A start under way; dropped, it is over.
pub(crate) struct StartUnderWay {
    starts: Starts,
    id: ServerId,
    start: Arc<watch::Sender<Start>>,
}

/// A requester waits for a start under this handle; dropped, none does.
#[derive(Debug)]
pub struct Waiting(Starts, ServerId);

impl Starts {
    /// An empty set; each is reported by a task of its own among these.
    pub(crate) fn new(registry: Registry, activities: Activities, tasks: TaskTracker) -> Self {
        Self(Arc::new(SharedStarts {
            registry,
            activities,
            tasks,
            under_way: Mutex::default(),
            waiting: Mutex::default(),
        }))
    }

    /// The starts that take long, the oldest first.
    pub fn list(&self) -> Vec<Start> {
        let young = now() - Millis::try_from(MOMENT.as_millis()).unwrap_or_default();
        let starts: Vec<Start> =
            lock(&self.0.under_way).values().map(|start| start.borrow().clone()).collect();
        let mut old: Vec<Start> = starts.into_iter().filter(|start| start.since <= young).collect();
        old.sort_by_key(|start| (start.since, start.id));
        old.into_iter().map(|start| self.with_handle(start)).collect()
    }

    /// Since when a child process has been starting.
    pub fn since(&self, id: ServerId) -> Option<Millis> {
        lock(&self.0.under_way).get(&id).map(|start| start.borrow().since)
    }

    /// Requesters that wait for the start of this server are notified under this handle; of several the last.
    pub fn wait(&self, id: ServerId, handle: String) -> Waiting {
        lock(&self.0.waiting).insert(id, handle);
        Waiting(self.clone(), id)
    }

    pub(crate) fn begin(&self, id: ServerId, command: String) -> StartUnderWay {
        let start = Start { id, command, since: now(), line: None, call: None };
        let (start, seen) = watch::channel(start);
        let start = Arc::new(start);
        lock(&self.0.under_way).insert(id, start.clone());
        self.0.tasks.spawn(self.clone().tell(id, seen));
        StartUnderWay { starts: self.clone(), id, start }
    }

    async fn tell(self, id: ServerId, mut seen: watch::Receiver<Start>) {
        // It may be awake before it is noted that it was asleep.
        self.note_asleep(id, None).await;
        let over = async { while seen.changed().await.is_ok() {} };
        if timeout(MOMENT, over).await.is_ok() {
            return;
        }
        let since = seen.borrow().since;
        self.measured(id, Measure::Starting(Some(since))).await;
        loop {
            let start = seen.borrow_and_update().clone();
            self.0.activities.tell(Activity::Starting { start: self.with_handle(start) });
            sleep(BETWEEN).await;
            if seen.changed().await.is_err() {
                break;
            }
        }
        if self.since(id).is_none() {
            self.measured(id, Measure::Starting(None)).await;
            self.0.activities.tell(Activity::Started { id });
        }
    }

    /// Records since when the child process of a server is asleep, or that it is awake.
    pub async fn note_asleep(&self, id: ServerId, since: Option<Millis>) {
        let snapshot = self.0.registry.snapshot();
        if snapshot.get(id).is_some_and(|server| server.health.asleep.is_some() != since.is_some()) {
            self.measured(id, Measure::Asleep(since)).await;
        }
    }

    /// A server was kept while its child process was starting.
    pub async fn note_starting(&self, id: ServerId) {
        if let Some(since) = self.since(id) {
            self.measured(id, Measure::Starting(Some(since))).await;
        }
    }

    /// Records it for a server that is kept.
    async fn measured(&self, id: ServerId, measure: Measure) {
        let registry = &self.0.registry;
        if registry.snapshot().get(id).is_some()
            && let Err(error) = registry.measured(vec![(id, measure)]).await
        {
            tracing::debug!(%error, "the start of a child process could not be recorded");
        }
    }

    fn with_handle(&self, start: Start) -> Start {
        let call = lock(&self.0.waiting).get(&start.id).cloned();
        Start { call, ..start }
    }
}

impl StartUnderWay {
    /// Receives the output of the child process while it starts.
    pub(crate) fn listener(&self) -> impl Fn(&str) + Send + Sync + use<> {
        let start = Arc::downgrade(&self.start);
        move |line| {
            let Some(start) = start.upgrade() else { return };
            let line = tame(line);
            if !line.is_empty() {
                start.send_modify(|start| start.line = Some(line));
            }
        }
    }
}

impl Drop for StartUnderWay {
    fn drop(&mut self) {
        let mut under_way = lock(&self.starts.0.under_way);
        // The next start of the same server may have begun.
        if under_way.get(&self.id).is_some_and(|start| Arc::ptr_eq(start, &self.start)) {
            under_way.remove(&self.id);
        }
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        lock(&self.0.0.waiting).remove(&self.1);
    }
}

fn lock<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}
