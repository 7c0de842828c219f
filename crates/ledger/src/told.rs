//! Decisions and refusals as faces read them: with the names of servers, and in sentences.

use api::{Decision, DecisionStage, DecisionWeight, ErrorCode, LeftOut, RouteRefusal, ServerPlace};
use mesh::decide::{Explanation, Staged, Weighed};
use mesh::{Refused, RefusedKind};
use model::{ServerId, ServerInfo, Why};

/// How many servers are named in a sentence.
const NAMED: usize = 5;

/// The names and regions of servers.
pub type Names<'a> = &'a dyn Fn(ServerId) -> ServerPlace;

/// A decision with the names of its servers, at most this many in each list; `refusal` is the error where no server takes
/// the call.
pub fn decision(
    capability: &str,
    decision: Explanation,
    refusal: Option<(ErrorCode, String)>,
    most: Option<usize>,
    named: Names<'_>,
) -> Decision {
    let most = most.unwrap_or(usize::MAX);
    let weights = to_name(&decision, most).into_iter().map(|one| DecisionWeight {
        server: named(one.id),
        weight: one.weight,
        odd: one.is_odd,
        share: one.share,
        in_flight: one.in_flight,
    });
    let weights = weights.collect();
    let stages = decision.stages.into_iter().map(|Staged { stage, kept, left_out: gone }| DecisionStage {
        stage,
        kept,
        more: gone.len().checked_sub(most).filter(|more| *more > 0),
        left_out: gone.into_iter().take(most).map(|left| left_out(named(left.id), left.why)).collect(),
    });
    let refusal = decision.outcome.err().map(|why| {
        let (code, message) = refusal.unwrap_or_else(|| (ErrorCode::NoHealthyServer, why.to_string()));
        RouteRefusal { code, message }
    });
    Decision {
        capability: capability.to_owned(),
        rule: decision.rule,
        strategy: decision.strategy,
        relaxed: decision.is_relaxed,
        stages: stages.collect(),
        winner: decision.outcome.ok().map(named),
        refusal,
        runner_up: decision.runner_up.map(named),
        weights,
    }
}

/// The weights of a list that is cut: those of named servers, and one that shows whether all are the same.
fn to_name(decision: &Explanation, most: usize) -> Vec<Weighed> {
    let spoken_of = [decision.outcome.ok(), decision.runner_up];
    let first = decision.weights.first().map(|first| first.weight);
    let other = decision.weights.iter().find(|one| Some(one.weight) != first).map(|other| other.id);
    let weights = decision.weights.iter().enumerate();
    let to_name = weights
        .filter(|(at, one)| *at < most || spoken_of.contains(&Some(one.id)) || other == Some(one.id))
        .map(|(_, one)| *one);
    to_name.collect()
}

/// A server that takes no part, with the sentence.
pub fn left_out(server: ServerPlace, why: Why) -> LeftOut {
    LeftOut { server, text: why.to_string(), why }
}

/// The name of a server, and its region.
pub fn place_of(info: &ServerInfo) -> ServerPlace {
    ServerPlace { id: info.id, name: info.name.clone(), region: info.region().map(str::to_owned) }
}

/// The code and the sentence of a call that no server takes: each server with its reason.
pub fn refusal(refused: &Refused) -> (ErrorCode, String) {
    let Refused { capability, kind, servers, rule } = refused;
    let reasons = servers.iter().take(NAMED).map(|(info, why)| format!("`{}` {why}", info.name));
    let more =
        servers.len().checked_sub(NAMED).filter(|more| *more > 0).map(|more| format!("and {more} more"));
    let reasons = reasons.chain(more).collect::<Vec<_>>().join("; ");
    match kind {
        RefusedKind::Nobody if servers.is_empty() => {
            (ErrorCode::NoServer, format!("no server offers `{capability}`"))
        }
        RefusedKind::Nobody => {
            (ErrorCode::NoServer, format!("no server has a tool `{capability}`: {reasons}"))
        }
        RefusedKind::Ambiguous => {
            (ErrorCode::Ambiguous, format!("`{capability}` matches several tools: {reasons}"))
        }
        RefusedKind::NotAllowed => (
            ErrorCode::CapabilityNotAllowed,
            format!("`{capability}` is not allowed: `allowed_capabilities` does not name it"),
        ),
        RefusedKind::Overloaded => {
            (ErrorCode::Overloaded, format!("every server that could take `{capability}` is busy: {reasons}"))
        }
        RefusedKind::NoneMeetsRule => {
            let rule =
                rule.as_ref().map_or_else(|| "the defaults".to_owned(), |rule| format!("the rule `{rule}`"));
            (ErrorCode::NoServerMeetsRule, format!("no server meets {rule} for `{capability}`: {reasons}"))
        }
        RefusedKind::NoneHealthy => {
            (ErrorCode::NoHealthyServer, format!("no server can take `{capability}` now: {reasons}"))
        }
    }
}
