//! What is wrong with a server, in a sentence and in a few words.

use std::time::Duration;

use mcp::{Ailment, McpError};
use registry::Reason;

/// What came of asking.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// It is not well.
    Ill(Reason),
    /// It is asked too often, or has its hands full: a warning.
    Busy(Reason),
    /// It asks who we are.
    NeedsSignIn(Reason),
}

impl Trouble {
    pub(crate) fn reason(&self) -> &Reason {
        match self {
            Self::Ill(reason) | Self::Busy(reason) | Self::NeedsSignIn(reason) => reason,
        }
    }
}

/// What is known of the server that was asked.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Context {
    /// Of the round.
    pub(crate) timeout: Duration,
    /// It answered as MCP before.
    pub(crate) was_mcp: bool,
}

/// What an ailment means to a person.
pub(crate) fn of_ailment(ailment: &Ailment, context: Context) -> Trouble {
    match ailment {
        Ailment::NeedsSignIn(why) => sign_in(why),
        Ailment::Status(429) => {
            Trouble::Busy(Reason::new("it answers HTTP 429: it is asked too often", "Asked too often (429)"))
        }
        ailment => Trouble::Ill(ill(ailment, context)),
    }
}

fn ill(ailment: &Ailment, context: Context) -> Reason {
    match ailment {
        Ailment::Refused => Reason::new(
            "connection refused: the computer answers, but nothing listens there; the server has most likely stopped",
            "Connection refused",
        ),
        Ailment::Unreachable(why) => Reason::new(format!("it cannot be reached: {why}"), "Cannot be reached"),
        Ailment::Silent => silent(context.timeout),
        Ailment::Broke(why) => Reason::new(why.clone(), "Connection broke"),
        Ailment::Tls(why) => Reason::new(why.clone(), "TLS failed"),
        Ailment::NotMcp(why) => not_mcp(why, context),
        Ailment::Status(status) => {
            Reason::new(format!("it answers HTTP {status}: {}", meaning(*status)), &format!("HTTP {status}"))
        }
        Ailment::Error { code, message } => {
            Reason::new(format!("it answers with error {code}: {message}"), &format!("Error {code}"))
        }
        Ailment::OtherEra => not_mcp("it answers, but not MCP's questions", context),
        Ailment::Invalid(why) | Ailment::NeedsSignIn(why) => Reason::new(why.clone(), "Cannot be asked"),
    }
}

/// What a session's failure means to a person.
pub(crate) fn of_error(error: &McpError, context: Context) -> Trouble {
    let sentence = error.to_string();
    match error {
        McpError::NeedsSignIn { message } => sign_in(message),
        McpError::Timeout { .. } => Trouble::Ill(silent(context.timeout)),
        McpError::Protocol { code, .. } => Trouble::Ill(Reason::new(sentence, &format!("Error {code}"))),
        McpError::InvalidTarget { .. } => Trouble::Ill(Reason::new(sentence, "Cannot be asked")),
        McpError::TooLarge { .. } => Trouble::Ill(Reason::new(sentence, "Answer too large")),
        McpError::Cancelled => Trouble::Ill(Reason::new(sentence, "Cancelled")),
        McpError::Transport { .. } => {
            let summary =
                if sentence.contains("refused") { "Connection refused" } else { "Connection broke" };
            Trouble::Ill(Reason::new(sentence, summary))
        }
    }
}

pub(crate) fn sign_in(why: &str) -> Trouble {
    Trouble::NeedsSignIn(Reason::new(why, "Needs sign-in"))
}

/// No answer within the time of a round.
pub(crate) fn silent(timeout: Duration) -> Reason {
    let seconds = timeout.as_secs_f64();
    Reason::new(format!("no answer within {seconds} s"), &format!("No answer in {seconds} s"))
}

/// A child that does not answer yet.
pub(crate) fn starting(timeout: Duration) -> Reason {
    let seconds = timeout.as_secs_f64();
    Reason::new(format!("it has been started and has not answered within {seconds} s yet"), "Still starting")
}

/// A child with a call under way.
pub(crate) fn at_work(timeout: Duration) -> Reason {
    let seconds = timeout.as_secs_f64();
    Reason::new(format!("it works on a call and did not answer a ping within {seconds} s"), "At work")
}

/// Something else answers.
pub(crate) fn not_mcp(why: &str, context: Context) -> Reason {
    if context.was_mcp {
        Reason::new(format!("not MCP any more: {why}"), "Not MCP any more")
    } else {
        Reason::new(format!("not MCP: {why}"), "Not MCP")
    }
}

fn meaning(status: u16) -> &'static str {
    match status {
        403 => "it refuses us",
        404 => "there is nothing at this path",
        500 => "it failed inside",
        502..=504 => "the server behind it is down or overloaded",
        _ => "that is no answer of an MCP server",
    }
}
