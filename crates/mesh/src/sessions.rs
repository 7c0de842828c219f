//! Conversations that outlive a question, over every transport: a child of ours, an event stream, a session that a server
//! keeps for us. Checks and calls share those of children and streams. They end when nobody has asked for long, when the record changes or goes, and with the core.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures::FutureExt;
use futures::future::{BoxFuture, Shared};
use mcp::{Brief, McpError, Session, Target};
use model::{ServerId, ServerInfo};
use tokio::time::{Instant, timeout};
use tokio_util::task::{AbortOnDropHandle, TaskTracker};

use crate::address::Address;

/// A conversation that nobody asked for so long is ended.
const IDLE: Duration = Duration::from_mins(5);

/// A child may have to fetch its packages first, which takes longer than a check waits.
const BEGIN_WITHIN: Duration = Duration::from_mins(2);

type Beginning = Shared<BoxFuture<'static, Result<Arc<Brief>, McpError>>>;

/// The conversations we keep, by server.
#[derive(Debug, Clone)]
pub struct Sessions {
    kept: Arc<Mutex<HashMap<ServerId, Kept>>>,
    tasks: TaskTracker,
}

#[derive(Debug)]
struct Kept {
    session: Beginning,
    /// It goes on when whoever asked first no longer waits.
    _going_on: AbortOnDropHandle<()>,
    address: Address,
    record: Address,
    stamp: Option<u64>,
    used: Instant,
}

impl Sessions {
    /// None yet; what begins runs among these tasks.
    pub fn new(tasks: TaskTracker) -> Self {
        Self { kept: Arc::default(), tasks }
    }

    /// The conversation with this server that is there, if nothing changed since it began: neither the record nor, by this
    /// stamp, any secret. So a name is looked up and a keyring asked once a conversation.
    pub fn kept(&self, info: &ServerInfo, stamp: u64) -> Option<Arc<Brief>> {
        let mut all = self.lock();
        let kept = all.get_mut(&info.id)?;
        let is_same = kept.record == Address::of(info) && kept.stamp == Some(stamp) && kept.is_good();
        let session = kept.session.peek().filter(|_| is_same)?.as_ref().ok()?.clone();
        kept.used = Instant::now();
        Some(session)
    }

    /// What was begun with the secrets of this stamp may be used as long as they are the same.
    pub fn stamp(&self, id: ServerId, stamp: u64) {
        if let Some(kept) = self.lock().get_mut(&id) {
            kept.stamp = Some(stamp);
        }
    }

    /// The conversation with this server: the one we have, or a new one. However many ask at once, one is begun; it goes on
    /// beginning when the deadline of those who asked is over.
    pub async fn get(
        &self,
        info: &ServerInfo,
        target: &Target,
        deadline: Duration,
    ) -> Result<Arc<Brief>, McpError> {
        let session = self.place(info, target);
        timeout(deadline, session).await.map_err(|_| McpError::Timeout { after: deadline })?
    }

    fn place(&self, info: &ServerInfo, target: &Target) -> Beginning {
        let address = Address::of(info).signed(target);
        let mut all = self.lock();
        if let Some(kept) = all.get_mut(&info.id)
            && kept.address == address
            && kept.is_good()
        {
            kept.used = Instant::now();
            return kept.session.clone();
        }
        let kept = self.begin(address, Address::of(info), target.clone());
        let session = kept.session.clone();
        all.insert(info.id, kept);
        session
    }

    fn begin(&self, address: Address, record: Address, target: Target) -> Kept {
        let tasks = self.tasks.clone();
        let connecting =
            async move { Session::connect_briefly(&target, BEGIN_WITHIN, &tasks).await.map(Arc::new) };
        let session = connecting.boxed().shared();
        let beginning = session.clone();
        let going_on = self.tasks.spawn(async move { drop(beginning.await) });
        let (going_on, used) = (AbortOnDropHandle::new(going_on), Instant::now());
        Kept { session, _going_on: going_on, address, record, stamp: None, used }
    }

    /// Whether somebody has a question under way there.
    pub fn is_in_use(&self, id: ServerId) -> bool {
        self.lock().get(&id).is_some_and(Kept::is_in_use)
    }

    /// Whether it has begun and not answered yet.
    pub fn is_beginning(&self, id: ServerId) -> bool {
        self.lock().get(&id).is_some_and(|kept| kept.session.peek().is_none())
    }

    /// Whether there is a conversation with a server.
    pub fn is_open(&self, id: ServerId) -> bool {
        self.lock().get(&id).is_some_and(|kept| matches!(kept.session.peek(), Some(Ok(_))) && kept.is_good())
    }

    /// Lets go of the conversation with a server: it ends when the last question under way has its answer.
    pub fn end(&self, id: ServerId) {
        self.lock().remove(&id);
    }

    /// Lets go of conversations that are idle or whose server is no longer `wanted`. Dropped, a session ends its child.
    pub fn tidy(&self, wanted: impl Fn(ServerId) -> bool) {
        self.lock().retain(|id, kept| {
            kept.is_in_use() || (wanted(*id) && kept.used.elapsed() < IDLE && kept.is_good())
        });
    }

    /// Ends all, and waits for those that no question holds any more.
    pub async fn close(&self) {
        let all: Vec<Kept> = self.lock().drain().map(|(_, kept)| kept).collect();
        for Kept { session, .. } in all {
            if let Some(Ok(session)) = session.now_or_never()
                && let Ok(session) = Arc::try_unwrap(session)
            {
                session.close().await;
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<ServerId, Kept>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    /// It is beginning, or it is there.
    fn is_good(&self) -> bool {
        self.session.peek().is_none_or(|begun| begun.as_ref().is_ok_and(|session| !session.is_closed()))
    }

    fn is_in_use(&self) -> bool {
        self.session
            .peek()
            .is_none_or(|begun| begun.as_ref().is_ok_and(|session| Arc::strong_count(session) > 1))
    }
}
