//! Metrics, and their exports.

use api::{Empty, ErrorCode, Figures, MetricsExports};

use crate::App;
use crate::error::OperationError;

impl App {
    pub(super) async fn metrics(&self, _: Empty) -> Result<Figures, OperationError> {
        // Many servers take some milliseconds: others go on meanwhile.
        let app = self.clone();
        let read = tokio::task::spawn_blocking(move || app.figures().0).await;
        read.map_err(|_| OperationError::new(ErrorCode::Internal, "the core stops"))
    }

    pub(super) async fn metrics_exports(&self, _: Empty) -> Result<MetricsExports, OperationError> {
        Ok(self.export_status())
    }
}
