//! It answers as an MCP server, or its health endpoint with 2xx.

use model::{CheckResult, CheckStatus, ENDPOINT_REACHABLE, Server};

use super::{Check, CheckQuestion, Finding, JudgedCheck, rounded};
use crate::round::{Evidence, RoundPlan};

pub(crate) struct EndpointReachable;

impl Check for EndpointReachable {
    fn asks(&self) -> CheckQuestion {
        CheckQuestion::Alive
    }

    /// 2xx of a health endpoint or an answer of MCP's is passing, and so is the question who we are; 429 is a warning, anything
    /// else critical (Consul's HTTP check).
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

/// It is there, and requires authentication. Where a secret cannot be read it was not asked anything.
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
