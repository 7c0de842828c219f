//! The checks that need no declaration: each says what a round has to request for it, and judges the answers. Pure.

mod response_time;
mod tool_availability;

use model::config::BuiltInCheck;
use model::{CheckResult, CheckStatus, Server};
use registry::Reason;

use crate::round::{Evidence, RoundPlan};
use crate::words::Trouble;

/// What a check needs a round to request. All that need the same share one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CheckQuestion {
    /// A sign of life, apart from its lists.
    Alive,
    /// Its lists.
    Tools,
}

/// One aspect of a server.
pub(crate) trait Check: Send + Sync {
    fn asks(&self) -> CheckQuestion;

    fn judge(&self, server: &Server, evidence: &Evidence, plan: &RoundPlan) -> JudgedCheck;
}

/// The check of this name in the configuration.
pub(crate) fn built_in(check: BuiltInCheck) -> &'static dyn Check {
    match check {
        BuiltInCheck::EndpointReachable => &response_time::EndpointReachable,
        BuiltInCheck::ResponseTime => &response_time::ResponseTime,
        BuiltInCheck::ToolAvailability => &tool_availability::ToolAvailability,
    }
}

/// One request to a server, and its result.
#[derive(Debug, Clone)]
pub(crate) struct Finding {
    /// The request.
    pub(crate) sent: String,
    /// The answer.
    pub(crate) received: String,
    /// How long it took, in milliseconds; absent when nothing was sent.
    pub(crate) ms: Option<f64>,
    /// What is wrong.
    pub(crate) trouble: Option<Trouble>,
}

/// A check's result and, when it is not passing, why.
#[derive(Debug, Clone)]
pub(crate) struct JudgedCheck {
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

    /// It requires authentication.
    pub(crate) fn wants_sign_in(&self) -> bool {
        matches!(self.trouble, Some(Trouble::NeedsSignIn(_)))
    }

    fn reason(&self) -> Option<Reason> {
        self.trouble.as_ref().map(|trouble| trouble.reason().clone())
    }
}

/// Milliseconds as every face writes them: `0.4`, `38`, `1,240`.
pub(crate) fn spelled(ms: f64) -> String {
    if ms < 0.95 {
        return format!("{:.1}", ms.max(0.1));
    }
    let digits = format!("{ms:.0}");
    let groups: Vec<_> = digits.as_bytes().rchunks(3).rev().map(String::from_utf8_lossy).collect();
    groups.join(",")
}

/// Milliseconds with two decimal places.
pub(crate) fn rounded(ms: f64) -> f64 {
    (ms * 100.0).round() / 100.0
}

#[cfg(test)]
mod tests {
    use super::spelled;

    #[test]
    fn milliseconds_are_written_as_on_the_screens() {
        let written: Vec<_> = [0.0, 0.42, 1.0, 38.4, 1_000.0, 1_564.3, 12_345_678.0].map(spelled).to_vec();
        assert_eq!(written, ["0.1", "0.4", "1", "38", "1,000", "1,564", "12,345,678"]);
    }
}
