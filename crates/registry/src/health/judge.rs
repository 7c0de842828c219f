use std::sync::Arc;

use model::{CheckResult, CheckStatus, ENDPOINT_REACHABLE, HealthStatus, RESPONSE_TIME, TOOL_AVAILABILITY};

use super::{HealthPolicy, Observation, Reason};

/// One outcome, of a round or of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sign {
    /// It answered correctly.
    Good,
    /// It did not.
    Bad,
    /// It requires authentication.
    NeedsSignIn,
    /// No request was sent.
    Nothing,
}

/// From outcomes to a status: hysteresis of `max_failures` and `min_successes`, as Consul's
/// `failures_before_critical` and `success_before_passing`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Judge {
    pub(crate) status: HealthStatus,
    /// Bad outcomes in a row.
    pub(crate) failures: u32,
    /// Good outcomes in a row.
    pub(crate) successes: u32,
    /// The worst check of the last round; a call says nothing about it.
    pub(crate) level: CheckStatus,
}

impl Judge {
    pub(crate) fn new() -> Self {
        Self { status: HealthStatus::Unknown, failures: 0, successes: 0, level: CheckStatus::Passing }
    }

    pub(crate) fn take(&mut self, sign: Sign, policy: &HealthPolicy) {
        (self.failures, self.successes) = match sign {
            Sign::Good => (0, self.successes.saturating_add(1)),
            Sign::Bad => (self.failures.saturating_add(1), 0),
            Sign::NeedsSignIn | Sign::Nothing => (0, 0),
        };
        self.status = match sign {
            Sign::Good => self.after_good(policy),
            Sign::Bad => self.after_bad(policy),
            Sign::NeedsSignIn => HealthStatus::NeedsSignIn,
            Sign::Nothing => HealthStatus::Unknown,
        };
    }

    /// The user, or a scan, checked just now: that decides.
    pub(crate) fn decide(&mut self, status: HealthStatus, policy: &HealthPolicy) {
        self.status = status;
        match status {
            HealthStatus::Unhealthy => self.failures = self.failures.max(policy.max_failures),
            HealthStatus::Healthy => self.successes = self.successes.max(policy.min_successes),
            _ => {}
        }
    }

    fn after_good(&self, policy: &HealthPolicy) -> HealthStatus {
        let is_proven = self.successes >= policy.min_successes;
        let passes = self.level == CheckStatus::Passing;
        match self.status {
            HealthStatus::Unhealthy if !is_proven => HealthStatus::Unhealthy,
            // From unknown one result decides, and a sign-in is either done or not.
            HealthStatus::Unknown | HealthStatus::NeedsSignIn | HealthStatus::Healthy if passes => {
                HealthStatus::Healthy
            }
            _ if passes && is_proven => HealthStatus::Healthy,
            _ => HealthStatus::Degraded,
        }
    }

    fn after_bad(&self, policy: &HealthPolicy) -> HealthStatus {
        let is_down = self.failures >= policy.max_failures;
        match self.status {
            HealthStatus::Unknown | HealthStatus::Unhealthy => HealthStatus::Unhealthy,
            _ if is_down => HealthStatus::Unhealthy,
            HealthStatus::NeedsSignIn => HealthStatus::NeedsSignIn,
            _ => HealthStatus::Degraded,
        }
    }
}

/// The result of a single probe, as the checks that it corresponds to.
pub(super) fn checks_of(observation: &Observation) -> Arc<[CheckResult]> {
    let looked = |status, evidence: &str| {
        let (name, ms) = (ENDPOINT_REACHABLE.into(), observation.response_time_ms);
        CheckResult { name, status, ms, evidence: evidence.to_owned(), details: None }
    };
    let others = |why| [RESPONSE_TIME, TOOL_AVAILABILITY].map(|name| CheckResult::not_run(name, why));
    let said = observation.reason.as_deref();
    let (first, others) = match observation.status {
        HealthStatus::Healthy => return Arc::from([looked(CheckStatus::Passing, "it answered")]),
        HealthStatus::Degraded => {
            return Arc::from([looked(CheckStatus::Warning, said.unwrap_or("it answered"))]);
        }
        HealthStatus::Unhealthy => {
            (looked(CheckStatus::Critical, said.unwrap_or("it did not answer")), others("it does not answer"))
        }
        HealthStatus::NeedsSignIn => {
            (looked(CheckStatus::Passing, "answers, asks for a token"), others("sign in first"))
        }
        HealthStatus::Unknown | HealthStatus::Paused | HealthStatus::Blocked => return Arc::from([]),
    };
    std::iter::once(first).chain(others).collect()
}

/// The reason in a few words. A request for a token needs no details.
pub(super) fn short(status: HealthStatus, reason: &str) -> &str {
    if status == HealthStatus::NeedsSignIn { "Needs a token" } else { reason }
}

/// Why a server that answers again is not healthy yet.
pub(super) fn recovering(successes: u32) -> Reason {
    let times = if successes == 1 { "once".to_owned() } else { format!("{successes} times in a row") };
    Reason::new(format!("it answers again, {times} so far"), &format!("Answers again, {times}"))
}

/// A slow server keeps its score: `response_time` has no part in it.
pub(super) fn mean(checks: &[CheckResult]) -> f64 {
    let points =
        checks.iter().filter(|check| check.name != RESPONSE_TIME).filter_map(|check| check.status.points());
    let (sum, count) = points.fold((0.0, 0.0), |(sum, count), points| (sum + points, count + 1.0));
    if count == 0.0 { 1.0 } else { sum / count }
}
