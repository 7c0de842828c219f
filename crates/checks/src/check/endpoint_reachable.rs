//! It answers as an MCP server, or its health endpoint with 2xx.

use model::CheckResult;

use super::{Finding, Judged, rounded};

pub(crate) const NAME: &str = "endpoint_reachable";

/// 2xx of a health endpoint or an answer of MCP's is passing, 429 a warning, anything else critical (Consul's HTTP check).
pub(crate) fn judge(asked: &Finding) -> Judged {
    let result = CheckResult {
        name: NAME.into(),
        status: asked.status(),
        ms: asked.ms.map(rounded),
        evidence: asked.evidence(),
        details: None,
    };
    Judged { result, reason: asked.reason() }
}
