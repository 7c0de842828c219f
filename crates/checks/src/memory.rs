use std::sync::Arc;
use std::time::Duration;

use mcp::{Kept, Remote};
use model::{Era, Tool};
use registry::ServerContents;
use tokio::time::Instant;

/// How long the end of a session may take when nobody needs it any more.
const LEAVE_WITHIN: Duration = Duration::from_secs(2);

/// What is remembered of a server between two rounds.
#[derive(Debug, Default)]
pub(crate) struct BetweenRounds {
    /// Of servers over Streamable HTTP.
    pub(crate) kept: Kept,
    /// Whom the session in `kept` is with.
    pub(crate) joined: Option<Box<Remote>>,
    /// The tools of the last listing; shared with the record when they are the same.
    pub(crate) listed: Option<Arc<[Tool]>>,
    /// The last listing that was not the record's.
    pub(crate) other: Option<Arc<ServerContents>>,
    /// The tools whose definition was another in the last round.
    pub(crate) changed: Vec<String>,
}

impl BetweenRounds {
    /// Whether somebody keeps a session for us.
    pub(crate) fn holds_session(&self) -> bool {
        self.kept.has_session()
    }

    /// What is kept of a server that is about to be asked. A legacy one may hold a session for us from then on, which ends
    /// with the credentials that it began with.
    pub(crate) fn kept_for(&mut self, remote: &Remote, era: Era) -> &mut Kept {
        if era == Era::Legacy && self.joined.is_none() {
            self.joined = Some(Box::new(remote.clone()));
        }
        &mut self.kept
    }

    /// Whether what is kept was begun with these credentials.
    pub(crate) fn is_signed_as(&self, remote: &Remote) -> bool {
        self.joined.as_deref().is_none_or(|joined| joined.is_signed_as(remote))
    }

    /// Ends what somebody keeps for us.
    pub(crate) async fn leave(self) {
        let deadline = Instant::now() + LEAVE_WITHIN;
        if let Some(remote) = self.joined {
            self.kept.leave(&remote, deadline).await;
        }
    }
}
