use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::{Millis, ServerId};

/// The start of a command that takes longer than a moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Start {
    /// The server that it is or will be.
    pub id: ServerId,
    /// The command line; what looks like a secret is hidden.
    pub command: String,
    /// When it began.
    pub since: Millis,
    /// The newest line of its standard error. Hostile text: shown as text.
    pub line: Option<String>,
    /// The handle of the `add` that waits for it.
    pub call: Option<String>,
}
