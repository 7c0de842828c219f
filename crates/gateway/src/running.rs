//! The calls of legacy clients that are under way: a client can cancel them with a message.

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::Mutex;
use tokio_util::sync::CancellationToken;

/// A session, and a client's id of a request in it as JSON.
type CallKey = (String, String);

/// Calls under way. Several can have one id: some clients give each the same.
#[derive(Debug, Clone, Default)]
pub(crate) struct RunningCalls(Arc<Mutex<HashMap<CallKey, Vec<CancellationToken>>>>);

/// A call under way; dropped, it is over.
#[derive(Debug)]
pub(crate) struct RunningCall {
    running: RunningCalls,
    key: CallKey,
    pub(crate) cancel: CancellationToken,
}

impl RunningCalls {
    pub(crate) fn begin(&self, session: &str, id: &str) -> RunningCall {
        let (key, cancel) = ((session.to_owned(), id.to_owned()), CancellationToken::new());
        self.0.lock().entry(key.clone()).or_default().push(cancel.clone());
        RunningCall { running: self.clone(), key, cancel }
    }

    /// Cancels the call that a client names. Where several have the id it is unclear which: none of them is cancelled.
    pub(crate) fn cancel(&self, session: &str, id: &str) {
        let all = self.0.lock();
        if let Some([only]) = all.get(&(session.to_owned(), id.to_owned())).map(Vec::as_slice) {
            only.cancel();
        }
    }
}

impl Drop for RunningCall {
    fn drop(&mut self) {
        let mut all = self.running.0.lock();
        if let Some(calls) = all.get_mut(&self.key) {
            // Tokens have no names: one that is over is cancelled first, so that it can be told from others.
            self.cancel.cancel();
            calls.retain(|call| !call.is_cancelled());
            if calls.is_empty() {
                all.remove(&self.key);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cancel_meets_the_one_call_it_means_and_no_other() {
        let running = RunningCalls::default();
        let (one, other) = (running.begin("s", "1"), running.begin("t", "1"));
        running.cancel("s", "1");
        assert!(one.cancel.is_cancelled() && !other.cancel.is_cancelled());
        let (first, second) = (running.begin("s", "7"), running.begin("s", "7"));
        running.cancel("s", "7");
        assert!(!first.cancel.is_cancelled() && !second.cancel.is_cancelled());
        drop(first);
        running.cancel("s", "7");
        assert!(second.cancel.is_cancelled());
        drop((one, other, second));
        assert!(running.0.lock().is_empty());
    }
}
