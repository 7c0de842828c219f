//! Where calls go, and why: dry runs, the rules, the breakers.

use std::sync::Arc;
use std::time::Duration;

use api::{
    Advice, BreakerList, BreakerRow, BreakerState, ConfigProblem, Decision, DecisionStage, DecisionWeight,
    Empty, ErrorCode, LeftOut, RouteArgs, RouteRefusal, RouteResult, RouteShare, RuleList, RuleRow,
    RulesArgs, ServerPlace,
};
use mesh::decide::Breaker;
use mesh::{Imagined, Refused, RefusedKind, Rest, Route, RuleView, WhatIf};
use model::config::{Config, RoutingRule};
use model::{ServerId, ServerInfo, Why};
use registry::Snapshot;
use serde_json::json;

use super::find::{capability, find};
use crate::App;
use crate::error::OperationError;

/// More calls in one dry run say nothing new.
const MOST_CALLS: u64 = 100_000;

/// So many servers are named in a sentence; all of them are in `detail`.
const NAMED: usize = 5;

impl App {
    pub(super) async fn route(&self, args: RouteArgs) -> Result<RouteResult, OperationError> {
        let calls = calls(args.calls)?;
        let snapshot = self.0.registry.snapshot();
        let pattern = capability(&args.capability)?;
        let down = down(&snapshot, &args)?;
        let config = args.rules.as_deref().map(rules_of).transpose()?;
        let what_if = WhatIf { config: config.as_ref(), down: &down, all_well: false };
        let route = self.0.mesh.routes.imagine(&args.capability, &pattern, what_if);
        let imagined = Imagined { arguments: args.arguments.as_ref(), client: args.client.as_deref(), calls };
        let (decision, taken) = self.0.mesh.dry_run(&route, imagined);
        let refusal = decision.outcome.is_err().then(|| refusal(&Refused::of(&route, &decision), None));
        let mut decision = decided(&snapshot, &args.capability, decision);
        if let (Some(error), Some(said)) = (refusal, &mut decision.refusal) {
            *said = RouteRefusal { code: error.code, message: error.message.clone() };
        }
        let distribution = distribution(&snapshot, &route, &taken, calls);
        Ok(RouteResult { decision, distribution })
    }

    pub(super) async fn rules(&self, args: RulesArgs) -> Result<RuleList, OperationError> {
        let config = args.rules.as_deref().map(rules_of).transpose()?;
        let config = config.unwrap_or_else(|| self.0.mesh.routes.config());
        let views = mesh::overview(&self.0.registry.snapshot(), &config);
        let rules = config.routing_rules.iter().zip(views).enumerate();
        Ok(RuleList {
            rules: rules.map(|(at, (rule, view))| row(at, rule, view)).collect(),
            defaults: said(&config.defaults),
            strategy: config.load_balancing.strategy,
        })
    }

    pub(super) async fn breakers(&self, _: Empty) -> Result<BreakerList, OperationError> {
        let snapshot = self.0.registry.snapshot();
        let rows = self.0.mesh.breakers().into_iter().filter_map(|rest| breaker(&snapshot, rest));
        let mut breakers: Vec<BreakerRow> = rows.collect();
        let order = |state: BreakerState| match state {
            BreakerState::Open => 0,
            BreakerState::HalfOpen => 1,
            BreakerState::Closed => 2,
        };
        breakers.sort_by_cached_key(|row| (order(row.state), row.server.name.clone(), row.server.id));
        Ok(BreakerList { breakers })
    }
}

fn calls(asked: Option<u64>) -> Result<u64, OperationError> {
    let calls = asked.unwrap_or(1);
    if (1..=MOST_CALLS).contains(&calls) {
        return Ok(calls);
    }
    Err(OperationError::arguments(format!("{calls} calls cannot be tried: give 1 to {MOST_CALLS}")))
}

/// The servers that are taken to be down. Wrong usage when one is not there: a dry run about another server would mislead.
fn down(snapshot: &Snapshot, args: &RouteArgs) -> Result<Vec<ServerId>, OperationError> {
    let keys = args.down.iter().flatten();
    keys.map(|key| find(snapshot, key).map(|server| server.info.id))
        .map(|found| {
            found.map_err(|error| OperationError::arguments(error.message.clone()).with(error.detail.clone()))
        })
        .collect()
}

fn rules_of(text: &str) -> Result<Arc<Config>, OperationError> {
    Config::from_yaml(text).map(|(config, _)| Arc::new(config)).map_err(|problems| {
        let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
        let problems: Vec<ConfigProblem> = problems.into_iter().map(Into::into).collect();
        OperationError::arguments(format!("the rules do not load: {}", lines.join("; ")))
            .with(json!({ "problems": problems }))
    })
}

/// Who takes how many; who could take some stands there with none.
fn distribution(
    snapshot: &Snapshot,
    route: &Route,
    taken: &std::collections::BTreeMap<ServerId, u64>,
    calls: u64,
) -> Vec<RouteShare> {
    let shares = route.plan.candidates().iter().map(|candidate| {
        let calls_taken = taken.get(&candidate.id).copied().unwrap_or_default();
        RouteShare {
            server: place(snapshot, candidate.id),
            calls: calls_taken,
            share: part(calls_taken, calls),
        }
    });
    let mut shares: Vec<RouteShare> = shares.collect();
    shares.sort_by_cached_key(|share| {
        (std::cmp::Reverse(share.calls), share.server.name.clone(), share.server.id)
    });
    shares
}

#[expect(clippy::cast_precision_loss, reason = "at most 100,000")]
fn part(some: u64, all: u64) -> f64 {
    some as f64 / all as f64
}

fn row(at: usize, rule: &RoutingRule, view: RuleView) -> RuleRow {
    let RuleView { servers, tools, covered_by, tests } = view;
    RuleRow {
        number: at + 1,
        pattern: rule.pattern.to_string(),
        priority: rule.priority.unwrap_or_default(),
        enabled: rule.enabled,
        fields: said(&rule.fields),
        servers,
        tools,
        covered_by,
        tests,
    }
}

/// What a section says; what it leaves unset is left out.
fn said(fields: &model::config::RuleFields) -> serde_json::Value {
    let mut value = serde_json::to_value(fields).unwrap_or_default();
    if let Some(fields) = value.as_object_mut() {
        fields.retain(|_, value| !value.is_null());
    }
    value
}

fn breaker(snapshot: &Snapshot, rest: Rest) -> Option<BreakerRow> {
    let Rest { id, breaker, failures, open_for, aside_for, in_flight } = rest;
    let seconds = |span: Duration| Some(span.as_secs_f64()).filter(|seconds| *seconds > 0.0);
    let has_news = failures > 0 || in_flight > 0 || !aside_for.is_zero() || breaker != Breaker::Closed;
    let server = snapshot.get(id).filter(|_| has_news)?;
    Some(BreakerRow {
        server: place_of(&server.info),
        state: match breaker {
            Breaker::Closed => BreakerState::Closed,
            Breaker::HalfOpen => BreakerState::HalfOpen,
            Breaker::Open => BreakerState::Open,
        },
        failures,
        open_for: seconds(open_for),
        set_aside_for: seconds(aside_for),
        in_flight,
    })
}

/// A decision with the names of its servers.
pub(super) fn decided(snapshot: &Snapshot, capability: &str, decision: mesh::decide::Decision) -> Decision {
    let named = |id| place(snapshot, id);
    let stages = decision.stages.into_iter().map(|stage| DecisionStage {
        stage: stage.stage,
        kept: stage.kept,
        left_out: stage.left_out.into_iter().map(|left| left_out(named(left.id), left.why)).collect(),
    });
    let weights = decision.weights.into_iter().map(|one| DecisionWeight {
        server: named(one.id),
        weight: one.weight,
        odd: one.is_odd,
        share: one.share,
        in_flight: one.in_flight,
    });
    let refusal = decision
        .outcome
        .err()
        .map(|refusal| RouteRefusal { code: ErrorCode::NoHealthyServer, message: refusal.to_string() });
    Decision {
        capability: capability.to_owned(),
        rule: decision.rule,
        strategy: decision.strategy,
        relaxed: decision.is_relaxed,
        stages: stages.collect(),
        winner: decision.outcome.ok().map(named),
        refusal,
        runner_up: decision.runner_up.map(named),
        weights: weights.collect(),
    }
}

fn left_out(server: ServerPlace, why: Why) -> LeftOut {
    LeftOut { server, text: why.to_string(), why }
}

fn place(snapshot: &Snapshot, id: ServerId) -> ServerPlace {
    let gone = || ServerPlace { id, name: id.to_string(), region: None };
    snapshot.get(id).map_or_else(gone, |server| place_of(&server.info))
}

fn place_of(info: &ServerInfo) -> ServerPlace {
    ServerPlace { id: info.id, name: info.name.clone(), region: info.region().map(str::to_owned) }
}

/// The error of a call that nobody takes: each server with its reason.
pub(super) fn refusal(refused: &Refused, decision: Option<&Decision>) -> OperationError {
    let Refused { capability, kind, servers, rule } = refused;
    let reasons = servers.iter().take(NAMED).map(|(info, why)| format!("`{}` {why}", info.name));
    let more =
        servers.len().checked_sub(NAMED).filter(|more| *more > 0).map(|more| format!("and {more} more"));
    let reasons = reasons.chain(more).collect::<Vec<_>>().join("; ");
    let (code, message) = match kind {
        RefusedKind::Nobody if servers.is_empty() => {
            let message = format!("no server offers `{capability}`");
            return OperationError::new(ErrorCode::NoServer, message).advise(Advice::ListTools);
        }
        RefusedKind::Nobody => {
            (ErrorCode::NoServer, format!("no server has a tool `{capability}`: {reasons}"))
        }
        RefusedKind::Ambiguous => {
            (ErrorCode::Ambiguous, format!("`{capability}` fits several tools: {reasons}"))
        }
        RefusedKind::NotAllowed => (
            ErrorCode::CapabilityNotAllowed,
            format!("`{capability}` may not be called: `allowed_capabilities` does not name it"),
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
    };
    let rows: Vec<LeftOut> =
        servers.iter().map(|(info, why)| left_out(place_of(info), why.clone())).collect();
    OperationError::new(code, message)
        .with(json!({ "capability": capability, "rule": rule, "servers": rows, "decision": decision }))
}
