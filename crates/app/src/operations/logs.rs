//! What a server said beside its answers, and how the last requests to it ended.

use api::{ServerArgs, ServerLogs};

use super::find::find;
use crate::App;
use crate::error::OperationError;

impl App {
    pub(super) async fn logs(&self, args: ServerArgs) -> Result<ServerLogs, OperationError> {
        let id = find(&self.0.registry.snapshot(), &args.id)?.info.id;
        Ok(self.0.logs.of(id, self.0.started_at))
    }
}
