//! The recorder as the mesh and the faces know it: it takes calls, and passes them to the thread that writes.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use api::ErrorCode;
use mesh::decide::AffinityKey;
use mesh::{CallFailed, FinishedCall, LastTurn, Witness};
use model::config::Config;
use parking_lot::{Condvar, Mutex};
use registry::now;
use store::Ages;
use store::beside::{BesideError, open_beside};
use tokio::sync::watch;

use crate::file::{FILE, LAYOUT, told_of};
use crate::pending::{Noted, WaitingCalls};
use crate::recorder::{Recorder, last_turns};
use crate::{LedgerError, key};

/// How long calls are collected.
const GATHER: Duration = Duration::from_millis(250);

/// How often rows are checked for their age, while there are no calls.
pub(crate) const TIDY: Duration = Duration::from_hours(1);

/// The calls that were made. Cheap to clone; all clones are one.
#[derive(Debug, Clone)]
pub struct Ledger(pub(crate) Arc<SharedLedger>);

#[derive(Debug)]
pub(crate) struct SharedLedger {
    pub(crate) path: PathBuf,
    pub(crate) config: watch::Receiver<Arc<Config>>,
    pub(crate) affinity: AffinityKey,
    /// The last turns of capabilities from before this process.
    turns: HashMap<String, LastTurn>,
    /// The clock that decides when old calls are deleted.
    ages: Ages,
    /// The file cannot be used, so nothing is taken.
    is_off: bool,
    state: Mutex<LedgerState>,
    /// There is something to do.
    work: Condvar,
    /// Everything that was requested is written.
    written: Condvar,
    thread: Mutex<Option<JoinHandle<()>>>,
}

#[derive(Debug)]
struct LedgerState {
    pending: WaitingCalls,
    /// How often a complete write was requested, and how often it was done.
    wanted: u64,
    done: u64,
    /// A reader could not read the file.
    is_doubted: bool,
    is_closing: bool,
    /// No thread writes: it was not started, or it has ended.
    is_over: bool,
}

/// Receives what was written.
pub struct Hearing {
    /// Calls were recorded: the greatest id, how many calls these are, and how many of them failed.
    pub recorded: Box<dyn Fn(u64, u64, u64) + Send>,
    /// A notice for the user.
    pub noticed: Box<dyn Fn(String) + Send>,
    /// The code of the error that a call ends with.
    pub code: fn(&CallFailed) -> ErrorCode,
}

impl Ledger {
    /// Opens the file in this folder; the sentences are notices for the user. Whatever is wrong with it, calls continue.
    pub fn open(folder: &Path, config: watch::Receiver<Arc<Config>>, ages: Ages) -> (Self, Vec<String>) {
        let path = folder.join(FILE);
        let mut notices = Vec::new();
        // If recording is off, there is no file.
        let is_wanted = config.borrow().call_log.enabled || path.exists();
        let opened = if is_wanted { opened(&path, &mut notices) } else { Ok(HashMap::new()) };
        let is_off = matches!(&opened, Err(LedgerError::File(BesideError::Newer { .. })));
        if let Err(error) = &opened {
            notices.push(format!("Calls are not recorded: {error}. They still work."));
        }
        let inner = SharedLedger {
            path,
            config,
            ages,
            affinity: key::of(folder),
            turns: opened.unwrap_or_default(),
            is_off,
            state: Mutex::new(LedgerState {
                pending: WaitingCalls::default(),
                wanted: 0,
                done: 0,
                is_doubted: false,
                is_closing: false,
                is_over: true,
            }),
            work: Condvar::new(),
            written: Condvar::new(),
            thread: Mutex::default(),
        };
        (Self(Arc::new(inner)), notices)
    }

    /// Starts to write.
    pub fn start(&self, hearing: Hearing) {
        self.0.state.lock().is_over = false;
        let this = self.clone();
        let recorder = Recorder::new(self.0.path.clone(), self.0.ages.clone(), hearing);
        let thread = std::thread::Builder::new().name("ledger".to_owned()).spawn(move || this.run(recorder));
        match thread {
            Ok(thread) => *self.0.thread.lock() = Some(thread),
            Err(error) => {
                tracing::warn!(%error, "calls are not recorded: there is no thread for it");
                self.0.state.lock().is_over = true;
            }
        }
    }

    /// Whether calls are recorded now.
    pub fn is_recording(&self) -> bool {
        !self.0.is_off && self.0.config.borrow().call_log.enabled
    }

    /// Writes what waits, and ends the thread.
    pub async fn close(&self) {
        let this = self.clone();
        let closing = move || {
            this.0.state.lock().is_closing = true;
            this.0.work.notify_all();
            let thread = this.0.thread.lock().take();
            if thread.map(JoinHandle::join).is_some_and(|ended| ended.is_err()) {
                tracing::error!("the thread that records calls had panicked");
            }
        };
        if let Err(error) = tokio::task::spawn_blocking(closing).await {
            tracing::error!(%error, "the record of calls was not closed");
        }
    }

    /// Returns when all is written that was seen until now.
    pub(crate) fn flush(&self) {
        let mut state = self.0.state.lock();
        state.wanted += 1;
        let wanted = state.wanted;
        self.0.work.notify_all();
        while state.done < wanted && !state.is_over {
            self.0.written.wait(&mut state);
        }
    }

    /// Has the file checked, which a reader could not read, and moved aside if it is damaged.
    pub(crate) fn doubt(&self) {
        self.0.state.lock().is_doubted = true;
        self.flush();
    }

    fn run(self, mut recorder: Recorder) {
        // However it ends, it is no longer awaited.
        let over = ThreadOver(&self.0);
        while let Some((calls, lost, wanted)) = self.next_batch() {
            let bounds = self.0.config.borrow().call_log.clone();
            let is_doubted = std::mem::take(&mut self.0.state.lock().is_doubted);
            if is_doubted {
                recorder.look_at_it();
            }
            recorder.write(&calls, lost, &bounds);
            self.0.state.lock().done = wanted;
            self.0.written.notify_all();
        }
        drop(over);
    }

    /// Waits for calls, then gathers more; nothing when it is closed and all is taken.
    fn next_batch(&self) -> Option<(Vec<Noted>, u64, u64)> {
        let mut state = self.0.state.lock();
        let is_urgent = |state: &LedgerState| state.is_closing || state.wanted > state.done;
        if state.pending.is_empty() && !is_urgent(&state) {
            self.0.work.wait_for(&mut state, TIDY);
        }
        if !is_urgent(&state) {
            self.0.work.wait_while_for(&mut state, |state| !is_urgent(state), GATHER);
        }
        if state.is_closing && state.pending.is_empty() && state.wanted == state.done {
            return None;
        }
        let (calls, lost) = state.pending.drain();
        Some((calls, lost, state.wanted))
    }
}

/// The turns that were taken last.
fn opened(path: &Path, notices: &mut Vec<String>) -> Result<HashMap<String, LastTurn>, LedgerError> {
    let (connection, aside) = open_beside(path, &LAYOUT, now())?;
    notices.extend(aside.map(|aside| told_of(&aside)));
    Ok(last_turns(&connection).map_err(|error| BesideError::of(path, error))?)
}

/// Notifies those who wait that the thread has ended.
struct ThreadOver<'a>(&'a SharedLedger);

impl Drop for ThreadOver<'_> {
    fn drop(&mut self) {
        self.0.state.lock().is_over = true;
        self.0.written.notify_all();
    }
}

impl Witness for Ledger {
    fn is_watching(&self) -> bool {
        self.is_recording()
    }

    fn saw(&self, call: FinishedCall) {
        let mut state = self.0.state.lock();
        let was_idle = state.pending.is_empty();
        state.pending.take(call);
        drop(state);
        if was_idle {
            self.0.work.notify_one();
        }
    }

    fn last_turn(&self, capability: &str) -> Option<LastTurn> {
        self.0.turns.get(capability).copied()
    }

    fn affinity_key(&self) -> AffinityKey {
        self.0.affinity.clone()
    }
}
