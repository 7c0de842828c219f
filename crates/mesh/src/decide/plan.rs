//! The candidates of one capability under one rule, with everything that stays the same from call to call.

use model::config::{OnEmpty, Strategy};
use model::{HealthStatus, Server, ServerId, Why};

use super::cycle::Cycle;
use super::loads::{Breaker, Load, Loads};
use super::standing::{Screen, Standing};
use super::tier::{Rank, Regions, tiers};
use super::{CallFacts, Excluded, Rule};

/// A server that can take calls of the capability.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate {
    /// Its key; candidates are in this order.
    pub id: ServerId,
    /// Where its loads are read.
    pub seat: usize,
    /// Its response time, in milliseconds.
    pub response_time_ms: Option<f64>,
    /// Its share of turns, by the strategy.
    pub weight: f64,
    /// Whether the weight in its record is not valid, and counts as 1.
    pub has_odd_weight: bool,
    /// `metadata.priority`.
    pub priority: f64,
    /// The most calls under way.
    pub most: Option<u32>,
}

/// What is known of the candidates of a capability before a call comes.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Plan {
    candidates: Vec<Candidate>,
    left_out: Vec<Excluded>,
    tiers: Vec<Tier>,
    pub(super) strategy: Strategy,
    pub(super) target_ms: f64,
    pub(super) counts: bool,
    heeds_breakers: bool,
    rule: Option<String>,
    /// Whether the rule's conditions left no server and are dropped.
    is_relaxed: bool,
}

#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Tier {
    pub(super) places: Vec<u32>,
    /// The turns by weight, as places within the tier.
    pub(super) cycle: Cycle,
    /// Place, seat and weight of each, close together: with least connections all are read.
    pub(super) weighed: Vec<(u32, u32, f64)>,
}

/// A server that lists the capability.
#[derive(Debug, Clone)]
pub struct Offering<'a> {
    /// The server.
    pub server: &'a Server,
    /// Where its loads are read.
    pub seat: usize,
    /// Why it takes no calls of it, whatever the rule says.
    pub bar: Option<Why>,
}

/// A server as input of a plan.
#[derive(Debug, Clone, Copy)]
pub struct Seated<'a> {
    /// Where its loads are read.
    pub seat: usize,
    /// Everything that is known of it under the rule.
    pub standing: &'a Standing,
}

/// What holds for all of them together.
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
struct Sieve<'a> {
    rule: &'a Rule,
    /// Whether the rule's conditions are dropped.
    is_relaxed: bool,
    /// Whether so few are healthy that all take part.
    is_panic: bool,
    /// Whether some were checked: those that were not have to wait.
    some_known: bool,
    /// Whether some are not demo servers.
    some_real: bool,
}

impl Plan {
    /// Made from the servers that list the capability.
    pub fn new<'a>(offering: impl IntoIterator<Item = Offering<'a>>, rule: &Rule, regions: &Regions) -> Self {
        let mut offering: Vec<_> = offering.into_iter().collect();
        offering.sort_by_key(|one| one.server.info.id);
        let screen = Screen::new(rule, regions);
        let standings: Vec<_> =
            offering.iter().map(|one| screen.standing(one.server, one.bar.clone())).collect();
        let seated = offering.iter().zip(&standings);
        Self::of(seated.map(|(one, standing)| Seated { seat: one.seat, standing }), rule)
    }

    /// The same from servers in the order of their ids whose [`Standing`] under this rule is known.
    pub fn of<'a>(seated: impl IntoIterator<Item = Seated<'a>>, rule: &Rule) -> Self {
        let seated: Vec<_> = seated.into_iter().collect();
        debug_assert!(seated.is_sorted_by_key(|one| one.standing.id));
        let mut sieve = Sieve::of(&seated, rule);
        let strict = Self::sifted(&seated, &sieve);
        if !strict.candidates.is_empty() || rule.on_empty == OnEmpty::Fail {
            return strict;
        }
        sieve.is_relaxed = true;
        Self::sifted(&seated, &sieve)
    }

    fn sifted(seated: &[Seated<'_>], sieve: &Sieve<'_>) -> Self {
        let balancing = &sieve.rule.balancing;
        let mut plan = Self {
            candidates: Vec::with_capacity(seated.len()),
            strategy: balancing.strategy,
            target_ms: balancing.response_time_target,
            counts: balancing.connection_tracking,
            heeds_breakers: sieve.rule.heeds_breakers,
            rule: sieve.rule.pattern.as_ref().map(ToString::to_string),
            is_relaxed: sieve.is_relaxed,
            ..Self::default()
        };
        let mut ranks = Vec::with_capacity(seated.len());
        for one in seated {
            match sieve.sift(one) {
                Err(why) => plan.left_out.push(Excluded { id: one.standing.id, why }),
                Ok(rank) => {
                    ranks.push(rank);
                    plan.candidates.push(candidate(one));
                }
            }
        }
        let tiers = tiers(&ranks).into_iter().map(|places| {
            let mut tier = Tier { places, ..Tier::default() };
            if plan.is_weighted() {
                let weights: Vec<f64> = tier.places.iter().filter_map(|place| plan.weight(*place)).collect();
                tier.cycle = Cycle::new(&weights);
            }
            if plan.strategy == Strategy::LeastConnections && plan.counts {
                tier.weighed = tier.places.iter().filter_map(|place| plan.weighed(*place)).collect();
            }
            tier
        });
        plan.tiers = tiers.collect();
        plan
    }

    /// The cursor at which turns continue that a former plan had until this cursor of its own: after the last one, so that
    /// no server is skipped or asked twice because another came or went. Turns by weight and at random just continue.
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

    /// The cursor after a turn of a former process, whose plan is unknown: after the server of that turn. Turns by weight
    /// just continue.
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

    /// The servers that can take calls, by id.
    pub fn candidates(&self) -> &[Candidate] {
        &self.candidates
    }

    /// The servers that cannot, and why.
    pub fn left_out(&self) -> &[Excluded] {
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

    /// Whether the rule's conditions left no server, and it says to continue without them.
    pub fn is_relaxed(&self) -> bool {
        self.is_relaxed
    }

    pub(super) fn tiers(&self) -> impl Iterator<Item = &Tier> {
        self.tiers.iter()
    }

    fn weighed(&self, place: u32) -> Option<(u32, u32, f64)> {
        let candidate = self.candidates.get(place as usize)?;
        Some((place, u32::try_from(candidate.seat).ok()?, candidate.weight))
    }

    fn weight(&self, place: u32) -> Option<f64> {
        self.candidates.get(place as usize).map(|candidate| candidate.weight)
    }

    /// Whether a candidate takes part in this call: [`Plan::bars`] without the reason.
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

    /// Why a candidate is left out of this call.
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
    fn of(seated: &[Seated<'_>], rule: &'a Rule) -> Self {
        let (mut well, mut all, mut some_real) = (0, 0, false);
        for Seated { standing, .. } in seated {
            some_real |= !standing.is_demo;
            if standing.bar.is_none() {
                let is_well = matches!(standing.status, HealthStatus::Healthy | HealthStatus::Degraded);
                all += 1;
                well += usize::from(is_well && !standing.is_paused);
            }
        }
        let panic = rule.balancing.panic_threshold;
        Self {
            rule,
            is_relaxed: false,
            is_panic: panic.is_some_and(|least| share(well, all) < least),
            some_known: well > 0,
            some_real,
        }
    }

    /// The standing of a server, or why it is not a candidate, whatever the call.
    fn sift(&self, one: &Seated<'_>) -> Result<Rank, Why> {
        let standing = one.standing;
        if let Some(why) = &standing.bar {
            return Err(Why::clone(why));
        }
        if self.some_real && standing.is_demo {
            return Err(Why::Demo);
        }
        self.meets(standing)?;
        let rank = standing.rank.as_ref().map_err(|why| Why::clone(why))?;
        if standing.weight.0 <= 0.0 { Err(Why::NoWeight) } else { Ok(*rank) }
    }

    /// The conditions of the rule, and the health, stage by stage.
    fn meets(&self, standing: &Standing) -> Result<(), Why> {
        let hard = (!self.is_relaxed).then_some(self.rule);
        if let Some(why) = standing.wrong_region.as_ref().filter(|_| hard.is_some()) {
            return Err(Why::clone(why));
        }
        if !self.takes_calls(standing) {
            let paused = standing.is_paused.then_some(HealthStatus::Paused);
            return Err(Why::Status { status: paused.unwrap_or(standing.status) });
        }
        let score = standing.score;
        if let Some(least) = hard.and_then(|rule| rule.min_health_score).filter(|least| score < *least) {
            return Err(Why::Score { score, least });
        }
        match &standing.wrong_metadata {
            Some(why) if hard.is_some() => Err(Why::clone(why)),
            _ => Ok(()),
        }
    }

    fn takes_calls(&self, standing: &Standing) -> bool {
        let by_status = match standing.status {
            HealthStatus::Healthy | HealthStatus::Degraded => true,
            HealthStatus::Unknown => !self.some_known,
            HealthStatus::Unhealthy => self.is_panic || !self.rule.balancing.exclude_unhealthy,
            HealthStatus::Paused | HealthStatus::Blocked | HealthStatus::NeedsSignIn => false,
        };
        by_status && !standing.is_paused
    }
}

#[expect(clippy::cast_precision_loss, reason = "numbers of servers")]
fn share(part: usize, all: usize) -> f64 {
    if all == 0 { 1.0 } else { part as f64 / all as f64 }
}

fn candidate(one: &Seated<'_>) -> Candidate {
    let Seated { seat, standing } = one;
    let (weight, has_odd_weight) = standing.weight;
    Candidate {
        id: standing.id,
        seat: *seat,
        response_time_ms: standing.response_time_ms,
        weight,
        has_odd_weight,
        priority: standing.priority,
        most: standing.most,
    }
}
