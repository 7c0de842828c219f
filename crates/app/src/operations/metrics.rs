//! What is measured, and how it leaves.

use api::{Empty, Figures, MetricsExports};

use crate::App;
use crate::error::OperationError;

impl App {
    pub(super) async fn metrics(&self, _: Empty) -> Result<Figures, OperationError> {
        Ok(self.figures().0)
    }

    pub(super) async fn metrics_exports(&self, _: Empty) -> Result<MetricsExports, OperationError> {
        Ok(self.export_status())
    }
}
