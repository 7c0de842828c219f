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
