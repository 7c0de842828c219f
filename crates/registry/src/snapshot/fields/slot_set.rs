use std::sync::Arc;

use imbl::Vector;

use crate::snapshot::posting::{Bits, Slot};

/// Up to here a list is the smaller form whatever the number of servers.
const FEW: usize = 256;

/// The servers that have one value of a field, by slot. The smaller of two forms: a list of slots, or bits. Cheap to
/// clone; a change copies a list or one leaf of the bits, and nothing that is not shared.
#[derive(Debug, Clone)]
pub(super) enum SlotSet {
    Few(Arc<Vec<Slot>>),
    Many { words: Vector<u64>, len: usize },
}

impl Default for SlotSet {
    fn default() -> Self {
        Self::Few(Arc::default())
    }
}

impl SlotSet {
    /// From slots in order, each once, among this many.
    pub(super) fn of(slots: Vec<Slot>, among: usize) -> Self {
        if slots.len() <= most_in_a_list(among) { Self::Few(Arc::new(slots)) } else { bits(&slots) }
    }

    pub(super) fn is_empty(&self) -> bool {
        match self {
            Self::Few(slots) => slots.is_empty(),
            Self::Many { len, .. } => *len == 0,
        }
    }

    /// Whether it was not there. `among` is how many slots there are.
    pub(super) fn insert(&mut self, slot: Slot, among: usize) -> bool {
        match self {
            Self::Few(slots) => {
                let Err(place) = slots.binary_search(&slot) else { return false };
                Arc::make_mut(slots).insert(place, slot);
                if slots.len() > most_in_a_list(among) {
                    *self = bits(slots);
                }
                true
            }
            Self::Many { words, len } => {
                let (place, bit) = place(slot);
                while words.len() <= place {
                    words.push_back(0);
                }
                let Some(word) = words.get_mut(place).filter(|word| **word & bit == 0) else { return false };
                *word |= bit;
                *len += 1;
                true
            }
        }
    }

    /// Whether it was there.
    pub(super) fn remove(&mut self, slot: Slot, among: usize) -> bool {
        match self {
            Self::Few(slots) => {
                let Ok(place) = slots.binary_search(&slot) else { return false };
                Arc::make_mut(slots).remove(place);
                true
            }
            Self::Many { words, len } => {
                let (place, bit) = place(slot);
                let Some(word) = words.get_mut(place).filter(|word| **word & bit != 0) else { return false };
                *word &= !bit;
                *len -= 1;
                // Well below the limit, so that one server cannot make it turn to and fro.
                if *len < most_in_a_list(among) / 2 {
                    *self = Self::Few(Arc::new(self.to_bits(among).iter().collect()));
                }
                true
            }
        }
    }

    pub(super) fn add_to(&self, bits: &mut Bits) {
        match self {
            Self::Few(slots) => slots.iter().for_each(|slot| bits.add(*slot)),
            Self::Many { words, .. } => {
                let mut place = 0;
                for leaf in words.leaves() {
                    bits.add_words(place, leaf);
                    place += leaf.len();
                }
            }
        }
    }

    pub(super) fn to_bits(&self, among: usize) -> Bits {
        let mut bits = Bits::none(among);
        self.add_to(&mut bits);
        bits
    }
}

/// A list takes four bytes a slot, bits an eighth of a byte for every slot there is.
fn most_in_a_list(among: usize) -> usize {
    FEW.max(among / 32)
}

fn place(slot: Slot) -> (usize, u64) {
    (slot as usize / 64, 1 << (slot % 64))
}

fn bits(slots: &[Slot]) -> SlotSet {
    let mut words = vec![0; slots.last().map_or(0, |last| *last as usize / 64 + 1)];
    for slot in slots {
        let (place, bit) = place(*slot);
        if let Some(word) = words.get_mut(place) {
            *word |= bit;
        }
    }
    SlotSet::Many { words: words.into_iter().collect(), len: slots.len() }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn it_is_a_set_in_either_form(steps in prop::collection::vec((0..2_000_u32, prop::bool::weighted(0.6)), 0..1_500)) {
            let among = 2_000;
            let mut set = SlotSet::default();
            let mut model = BTreeSet::new();
            for (slot, add) in steps {
                if add {
                    prop_assert_eq!(set.insert(slot, among), model.insert(slot));
                } else {
                    prop_assert_eq!(set.remove(slot, among), model.remove(&slot));
                }
                prop_assert_eq!(set.is_empty(), model.is_empty());
            }
            prop_assert_eq!(set.to_bits(among).iter().collect::<Vec<_>>(), model.iter().copied().collect::<Vec<_>>());
            prop_assert!(!set.to_bits(among).is_more_than(model.len()));
            prop_assert!(model.is_empty() || set.to_bits(among).is_more_than(model.len() - 1));
            let again = SlotSet::of(model.into_iter().collect(), among);
            prop_assert_eq!(again.to_bits(among), set.to_bits(among));
        }
    }
}
