//! Commands that take long to start: which, and what a person does about it.

use api::{Advice, CancelArgs, Cancelled, Empty, ErrorCode, KeptStarting, ServerArgs, StartList};
use std::sync::Arc;
use std::time::Duration;

use mcp::{Brief, McpError, Secret};
use mesh::{LONGEST_START, Sessions};
use model::{ServerId, ServerInfo};

use super::look::find;
use crate::App;
use crate::adds::{Adding, Waited};
use crate::error::OperationError;

/// A start that nobody wants when whoever asked for it goes away.
struct Wanted {
    sessions: Sessions,
    id: ServerId,
    is_kept: bool,
}

impl App {
    pub(super) async fn starts(&self, _: Empty) -> Result<StartList, OperationError> {
        Ok(StartList { starts: self.0.mesh.sessions.starts().list() })
    }

    pub(super) async fn start_cancel(&self, args: ServerArgs) -> Result<Cancelled, OperationError> {
        let sessions = &self.0.mesh.sessions;
        // It may not be kept yet.
        let start = sessions.starts().list().into_iter().find(|start| start.id.to_string() == args.id);
        let id = match start {
            Some(start) => start.id,
            None => find(&self.0.registry.snapshot(), &args.id)?.info.id,
        };
        Ok(Cancelled { cancelled: sessions.cancel(id) })
    }

    pub(super) async fn keep_starting(&self, args: CancelArgs) -> Result<KeptStarting, OperationError> {
        Ok(KeptStarting { kept: self.0.adds.keep(&args.call) })
    }

    /// Starts a command that is about to be kept. Nothing when a person keeps it without waiting any longer: it goes on.
    pub(super) async fn started(
        &self,
        info: &ServerInfo,
        env: &[(String, Secret)],
        adding: &Adding,
    ) -> Result<Option<Arc<Brief>>, OperationError> {
        let target = self.0.mesh.contact.target_given(info, env).await?;
        let sessions = &self.0.mesh.sessions;
        let _waiting = adding.handle().map(|handle| sessions.starts().wait(info.id, handle.clone()));
        let mut wanted = Wanted { sessions: sessions.clone(), id: info.id, is_kept: false };
        let begun = adding.wait(sessions.get(info, &target, LONGEST_START)).await;
        wanted.is_kept = matches!(&begun, Waited::Done(Ok(_)) | Waited::Kept);
        match begun {
            Waited::Done(Ok(session)) => Ok(Some(session)),
            Waited::Kept => Ok(None),
            Waited::Done(Err(McpError::Cancelled)) | Waited::Cancelled => Err(cancelled()),
            Waited::Done(Err(McpError::Timeout { after })) => Err(no_word(info, after)),
            Waited::Done(Err(error)) => Err(error.into()),
        }
    }
}

fn no_word(info: &ServerInfo, after: Duration) -> OperationError {
    let message = format!(
        "`{}` was started and said nothing for {} s; it can be kept all the same, and is started when it is used",
        info.address(),
        after.as_secs()
    );
    OperationError::new(ErrorCode::Timeout, message).advise(Advice::KeepAnyway)
}

pub(super) fn cancelled() -> OperationError {
    OperationError::new(
        ErrorCode::Cancelled,
        "its start was cancelled: nothing was added, and nothing of it runs",
    )
}

impl Drop for Wanted {
    fn drop(&mut self) {
        if !self.is_kept {
            self.sessions.cancel(self.id);
        }
    }
}
