//! The checks that need only the answer of a round: that there is one, and that it comes fast enough.

use model::{CheckResult, CheckStatus, ENDPOINT_REACHABLE, RESPONSE_TIME, Server, moving_average};
use registry::Reason;

use super::{Check, CheckQuestion, Finding, JudgedCheck, rounded, spelled};
use crate::round::{Evidence, RoundPlan};

pub(crate) struct ResponseTime;

impl Check for ResponseTime {
    fn asks(&self) -> CheckQuestion {
        CheckQuestion::Alive
    }

    fn judge(&self, server: &Server, evidence: &Evidence, plan: &RoundPlan) -> JudgedCheck {
        judge(server.health.response_time_ms, evidence.round_trip_ms, plan.warn_ms)
    }
}

/// Judges the moving average including the trip of this round; without a trip there is nothing to judge.
fn judge(before: Option<f64>, round_trip_ms: Option<f64>, warn_ms: f64) -> JudgedCheck {
    let Some(newest) = round_trip_ms else { return not_measured(before) };
    let average = moving_average(before, newest);
    let is_slow = average > warn_ms;
    let result = CheckResult {
        name: RESPONSE_TIME.into(),
        status: if is_slow { CheckStatus::Warning } else { CheckStatus::Passing },
        ms: Some(rounded(newest)),
        evidence: format!(
            "{} ms, on average {} ms; the limit is {} ms",
            spelled(newest),
            spelled(average),
            spelled(warn_ms)
        ),
        details: None,
    };
    let slow = || {
        let (average, limit) = (spelled(average), spelled(warn_ms));
        let sentence = format!("slow: it answers in {average} ms on average, the limit is {limit} ms");
        Reason::new(sentence, &format!("Slow, limit {limit} ms"))
    };
    JudgedCheck { result, reason: is_slow.then(slow) }
}

fn not_measured(before: Option<f64>) -> JudgedCheck {
    let was = before.map(|ms| format!("; it was {} ms", spelled(ms))).unwrap_or_default();
    let result = CheckResult {
        name: RESPONSE_TIME.into(),
        // What did not answer is judged by the other checks.
        status: CheckStatus::Warning,
        ms: None,
        evidence: format!("not measured{was}"),
        details: None,
    };
    JudgedCheck {
        result,
        reason: Some(Reason::new("its response time could not be measured", "Not measured")),
    }
}

pub(crate) struct EndpointReachable;

impl Check for EndpointReachable {
    fn asks(&self) -> CheckQuestion {
        CheckQuestion::Alive
    }

    /// 2xx of a health endpoint or an MCP answer is passing, and so is a request to sign in; 429 is a warning, anything else
    /// critical (Consul's HTTP check).
    fn judge(&self, _: &Server, Evidence { reached, .. }: &Evidence, _: &RoundPlan) -> JudgedCheck {
        if reached.wants_sign_in() {
            return asking(reached);
        }
        let result = CheckResult {
            name: ENDPOINT_REACHABLE.into(),
            status: reached.status(),
            ms: reached.ms.map(rounded),
            evidence: reached.evidence(),
            details: None,
        };
        JudgedCheck { result, reason: reached.reason() }
    }
}

/// It answers, and requires authentication. Where a secret cannot be read, no request was sent.
fn asking(asked: &Finding) -> JudgedCheck {
    let result = match asked.ms {
        None => CheckResult::not_run(ENDPOINT_REACHABLE, &asked.received),
        Some(ms) => CheckResult {
            name: ENDPOINT_REACHABLE.into(),
            status: CheckStatus::Passing,
            ms: Some(rounded(ms)),
            evidence: format!("{}: answers, asks for a token", asked.sent),
            details: None,
        },
    };
    JudgedCheck { result, reason: asked.reason() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hiccup_is_no_warning_and_a_slow_average_is() {
        assert_eq!(judge(Some(40.0), Some(2_000.0), 1_000.0).result.status, CheckStatus::Passing);
        let slow = judge(Some(1_200.0), Some(1_400.0), 1_000.0);
        assert_eq!(slow.result.status, CheckStatus::Warning);
        assert_eq!(slow.reason.unwrap().summary, "Slow, limit 1,000 ms");
    }

    #[test]
    fn no_answer_is_not_critical_here() {
        assert_eq!(judge(Some(41.0), None, 1_000.0).result.evidence, "not measured; it was 41 ms");
    }
}
