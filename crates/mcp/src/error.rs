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
    /// The request was never sent: asking another server, or again, does no harm.
    #[error("{message}")]
    Unsent {
        /// Why not.
        cause: Unsent,
        /// What happened and the likely cause.
        message: String,
    },
    /// The request was sent and its answer did not come, or not completely: a tool may have run.
    #[error("{message}")]
    Lost {
        /// What happened and the likely cause.
        message: String,
    },
    /// The command has ended, or never started to answer.
    #[error("{message}")]
    Ended {
        /// How, and the likely cause in its own words.
        message: String,
        /// The last lines of its standard error, oldest first; at most 20.
        stderr: Vec<String>,
    },
    /// A bridge reports that the server behind it does not answer.
    #[error("{message}")]
    Behind {
        /// Its address, and the message.
        message: String,
    },
    /// The server answers with this HTTP status instead of an MCP response.
    #[error("{message}")]
    Status {
        /// The status.
        status: u16,
        /// When it can be asked again (`Retry-After`).
        retry_after: Option<Duration>,
        /// What the status means.
        message: String,
    },
    /// The response is not MCP.
    #[error("{message}")]
    NotMcp {
        /// The part of the answer.
        field: String,
        /// What is wrong with it.
        message: String,
    },
    /// It is of another era than that of the request.
    #[error("{message}")]
    OtherEra {
        /// What showed it.
        message: String,
    },
    /// The server answered with a JSON-RPC error.
    #[error("the server answered with error {code}: {message}")]
    Protocol {
        /// JSON-RPC's or MCP's code.
        code: i64,
        /// The server's message.
        message: String,
        /// The server's data, unchanged except for secrets of ours that it quotes.
        data: Option<Value>,
    },
    /// The server requires authentication, or refuses the credentials it got (HTTP 401 or 403).
    #[error("{message}")]
    NeedsSignIn {
        /// The challenge.
        message: String,
    },
    /// No answer within the deadline. The call was cancelled at the server.
    #[error("no answer within {} s", (after.as_secs_f64() * 10.0).ceil() / 10.0)]
    Timeout {
        /// The deadline.
        after: Duration,
    },
    /// The caller cancelled it, also at the server.
    #[error("cancelled")]
    Cancelled,
    /// The answer is larger than the limit.
    #[error("{what} is larger than the {limit} bytes that are accepted")]
    TooLarge {
        /// The kind of answer.
        what: String,
        /// The limit, in bytes.
        limit: usize,
    },
}

impl McpError {
    /// The resource that is missing on this computer, if that is the cause: nothing was sent.
    pub fn lack(&self) -> Option<Lack> {
        match self {
            Self::Unsent { cause: Unsent::Lacking(lack), .. } => Some(*lack),
            _ => None,
        }
    }

    /// The certificate that is not trusted, if that is the cause: nothing was sent.
    pub fn certificate(&self) -> Option<&RefusedCertificate> {
        match self {
            Self::Unsent { cause: Unsent::Tls(fault), .. } => fault.certificate(),
            _ => None,
        }
    }

    /// The same error with another message.
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

/// Why a request was never sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unsent {
    /// The name has no address, or none that is allowed.
    NoAddress,
    /// Nothing listens there.
    Refused,
    /// There is no route to it, or no connection in time.
    Unreachable,
    /// TLS failed; an untrusted certificate for example.
    Tls(TlsFault),
    /// A kept connection was closed before anything was written.
    Closed,
    /// The program does not exist, or is not executable.
    NotStarted,
    /// The command has ended.
    Ended,
    /// This process, or this computer, lacks a resource for the request. It says nothing about the server.
    Lacking(Lack),
}
