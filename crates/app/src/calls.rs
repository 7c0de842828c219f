//! Calls in flight: which can be cancelled, and when all are over. Also sends the events of recorded calls.

use api::ErrorCode;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use ledger::Hearing;
use model::{Activity, NoticeLevel};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::App;
use crate::error::OperationError;

/// Calls in flight, by the handle their caller chose.
#[derive(Clone)]
pub(crate) struct Calls {
    by_handle: Arc<Mutex<HashMap<String, CancellationToken>>>,
    count: Arc<watch::Sender<usize>>,
}

impl Default for Calls {
    fn default() -> Self {
        Self { by_handle: Arc::default(), count: Arc::new(watch::Sender::new(0)) }
    }
}

/// A call in flight; dropped, it is over, however it ended.
pub(crate) struct InFlight {
    calls: Calls,
    handle: String,
    pub(crate) cancel: CancellationToken,
}

impl Calls {
    /// Enters a call. A handle that is in flight already is refused: cancelling it would be ambiguous.
    pub(crate) fn begin(&self, handle: String) -> Result<InFlight, OperationError> {
        let cancel = CancellationToken::new();
        let mut by_handle = self.lock();
        if by_handle.contains_key(&handle) {
            let message = format!("a call with the handle `{handle}` is in flight: choose another");
            return Err(OperationError::new(ErrorCode::InvalidArguments, message));
        }
        by_handle.insert(handle.clone(), cancel.clone());
        self.count.send_replace(by_handle.len());
        Ok(InFlight { calls: self.clone(), handle, cancel })
    }

    /// Cancels a call; false when it was over.
    pub(crate) fn cancel(&self, handle: &str) -> bool {
        let found = self.lock().get(handle).cloned();
        found.inspect(CancellationToken::cancel).is_some()
    }

    pub(crate) fn cancel_all(&self) {
        self.lock().values().for_each(CancellationToken::cancel);
    }

    /// Waits until no call is in flight.
    pub(crate) async fn drained(&self) {
        // The sender lives in self, so waiting cannot fail.
        let _ = self.count.subscribe().wait_for(|count| *count == 0).await;
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<String, CancellationToken>> {
        self.by_handle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl App {
    /// Starts recording calls, and sends an event for what was written.
    pub(crate) fn record_calls(&self) {
        let (activities, core) = (self.0.mesh.activities.clone(), Arc::downgrade(&self.0));
        self.0.ledger.start(Hearing {
            recorded: Box::new(move |newest, calls, failed| {
                activities.tell(Activity::CallsChanged { newest, calls, failed });
            }),
            noticed: Box::new(move |text| {
                if let Some(core) = core.upgrade() {
                    Self(core).notice(NoticeLevel::Warning, text);
                }
            }),
            code: |error| OperationError::from(error.clone()).code,
        });
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        let mut by_handle = self.calls.lock();
        by_handle.remove(&self.handle);
        self.calls.count.send_replace(by_handle.len());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_call_can_be_cancelled_while_it_is_in_flight_and_not_after() {
        let calls = Calls::default();
        let call = calls.begin("a".to_owned()).unwrap();
        assert!(calls.cancel("a") && call.cancel.is_cancelled());
        drop(call);
        assert!(!calls.cancel("a"));
        calls.drained().await;
    }

    #[test]
    fn one_handle_is_one_call() {
        let calls = Calls::default();
        let _first = calls.begin("a".to_owned()).unwrap();
        assert!(calls.begin("a".to_owned()).is_err());
    }
}
