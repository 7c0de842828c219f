use std::sync::Arc;
use std::time::Duration;

use mcp::{Kept, Remote, Session};
use model::Tool;
use registry::Contents;
use tokio::time::Instant;

/// How long the end of a session may take when nobody needs it any more.
const LEAVE_WITHIN: Duration = Duration::from_secs(2);

/// What is remembered of a server between two rounds.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    /// Of servers over Streamable HTTP.
    pub(crate) kept: Kept,
    /// Whom the session in `kept` is with.
    pub(crate) joined: Option<Box<Remote>>,
    /// With a child of ours, or over an open event stream.
    pub(crate) session: Option<Box<Session>>,
    /// The tools of the last listing; shared with the record when they are the same.
    pub(crate) listed: Option<Arc<[Tool]>>,
    /// The last listing that was not the record's.
    pub(crate) other: Option<Arc<Contents>>,
    /// The tools whose definition was another in the last round.
    pub(crate) changed: Vec<String>,
}

impl Memory {
    /// Whether somebody keeps a session for us.
    pub(crate) fn holds_session(&self) -> bool {
        self.session.is_some() || self.kept.has_session()
    }

    /// Ends what somebody keeps for us.
    pub(crate) async fn leave(self) {
        let deadline = Instant::now() + LEAVE_WITHIN;
        if let Some(remote) = self.joined {
            self.kept.leave(&remote, deadline).await;
        }
        if let Some(session) = self.session {
            // Dropped in the middle it ends as well, only later.
            let _ = tokio::time::timeout_at(deadline, session.close()).await;
        }
    }
}
