use std::time::Duration;

use model::RefusedCertificate;
use serde_json::Value;

use crate::{Lack, TlsFault};

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
    /// The request never left: asking somebody else, or again, does no harm.
    #[error("{message}")]
    Unsent {
        /// Why not.
        cause: Unsent,
        /// What happened and the likely cause.
        message: String,
    },
    /// The request was sent and its answer did not come, or not whole: a tool may have run.
    #[error("{message}")]
    Lost {
        /// What happened and the likely cause.
        message: String,
    },
    /// The command has ended, or never began to answer.
    #[error("{message}")]
    Ended {
        /// How, and the likely cause in its own words.
        message: String,
        /// The last lines of its standard error, oldest first; at most 20.
        stderr: Vec<String>,
    },
    /// A bridge answers that whoever is behind it does not.
    #[error("{message}")]
    Behind {
        /// Who, and in which words.
        message: String,
    },
    /// The server answers with this HTTP status instead of MCP's answer.
    #[error("{message}")]
    Status {
        /// Of the answer.
        status: u16,
        /// When it may be asked again (`Retry-After`).
        retry_after: Option<Duration>,
        /// What the status means.
        message: String,
    },
    /// What came back is no MCP.
    #[error("{message}")]
    NotMcp {
        /// Which part of the answer.
        field: String,
        /// What is wrong with it.
        message: String,
    },
    /// It is of the other era than was asked in.
    #[error("{message}")]
    OtherEra {
        /// How it showed.
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
    /// The server requires authentication, or refuses the credentials it got (HTTP 401 or 403).
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

impl McpError {
    /// What is missing here, when that is it: nothing was sent.
    pub fn lack(&self) -> Option<Lack> {
        match self {
            Self::Unsent { cause: Unsent::Lacking(lack), .. } => Some(*lack),
            _ => None,
        }
    }

    /// The certificate that is not trusted, when that is it: nothing was sent.
    pub fn certificate(&self) -> Option<&RefusedCertificate> {
        match self {
            Self::Unsent { cause: Unsent::Tls(fault), .. } => fault.certificate(),
            _ => None,
        }
    }

    /// The same in other words.
    pub(crate) fn map_text(mut self, change: impl Fn(String) -> String) -> Self {
        match &mut self {
            Self::InvalidTarget { message }
            | Self::Unsent { message, .. }
            | Self::Lost { message }
            | Self::Ended { message, .. }
            | Self::Behind { message }
            | Self::Status { message, .. }
            | Self::NotMcp { message, .. }
            | Self::OtherEra { message }
            | Self::NeedsSignIn { message }
            | Self::Protocol { message, .. } => *message = change(std::mem::take(message)),
            Self::Timeout { .. } | Self::Cancelled | Self::TooLarge { .. } => {}
        }
        self
    }
}

/// Why a request never left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unsent {
    /// The name has no address, or none that may be used.
    NoAddress,
    /// Nothing listens there.
    Refused,
    /// There is no way there, or no connection in time.
    Unreachable,
    /// TLS failed; an untrusted certificate for example.
    Tls(TlsFault),
    /// A connection that was kept was closed before anything was written.
    Closed,
    /// There is no such program, or it may not be run.
    NotStarted,
    /// The command has ended.
    Ended,
    /// This process, or this computer, has none left of what it takes to ask. It says nothing of the server.
    Lacking(Lack),
}
