//! A decision with its reasons: what each stage kept and left out, which server won, which would be next.

use std::collections::HashSet;

use model::config::Strategy;
use model::{ServerId, Stage, Why};

use super::{CallFacts, Excluded, Loads, NotPicked, Pick, Plan, Turn, decide};

/// Which server takes a call, and why.
#[derive(Debug, Clone, PartialEq)]
pub struct Explanation {
    /// Every stage, in order.
    pub stages: Vec<Staged>,
    /// The server that takes it.
    pub outcome: Result<ServerId, NotPicked>,
    /// The server that would take it if the winner had just been tried.
    pub runner_up: Option<ServerId>,
    /// The servers that were left for the strategy, with their shares, by id.
    pub weights: Vec<Weighed>,
    /// The rule that applies, by its pattern.
    pub rule: Option<String>,
    /// How one of them was picked.
    pub strategy: Strategy,
    /// Whether the rule's conditions left no server, and were dropped.
    pub is_relaxed: bool,
}

/// What a stage did.
#[derive(Debug, Clone, PartialEq)]
pub struct Staged {
    /// The stage.
    pub stage: Stage,
    /// How many servers it kept.
    pub kept: usize,
    /// The servers that it left out.
    pub left_out: Vec<Excluded>,
}

/// The inputs of a strategy for a server.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Weighed {
    /// The server.
    pub id: ServerId,
    /// Its weight.
    pub weight: f64,
    /// Whether the weight in its record is not valid, and counts as 1.
    pub is_odd: bool,
    /// Its share of all weights, from 0 to 1.
    pub share: f64,
    /// Calls under way there.
    pub in_flight: u32,
}

/// Like [`decide`], with its reasons. `region` returns the region of the server in a seat: a plan does not keep it, since
/// nothing but its reasons needs it.
pub fn explain(
    call: &CallFacts<'_>,
    plan: &Plan,
    loads: &impl Loads,
    turn: Turn,
    region: impl Fn(usize) -> Option<String>,
) -> Explanation {
    let pick = decide(call, plan, loads, turn);
    let outcome = pick.map(|pick| pick.id);
    let all = plan.candidates().len() + plan.left_out().len();
    let left_out = left_out(call, plan, loads, pick.ok(), region);
    let gone: HashSet<ServerId> =
        left_out.iter().filter(|left| left.why != Why::OtherKey).map(|left| left.id).collect();
    let is_left = |id: ServerId| !gone.contains(&id);
    let weights = weights(plan, loads, is_left);
    let mut kept = all;
    let stages = Stage::ALL.map(|stage| {
        let left_out: Vec<_> = left_out.iter().filter(|left| left.why.stage() == stage).cloned().collect();
        kept -= left_out.len();
        Staged { stage, kept, left_out }
    });
    Explanation {
        stages: stages.into(),
        outcome,
        runner_up: outcome.ok().and_then(|winner| next(call, plan, loads, turn, winner)),
        weights,
        rule: plan.rule().map(ToOwned::to_owned),
        strategy: plan.strategy(),
        is_relaxed: plan.is_relaxed(),
    }
}

/// The server that would take the call if the winner had just been tried.
fn next(
    call: &CallFacts<'_>,
    plan: &Plan,
    loads: &impl Loads,
    turn: Turn,
    winner: ServerId,
) -> Option<ServerId> {
    let tried = [call.tried, &[winner]].concat();
    decide(&CallFacts { tried: &tried, ..*call }, plan, loads, turn).ok().map(|pick| pick.id)
}

/// All servers that are left out, by the stage at which they are.
fn left_out(
    call: &CallFacts<'_>,
    plan: &Plan,
    loads: &impl Loads,
    pick: Option<Pick>,
    region: impl Fn(usize) -> Option<String>,
) -> Vec<Excluded> {
    let mut all = plan.left_out().to_vec();
    let places = || plan.tiers().enumerate().flat_map(|(at, tier)| tier.places.iter().map(move |p| (at, *p)));
    for (tier, place) in places() {
        let place = place as usize;
        let Some(candidate) = plan.candidates().get(place) else { continue };
        let is_farther = pick.is_some_and(|pick| tier > pick.tier);
        let why = plan.bars(place, call, loads).or_else(|| {
            let other = pick.is_some_and(|pick| call.affinity.is_some() && pick.place != place);
            let farther = is_farther.then(|| Why::Farther { region: region(candidate.seat) });
            farther.or_else(|| other.then_some(Why::OtherKey))
        });
        all.extend(why.map(|why| Excluded { id: candidate.id, why }));
    }
    all.sort_by_key(|left| left.id);
    all
}

fn weights(plan: &Plan, loads: &impl Loads, is_left: impl Fn(ServerId) -> bool) -> Vec<Weighed> {
    let left = || plan.candidates().iter().filter(|candidate| is_left(candidate.id));
    let sum: f64 = left().map(|candidate| candidate.weight).sum();
    let weighed = left().map(|candidate| Weighed {
        id: candidate.id,
        weight: candidate.weight,
        is_odd: candidate.has_odd_weight,
        share: candidate.weight / sum,
        in_flight: loads.load(candidate.seat).in_flight,
    });
    weighed.collect()
}
