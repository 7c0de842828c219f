//! The row of a call.

use api::{CallOutcome, ErrorCode};
use mesh::{CallFailed, FinishedCall, Refused, SeenEnd, SeenTry};
use model::{ServerId, Why};
use serde::{Deserialize, Serialize};

use crate::stored::NOT_KEPT;
use crate::told::refusal;

/// How many characters of a sentence are kept.
const LONGEST: usize = 400;

/// How a call ended.
#[derive(Debug)]
pub(crate) struct CallEnd {
    pub(crate) outcome: CallOutcome,
    pub(crate) code: Option<ErrorCode>,
    pub(crate) reason: Option<String>,
}

impl CallEnd {
    pub(crate) fn of(call: &FinishedCall, code: fn(&CallFailed) -> ErrorCode) -> Self {
        let plain = |outcome, code| Self { outcome, code, reason: None };
        match &call.end {
            SeenEnd::Answered => plain(CallOutcome::Ok, None),
            SeenEnd::ToolError => plain(CallOutcome::ToolError, None),
            SeenEnd::Cancelled => plain(CallOutcome::Cancelled, Some(ErrorCode::Cancelled)),
            SeenEnd::Unusable(why) => Self {
                outcome: CallOutcome::Failed,
                code: Some(ErrorCode::TransportFailed),
                reason: Some(short(why)),
            },
            SeenEnd::TurnedAway { why, .. } => Self {
                outcome: CallOutcome::Refused,
                code: Some(ErrorCode::Overloaded),
                reason: Some(short(why)),
            },
            SeenEnd::Failed => {
                let error = call.tries.last().and_then(|last| last.error.as_ref());
                let reason = error.map(|error| short(&error.to_string()));
                Self { outcome: CallOutcome::Failed, code: error.map(code), reason }
            }
            SeenEnd::Refused(refused) => {
                let (code, sentence) = refusal(&without_words(refused));
                Self { outcome: CallOutcome::Refused, code: Some(code), reason: Some(short(&sentence)) }
            }
        }
    }

    /// Whether it counts as failed.
    pub(crate) fn is_failed(&self) -> bool {
        is_failed(self.outcome)
    }
}

/// Whether it failed, or no server took it.
pub(crate) fn is_failed(outcome: CallOutcome) -> bool {
    matches!(outcome, CallOutcome::Failed | CallOutcome::Refused)
}

/// Every outcome by its number in the file.
const OUTCOMES: [CallOutcome; 5] = [
    CallOutcome::Ok,
    CallOutcome::ToolError,
    CallOutcome::Failed,
    CallOutcome::Refused,
    CallOutcome::Cancelled,
];

pub(crate) fn number(outcome: CallOutcome) -> i64 {
    OUTCOMES.iter().zip(0..).find(|(one, _)| **one == outcome).map_or(0, |(_, number)| number)
}

pub(crate) fn outcome(number: i64) -> CallOutcome {
    let known = usize::try_from(number).ok().and_then(|at| OUTCOMES.get(at));
    known.copied().unwrap_or(CallOutcome::Failed)
}

/// A code as it is written.
pub(crate) fn word(code: ErrorCode) -> Option<String> {
    serde_json::to_value(code).ok()?.as_str().map(str::to_owned)
}

/// A server that was asked, as it is written.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct StoredTry {
    pub(crate) server: ServerId,
    pub(crate) ms: f64,
    pub(crate) error: Option<String>,
}

/// The servers that were asked in a call. One that was answered at once needs none: the row has the server and the duration.
pub(crate) fn tries(call: &FinishedCall) -> Option<Vec<u8>> {
    let is_plain = call.tries.len() < 2 && call.tries.iter().all(|one| one.error.is_none());
    if is_plain {
        return None;
    }
    let stored = |one: &SeenTry| StoredTry {
        server: one.server.id,
        ms: one.ms,
        error: one.error.as_ref().map(|error| short(&error.to_string())),
    };
    postcard::to_stdvec(&call.tries.iter().map(stored).collect::<Vec<_>>()).ok()
}

/// Messages about wrong arguments repeat them.
fn without_words(refused: &Refused) -> Refused {
    let mut refused = refused.clone();
    for (_, why) in &mut refused.servers {
        if let Why::Arguments { problem } = why {
            NOT_KEPT.clone_into(problem);
        }
    }
    refused
}

/// Texts of servers are cut: a row is small.
pub(crate) fn short(text: &str) -> String {
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}
