//! Servers that are being added by a command that has to start: the user can cancel it, or keep the server and stop waiting.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use mcp::{Brief, McpError, Secret};
use mesh::{LONGEST_START, Sessions};
use model::{ServerId, ServerInfo};
use tokio_util::sync::CancellationToken;

use crate::{Intake, IntakeError};

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

    /// Cancels it, and what it has started; false when it was over.
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

    /// Does the work, unless the wait for it is ended.
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

/// A start that is cancelled when its requester disconnects.
struct WantedStart {
    sessions: Sessions,
    id: ServerId,
    is_kept: bool,
}

impl Intake {
    /// Starts a command that is about to be kept. Nothing when the user keeps it without waiting any longer: the start
    /// continues.
    pub(crate) async fn started(
        &self,
        info: &ServerInfo,
        env: &[(String, Secret)],
        adding: &Adding,
    ) -> Result<Option<Arc<Brief>>, IntakeError> {
        let target = self.mesh.contact.target_given(info, env).await?;
        let sessions = &self.mesh.sessions;
        let _waiting = adding.handle().map(|handle| sessions.starts().wait(info.id, handle.clone()));
        let mut wanted = WantedStart { sessions: sessions.clone(), id: info.id, is_kept: false };
        let begun = adding.wait(sessions.get(info, &target, LONGEST_START)).await;
        wanted.is_kept = matches!(&begun, Waited::Done(Ok(_)) | Waited::Kept);
        match begun {
            Waited::Done(Ok(session)) => Ok(Some(session)),
            Waited::Kept => Ok(None),
            Waited::Done(Err(McpError::Cancelled)) | Waited::Cancelled => Err(IntakeError::StartCancelled),
            Waited::Done(Err(McpError::Timeout { after })) => {
                Err(IntakeError::SaidNothing { command: info.address(), after })
            }
            Waited::Done(Err(error)) => Err(error.into()),
        }
    }
}

impl Drop for WantedStart {
    fn drop(&mut self) {
        if !self.is_kept {
            self.sessions.cancel(self.id);
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
