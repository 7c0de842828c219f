//! Where calls would go: the functions of live calls, with nothing sent and no turn taken.

use std::collections::BTreeMap;
use std::time::Duration;

use model::ServerId;
use serde_json::{Map, Value};

use crate::Mesh;
use crate::decide::{Breaker, CallFacts, Explanation, decide};
use crate::route::Route;

/// A simulated call.
#[derive(Debug, Clone, Copy)]
pub struct Imagined<'a> {
    /// Its arguments; without them no schema is checked.
    pub arguments: Option<&'a Map<String, Value>>,
    /// The caller's name.
    pub client: Option<&'a str>,
    /// How many of them, one after the other.
    pub calls: u64,
}

/// A server whose breaker is not closed, or that has failures or calls under way.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rest {
    /// The server.
    pub id: ServerId,
    /// The state of its breaker.
    pub breaker: Breaker,
    /// Failures in a row.
    pub failures: u32,
    /// How long its breaker stays open.
    pub open_for: Duration,
    /// How long the pause lasts that it asked for.
    pub aside_for: Duration,
    /// Calls under way.
    pub in_flight: u32,
}

impl Mesh {
    /// The decision of the next call, and how many of the calls each server would take, by id; none once no server takes
    /// one.
    pub fn dry_run(&self, route: &Route, call: Imagined<'_>) -> (Explanation, BTreeMap<ServerId, u64>) {
        let none = Map::new();
        let refused = call.arguments.map(|arguments| route.refused(arguments)).unwrap_or_default();
        let affinity = route.key(&self.routes.affinity, None, call.client, call.arguments.unwrap_or(&none));
        let facts = CallFacts { tried: &[], refused: &refused, affinity };
        let loads = route.frozen(self.routes.clock.now());
        let decision = route.explain(&facts, &loads, route.upcoming(0));
        let picks = (0..call.calls)
            .map_while(|after| decide(&facts, &route.plan, &loads, route.upcoming(after)).ok());
        let mut taken = BTreeMap::new();
        for pick in picks {
            *taken.entry(pick.id).or_default() += 1;
        }
        (decision, taken)
    }

    /// The seats of all servers that were called since the core started.
    pub fn breakers(&self) -> Vec<Rest> {
        let now = self.routes.clock.now();
        let rests = self.cells.seats().into_iter().map(|(id, seat)| {
            let (open_for, aside_for) = seat.rests(now);
            let (breaker, in_flight) = (seat.load(now).breaker, seat.in_flight());
            Rest { id, breaker, failures: seat.failures(), open_for, aside_for, in_flight }
        });
        rests.collect()
    }
}
