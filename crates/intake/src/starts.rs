//! The start of a command that is about to be kept.

use std::sync::Arc;

use mcp::{Brief, McpError, Secret};
use mesh::{LONGEST_START, Sessions};
use model::{ServerId, ServerInfo};

use crate::adds::{Adding, Waited};
use crate::{Intake, IntakeError};

/// A start that nobody wants when whoever asked for it goes away.
struct WantedStart {
    sessions: Sessions,
    id: ServerId,
    is_kept: bool,
}

impl Intake {
    /// Starts a command that is about to be kept. Nothing when a person keeps it without waiting any longer: it goes on.
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
