//! It answers as an MCP server, or its health endpoint with 2xx.

use model::{CheckResult, Server};

use super::{Check, Judged, Question, rounded};
use crate::round::{Evidence, Plan};

pub(crate) struct EndpointReachable;

impl Check for EndpointReachable {
    fn asks(&self) -> Question {
        Question::Alive
    }

    /// 2xx of a health endpoint or an answer of MCP's is passing, 429 a warning, anything else critical (Consul's HTTP check).
    fn judge(&self, _: &Server, Evidence { reached, .. }: &Evidence, _: &Plan) -> Judged {
        let result = CheckResult {
            name: "endpoint_reachable".into(),
            status: reached.status(),
            ms: reached.ms.map(rounded),
            evidence: reached.evidence(),
            details: None,
        };
        Judged { result, reason: reached.reason() }
    }
}
