//! The candidates of one capability under one rule, with all that stays from call to call.

use std::sync::Arc;

use model::config::{LoadBalancing, OnEmpty, Strategy};
use model::{HealthStatus, Server, ServerId, ServerInfo, Source, Why};

use super::cycle::Cycle;
use super::loads::{Breaker, Load, Loads};
use super::tier::{Rank, Regions, rank, tiers};
use super::{CallFacts, LeftOut, Rule};

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
    /// What its record says of its weight is no weight, and counts as 1.
    pub has_odd_weight: bool,
    /// `metadata.priority`.
    pub priority: f64,
    /// Calls under way at most.
    pub most: Option<u32>,
}

/// What is known of the candidates of a capability before a call comes.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Plan {
    candidates: Vec<Candidate>,
    left_out: Vec<LeftOut>,
    tiers: Vec<Tier>,
    pub(super) strategy: Strategy,
    pub(super) target_ms: f64,
    pub(super) counts: bool,
    heeds_breakers: bool,
    rule: Option<String>,
    /// The hard fields left nobody and are not held to.
    is_relaxed: bool,
}

#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Tier {
    pub(super) places: Vec<u32>,
    /// Whose turn it is by weight, as places within the tier.
    pub(super) cycle: Cycle,
}

/// A server that lists the capability.
#[derive(Debug, Clone)]
pub struct Offering<'a> {
    /// The server.
    pub server: &'a Server,
    /// Where its loads are read.
    pub seat: usize,
    /// It takes no calls of it, whatever the rule says.
    pub bar: Option<Why>,
}

/// What is asked of all of them together.
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
struct Sieve<'a> {
    rule: &'a Rule,
    regions: &'a Regions,
    weight_key: Option<model::filter::Field>,
    /// The rule's hard fields are not held to.
    is_relaxed: bool,
    /// So few are well that all take part.
    is_panic: bool,
    /// Some were measured: who was not has to wait.
    some_known: bool,
    /// Some are real.
    some_real: bool,
}

impl Plan {
    /// Of the servers that list the capability.
    pub fn new<'a>(offering: impl IntoIterator<Item = Offering<'a>>, rule: &Rule, regions: &Regions) -> Self {
        let mut offering: Vec<_> = offering.into_iter().collect();
        offering.sort_by_key(|one| one.server.info.id);
        let mut sieve = Sieve::of(&offering, rule, regions);
        let strict = Self::sifted(&offering, &sieve);
        if !strict.candidates.is_empty() || rule.on_empty == OnEmpty::Fail {
            return strict;
        }
        sieve.is_relaxed = true;
        Self::sifted(&offering, &sieve)
    }

    fn sifted(offering: &[Offering<'_>], sieve: &Sieve<'_>) -> Self {
        let balancing = &sieve.rule.balancing;
        let mut plan = Self {
            strategy: balancing.strategy,
            target_ms: balancing.response_time_target,
            counts: balancing.connection_tracking,
            heeds_breakers: sieve.rule.heeds_breakers,
            rule: sieve.rule.pattern.as_ref().map(ToString::to_string),
            is_relaxed: sieve.is_relaxed,
            ..Self::default()
        };
        let mut ranks = Vec::new();
        for one in offering {
            let server = one.server;
            match sieve.sift(one) {
                Err(why) => plan.left_out.push(LeftOut { id: server.info.id, why }),
                Ok((rank, weight)) => {
                    ranks.push(rank);
                    plan.candidates.push(candidate(server, one.seat, weight, balancing));
                }
            }
        }
        let tiers = tiers(&ranks).into_iter().map(|places| {
            let weights: Vec<f64> = places.iter().filter_map(|place| plan.weight(*place)).collect();
            let cycle = if plan.is_weighted() { Cycle::new(&weights) } else { Cycle::default() };
            Tier { places, cycle }
        });
        plan.tiers = tiers.collect();
        plan
    }

    /// The cursor at which turns go on that a former plan had until this cursor of its own: after whoever was last, so that
    /// nobody is passed over or asked twice because another came or went. Turns by weight and by chance just go on.
    pub fn goes_on(&self, former: &Self, cursor: u64) -> u64 {
        let (Some(tier), Some(before)) = (self.tiers.first(), former.tiers.first()) else { return cursor };
        if self.is_weighted()
            || self.strategy != former.strategy
            || tier.places == before.places && self.has_ids_of(former)
        {
            return cursor;
        }
        let Some(last) = cursor.checked_sub(1) else { return 0 };
        let id =
            |plan: &Self, place: &u32| plan.candidates.get(*place as usize).map(|candidate| candidate.id);
        let at = usize::try_from(last % before.places.len() as u64).unwrap_or_default();
        let last = before.places.get(at).and_then(|place| id(former, place));
        let next = tier.places.iter().position(|place| id(self, place) > last);
        next.unwrap_or_default() as u64
    }

    /// The cursor after a turn of a former process, whose plan nobody has: after whoever had that turn. Turns by weight just go
    /// on.
    pub fn goes_on_after(&self, cursor: u64, server: ServerId) -> u64 {
        let Some(tier) = self.tiers.first().filter(|_| !self.is_weighted()) else {
            return cursor.wrapping_add(1);
        };
        let id = |place: &u32| self.candidates.get(*place as usize).map(|candidate| candidate.id);
        let at = usize::try_from(cursor % (tier.places.len() as u64).max(1)).unwrap_or_default();
        if tier.places.get(at).and_then(id) == Some(server) {
            return cursor.wrapping_add(1);
        }
        tier.places.iter().position(|place| id(place) > Some(server)).unwrap_or_default() as u64
    }

    fn has_ids_of(&self, other: &Self) -> bool {
        self.candidates.iter().map(|one| one.id).eq(other.candidates.iter().map(|one| one.id))
    }

    fn is_weighted(&self) -> bool {
        matches!(self.strategy, Strategy::WeightedRoundRobin | Strategy::HealthWeighted)
    }

    /// Those that may take calls, by id.
    pub fn candidates(&self) -> &[Candidate] {
        &self.candidates
    }

    /// Those that may not, and why.
    pub fn left_out(&self) -> &[LeftOut] {
        &self.left_out
    }

    /// The rule that applies, by its pattern.
    pub fn rule(&self) -> Option<&str> {
        self.rule.as_deref()
    }

    /// How one of them is picked.
    pub fn strategy(&self) -> Strategy {
        self.strategy
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

    /// Whether a candidate takes part in this call: [`Plan::bars`] without its words.
    pub(super) fn is_open(&self, place: usize, call: &CallFacts<'_>, loads: &impl Loads) -> bool {
        let Some(candidate) = self.candidates.get(place) else { return false };
        let is_tried = call.tried.contains(&candidate.id);
        if is_tried || call.refused.iter().any(|(id, _)| *id == candidate.id) {
            return false;
        }
        let Load { in_flight, breaker, is_set_aside, .. } = loads.load(candidate.seat);
        let rests = is_set_aside || (self.heeds_breakers && breaker == Breaker::Open);
        !rests && candidate.most.is_none_or(|most| in_flight < most)
    }

    /// Why a candidate takes no part in this call.
    pub fn bars(&self, place: usize, call: &CallFacts<'_>, loads: &impl Loads) -> Option<Why> {
        let candidate = self.candidates.get(place)?;
        if let Some((_, problem)) = call.refused.iter().find(|(id, _)| *id == candidate.id) {
            return Some(Why::Arguments { problem: problem.clone() });
        }
        if call.tried.contains(&candidate.id) {
            return Some(Why::Tried);
        }
        let Load { in_flight, breaker, is_set_aside, .. } = loads.load(candidate.seat);
        match candidate.most {
            _ if self.heeds_breakers && breaker == Breaker::Open => Some(Why::BreakerOpen),
            _ if is_set_aside => Some(Why::SetAside),
            Some(most) if in_flight >= most => Some(Why::Full { most }),
            _ => None,
        }
    }
}

impl<'a> Sieve<'a> {
    fn of(offering: &[Offering<'_>], rule: &'a Rule, regions: &'a Regions) -> Self {
        let open = || offering.iter().filter(|one| one.bar.is_none());
        let is_well = |one: &&Offering<'_>| {
            let Server { info, health } = one.server;
            !info.paused && matches!(health.status, HealthStatus::Healthy | HealthStatus::Degraded)
        };
        let (well, all) = (open().filter(is_well).count(), open().count());
        let panic = rule.balancing.panic_threshold;
        Self {
            rule,
            regions,
            weight_key: model::filter::Field::of_key(&rule.balancing.weight_key).ok(),
            is_relaxed: false,
            is_panic: panic.is_some_and(|least| share(well, all) < least),
            some_known: well > 0,
            some_real: offering.iter().any(|one| one.server.info.source != Source::Demo),
        }
    }

    /// Where a server stands and its share of turns, or why it is no candidate, whatever the call.
    fn sift(&self, one: &Offering<'_>) -> Result<(Rank, (f64, bool)), Why> {
        let Offering { server, bar, .. } = one;
        if let Some(why) = bar {
            return Err(why.clone());
        }
        if self.some_real && server.info.source == Source::Demo {
            return Err(Why::Demo);
        }
        self.meets(server)?;
        let rank = rank(server.info.region(), self.rule, self.regions)
            .ok_or_else(|| Why::TooFar { region: server.info.region().map(str::to_owned) })?;
        let weight = weight_of(server, &self.rule.balancing, self.weight_key.as_ref());
        if weight.0 <= 0.0 { Err(Why::NoWeight) } else { Ok((rank, weight)) }
    }

    /// What the rule asks, and that it is well enough, stage by stage.
    fn meets(&self, server: &Server) -> Result<(), Why> {
        let hard = (!self.is_relaxed).then_some(self.rule);
        let region = server.info.region();
        if let Some(wanted) = hard.and_then(|rule| rule.required_regions.as_ref())
            && !wanted.iter().any(|wanted| region == Some(wanted))
        {
            return Err(Why::Region { region: region.map(str::to_owned), wanted: wanted.clone() });
        }
        if !self.takes_calls(server) {
            let paused = server.info.paused.then_some(HealthStatus::Paused);
            return Err(Why::Status { status: paused.unwrap_or(server.health.status) });
        }
        let score = server.health.score;
        if let Some(least) = hard.and_then(|rule| rule.min_health_score).filter(|least| score < *least) {
            return Err(Why::Score { score, least });
        }
        if let Some(wanted) = hard.and_then(|rule| rule.required_metadata.as_ref())
            && !wanted.matches(server)
        {
            return Err(Why::Metadata { wanted: wanted.to_string() });
        }
        Ok(())
    }

    fn takes_calls(&self, server: &Server) -> bool {
        let by_status = match server.health.status {
            HealthStatus::Healthy | HealthStatus::Degraded => true,
            HealthStatus::Unknown => !self.some_known,
            HealthStatus::Unhealthy => self.is_panic || !self.rule.balancing.exclude_unhealthy,
            HealthStatus::Paused | HealthStatus::Blocked | HealthStatus::NeedsSignIn => false,
        };
        by_status && !server.info.paused
    }
}

#[expect(clippy::cast_precision_loss, reason = "numbers of servers")]
fn share(part: usize, all: usize) -> f64 {
    if all == 0 { 1.0 } else { part as f64 / all as f64 }
}

fn candidate(
    server: &Server,
    seat: usize,
    (weight, has_odd_weight): (f64, bool),
    balancing: &LoadBalancing,
) -> Candidate {
    let number = |key: &str| server.info.metadata.get(key).and_then(number_of);
    Candidate {
        id: server.info.id,
        seat,
        region: server.info.region().map(Into::into),
        score: server.health.score,
        response_time_ms: server.health.response_time_ms,
        weight,
        has_odd_weight,
        priority: number("priority").unwrap_or_default(),
        most: most_calls(&server.info, balancing),
    }
}

/// Calls under way at most, at a server: its own limit, else that of all.
pub fn most_calls(info: &ServerInfo, balancing: &LoadBalancing) -> Option<u32> {
    let own = info.metadata.get("max_concurrent").and_then(number_of).and_then(whole);
    own.or(balancing.max_connections_per_server)
}

/// A number, or the text of one: labels and tags have no others.
fn number_of(value: &serde_json::Value) -> Option<f64> {
    value.as_f64().or_else(|| value.as_str()?.trim().parse().ok()).filter(|number: &f64| number.is_finite())
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "held against the bounds")]
fn whole(number: f64) -> Option<u32> {
    (1.0..=f64::from(u32::MAX)).contains(&number).then_some(number as u32)
}

/// Its share of turns, and whether its record says something of it that is no weight: what is negative or no number counts
/// as 1.
fn weight_of(server: &Server, balancing: &LoadBalancing, key: Option<&model::filter::Field>) -> (f64, bool) {
    match balancing.strategy {
        Strategy::WeightedRoundRobin => {
            match key.map_or(Declared::Nothing, |field| declared(server, field)) {
                Declared::Nothing => (1.0, false),
                Declared::Number(weight) if weight >= 0.0 => (weight, false),
                Declared::Number(_) | Declared::Other => (1.0, true),
            }
        }
        Strategy::HealthWeighted => (health_weight(server, balancing), false),
        _ => (1.0, false),
    }
}

/// What a record says of its weight.
enum Declared {
    Nothing,
    Number(f64),
    Other,
}

fn declared(server: &Server, field: &model::filter::Field) -> Declared {
    let mut found = Declared::Nothing;
    field.any_fact(server, &mut |fact| {
        let number = fact.number().and_then(|number| number.as_f64());
        found = number.map_or(Declared::Other, Declared::Number);
        number.is_some()
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
