use std::time::Duration;

use serde_json::Value;

/// Why talking to a server failed: a variant per decision of the caller. Messages say what happened and the
/// likely cause, and never carry credentials, header values or query strings.
#[derive(Debug, Clone, thiserror::Error)]
pub enum McpError {
    /// The target itself is wrong: a malformed URL, a header that cannot be sent. Trying again does not help.
    #[error("{message}")]
    InvalidTarget {
        /// What is wrong with it.
        message: String,
    },
    /// The server could not be reached, the connection broke, or what came back was no MCP.
    #[error("{message}")]
    Transport {
        /// What happened and the likely cause.
        message: String,
    },
    /// The server answered with a JSON-RPC error.
    #[error("the server answered with error {code}: {message}")]
    Protocol {
        /// JSON-RPC's or MCP's code.
        code: i64,
        /// The server's words.
        message: String,
        /// The server's data, unchanged but for secrets of ours that it quotes.
        data: Option<Value>,
    },
    /// The server asks who we are, or refuses the credentials it got (HTTP 401 or 403 with a challenge).
    #[error("{message}")]
    NeedsSignIn {
        /// What it asked for.
        message: String,
    },
    /// No answer within the deadline. The server was told to stop.
    #[error("no answer within {} s", (after.as_secs_f64() * 10.0).ceil() / 10.0)]
    Timeout {
        /// The deadline.
        after: Duration,
    },
    /// The caller ended it. The server was told to stop.
    #[error("cancelled")]
    Cancelled,
    /// The answer is larger than we take.
    #[error("{what} is larger than the {limit} bytes that are accepted")]
    TooLarge {
        /// Which answer.
        what: String,
        /// How much is accepted, in bytes.
        limit: usize,
    },
}
