use std::ops::Deref;

use tokio::runtime::Handle;
use tokio_util::task::TaskTracker;

use super::Session;

/// A conversation for one purpose. When it is dropped it ends properly, on the tasks of its owner: the answer does not wait
/// for the end of the session, and a caller that disconnects cannot prevent it.
pub struct Brief {
    session: Option<Session>,
    tasks: TaskTracker,
}

impl Brief {
    pub(super) fn new(session: Session, tasks: TaskTracker) -> Self {
        Self { session: Some(session), tasks }
    }
}

impl Brief {
    /// Ends it, and waits for that.
    pub async fn close(mut self) {
        if let Some(session) = self.session.take() {
            session.close().await;
        }
    }
}

impl Deref for Brief {
    type Target = Session;

    #[expect(clippy::expect_used, reason = "it is taken in drop only")]
    fn deref(&self) -> &Session {
        self.session.as_ref().expect("a conversation until it is dropped")
    }
}

impl Drop for Brief {
    fn drop(&mut self) {
        if let (Some(session), Ok(runtime)) = (self.session.take(), Handle::try_current()) {
            self.tasks.spawn_on(session.close(), &runtime);
        }
    }
}
