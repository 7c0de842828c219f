use std::collections::{BTreeSet, HashMap, VecDeque};
use std::net::SocketAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::http::HeaderMap;
use serde_json::Value;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::Fake;

/// The oldest sessions are dropped: a client that never ends them must not fill the memory.
const MOST_SESSIONS: usize = 4_096;

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
pub(crate) struct FakeState {
    pub(crate) fake: Fake,
    pub(crate) address: SocketAddr,
    /// Answers on their way to an event stream.
    pub(crate) tasks: TaskTracker,
    pub(crate) over: CancellationToken,
    memory: Mutex<FakeMemory>,
}

#[derive(Debug, Default)]
struct FakeMemory {
    healed: bool,
    broken: bool,
    faults: usize,
    /// Sessions by number, so that the oldest is first.
    open: BTreeSet<usize>,
    opened: usize,
    calls: VecDeque<String>,
    cancelled: usize,
    seen: VecDeque<Seen>,
    running: HashMap<String, CancellationToken>,
    streams: HashMap<String, mpsc::UnboundedSender<String>>,
}

impl FakeState {
    pub(crate) fn new(fake: Fake, address: SocketAddr) -> Self {
        Self {
            fake,
            address,
            tasks: TaskTracker::new(),
            over: CancellationToken::new(),
            memory: Mutex::default(),
        }
    }

    fn memory(&self) -> MutexGuard<'_, FakeMemory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn open_session(&self) -> String {
        let mut memory = self.memory();
        memory.opened += 1;
        let number = memory.opened;
        memory.open.insert(number);
        if memory.open.len() > MOST_SESSIONS
            && let Some(oldest) = memory.open.pop_first()
        {
            memory.streams.remove(&name(oldest));
        }
        name(number)
    }

    pub(crate) fn end_session(&self, id: &str) -> bool {
        let mut memory = self.memory();
        memory.broken = self.fake.is_frail;
        memory.streams.remove(id);
        number(id).is_some_and(|number| memory.open.remove(&number))
    }

    /// It was asked to end a session.
    pub(crate) fn is_broken(&self) -> bool {
        self.memory().broken
    }

    pub(crate) fn has_session(&self, id: &str) -> bool {
        number(id).is_some_and(|number| self.memory().open.contains(&number))
    }

    pub(crate) fn open_sessions(&self) -> usize {
        self.memory().open.len()
    }

    pub(crate) fn opened_sessions(&self) -> usize {
        self.memory().opened
    }

    pub(crate) fn note_call(&self, tool: &str) {
        let most = self.fake.remembers;
        keep(&mut self.memory().calls, tool.to_owned(), most);
    }

    pub(crate) fn calls(&self) -> Vec<String> {
        self.memory().calls.iter().cloned().collect()
    }

    pub(crate) fn note_cancelled(&self) {
        self.memory().cancelled += 1;
    }

    pub(crate) fn cancelled(&self) -> usize {
        self.memory().cancelled
    }

    pub(crate) fn note_seen(&self, seen: Seen) {
        let most = self.fake.remembers;
        keep(&mut self.memory().seen, seen, most);
    }

    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.memory().seen.iter().cloned().collect()
    }

    pub(crate) fn heal(&self) {
        self.memory().healed = true;
    }

    /// The fault to commit for this method, if any.
    pub(crate) fn fault_for(&self, method: Option<&str>) -> Option<Fault> {
        let (fault, on) = self.fake.fault.as_ref()?;
        let mut memory = self.memory();
        if memory.healed || !fits(on, method) {
            return None;
        }
        memory.faults += 1;
        match fault {
            Fault::Flap if memory.faults.is_multiple_of(2) => None,
            Fault::OnceIn(many) if memory.faults % (*many).max(2) != 2 % (*many).max(2) => None,
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

    pub(crate) fn send_on_stream(&self, session: &str, message: String) {
        if let Some(sender) = self.memory().streams.get(session) {
            let _ = sender.send(message);
        }
    }

    pub(crate) fn forget_sessions(&self) {
        self.memory().open.clear();
    }

    pub(crate) fn break_streams(&self) {
        self.memory().streams.clear();
    }
}

/// Adds to the newest `most` entries.
fn keep<T>(entries: &mut VecDeque<T>, entry: T, most: usize) {
    entries.push_back(entry);
    if entries.len() > most {
        entries.pop_front();
    }
}

fn name(session: usize) -> String {
    format!("session-{session}")
}

fn number(session: &str) -> Option<usize> {
    session.strip_prefix("session-")?.parse().ok()
}

/// `*` is every method, `tools/` all that begin so.
fn fits(on: &str, method: Option<&str>) -> bool {
    let begins = on.ends_with('/') && method.is_some_and(|method| method.starts_with(on));
    on == "*" || begins || method == Some(on)
}

fn key(session: Option<&str>, id: &Value) -> String {
    format!("{} {id}", session.unwrap_or_default())
}

/// How a server misbehaves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// Takes the request and never answers.
    Hang,
    /// Resets the connection in the middle of the answer.
    Reset,
    /// Answers this status and nothing else.
    Status(u16),
    /// Answers this status, and when to come back, in seconds.
    Busy(u16, u64),
    /// Answers 200 and broken JSON.
    BadJson,
    /// Sends half of the answer, then ends the connection.
    HalfAnswer,
    /// Opens an event stream with a priming event and half of the answer, then breaks the connection.
    HalfStream,
    /// Answers after a while.
    Slow(Duration),
    /// Sends an answer that has no end.
    Endless,
    /// Fails with 503 every other time, beginning with the first.
    Flap,
    /// Fails with 503 one time in this many, beginning with the second; many is 2 or more.
    OnceIn(usize),
    /// Answers a web page.
    Html,
    /// Answers 400 and an error without an id.
    NoId,
    /// Answers with the id of another request.
    OtherId,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(fake: Fake) -> FakeState {
        FakeState::new(fake, SocketAddr::from(([127, 0, 0, 1], 1)))
    }

    #[test]
    fn what_a_server_remembers_has_an_end() {
        let state = state(Fake::legacy().remembering(2));
        for tool in ["a", "b", "c"] {
            state.note_call(tool);
        }
        assert_eq!(state.calls(), ["b", "c"]);
    }

    #[test]
    fn sessions_that_nobody_ends_make_room_for_new_ones() {
        let state = state(Fake::legacy());
        let first = state.open_session();
        for _ in 0..MOST_SESSIONS {
            state.open_session();
        }
        assert_eq!((state.open_sessions(), state.has_session(&first)), (MOST_SESSIONS, false));
    }

    #[test]
    fn one_request_in_three_fails_beginning_with_the_second() {
        let state = state(Fake::legacy().failing(Fault::OnceIn(3), "tools/"));
        let fails = |method| state.fault_for(Some(method)).is_some();
        assert!(!fails("initialize") && !fails("ping"), "only those of tools count");
        let seen: Vec<bool> = (0..7).map(|_| fails("tools/list")).collect();
        assert_eq!(seen, [false, true, false, false, true, false, false]);
    }
}
