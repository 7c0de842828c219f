//! It answers as an MCP server, or its health endpoint with 2xx.

use model::{CheckResult, CheckStatus, ENDPOINT_REACHABLE};

use super::{Finding, Judged, rounded};

/// 2xx of a health endpoint or an answer of MCP's is passing, and so is the question who we are; 429 is a warning, anything
/// else critical (Consul's HTTP check).
pub(crate) fn judge(asked: &Finding) -> Judged {
    if asked.wants_sign_in() {
        return asking(asked);
    }
    let result = CheckResult {
        name: ENDPOINT_REACHABLE.into(),
        status: asked.status(),
        ms: asked.ms.map(rounded),
        evidence: asked.evidence(),
        details: None,
    };
    Judged { result, reason: asked.reason() }
}

/// It is there, and asks who we are. Where a secret cannot be read it was not asked anything.
fn asking(asked: &Finding) -> Judged {
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
    Judged { result, reason: asked.reason() }
}
