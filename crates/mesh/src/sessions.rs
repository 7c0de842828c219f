//! Conversations that outlive a request, over every transport: a child process, an event stream, a session that a server
//! keeps for us. Checks and calls share those of child processes and streams. They end when they were not used for long,
//! when the record changes or is removed, and with the core; a child process goes to sleep (`rest`).

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use futures::FutureExt;
use futures::future::{BoxFuture, Shared};
use mcp::wire::{Client, Nobody};
use mcp::{Brief, LineSink, McpError, Patience, Session, Target};
use model::{Era, ServerId, ServerInfo};
use registry::Registry;
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout};
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::{AbortOnDropHandle, TaskTracker};

use crate::activity::Activities;
use crate::address::Address;
use crate::news::ListNews;
use crate::starts::Starts;

/// How long a conversation can be unused before it is ended.
pub(crate) const IDLE: Duration = Duration::from_mins(5);

/// A child process may have to fetch its packages first, which takes longer than a check waits. While it writes output it is
/// working, though not for ever.
const BEGIN_WITHIN: Patience = Patience { silence: Duration::from_mins(2), whole: LONGEST_START };

/// The longest start.
pub const LONGEST_START: Duration = Duration::from_mins(15);

type SharedBeginning = Shared<BoxFuture<'static, Result<Arc<Brief>, McpError>>>;

/// The conversations we keep, by server.
#[derive(Debug, Clone)]
pub struct Sessions {
    kept: Arc<Mutex<HashMap<ServerId, KeptSession>>>,
    tasks: TaskTracker,
    starts: Starts,
    /// Answers the requests of servers.
    client: SessionsClient,
    /// The era that is tried first, whatever is known of a server.
    era: Option<Era>,
    /// The channel for reports of changed lists.
    news: ListNews,
}

/// The client in a conversation with a server.
#[derive(Clone)]
struct SessionsClient(Arc<dyn Fn(ServerId) -> Arc<dyn Client> + Send + Sync>);

impl std::fmt::Debug for SessionsClient {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SessionsClient")
    }
}

#[derive(Debug)]
pub(crate) struct KeptSession {
    session: SharedBeginning,
    /// It continues when the first requester no longer waits.
    _going_on: AbortOnDropHandle<()>,
    /// When it is dropped, a start is over, whatever waits for it.
    _end: DropGuard,
    pub(crate) is_child: bool,
    address: Address,
    record: Address,
    /// The newest state of the record that was seen to equal `record`: for most calls it is still the same.
    seen: Option<Arc<ServerInfo>>,
    stamp: Option<u64>,
    pub(crate) used: Instant,
    /// When it was ready.
    pub(crate) ready: Arc<OnceLock<Instant>>,
    /// When the last call ended: the server may hold state of that call.
    pub(crate) called: Option<Instant>,
    /// Whether it was started only for a check.
    pub(crate) is_glance: bool,
}

/// A call is under way; dropped, it is over.
pub(crate) struct Calling(Arc<Mutex<HashMap<ServerId, KeptSession>>>, ServerId);

impl Sessions {
    /// An empty set; its work runs among these tasks. Starts are reported to the registry, and as activity.
    pub fn new(tasks: TaskTracker, registry: Registry, activities: Activities) -> Self {
        let starts = Starts::new(registry, activities, tasks.clone());
        Self {
            kept: Arc::default(),
            starts,
            tasks,
            client: SessionsClient(Arc::new(|_| Arc::new(Nobody))),
            era: None,
            news: ListNews::new(),
        }
    }

    /// Conversations of another client, which answers the requests of servers, and tries this era first: an empty set.
    #[must_use]
    pub fn of_client(
        &self,
        era: Era,
        client: impl Fn(ServerId) -> Arc<dyn Client> + Send + Sync + 'static,
    ) -> Self {
        Self {
            kept: Arc::default(),
            client: SessionsClient(Arc::new(client)),
            era: Some(era),
            ..self.clone()
        }
    }

    /// Ends those that are not to be kept, and whose server closed the connection.
    pub fn keep_only(&self, is_kept: impl Fn(ServerId) -> bool) {
        self.lock().retain(|id, kept| is_kept(*id) && kept.is_good());
    }

    /// The servers that reported in any conversation that their lists changed. `None` when another receiver has it already.
    pub fn list_news(&self) -> Option<mpsc::Receiver<ServerId>> {
        self.news.take()
    }

    /// The starts of child processes that are under way.
    pub fn starts(&self) -> &Starts {
        &self.starts
    }

    /// The existing conversation with this server, if nothing changed since it started: neither the record nor, by this
    /// stamp, any secret. So a name is resolved and a keyring asked once in a conversation.
    pub fn kept(&self, info: &Arc<ServerInfo>, stamp: u64) -> Option<Arc<Brief>> {
        let mut all = self.lock();
        let kept = all.get_mut(&info.id)?;
        let is_same = kept.is_of(info) && kept.stamp == Some(stamp) && kept.is_good();
        let session = kept.session.peek().filter(|_| is_same)?.as_ref().ok()?.clone();
        kept.used = Instant::now();
        Some(session)
    }

    /// What was started with the secrets of this stamp can be used as long as they are the same.
    pub fn stamp(&self, id: ServerId, stamp: u64) {
        if let Some(kept) = self.lock().get_mut(&id) {
            kept.stamp = Some(stamp);
        }
    }

    /// Counts a call, which ends when the returned value is dropped.
    pub(crate) fn calling(&self, id: ServerId) -> Calling {
        Calling(self.kept.clone(), id)
    }

    /// It was started only for a check: it can sleep again at once.
    pub fn glanced(&self, id: ServerId) {
        if let Some(kept) = self.lock().get_mut(&id) {
            kept.is_glance = kept.called.is_none();
        }
    }

    /// The conversation with this server: the existing one, or a new one. However many request it at once, one is started;
    /// it continues to start when the deadline of its requesters is over.
    pub async fn get(
        &self,
        info: &ServerInfo,
        target: &Target,
        deadline: Duration,
    ) -> Result<Arc<Brief>, McpError> {
        let session = self.place(info, target);
        timeout(deadline, session).await.map_err(|_| McpError::Timeout { after: deadline })?
    }

    fn place(&self, info: &ServerInfo, target: &Target) -> SharedBeginning {
        let address = Address::of(info).signed(target);
        let mut all = self.lock();
        if let Some(kept) = all.get_mut(&info.id)
            && kept.address == address
            && kept.is_good()
        {
            kept.used = Instant::now();
            return kept.session.clone();
        }
        let kept = self.begin(info, address, target.clone());
        let session = kept.session.clone();
        all.insert(info.id, kept);
        session
    }

    fn begin(&self, info: &ServerInfo, address: Address, mut target: Target) -> KeptSession {
        let (tasks, client) = (self.tasks.clone(), self.news.heard_by(info.id, (self.client.0)(info.id)));
        let (end, ready) = (CancellationToken::new(), Arc::new(OnceLock::new()));
        let is_child = matches!(target, Target::Stdio(_));
        if let Some(era) = self.era {
            target.meet_first_in(era);
        }
        let under_way = is_child.then(|| self.starts.begin(info.id, info.address()));
        if let (Target::Stdio(launch), Some(under_way)) = (&mut target, &under_way) {
            let (hear, also) = (under_way.listener(), launch.stderr.take());
            launch.stderr = Some(LineSink::new(move |line| {
                hear(line);
                if let Some(also) = &also {
                    also.hear(line);
                }
            }));
        }
        let (ended, began) = (end.clone(), ready.clone());
        let connecting = async move {
            let _under_way = under_way;
            let begun = ended
                .run_until_cancelled(Session::begin_briefly(&target, BEGIN_WITHIN, &tasks, client))
                .await;
            let _ = began.set(Instant::now());
            begun.unwrap_or(Err(McpError::Cancelled)).map(Arc::new)
        };
        let session = connecting.boxed().shared();
        let beginning = session.clone();
        let going_on = self.tasks.spawn(async move { drop(beginning.await) });
        KeptSession {
            session,
            _going_on: AbortOnDropHandle::new(going_on),
            _end: end.drop_guard(),
            is_child,
            address,
            record: Address::of(info),
            seen: None,
            stamp: None,
            used: Instant::now(),
            ready,
            called: None,
            is_glance: false,
        }
    }

    /// Those that have started and continue.
    pub fn all(&self) -> Vec<Arc<Brief>> {
        let all = self.lock();
        let begun = all.values().filter_map(|kept| kept.session.peek()?.as_ref().ok().cloned());
        begun.filter(|session| !session.is_closed()).collect()
    }

    /// Whether a request is under way there.
    pub fn is_in_use(&self, id: ServerId) -> bool {
        self.lock().get(&id).is_some_and(KeptSession::is_in_use)
    }

    /// Whether it has started and not answered yet.
    pub fn is_beginning(&self, id: ServerId) -> bool {
        self.lock().get(&id).is_some_and(|kept| kept.session.peek().is_none())
    }

    /// Whether there is a conversation with a server.
    pub fn is_open(&self, id: ServerId) -> bool {
        self.lock().get(&id).is_some_and(|kept| matches!(kept.session.peek(), Some(Ok(_))) && kept.is_good())
    }

    /// Releases the conversation with a server: it ends when the last request under way has its answer, and at once while it
    /// is starting.
    pub fn end(&self, id: ServerId) {
        self.lock().remove(&id);
    }

    /// The same only for this conversation: by the time it is known to have failed, the next one may be starting, and others
    /// wait for that.
    pub(crate) fn end_this(&self, id: ServerId, failed: &Arc<Brief>) {
        let mut all = self.lock();
        let kept = all.get(&id).and_then(|kept| kept.session.peek());
        if kept.is_some_and(|kept| kept.as_ref().is_ok_and(|kept| Arc::ptr_eq(kept, failed))) {
            all.remove(&id);
        }
    }

    /// Ends what is still starting, and notifies those who wait for it. False when nothing was.
    pub fn cancel(&self, id: ServerId) -> bool {
        let mut all = self.lock();
        let is_beginning = all.get(&id).is_some_and(|kept| kept.session.peek().is_none());
        is_beginning && all.remove(&id).is_some()
    }

    /// Ends all, and waits for those that no request holds any more.
    pub async fn close(&self) {
        let all: Vec<KeptSession> = self.lock().drain().map(|(_, kept)| kept).collect();
        for KeptSession { session, .. } in all {
            if let Some(Ok(session)) = session.now_or_never()
                && let Ok(session) = Arc::try_unwrap(session)
            {
                session.close().await;
            }
        }
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, HashMap<ServerId, KeptSession>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl KeptSession {
    /// Whether it was started as this record says.
    fn is_of(&mut self, info: &Arc<ServerInfo>) -> bool {
        if self.seen.as_ref().is_some_and(|seen| Arc::ptr_eq(seen, info)) {
            return true;
        }
        let is_same = self.record == Address::of(info);
        if is_same {
            self.seen = Some(info.clone());
        }
        is_same
    }

    /// Whether it is starting, or exists.
    pub(crate) fn is_good(&self) -> bool {
        self.session.peek().is_none_or(|begun| begun.as_ref().is_ok_and(|session| !session.is_closed()))
    }

    /// Whether it is held: by a request under way, a subscription, a client.
    pub(crate) fn is_in_use(&self) -> bool {
        self.session
            .peek()
            .is_none_or(|begun| begun.as_ref().is_ok_and(|session| Arc::strong_count(session) > 1))
    }
}

impl Drop for Calling {
    fn drop(&mut self) {
        // One that did not wait for its start left nothing there.
        if let Some(kept) = self.0.lock().unwrap_or_else(PoisonError::into_inner).get_mut(&self.1)
            && matches!(kept.session.peek(), Some(Ok(_)))
        {
            let now = Instant::now();
            (kept.used, kept.called, kept.is_glance) = (now, Some(now), false);
        }
    }
}
