//! Where calls go and went, and why: dry runs, rules, breakers, recorded calls and their replay.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use api::{
    Advice, BreakerList, BreakerRow, BreakerState, CallList, CallRecord, CallRecordArgs, CallsArgs,
    ConfigProblem, Decision, Empty, LeftOut, Replay, ReplayArgs, RouteArgs, RouteResult, RouteShare,
    RuleList, RuleRow, RulesArgs, ServerPlace, Traffic, TrafficArgs,
};
use ledger::{Draft, Which, left_out, place_of};
use mesh::decide::Breaker;
use mesh::{Imagined, Refused, RefusedKind, Rest, Route, RuleView, WhatIf};
use model::config::{Config, RoutingRule};
use model::{Millis, ServerId};
use registry::Snapshot;
use serde_json::json;

use super::find::{capability, find, find_down, pattern};
use crate::error::OperationError;
use crate::{App, now};

/// More calls in one simulation add no information.
const MOST_CALLS: u64 = 100_000;

impl App {
    pub(super) async fn route(&self, args: RouteArgs) -> Result<RouteResult, OperationError> {
        let config = args.rules.as_deref().map(rules_of).transpose()?;
        self.try_calls(&args, config.as_ref())
    }

    /// Where calls would go under a configuration, or under the one in use.
    pub(super) fn try_calls(
        &self,
        args: &RouteArgs,
        config: Option<&Arc<Config>>,
    ) -> Result<RouteResult, OperationError> {
        let calls = calls(args.calls)?;
        let snapshot = self.0.registry.snapshot();
        let pattern = capability(&args.capability)?;
        let down = find_down(&snapshot, args.down.as_deref())?;
        let what_if = WhatIf { config, down: &down, all_well: false };
        let route = self.0.mesh.routes.imagine(&args.capability, &pattern, what_if);
        let imagined = Imagined { arguments: args.arguments.as_ref(), client: args.client.as_deref(), calls };
        let (decision, taken) = self.0.mesh.dry_run(&route, imagined);
        let refusal = decision.outcome.is_err().then(|| ledger::refusal(&Refused::of(&route, &decision)));
        let named = |id| place(&snapshot, id);
        let decision = ledger::decision(&args.capability, decision, refusal, args.most, &named);
        let (distribution, more) = distribution(&snapshot, &route, &taken, args);
        let latency_ms = mean_latency(&snapshot, &taken);
        Ok(RouteResult { decision, distribution, more, calls: taken.values().sum(), latency_ms })
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

pub(super) fn rules_of(text: &str) -> Result<Arc<Config>, OperationError> {
    Config::from_yaml(text).map(|(config, _)| Arc::new(config)).map_err(|problems| {
        let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
        let problems: Vec<ConfigProblem> = problems.into_iter().map(Into::into).collect();
        OperationError::arguments(format!("the rules do not load: {}", lines.join("; ")))
            .with(json!({ "problems": problems }))
    })
}

/// How many calls each server takes; those that could take some and take none are included. And how many more take some,
/// where not all are named.
fn distribution(
    snapshot: &Snapshot,
    route: &Route,
    taken: &BTreeMap<ServerId, u64>,
    args: &RouteArgs,
) -> (Vec<RouteShare>, usize) {
    let all = args.calls.unwrap_or(1);
    let mut takers: Vec<_> = route
        .plan
        .candidates()
        .iter()
        .map(|candidate| {
            let id = candidate.id;
            let name = snapshot.get(id).map_or("", |server| server.info.name.as_str());
            (Reverse(taken.get(&id).copied().unwrap_or_default()), name, id)
        })
        .collect();
    let most = args.most.unwrap_or(usize::MAX).min(takers.len());
    if let Some(last) = most.checked_sub(1) {
        // The others are counted, in no order.
        takers.select_nth_unstable(last);
    }
    let (named, others) = takers.split_at_mut(most);
    named.sort_unstable();
    let share = |&mut (Reverse(calls), _, id): &mut _| RouteShare {
        server: place(snapshot, id),
        calls,
        share: part(calls, all),
    };
    let more = others.iter().filter(|(Reverse(calls), ..)| *calls > 0).count();
    (named.iter_mut().map(share).collect(), more)
}

/// The average duration of a call with this distribution; nothing where a server was not measured.
fn mean_latency(snapshot: &Snapshot, taken: &BTreeMap<ServerId, u64>) -> Option<f64> {
    let all: u64 = taken.values().sum();
    let times = taken.iter().map(|(id, calls)| {
        let took = snapshot.get(*id)?.health.response_time_ms?;
        Some(took * part(*calls, all))
    });
    times.sum::<Option<f64>>().filter(|_| all > 0)
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

/// The settings of a section; what it does not set is left out.
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
pub(super) fn decided(
    snapshot: &Snapshot,
    capability: &str,
    decision: mesh::decide::Explanation,
) -> Decision {
    ledger::decision(capability, decision, None, None, &|id| place(snapshot, id))
}

fn place(snapshot: &Snapshot, id: ServerId) -> ServerPlace {
    let gone = || ServerPlace { id, name: id.to_string(), region: None };
    snapshot.get(id).map_or_else(gone, |server| place_of(&server.info))
}

/// The error of a call that no server takes: each server with its reason.
pub(super) fn refusal(refused: &Refused, decision: Option<&Decision>) -> OperationError {
    let (code, message) = ledger::refusal(refused);
    let Refused { capability, kind, servers, rule } = refused;
    if *kind == RefusedKind::Nobody && servers.is_empty() {
        return OperationError::new(code, message).advise(Advice::ListTools);
    }
    let rows: Vec<LeftOut> =
        servers.iter().map(|(info, why)| left_out(place_of(info), why.clone())).collect();
    OperationError::new(code, message)
        .with(json!({ "capability": capability, "rule": rule, "servers": rows, "decision": decision }))
}

const HOUR: Millis = 60 * 60 * 1_000;

impl App {
    pub(super) async fn calls(&self, args: CallsArgs) -> Result<CallList, OperationError> {
        let limit = within("rows", args.limit, 200, 1_000)?;
        let CallsArgs { before, client, outcome, .. } = args;
        let which = self.which(args.capability, args.server)?;
        let which = Which { limit, before, client, outcome, ..which };
        Ok(self.0.ledger.calls(which, self.names()).await?)
    }

    pub(super) async fn call_record(&self, args: CallRecordArgs) -> Result<CallRecord, OperationError> {
        Ok(self.0.ledger.record(args.id, self.names()).await?)
    }

    pub(super) async fn traffic(&self, args: TrafficArgs) -> Result<Traffic, OperationError> {
        let until = now();
        let since = args.since.unwrap_or(until - HOUR).clamp(0, until);
        let which = self.which(args.capability, args.server)?;
        Ok(self.0.ledger.traffic(which, (since, until), self.names()).await?)
    }

    pub(super) async fn replay(&self, args: ReplayArgs) -> Result<Replay, OperationError> {
        let rows = within("calls", args.calls, 100, 10_000)?;
        let routes = self.0.mesh.routes.clone();
        let config = args.rules.as_deref().map_or_else(|| Ok(routes.config()), rules_of)?;
        let down = find_down(&self.0.registry.snapshot(), args.down.as_deref())?;
        Ok(self.0.ledger.replay(Draft { config, down, rows }, routes, self.names()).await?)
    }

    /// For a server that is gone, its id has to do.
    fn which(&self, capability: Option<String>, server: Option<String>) -> Result<Which, OperationError> {
        let snapshot = self.0.registry.snapshot();
        let id = |key: String| {
            ServerId::parse(&key).map_or_else(|| find(&snapshot, &key).map(|server| server.info.id), Ok)
        };
        let capability = capability.map(|text| pattern(&text)).transpose()?;
        Ok(Which { capability, server: server.map(id).transpose()?, ..Which::default() })
    }

    /// The names of servers now.
    fn names(&self) -> impl Fn(ServerId) -> Option<ServerPlace> + Send + use<> {
        let snapshot: Arc<_> = self.0.registry.snapshot();
        move |id| snapshot.get(id).map(|server| ledger::place_of(&server.info))
    }
}

fn within(what: &str, asked: Option<u32>, usual: u32, most: u32) -> Result<usize, OperationError> {
    let count = asked.unwrap_or(usual);
    if (1..=most).contains(&count) {
        return Ok(usize::try_from(count).unwrap_or(usize::MAX));
    }
    Err(OperationError::arguments(format!("{count} {what} cannot be asked for: give 1 to {most}")))
}
