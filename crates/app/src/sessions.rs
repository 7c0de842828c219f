//! Conversations that outlive a call. A stdio server is a long-lived child of ours: started for the first call, asked
//! again for the next, ended when it has been idle for long, when its record changes or goes, and with the core.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use mcp::{McpError, Session, Target};
use model::{ServerId, ServerInfo};
use tokio::time::Instant;

/// A child that nobody asked for so long is ended.
const IDLE: Duration = Duration::from_mins(5);

/// The children we keep, by server.
#[derive(Clone, Default)]
pub(crate) struct Sessions(Arc<Mutex<HashMap<ServerId, Kept>>>);

struct Kept {
    session: Arc<Session>,
    command: (Option<String>, Vec<String>),
    used: Instant,
}

impl Sessions {
    /// The conversation with this child: the one we have, or a new one. Two first calls at once may start two children;
    /// the later one is kept and the other ends with its call.
    pub(crate) async fn child(
        &self,
        info: &ServerInfo,
        target: &Target,
        deadline: Duration,
    ) -> Result<Arc<Session>, McpError> {
        let command = (info.command.clone(), info.args.clone());
        if let Some(session) = self.take_alive(info.id, &command) {
            return Ok(session);
        }
        let session = Arc::new(Session::connect(target, deadline).await?);
        let kept = Kept { session: session.clone(), command, used: Instant::now() };
        self.lock().insert(info.id, kept);
        Ok(session)
    }

    fn take_alive(&self, id: ServerId, command: &(Option<String>, Vec<String>)) -> Option<Arc<Session>> {
        let mut kept = self.lock();
        let found = kept.get_mut(&id)?;
        if found.session.is_closed() || found.command != *command {
            kept.remove(&id);
            return None;
        }
        found.used = Instant::now();
        Some(found.session.clone())
    }

    /// Lets go of children that are idle or whose server is no longer `wanted`. Dropped, a session ends its child.
    pub(crate) fn tidy(&self, wanted: impl Fn(ServerId) -> bool) {
        self.lock().retain(|id, kept| {
            let in_use = Arc::strong_count(&kept.session) > 1;
            in_use || (wanted(*id) && kept.used.elapsed() < IDLE && !kept.session.is_closed())
        });
    }

    /// Ends all, and waits for those that no call holds any more.
    pub(crate) async fn close(&self) {
        let all: Vec<Kept> = self.lock().drain().map(|(_, kept)| kept).collect();
        for kept in all {
            if let Ok(session) = Arc::try_unwrap(kept.session) {
                session.close().await;
            }
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<ServerId, Kept>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
