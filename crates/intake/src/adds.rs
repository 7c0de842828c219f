//! Servers that are being added: whoever waits for the start of a command can end it, or keep the server and stop waiting.

use crate::IntakeError;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio_util::sync::CancellationToken;

/// Those under way, by the handle their caller chose.
#[derive(Clone, Default)]
pub struct Adds(Arc<Mutex<HashMap<String, Waits>>>);

/// What ends a wait.
#[derive(Clone, Default)]
struct Waits {
    cancel: CancellationToken,
    keep: CancellationToken,
}

/// An `add` under way; dropped, it is over.
pub(crate) struct Adding {
    adds: Adds,
    handle: Option<String>,
    waits: Waits,
}

/// How a wait ended.
pub(crate) enum Waited<T> {
    Done(T),
    Cancelled,
    Kept,
}

impl Adds {
    /// Enters one. A handle that is in use is refused: ending it would be ambiguous.
    pub(crate) fn begin(&self, handle: Option<String>) -> Result<Adding, IntakeError> {
        let waits = Waits::default();
        if let Some(handle) = &handle {
            let mut all = self.lock();
            if all.contains_key(handle) {
                let message = format!("a server is being added with the handle `{handle}`: choose another");
                return Err(IntakeError::Arguments(message));
            }
            all.insert(handle.clone(), waits.clone());
        }
        Ok(Adding { adds: self.clone(), handle, waits })
    }

    /// Ends it, and what it has started; false when it was over.
    pub fn cancel(&self, handle: &str) -> bool {
        let found = self.lock().get(handle).cloned();
        found.inspect(|waits| waits.cancel.cancel()).is_some()
    }

    /// Ends the wait: the server is kept as it is; false when it was over.
    pub fn keep(&self, handle: &str) -> bool {
        let found = self.lock().get(handle).cloned();
        found.inspect(|waits| waits.keep.cancel()).is_some()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Waits>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Adding {
    pub(crate) fn handle(&self) -> Option<&String> {
        self.handle.as_ref()
    }

    /// Does the work, unless somebody ends the wait for it.
    pub(crate) async fn wait<T>(&self, work: impl Future<Output = T>) -> Waited<T> {
        tokio::select! {
            biased;
            () = self.waits.cancel.cancelled() => Waited::Cancelled,
            done = work => Waited::Done(done),
            () = self.waits.keep.cancelled() => Waited::Kept,
        }
    }
}

impl Drop for Adding {
    fn drop(&mut self) {
        if let Some(handle) = &self.handle {
            self.adds.lock().remove(handle);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::pending;

    use super::*;

    #[tokio::test]
    async fn a_wait_can_be_ended_in_two_ways_while_it_goes_on_and_in_none_after_it() {
        let adds = Adds::default();
        let adding = adds.begin(Some("a".to_owned())).unwrap();
        assert!(adds.begin(Some("a".to_owned())).is_err());
        assert!(adds.keep("a"));
        assert!(matches!(adding.wait(pending::<()>()).await, Waited::Kept));
        assert!(adds.cancel("a"));
        assert!(matches!(adding.wait(pending::<()>()).await, Waited::Cancelled));
        drop(adding);
        assert!(!adds.cancel("a") && !adds.keep("a"));
    }
}
