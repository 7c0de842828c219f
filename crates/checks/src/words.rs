//! What is wrong with a server, in a sentence and in a few words.

use std::time::Duration;

use mcp::{Lack, McpError, TlsFault, Unsent};
use registry::Reason;

/// A round that says nothing about its server, in a few words.
pub(crate) const NOT_CHECKED: &str = "Not checked";

/// The result of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// It is not healthy.
    Ill(Reason),
    /// It has too many requests, or is busy: a warning.
    Busy(Reason),
    /// It requires authentication.
    NeedsSignIn(Reason),
    /// It is a healthy bridge, and the server behind it does not answer.
    Behind(Reason),
    /// Its child process has not answered yet, which says nothing about it.
    Starting(Reason),
    /// The start of its child process was cancelled.
    Stopped(Reason),
    /// It could not be asked for lack of something on this computer, which says nothing about it.
    NotAsked(Reason),
}

impl Trouble {
    pub(crate) fn reason(&self) -> &Reason {
        match self {
            Self::Ill(reason)
            | Self::Busy(reason)
            | Self::NeedsSignIn(reason)
            | Self::Behind(reason)
            | Self::Starting(reason)
            | Self::Stopped(reason)
            | Self::NotAsked(reason) => reason,
        }
    }
}

/// What is known about the server that was asked.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Context {
    /// The time limit of the round.
    pub(crate) timeout: Duration,
    /// Whether it answered as MCP before.
    pub(crate) was_mcp: bool,
}

/// The meaning of a failure for the user.
pub(crate) fn of_error(error: &McpError, context: Context) -> Trouble {
    match error {
        McpError::Unsent { cause: Unsent::Lacking(lack), .. } => lacking(*lack),
        McpError::NeedsSignIn { message } => sign_in(message),
        McpError::Status { status: 429, message, .. } => {
            Trouble::Busy(Reason::new(message.clone(), "Too many requests (429)"))
        }
        McpError::Behind { message } => {
            Trouble::Behind(Reason::new(message.clone(), "No server behind the bridge"))
        }
        McpError::Cancelled => Trouble::Stopped(stopped()),
        error => Trouble::Ill(ill(error, context)),
    }
}

fn ill(error: &McpError, context: Context) -> Reason {
    let sentence = error.to_string();
    match error {
        McpError::Unsent { cause, .. } => unsent(cause, &sentence),
        McpError::Timeout { .. } => silent(context.timeout),
        McpError::Lost { .. } => Reason::new(sentence, "Connection broke"),
        McpError::Behind { .. } => Reason::new(sentence, "No server behind the bridge"),
        McpError::Ended { .. } => Reason::new(sentence, "Has ended"),
        McpError::NotMcp { message, .. } => not_mcp(message, context),
        McpError::OtherEra { .. } => not_mcp("it answers, but not to MCP requests", context),
        McpError::Status { status, .. } => Reason::new(sentence, &format!("HTTP {status}")),
        McpError::Protocol { code, .. } => Reason::new(sentence, &format!("Error {code}")),
        McpError::TooLarge { .. } => Reason::new(sentence, "Answer too large"),
        McpError::Cancelled => Reason::new(sentence, "Cancelled"),
        McpError::InvalidTarget { .. } | McpError::NeedsSignIn { .. } => {
            Reason::new(sentence, "Cannot be asked")
        }
    }
}

fn unsent(cause: &Unsent, sentence: &str) -> Reason {
    let summary = match cause {
        Unsent::Refused => {
            let sentence = "connection refused: the computer answers, but nothing listens there; the server has most likely stopped";
            return Reason::new(sentence, "Connection refused");
        }
        Unsent::NoAddress => "No address",
        Unsent::Unreachable => "Cannot be reached",
        Unsent::Tls(fault) => match fault.certificate() {
            Some(refused) => return Reason::new(sentence, refused.summary()).about(refused),
            None if matches!(fault, TlsFault::CaFile(_)) => "CA file unusable",
            None => "TLS failed",
        },
        Unsent::Closed => "Connection broke",
        Unsent::NotStarted => "Did not start",
        Unsent::Ended => "Has ended",
        Unsent::Lacking(_) => NOT_CHECKED,
    };
    Reason::new(sentence, summary)
}

/// No request was sent for lack of something here.
pub(crate) fn lacking(lack: Lack) -> Trouble {
    Trouble::NotAsked(Reason::new(lack.to_string(), NOT_CHECKED))
}

pub(crate) fn sign_in(why: &str) -> Trouble {
    Trouble::NeedsSignIn(Reason::new(why, "Needs a token"))
}

/// Nothing answers at the port.
pub(crate) fn closed(is_refused: bool, why: &str) -> Reason {
    let cause = if is_refused { Unsent::Refused } else { Unsent::Unreachable };
    unsent(&cause, why)
}

/// No answer within the time of a round.
pub(crate) fn silent(timeout: Duration) -> Reason {
    let seconds = timeout.as_secs_f64();
    Reason::new(format!("no answer within {seconds} s"), &format!("No answer in {seconds} s"))
}

/// A child process that has not answered yet.
pub(crate) fn starting(timeout: Duration) -> Reason {
    let seconds = timeout.as_secs_f64();
    Reason::new(format!("it has been started and has not answered within {seconds} s yet"), "Still starting")
}

/// The user did not want to wait for it.
fn stopped() -> Reason {
    let sentence = "its start was cancelled: it is started again when it is used, checked, or in an hour";
    Reason::new(sentence, "Start cancelled")
}

/// A child process with a call under way.
pub(crate) fn at_work(timeout: Duration) -> Reason {
    let seconds = timeout.as_secs_f64();
    Reason::new(format!("it is busy with a call and did not answer a ping within {seconds} s"), "Busy")
}

/// Something else answers.
pub(crate) fn not_mcp(why: &str, context: Context) -> Reason {
    if context.was_mcp {
        Reason::new(format!("not MCP any more: {why}"), "Not MCP any more")
    } else {
        Reason::new(format!("not MCP: {why}"), "Not MCP")
    }
}
