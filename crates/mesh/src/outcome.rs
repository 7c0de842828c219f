//! What the end of a try means: whether another server can be asked, what its breaker counts, and what its health gets. One
//! table, from the specification; where it is silent, what Envoy's retry policies do.

use std::time::Duration;

use mcp::McpError;
use model::ToolHints;
use registry::{Ended, Reason};

use crate::Unreached;
use crate::seat::BreakerSign;

/// How long a server is set aside that asked for it, at least and at most.
const REST: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(30));

/// How a try failed.
#[derive(Debug, Clone, thiserror::Error)]
pub enum CallFailed {
    /// Its server was not asked.
    #[error(transparent)]
    Unreached(#[from] Unreached),
    /// Its server could not be reached: the call was not sent.
    #[error(transparent)]
    Unsent(McpError),
    /// It was sent, or may have been.
    #[error(transparent)]
    Mcp(McpError),
}

/// Whether another server can be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Elsewhere {
    /// Yes: the tool did not run.
    Yes,
    /// If the tool declares that running twice does no harm: it may have run.
    IfHarmless,
    /// No.
    No,
}

/// The consequences of the end of a try.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Aftermath {
    pub(crate) elsewhere: Elsewhere,
    pub(crate) breaker: BreakerSign,
    pub(crate) rest: Option<Duration>,
    pub(crate) health: Option<(Ended, Option<Reason>)>,
}

impl Elsewhere {
    /// Whether another server can be asked for this tool.
    pub(crate) fn allows(self, hints: ToolHints) -> bool {
        match self {
            Self::Yes => true,
            Self::IfHarmless => hints.read_only == Some(true) || hints.idempotent == Some(true),
            Self::No => false,
        }
    }
}

/// An answer, of whatever kind.
pub(crate) fn answered() -> Aftermath {
    Aftermath {
        elsewhere: Elsewhere::No,
        breaker: BreakerSign::Success,
        rest: None,
        health: Some((Ended::Answered, None)),
    }
}

/// The end of a try that failed; `progressed` when the server had reported progress of it before.
pub(crate) fn failed(error: &CallFailed, progressed: bool) -> Aftermath {
    let quiet = |elsewhere| Aftermath { elsewhere, breaker: BreakerSign::Nothing, rest: None, health: None };
    let counts = |elsewhere| Aftermath { breaker: BreakerSign::Failure, ..quiet(elsewhere) };
    match error {
        // The next server would take the same.
        CallFailed::Unsent(error) | CallFailed::Mcp(error) if error.lack().is_some() => quiet(Elsewhere::No),
        CallFailed::Unreached(_) | CallFailed::Unsent(McpError::InvalidTarget { .. }) => {
            quiet(Elsewhere::Yes)
        }
        CallFailed::Unsent(McpError::Cancelled) | CallFailed::Mcp(McpError::Cancelled) => {
            quiet(Elsewhere::No)
        }
        CallFailed::Unsent(McpError::NeedsSignIn { message })
        | CallFailed::Mcp(McpError::NeedsSignIn { message }) => {
            let health = Some((Ended::NeedsSignIn, Some(Reason::new(message, "Needs a token"))));
            Aftermath { health, ..quiet(Elsewhere::Yes) }
        }
        CallFailed::Unsent(error @ McpError::Status { status: 429 | 503, retry_after: Some(_), .. })
        | CallFailed::Mcp(
            error @ (McpError::Status { status: 429, .. }
            | McpError::Status { status: 503, retry_after: Some(_), .. }),
        ) => Aftermath { rest: Some(rest(error)), breaker: rested(error), ..quiet(Elsewhere::Yes) },
        // A start that takes long goes on; its server may still come.
        CallFailed::Unsent(McpError::Timeout { .. }) => counts(Elsewhere::Yes),
        CallFailed::Unsent(error) => Aftermath { health: Some(no_answer(error)), ..counts(Elsewhere::Yes) },
        CallFailed::Mcp(error) => sent(error, progressed),
    }
}

/// For a call that was sent.
fn sent(error: &McpError, progressed: bool) -> Aftermath {
    let quiet = |elsewhere| Aftermath { elsewhere, breaker: BreakerSign::Nothing, rest: None, health: None };
    let counts = |elsewhere| Aftermath { breaker: BreakerSign::Failure, ..quiet(elsewhere) };
    let failed = |elsewhere| Aftermath { health: Some(no_answer(error)), ..counts(elsewhere) };
    match error {
        McpError::Protocol { .. } => answered(),
        McpError::Unsent { .. } => failed(Elsewhere::Yes),
        McpError::Lost { .. }
        | McpError::Ended { .. }
        | McpError::Behind { .. }
        | McpError::NotMcp { .. }
        | McpError::OtherEra { .. }
        | McpError::Status { status: 502..=504, .. } => failed(Elsewhere::IfHarmless),
        McpError::Status { .. } => failed(Elsewhere::No),
        McpError::Timeout { .. } if !progressed => counts(Elsewhere::IfHarmless),
        McpError::Timeout { .. }
        | McpError::Cancelled
        | McpError::TooLarge { .. }
        | McpError::InvalidTarget { .. }
        | McpError::NeedsSignIn { .. } => quiet(Elsewhere::No),
    }
}

fn rest(error: &McpError) -> Duration {
    let asked = if let McpError::Status { retry_after, .. } = error { *retry_after } else { None };
    asked.unwrap_or_default().clamp(REST.0, REST.1)
}

/// A server that is overloaded is not broken; one that is not available is.
fn rested(error: &McpError) -> BreakerSign {
    if matches!(error, McpError::Status { status: 503, .. }) {
        BreakerSign::Failure
    } else {
        BreakerSign::Nothing
    }
}

fn no_answer(error: &McpError) -> (Ended, Option<Reason>) {
    let sentence = format!("a call failed: {error}");
    let reason = match error.certificate() {
        Some(refused) => Reason::new(sentence, refused.summary()).about(refused),
        None => Reason::new(sentence, "A call failed"),
    };
    (Ended::Failed, Some(reason))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(status: u16, retry_after: Option<u64>) -> CallFailed {
        let retry_after = retry_after.map(Duration::from_secs);
        CallFailed::Mcp(McpError::Status { status, retry_after, message: String::new() })
    }

    /// Whether another server is asked, what the breaker counts, whether it is set aside, and what health gets.
    fn row(error: &CallFailed, progressed: bool) -> (Elsewhere, BreakerSign, Option<u64>, Option<Ended>) {
        let aftermath = failed(error, progressed);
        let health = aftermath.health.map(|(ended, _)| ended);
        (aftermath.elsewhere, aftermath.breaker, aftermath.rest.map(|rest| rest.as_secs()), health)
    }

    #[test]
    fn the_table_of_the_specification() {
        use BreakerSign::{Failure, Nothing, Success};
        use Elsewhere::{IfHarmless, No, Yes};
        let lost = CallFailed::Mcp(McpError::Lost { message: String::new() });
        let unsent = CallFailed::Unsent(McpError::Ended { message: String::new(), stderr: Vec::new() });
        let sign_in = CallFailed::Mcp(McpError::NeedsSignIn { message: String::new() });
        let timeout = CallFailed::Mcp(McpError::Timeout { after: Duration::from_secs(1) });
        let protocol =
            CallFailed::Mcp(McpError::Protocol { code: -32602, message: String::new(), data: None });
        let failed = Some(Ended::Failed);
        for (error, progressed, expected) in [
            (unsent, false, (Yes, Failure, None, failed)),
            (status(429, None), false, (Yes, Nothing, Some(1), None)),
            (status(429, Some(90)), false, (Yes, Nothing, Some(30), None)),
            (status(503, Some(2)), false, (Yes, Failure, Some(2), None)),
            (status(503, None), false, (IfHarmless, Failure, None, failed)),
            (sign_in, false, (Yes, Nothing, None, Some(Ended::NeedsSignIn))),
            (lost, false, (IfHarmless, Failure, None, failed)),
            (status(502, None), false, (IfHarmless, Failure, None, failed)),
            (status(504, Some(3)), false, (IfHarmless, Failure, None, failed)),
            (timeout.clone(), false, (IfHarmless, Failure, None, None)),
            (timeout, true, (No, Nothing, None, None)),
            (status(500, None), false, (No, Failure, None, failed)),
            (protocol, false, (No, Success, None, Some(Ended::Answered))),
            (CallFailed::Mcp(McpError::Cancelled), false, (No, Nothing, None, None)),
        ] {
            assert_eq!(row(&error, progressed), expected, "{error:?}");
        }
    }
}
