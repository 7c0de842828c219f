//! The candidates of one capability under one rule, with all that stays from call to call.

use std::sync::Arc;

use model::config::{LoadBalancing, OnEmpty, Strategy};
use model::{Filter, HealthStatus, Server, ServerId};

use super::cycle::Cycle;
use super::loads::{Breaker, Load, Loads};
use super::tier::{Regions, tiers};
use super::{CallFacts, LeftOut, Rule, Why};

/// A server that may take calls of the capability.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate {
    /// Its key; candidates are in this order.
    pub id: ServerId,
    /// Where its loads are read.
    pub seat: usize,
    /// Its region.
    pub region: Option<Arc<str>>,
    /// Its health score, in [0, 1].
    pub score: f64,
    /// How long it takes to answer, in milliseconds.
    pub response_time_ms: Option<f64>,
    /// Its share of turns, by the strategy.
    pub weight: f64,
    /// `metadata.priority`.
    pub priority: f64,
    /// Calls under way at most.
    pub most: Option<u32>,
}

/// What is known of the candidates of a capability before a call comes.
#[derive(Debug, Clone, Default)]
pub struct Plan {
    candidates: Vec<Candidate>,
    left_out: Vec<LeftOut>,
    tiers: Vec<Tier>,
    pub(super) strategy: Strategy,
    pub(super) target_ms: f64,
    pub(super) counts: bool,
    /// The hard fields left nobody and are not held to.
    is_relaxed: bool,
}

#[derive(Debug, Clone, Default)]
pub(super) struct Tier {
    pub(super) places: Vec<u32>,
    /// Whose turn it is by weight, as places within the tier.
    pub(super) cycle: Cycle,
}

impl Plan {
    /// Of the servers that list the capability, each with the seat of its loads.
    pub fn new<'a>(
        offering: impl IntoIterator<Item = (&'a Server, usize)>,
        rule: &Rule,
        balancing: &LoadBalancing,
        regions: &Regions,
    ) -> Self {
        let mut offering: Vec<_> = offering.into_iter().collect();
        offering.sort_by_key(|(server, _)| server.info.id);
        let strict = Self::sifted(&offering, rule, balancing, regions, false);
        if !strict.candidates.is_empty() || rule.on_empty == OnEmpty::Fail {
            return strict;
        }
        Self::sifted(&offering, rule, balancing, regions, true)
    }

    fn sifted(
        offering: &[(&Server, usize)],
        rule: &Rule,
        balancing: &LoadBalancing,
        regions: &Regions,
        is_relaxed: bool,
    ) -> Self {
        let weight_key = model::filter::Field::of_key(&balancing.weight_key).ok();
        let mut plan = Self {
            strategy: balancing.strategy,
            target_ms: balancing.response_time_target,
            counts: balancing.connection_tracking,
            is_relaxed,
            ..Self::default()
        };
        for (server, seat) in offering {
            let weight = weight_of(server, balancing, weight_key.as_ref());
            match sift(server, rule, balancing, weight, is_relaxed) {
                Some(why) => plan.left_out.push(LeftOut { id: server.info.id, why }),
                None => plan.candidates.push(candidate(server, *seat, weight, balancing)),
            }
        }
        plan.tiers = tiers(&plan.candidates, &rule.preferred_regions, balancing, regions)
            .into_iter()
            .map(|places| {
                let weights: Vec<f64> = places.iter().filter_map(|place| plan.weight(*place)).collect();
                Tier { places, cycle: Cycle::new(&weights) }
            })
            .collect();
        plan
    }

    /// Those that may take calls, by id.
    pub fn candidates(&self) -> &[Candidate] {
        &self.candidates
    }

    /// Those that may not, and why.
    pub fn left_out(&self) -> &[LeftOut] {
        &self.left_out
    }

    /// The rule's hard fields left nobody, and it says to go on without them.
    pub fn is_relaxed(&self) -> bool {
        self.is_relaxed
    }

    pub(super) fn tiers(&self) -> impl Iterator<Item = &Tier> {
        self.tiers.iter()
    }

    fn weight(&self, place: u32) -> Option<f64> {
        self.candidates.get(place as usize).map(|candidate| candidate.weight)
    }

    /// Why a candidate takes no part in this call.
    pub fn bars(&self, place: usize, call: &CallFacts<'_>, loads: &impl Loads) -> Option<Why> {
        let candidate = self.candidates.get(place)?;
        if call.refused.contains(&candidate.id) {
            return Some(Why::Arguments);
        }
        if call.tried.contains(&candidate.id) {
            return Some(Why::Tried);
        }
        let Load { in_flight, breaker, is_set_aside, .. } = loads.load(candidate.seat);
        match candidate.most {
            _ if breaker == Breaker::Open => Some(Why::BreakerOpen),
            _ if is_set_aside => Some(Why::SetAside),
            Some(most) if in_flight >= most => Some(Why::Full { most }),
            _ => None,
        }
    }
}

/// Why a server is no candidate, whatever the call.
fn sift(
    server: &Server,
    rule: &Rule,
    balancing: &LoadBalancing,
    weight: f64,
    is_relaxed: bool,
) -> Option<Why> {
    let is_wanted = |regions: &Vec<String>| {
        server.info.region().is_some_and(|region| regions.iter().any(|wanted| wanted == region))
    };
    if !is_relaxed && rule.required_regions.as_ref().is_some_and(|regions| !is_wanted(regions)) {
        return Some(Why::Region { region: server.info.region().map(str::to_owned) });
    }
    let status = server.health.status;
    let takes_calls = match status {
        HealthStatus::Healthy | HealthStatus::Degraded | HealthStatus::Unknown => true,
        HealthStatus::Unhealthy => !balancing.exclude_unhealthy,
        HealthStatus::Paused | HealthStatus::Blocked | HealthStatus::NeedsSignIn => false,
    };
    if !takes_calls || server.info.paused {
        let status = if server.info.paused { HealthStatus::Paused } else { status };
        return Some(Why::Status { status });
    }
    let least = rule.min_health_score.filter(|least| !is_relaxed && server.health.score < *least);
    if let Some(least) = least {
        return Some(Why::Score { score: server.health.score, least });
    }
    let lacks = |wanted: &Filter| !is_relaxed && !wanted.matches(server);
    if rule.required_metadata.as_ref().is_some_and(lacks) {
        return Some(Why::Metadata);
    }
    (weight <= 0.0).then_some(Why::NoWeight)
}

fn candidate(server: &Server, seat: usize, weight: f64, balancing: &LoadBalancing) -> Candidate {
    let number = |key: &str| server.info.metadata.get(key).and_then(number_of);
    let own = number("max_concurrent").and_then(whole);
    Candidate {
        id: server.info.id,
        seat,
        region: server.info.region().map(Into::into),
        score: server.health.score,
        response_time_ms: server.health.response_time_ms,
        weight,
        priority: number("priority").unwrap_or_default(),
        most: own.or(balancing.max_connections_per_server),
    }
}

/// A number, or the text of one: labels and tags have no others.
fn number_of(value: &serde_json::Value) -> Option<f64> {
    value.as_f64().or_else(|| value.as_str()?.trim().parse().ok()).filter(|number: &f64| number.is_finite())
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "held against the bounds")]
fn whole(number: f64) -> Option<u32> {
    (1.0..=f64::from(u32::MAX)).contains(&number).then_some(number as u32)
}

/// Its share of turns. A weight that is negative or no number counts as 1.
fn weight_of(server: &Server, balancing: &LoadBalancing, key: Option<&model::filter::Field>) -> f64 {
    match balancing.strategy {
        Strategy::WeightedRoundRobin => {
            let declared = key.and_then(|field| declared(server, field));
            declared.filter(|weight| *weight >= 0.0).unwrap_or(1.0)
        }
        Strategy::HealthWeighted => health_weight(server, balancing),
        _ => 1.0,
    }
}

fn declared(server: &Server, field: &model::filter::Field) -> Option<f64> {
    let mut found = None;
    field.any_fact(server, &mut |fact| {
        found = fact.number().and_then(|number| number.as_f64());
        found.is_some()
    });
    found
}

/// `w = (hw·H + rw·R) / (hw + rw)` with `R = T / (T + rt)`; without a measurement R is 0.5.
fn health_weight(server: &Server, balancing: &LoadBalancing) -> f64 {
    let LoadBalancing { health_weight: hw, response_time_weight: rw, response_time_target: target, .. } =
        *balancing;
    let speed = server.health.response_time_ms.map_or(0.5, |ms| target / (target + ms.max(0.0)));
    (hw * server.health.score + rw * speed) / (hw + rw)
}
