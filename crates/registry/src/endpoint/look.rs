//! What was seen, as checks, figures and reasons.

use std::sync::Arc;

use model::{CheckResult, CheckStatus, ENDPOINT_REACHABLE, HealthStatus, RESPONSE_TIME, TOOL_AVAILABILITY};

use super::{Observation, Reason};

/// What a single look showed, as the checks that it stands for.
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

/// The reason in a few words. Who is asked for a token need not read how.
pub(super) fn short(status: HealthStatus, reason: &str) -> &str {
    if status == HealthStatus::NeedsSignIn { "Needs a token" } else { reason }
}

/// Why a server that answers again is not well yet.
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::HealthPolicy;
    use crate::change::tests::info;
    use crate::endpoint::Endpoint;

    #[test]
    fn a_single_look_is_shown_as_the_checks_that_it_stands_for() {
        let checks = |status, reason: Option<&str>| {
            let mut endpoint = Endpoint::new();
            let reason = reason.map(str::to_owned);
            let seen = Observation { status, reason, response_time_ms: None, at: 1, contents: None };
            endpoint.observe(&seen, &HealthPolicy::default());
            let checks = endpoint.shown(&info("a")).checks;
            checks.iter().map(|check| (check.status, check.evidence.clone())).collect::<Vec<_>>()
        };
        let down = checks(HealthStatus::Unhealthy, Some("connection refused"));
        assert_eq!(down.first(), Some(&(CheckStatus::Critical, "connection refused".to_owned())));
        assert_eq!(down.get(1), Some(&(CheckStatus::NotRun, "not run: it does not answer".to_owned())));
        let asks = checks(HealthStatus::NeedsSignIn, Some("HTTP 401"));
        assert_eq!(asks.first(), Some(&(CheckStatus::Passing, "answers, asks for a token".to_owned())));
        assert_eq!(asks.get(2), Some(&(CheckStatus::NotRun, "not run: sign in first".to_owned())));
    }
}
