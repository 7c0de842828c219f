//! How far regions are, from the measurements of checks, and stable: a region moves only when it is clearly beyond the
//! threshold for some rounds, so that calls do not alternate.

use std::collections::HashMap;

use model::{Millis, Server};

use crate::decide::{Distance, Regions};

/// A region that was measured less often is not known to be near.
const FEWEST: u32 = 3;

/// How far beyond the threshold a region has to be, as a part of it.
const CLEARLY: f64 = 0.1;

/// For how many rounds in a row.
const ROUNDS: u32 = 3;

/// What is known of every region.
#[derive(Debug, Default)]
pub(crate) struct RegionBook(HashMap<String, KnownRegions>);

#[derive(Debug, Default)]
struct KnownRegions {
    /// Rounds that were measured.
    rounds: u32,
    /// The time of the newest one.
    newest: Millis,
    ms: f64,
    is_near: bool,
    /// Rounds in a row that contradict its tier.
    against: u32,
}

impl RegionBook {
    /// Records the measurements of the last rounds, and returns how far the regions are. A region's round trip is that of
    /// its fastest server.
    pub(crate) fn observe<'a>(
        &mut self,
        servers: impl Iterator<Item = &'a Server>,
        threshold: f64,
    ) -> Regions {
        let mut measured: HashMap<&str, (Millis, f64)> = HashMap::new();
        for server in servers {
            let (Some(region), Some(ms), Some(at)) =
                (server.info.region(), server.health.response_time_ms, server.health.checked_at)
            else {
                continue;
            };
            let (newest, least) = measured.entry(region).or_insert((at, ms));
            (*newest, *least) = ((*newest).max(at), least.min(ms));
        }
        for (region, (newest, ms)) in measured {
            self.0.entry(region.to_owned()).or_default().note(newest, ms, threshold);
        }
        self.0.iter().fold(Regions::default(), |regions, (region, known)| match known.distance() {
            Some(distance) => regions.with(region, distance),
            None => regions,
        })
    }
}

impl KnownRegions {
    fn note(&mut self, newest: Millis, ms: f64, threshold: f64) {
        if newest <= self.newest {
            return;
        }
        (self.newest, self.ms) = (newest, ms);
        self.rounds = self.rounds.saturating_add(1);
        if self.rounds <= FEWEST {
            self.is_near = ms <= threshold;
            return;
        }
        let is_clear =
            if self.is_near { ms > threshold * (1.0 + CLEARLY) } else { ms < threshold * (1.0 - CLEARLY) };
        self.against = if is_clear { self.against.saturating_add(1) } else { 0 };
        if self.against >= ROUNDS {
            (self.is_near, self.against) = (!self.is_near, 0);
        }
    }

    fn distance(&self) -> Option<Distance> {
        let distance = if self.is_near { Distance::Near } else { Distance::Far(self.ms) };
        (self.rounds >= FEWEST).then_some(distance)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The distance after each of these rounds, with a threshold of 100 ms.
    fn after(rounds: &[f64]) -> Vec<Option<bool>> {
        let mut known = KnownRegions::default();
        let seen = rounds.iter().zip(1..).map(|(ms, at)| {
            known.note(at, *ms, 100.0);
            known.distance().map(|distance| distance == Distance::Near)
        });
        seen.collect()
    }

    #[test]
    fn a_region_is_known_after_three_rounds_and_moves_when_three_are_clearly_beyond() {
        assert_eq!(after(&[50.0, 50.0, 50.0]), [None, None, Some(true)]);
        let edge = after(&[50.0, 50.0, 50.0, 109.0, 109.0, 109.0, 109.0]);
        assert_eq!(edge.last(), Some(&Some(true)), "not clearly beyond");
        let hiccup = after(&[50.0, 50.0, 50.0, 150.0, 150.0, 60.0, 150.0, 150.0]);
        assert_eq!(hiccup.last(), Some(&Some(true)), "not in a row");
        let moved = after(&[50.0, 50.0, 50.0, 150.0, 150.0, 150.0, 95.0, 85.0, 85.0, 85.0]);
        assert_eq!(moved[5..], [Some(false), Some(false), Some(false), Some(false), Some(true)]);
    }
}
