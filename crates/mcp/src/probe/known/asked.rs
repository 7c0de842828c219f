//! The result of a request.

use tokio::time::Instant;

use super::super::words;
use crate::McpError;

/// One request and its result.
#[derive(Debug)]
pub struct Asked<T> {
    /// The request, such as `POST /mcp server/discover`.
    pub sent: String,
    /// The answer, such as `200 application/json`. Cut, one line, no control characters.
    pub received: String,
    /// How long it took, in milliseconds.
    pub ms: f64,
    /// Its meaning.
    pub outcome: Result<T, McpError>,
}

impl<T> Asked<T> {
    pub(super) fn and_then<U>(self, judge: impl FnOnce(T) -> Result<U, McpError>) -> Asked<U> {
        let Self { sent, received, ms, outcome } = self;
        Asked { sent, received, ms, outcome: outcome.and_then(judge) }
    }

    pub(super) fn failed(sent: String, began: Instant, error: McpError) -> Self {
        let received = words::tame(&error.to_string());
        Self { sent, received, ms: began.elapsed().as_secs_f64() * 1000.0, outcome: Err(error) }
    }
}
