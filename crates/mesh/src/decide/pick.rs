//! The strategies: which of a tier's candidates takes the call. Each considers only those that are open for it.

use std::ops::ControlFlow;

use model::config::Strategy;

use super::affinity::{fit, mix};
use super::loads::Loads;
use super::plan::Tier;
use super::{CallFacts, Plan, Turn};

/// The place whose turn it is; nothing when no server of the tier is open.
pub(super) fn pick(
    plan: &Plan,
    tier: &Tier,
    call: &CallFacts<'_>,
    loads: &impl Loads,
    turn: Turn,
    open: &impl Fn(usize) -> bool,
) -> Option<usize> {
    if let Some(key) = call.affinity {
        return best(tier, open, |place| plan.candidates().get(place).map(|one| fit(key, one.id)));
    }
    match plan.strategy {
        Strategy::RoundRobin => next(tier, turn.cursor, open),
        Strategy::LeastConnections if !plan.counts => next(tier, turn.cursor, open),
        Strategy::LeastConnections => least(plan, tier, call, loads, turn.cursor),
        Strategy::WeightedRoundRobin | Strategy::HealthWeighted => weighted(tier, turn.cursor, open),
        Strategy::Random => next(tier, mix(turn.seed ^ turn.cursor), open),
        Strategy::Priority => {
            let most = best(tier, open, |place| priority(plan, place))?;
            let of_it =
                |place: usize| open(place) && priority(plan, place).total_cmp(&priority(plan, most)).is_eq();
            next(tier, turn.cursor, &of_it)
        }
        Strategy::PeakEwma => faster_of_two(plan, tier, loads, turn, open),
    }
}

/// The place whose turn it is in the order of ids, or the next one that is open.
fn next(tier: &Tier, cursor: u64, open: &impl Fn(usize) -> bool) -> Option<usize> {
    from(&tier.places, cursor).map(|place| *place as usize).find(|place| open(*place))
}

/// The place whose turn it is by weight. Only a server that is full or was just tried passes its turn on: to the next one,
/// so that the share of a server that is away is spread over all of them.
fn weighted(tier: &Tier, cursor: u64, open: &impl Fn(usize) -> bool) -> Option<usize> {
    let turns = tier.cycle.from(cursor).filter_map(|at| tier.places.get(at));
    turns.map(|place| *place as usize).find(|place| open(*place))
}

/// The fewest calls under way for its weight; of equals the one whose turn it is.
fn least(plan: &Plan, tier: &Tier, call: &CallFacts<'_>, loads: &impl Loads, cursor: u64) -> Option<usize> {
    let (mut best, mut least, mut its_weight) = (None, f64::INFINITY, 1.0);
    let (before, after) = tier.weighed.split_at(begin(tier.weighed.len(), cursor));
    // Folded, so that it compiles to two loops over slices: all of them are looked at.
    let _ = after.iter().chain(before).try_for_each(|(place, seat, weight)| {
        let busy = f64::from(loads.in_flight(*seat as usize));
        // Whether it takes part is asked of those alone that would be better.
        if busy * its_weight < least * weight && plan.is_open(*place as usize, call, loads) {
            (best, least, its_weight) = (Some(*place as usize), busy, *weight);
        }
        if least == 0.0 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    best
}

/// Of two picked at random the one that takes less time, by its average and the calls under way (Envoy's and Finagle's
/// "power of two choices" over a peak-sensitive average).
fn faster_of_two(
    plan: &Plan,
    tier: &Tier,
    loads: &impl Loads,
    turn: Turn,
    open: &impl Fn(usize) -> bool,
) -> Option<usize> {
    let chance = mix(turn.seed ^ turn.cursor);
    let first = next(tier, chance & 0xffff_ffff, open)?;
    let Some(second) = next(tier, chance >> 32, &|place| place != first && open(place)) else {
        return Some(first);
    };
    let cost = |place: usize| {
        let Some(candidate) = plan.candidates().get(place) else { return f64::INFINITY };
        let load = loads.load(candidate.seat);
        let ms = load.latency_ms.or(candidate.response_time_ms).unwrap_or(plan.target_ms);
        ms * (f64::from(load.in_flight) + 1.0)
    };
    Some(if cost(second) < cost(first) { second } else { first })
}

/// The open one with the most of something; of equals the first by id.
fn best<T: PartialOrd>(tier: &Tier, open: &impl Fn(usize) -> bool, of: impl Fn(usize) -> T) -> Option<usize> {
    let places = tier.places.iter().map(|place| *place as usize).filter(|place| open(*place));
    let valued = places.map(|place| (of(place), place));
    valued.reduce(|best, next| if next.0 > best.0 { next } else { best }).map(|(_, place)| place)
}

fn priority(plan: &Plan, place: usize) -> f64 {
    plan.candidates().get(place).map_or(f64::NEG_INFINITY, |candidate| candidate.priority)
}

/// All of them, starting with the one at this cursor.
fn from(places: &[u32], cursor: u64) -> impl Iterator<Item = &u32> {
    let (before, after) = places.split_at(begin(places.len(), cursor));
    after.iter().chain(before)
}

/// The start of a turn among this many.
fn begin(len: usize, cursor: u64) -> usize {
    usize::try_from(cursor % (len as u64).max(1)).unwrap_or_default()
}
