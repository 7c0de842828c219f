//! Which probes of a plan were made: numbers, kept as ranges, since probes end nearly in their order.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A set of probes, by their place in the plan.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Done {
    /// The last of each range, by its first.
    ranges: BTreeMap<u64, u64>,
}

impl Done {
    /// Every probe of a plan with so many.
    pub fn all(probes: u64) -> Self {
        Self { ranges: probes.checked_sub(1).map(|last| (0, last)).into_iter().collect() }
    }

    /// A probe was made, and what it showed is noted.
    pub fn add(&mut self, probe: u64) {
        if self.has(probe) {
            return;
        }
        let first = match self.before(probe) {
            Some((first, last)) if last.checked_add(1) == Some(probe) => first,
            _ => probe,
        };
        let next = probe.checked_add(1).and_then(|next| self.ranges.remove(&next));
        self.ranges.insert(first, next.unwrap_or(probe));
    }

    /// Whether it was made.
    pub fn has(&self, probe: u64) -> bool {
        self.before(probe).is_some_and(|(_, last)| last >= probe)
    }

    /// The range that begins last, up to here.
    fn before(&self, probe: u64) -> Option<(u64, u64)> {
        self.ranges.range(..=probe).next_back().map(|(first, last)| (*first, *last))
    }
}

impl Serialize for Done {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(&self.ranges)
    }
}

impl<'de> Deserialize<'de> for Done {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let pairs = Vec::<(u64, u64)>::deserialize(deserializer)?;
        let mut ranges: BTreeMap<u64, u64> = BTreeMap::new();
        // A file of another computer may say anything: ranges that meet or overlap are one.
        let mut pairs: Vec<_> = pairs.into_iter().filter(|(first, last)| first <= last).collect();
        pairs.sort_unstable();
        for (first, last) in pairs {
            match ranges.last_entry() {
                Some(mut before) if before.get().saturating_add(1) >= first => {
                    let end = (*before.get()).max(last);
                    before.insert(end);
                }
                _ => drop(ranges.insert(first, last)),
            }
        }
        Ok(Self { ranges })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn it_is_a_set_and_survives_its_text(probes in prop::collection::vec(0_u64..60, 0..80)) {
            let mut done = Done::default();
            for probe in &probes {
                done.add(*probe);
            }
            let naive: BTreeSet<u64> = probes.into_iter().collect();
            for probe in 0..62 {
                prop_assert_eq!(done.has(probe), naive.contains(&probe));
            }
            let gaps = naive.iter().filter(|probe| !naive.contains(&(*probe + 1))).count();
            prop_assert_eq!(done.ranges.len(), gaps, "ranges that meet are one");
            let text = serde_json::to_string(&done).unwrap();
            prop_assert_eq!(serde_json::from_str::<Done>(&text).unwrap(), done);
        }
    }

    #[test]
    fn what_a_file_says_in_disorder_is_one_set() {
        let done: Done = serde_json::from_str("[[9,3],[5,7],[0,5],[8,8]]").unwrap();
        assert_eq!(done, Done::all(9));
        assert_eq!(Done::all(0), Done::default());
        let mut end = Done::default();
        end.add(u64::MAX);
        end.add(u64::MAX - 1);
        assert!(end.has(u64::MAX) && end.ranges.len() == 1);
    }
}
