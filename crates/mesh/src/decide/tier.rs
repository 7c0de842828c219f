//! Which regions are near: those that a rule prefers, in its order; else the preferred region of the configuration, then those
//! within its threshold, then the rest by how far they are.

use std::collections::HashMap;

use model::config::CrossRegion;

use super::Rule;

/// How far regions are, as measured: a region that is missing was measured too seldom.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Regions(HashMap<String, Distance>);

/// How far a region is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Distance {
    /// Within the threshold.
    Near,
    /// Beyond it: its round trip in milliseconds.
    Far(f64),
}

impl Regions {
    /// With what is known of a region.
    #[must_use]
    pub fn with(mut self, region: &str, distance: Distance) -> Self {
        self.0.insert(region.to_owned(), distance);
        self
    }

    /// Everything that is known, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, Distance)> {
        let mut all: Vec<_> = self.0.iter().map(|(region, distance)| (region.as_str(), *distance)).collect();
        all.sort_unstable_by_key(|(region, _)| *region);
        all.into_iter()
    }
}

/// The rank of a region: in the order of the rule, then by distance in microseconds.
pub(super) type Rank = (usize, u64);

/// The places of candidates of these ranks, tier by tier, the nearest first; none is empty.
pub(super) fn tiers(ranks: &[Rank]) -> Vec<Vec<u32>> {
    let mut tiers: Vec<(Rank, Vec<u32>)> = Vec::new();
    for (rank, place) in ranks.iter().zip(0..) {
        match tiers.binary_search_by_key(rank, |(known, _)| *known) {
            Ok(at) => tiers.get_mut(at).into_iter().for_each(|(_, places)| places.push(place)),
            Err(at) => tiers.insert(at, (*rank, vec![place])),
        }
    }
    tiers.into_iter().map(|(_, places)| places).collect()
}

/// The rank of a server of this region; none when it is too far for the configuration.
pub(super) fn rank(region: Option<&str>, rule: &Rule, regions: &Regions) -> Option<Rank> {
    let (preferred, balancing) = (&rule.preferred_regions, &rule.balancing);
    if !preferred.is_empty() {
        let at = preferred.iter().position(|wanted| Some(wanted.as_str()) == region);
        return Some((at.unwrap_or(preferred.len()), 0));
    }
    let Some(home) = balancing.preferred_region.as_deref() else { return Some((0, 0)) };
    if region == Some(home) {
        return Some((0, 0));
    }
    if balancing.cross_region_latency_threshold.is_none() {
        return Some((1, 0));
    }
    match region.and_then(|region| regions.0.get(region)) {
        Some(Distance::Near) => Some((1, 0)),
        _ if balancing.cross_region == CrossRegion::Strict => None,
        Some(Distance::Far(ms)) => Some((2, micros(*ms))),
        None => Some((2, u64::MAX)),
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a round trip, which is not negative"
)]
fn micros(ms: f64) -> u64 {
    (ms.max(0.0) * 1000.0) as u64
}
