//! The checks that need no declaration: each judges what one round asked. Pure.

pub(crate) mod endpoint_reachable;
pub(crate) mod response_time;
pub(crate) mod tool_availability;

use model::{CheckResult, CheckStatus};
use registry::Reason;

use crate::words::Trouble;

/// One question to a server, and what came of it.
#[derive(Debug, Clone)]
pub(crate) struct Finding {
    /// What was sent.
    pub(crate) sent: String,
    /// What came back.
    pub(crate) received: String,
    /// How long it took, in milliseconds; absent when nothing was sent.
    pub(crate) ms: Option<f64>,
    /// What is wrong.
    pub(crate) trouble: Option<Trouble>,
}

/// A check's result and, when it is not passing, why.
#[derive(Debug, Clone)]
pub(crate) struct Judged {
    pub(crate) result: CheckResult,
    pub(crate) reason: Option<Reason>,
}

impl Finding {
    fn evidence(&self) -> String {
        format!("{}: {}", self.sent, self.received)
    }

    fn status(&self) -> CheckStatus {
        match &self.trouble {
            None => CheckStatus::Passing,
            Some(Trouble::Busy(_)) => CheckStatus::Warning,
            Some(_) => CheckStatus::Critical,
        }
    }

    fn reason(&self) -> Option<Reason> {
        self.trouble.as_ref().map(|trouble| trouble.reason().clone())
    }
}

/// Milliseconds with two digits behind the point.
pub(crate) fn rounded(ms: f64) -> f64 {
    (ms * 100.0).round() / 100.0
}
