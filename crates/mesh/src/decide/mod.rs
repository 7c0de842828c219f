//! Which server a call goes to: one pure function for real calls, for simulations, and for "what if this server were down".
//!
//! - [`Rule`] is what applies to a capability: one rule, over the defaults.
//! - [`Plan`] is the candidates of one capability under one rule, with everything decided that does not change from call to
//!   call: which servers are left out and why, the tiers of regions, the order of turns by weight.
//! - [`decide`] picks one of them: it reads the [`Loads`], takes a [`Turn`], and locks, waits and allocates nothing.
//! - [`explain`] is the same with its reasons, stage by stage.
//!
//! What each stage and strategy means is the product's own; names and defaults are Envoy's where it has the same.

mod affinity;
mod cycle;
mod explain;
mod loads;
mod pick;
mod plan;
mod rule;
mod standing;
mod tier;

#[cfg(test)]
mod settings;
#[cfg(test)]
mod tests;

use model::{ServerId, Why};

pub use affinity::AffinityKey;
pub use explain::{Explanation, Staged, Weighed, explain};
pub use loads::{Breaker, Frozen, Load, Loads};
pub use plan::{Candidate, Offering, Plan, Seated};
pub use rule::{Rule, applying};
pub use standing::{Screen, Standing, most_calls};
pub use tier::{Distance, Regions};

/// What differs from call to call.
#[derive(Debug, Clone, Copy, Default)]
pub struct CallFacts<'a> {
    /// Servers that this call has tried already.
    pub tried: &'a [ServerId],
    /// Servers whose schema refuses its arguments, and what is wrong with them.
    pub refused: &'a [(ServerId, String)],
    /// The key of an affinity, as a hash: of a client, or of the value of an argument.
    pub affinity: Option<u64>,
}

/// The turn, taken from a counter that only grows; and the seed of randomness. Inputs, so that every pick can be repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Turn {
    /// How many calls of this plan came before.
    pub cursor: u64,
    /// The seed, for strategies that pick at random.
    pub seed: u64,
}

/// The server that was picked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pick {
    /// The server.
    pub id: ServerId,
    /// Its index among the plan's candidates.
    pub place: usize,
    /// Its tier of regions; 0 is the nearest.
    pub tier: usize,
}

/// A server that is left out.
#[derive(Debug, Clone, PartialEq)]
pub struct Excluded {
    /// The server.
    pub id: ServerId,
    /// The reason.
    pub why: Why,
}

/// No server could be picked now, though the plan has candidates, or it has none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotPicked {
    /// No candidate was left before the loads were read.
    #[error("no server is left")]
    NoneLeft,
    /// Every candidate is at its limit of calls.
    #[error("every server is at its limit of calls under way")]
    Overloaded,
    /// Every candidate was tried, is set aside, or has an open breaker.
    #[error("every server was tried, is set aside, or has an open breaker")]
    Resting,
}

/// Picks a candidate of the plan. The same inputs give the same pick.
pub fn decide(call: &CallFacts<'_>, plan: &Plan, loads: &impl Loads, turn: Turn) -> Result<Pick, NotPicked> {
    if plan.candidates().is_empty() {
        return Err(NotPicked::NoneLeft);
    }
    let open = |place: usize| plan.is_open(place, call, loads);
    for (at, tier) in plan.tiers().enumerate() {
        if let Some(place) = pick::pick(plan, tier, call, loads, turn, &open) {
            let id = plan.candidates().get(place).map(|candidate| candidate.id);
            return id.map(|id| Pick { id, place, tier: at }).ok_or(NotPicked::NoneLeft);
        }
    }
    let is_full = |place: usize| matches!(plan.bars(place, call, loads), Some(Why::Full { .. }));
    let is_overload = (0..plan.candidates().len()).any(is_full);
    Err(if is_overload { NotPicked::Overloaded } else { NotPicked::Resting })
}
