use std::collections::{HashMap, HashSet};
use std::net::SocketAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};

use axum::http::HeaderMap;
use serde_json::Value;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::{Fake, Fault};

/// When a legacy server opens a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Opening {
    /// When a client initialises.
    OnInitialize,
    /// For every request that has none.
    OnEveryRequest,
}

/// A request that a server saw.
#[derive(Debug, Clone)]
pub struct Seen {
    /// GET, POST or DELETE.
    pub http_method: String,
    /// The path, without the query.
    pub path: String,
    /// Its headers.
    pub headers: HeaderMap,
    /// The JSON-RPC method, when there was one.
    pub rpc_method: Option<String>,
}

/// What a server remembers.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) fake: Fake,
    pub(crate) address: SocketAddr,
    /// Answers on their way to an event stream.
    pub(crate) tasks: TaskTracker,
    pub(crate) over: CancellationToken,
    memory: Mutex<Memory>,
}

#[derive(Debug, Default)]
struct Memory {
    healed: bool,
    faults: usize,
    next: usize,
    open: HashSet<String>,
    opened: usize,
    calls: Vec<String>,
    cancelled: usize,
    seen: Vec<Seen>,
    running: HashMap<String, CancellationToken>,
    streams: HashMap<String, mpsc::UnboundedSender<String>>,
}

impl State {
    pub(crate) fn new(fake: Fake, address: SocketAddr) -> Self {
        Self {
            fake,
            address,
            tasks: TaskTracker::new(),
            over: CancellationToken::new(),
            memory: Mutex::default(),
        }
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn open_session(&self) -> String {
        let mut memory = self.memory();
        memory.next += 1;
        memory.opened += 1;
        let id = format!("session-{}", memory.next);
        memory.open.insert(id.clone());
        id
    }

    pub(crate) fn end_session(&self, id: &str) -> bool {
        let mut memory = self.memory();
        memory.streams.remove(id);
        memory.open.remove(id)
    }

    pub(crate) fn has_session(&self, id: &str) -> bool {
        self.memory().open.contains(id)
    }

    pub(crate) fn open_sessions(&self) -> usize {
        self.memory().open.len()
    }

    pub(crate) fn opened_sessions(&self) -> usize {
        self.memory().opened
    }

    pub(crate) fn note_call(&self, tool: &str) {
        self.memory().calls.push(tool.to_owned());
    }

    pub(crate) fn calls(&self) -> Vec<String> {
        self.memory().calls.clone()
    }

    pub(crate) fn note_cancelled(&self) {
        self.memory().cancelled += 1;
    }

    pub(crate) fn cancelled(&self) -> usize {
        self.memory().cancelled
    }

    pub(crate) fn note_seen(&self, seen: Seen) {
        self.memory().seen.push(seen);
    }

    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.memory().seen.clone()
    }

    pub(crate) fn heal(&self) {
        self.memory().healed = true;
    }

    /// The fault to commit for this method, if any.
    pub(crate) fn fault_for(&self, method: Option<&str>) -> Option<Fault> {
        let (fault, on) = self.fake.fault.as_ref()?;
        let mut memory = self.memory();
        if memory.healed || (on != "*" && method != Some(on.as_str())) {
            return None;
        }
        memory.faults += 1;
        match fault {
            Fault::Flap if memory.faults.is_multiple_of(2) => None,
            fault => Some(fault.clone()),
        }
    }

    /// A call that can be cancelled by the id of its request.
    pub(crate) fn begin_call(&self, session: Option<&str>, id: &Value) -> CancellationToken {
        let token = CancellationToken::new();
        self.memory().running.insert(key(session, id), token.clone());
        token
    }

    pub(crate) fn end_call(&self, session: Option<&str>, id: &Value) {
        self.memory().running.remove(&key(session, id));
    }

    pub(crate) fn cancel_call(&self, session: Option<&str>, id: &Value) {
        let found = self.memory().running.remove(&key(session, id));
        if let Some(token) = found {
            token.cancel();
        }
    }

    pub(crate) fn open_stream(&self, session: &str) -> mpsc::UnboundedReceiver<String> {
        let (sender, receiver) = mpsc::unbounded_channel();
        self.memory().streams.insert(session.to_owned(), sender);
        receiver
    }

    pub(crate) fn send_on_stream(&self, session: &str, message: &Value) {
        if let Some(sender) = self.memory().streams.get(session) {
            let _ = sender.send(message.to_string());
        }
    }

    pub(crate) fn forget_sessions(&self) {
        self.memory().open.clear();
    }

    pub(crate) fn break_streams(&self) {
        self.memory().streams.clear();
    }
}

fn key(session: Option<&str>, id: &Value) -> String {
    format!("{} {id}", session.unwrap_or_default())
}
