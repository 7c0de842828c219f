//! Commands that take long to start: which, and what a person does about it.

use api::{CancelArgs, Cancelled, Empty, KeptStarting, ServerArgs, StartList};

use super::find::find;
use crate::App;
use crate::error::OperationError;

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
        Ok(KeptStarting { kept: self.0.intake.adds.keep(&args.call) })
    }
}
