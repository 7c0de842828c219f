//! Commands that take long to start.

use model::Start;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// The commands that take longer to start than a moment, the oldest first.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct StartList {
    /// They.
    pub starts: Vec<Start>,
}

/// Whether a wait was ended.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, TS)]
pub struct KeptStarting {
    /// False: it was over already.
    pub kept: bool,
}
