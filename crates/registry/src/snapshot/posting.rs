use std::sync::Arc;

use imbl::OrdMap;
use model::ServerId;

/// The slot of a server in a snapshot.
pub(crate) type Slot = u32;

/// Up to this length a list is one array that a change copies: for the usual few dozen nothing is faster to read, and the
/// copy is a few kilobytes. Longer ones are a tree, so that a tag of every server costs no more to change.
const FEW: usize = 256;

/// A tree turns back into an array only well below the limit, so that one server cannot make it alternate.
const FEW_AGAIN: usize = FEW / 2;

/// A server in a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PostingEntry {
    pub(crate) id: ServerId,
    pub(crate) slot: Slot,
}

/// The servers that have something in common, by id. Cheap to clone; a change copies no more than [`FEW`] entries. Most
/// names, and most tools with a server's name, are of one server alone: that takes no memory of its own.
#[derive(Debug, Clone)]
pub(crate) enum Posting {
    One(PostingEntry),
    Few(Arc<[PostingEntry]>),
    Many(OrdMap<ServerId, Slot>),
}

impl Posting {
    pub(crate) fn one(entry: PostingEntry) -> Self {
        Self::One(entry)
    }

    pub(crate) fn len(&self) -> usize {
        match self {
            Self::One(_) => 1,
            Self::Few(entries) => entries.len(),
            Self::Many(entries) => entries.len(),
        }
    }

    /// The slot where a search starts.
    pub(crate) fn some_slot(&self) -> Slot {
        match self {
            Self::One(entry) => entry.slot,
            Self::Few(entries) => entries.get(entries.len() / 2).map_or(0, |entry| entry.slot),
            Self::Many(entries) => entries.get_min().map_or(0, |(_, slot)| *slot),
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub(crate) fn iter(&self) -> Iter<'_> {
        match self {
            Self::One(entry) => Iter::Few(std::slice::from_ref(entry).iter()),
            Self::Few(entries) => Iter::Few(entries.iter()),
            Self::Many(entries) => Iter::Many(entries.iter()),
        }
    }

    pub(crate) fn insert(&mut self, entry: PostingEntry) {
        let entries = match self {
            Self::One(one) => std::slice::from_ref(&*one),
            Self::Few(entries) => &**entries,
            Self::Many(entries) => {
                entries.insert(entry.id, entry.slot);
                return;
            }
        };
        match entries.binary_search_by_key(&entry.id, |entry| entry.id) {
            // A server's slot never changes while it is in a list.
            Ok(_) => {}
            Err(place) if entries.len() < FEW => {
                let (before, after) = entries.split_at(place);
                // Of known length, so it is built in place.
                *self = Self::Few(before.iter().chain([&entry]).chain(after).copied().collect());
            }
            Err(_) => {
                let entries = entries.iter().chain([&entry]);
                *self = Self::Many(entries.map(|entry| (entry.id, entry.slot)).collect());
            }
        }
    }

    pub(crate) fn remove(&mut self, id: ServerId) {
        if let Self::Many(entries) = self {
            entries.remove(&id);
            if entries.len() > FEW_AGAIN {
                return;
            }
        }
        let mut rest = self.iter().filter(|entry| entry.id != id);
        *self = match (rest.next(), rest.next()) {
            (Some(only), None) => Self::One(only),
            (first, second) => Self::Few(first.into_iter().chain(second).chain(rest).collect()),
        };
    }
}

/// The entries of a [`Posting`], by id.
#[derive(Clone)]
pub(crate) enum Iter<'a> {
    Few(std::slice::Iter<'a, PostingEntry>),
    Many(imbl::ordmap::Iter<'a, ServerId, Slot, imbl::shared_ptr::DefaultSharedPtr>),
}

impl Iterator for Iter<'_> {
    type Item = PostingEntry;

    fn next(&mut self) -> Option<PostingEntry> {
        match self {
            Self::Few(entries) => entries.next().copied(),
            Self::Many(entries) => entries.next().map(|(id, slot)| PostingEntry { id: *id, slot: *slot }),
        }
    }

    fn nth(&mut self, n: usize) -> Option<PostingEntry> {
        match self {
            Self::Few(entries) => entries.nth(n).copied(),
            Self::Many(entries) => entries.nth(n).map(|(id, slot)| PostingEntry { id: *id, slot: *slot }),
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        match self {
            Self::Few(entries) => entries.size_hint(),
            Self::Many(entries) => entries.size_hint(),
        }
    }

    fn fold<B, F: FnMut(B, PostingEntry) -> B>(self, first: B, mut fold: F) -> B {
        match self {
            Self::Few(entries) => entries.copied().fold(first, fold),
            Self::Many(entries) => {
                entries.fold(first, |sum, (id, slot)| fold(sum, PostingEntry { id: *id, slot: *slot }))
            }
        }
    }
}

/// A set of slots that a query works with: a bit for each slot. Among 100,000 servers it takes 12 kB, which the nearest
/// cache holds, so sets are intersected and joined in less than a microsecond.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Bits(Vec<u64>);

impl Bits {
    /// The empty set, among this many slots.
    pub(crate) fn none(slots: usize) -> Self {
        Self(vec![0; slots.div_ceil(64)])
    }

    /// Slots that are not among these many are left out.
    pub(crate) fn add(&mut self, slot: Slot) {
        if let Some(word) = self.0.get_mut(slot as usize / 64) {
            *word |= 1 << (slot % 64);
        }
    }

    pub(crate) fn has(&self, slot: Slot) -> bool {
        self.0.get(slot as usize / 64).is_some_and(|word| word >> (slot % 64) & 1 == 1)
    }

    /// Adds the set whose words these are, the first of them being the one at `place`.
    pub(crate) fn add_words(&mut self, place: usize, words: &[u64]) {
        let own = self.0.get_mut(place..).unwrap_or_default();
        for (own, word) in own.iter_mut().zip(words) {
            *own |= word;
        }
    }

    pub(crate) fn join(&mut self, other: &Self) {
        self.add_words(0, &other.0);
    }

    pub(crate) fn meet(&mut self, other: &Self) {
        for (own, word) in self.0.iter_mut().zip(&other.0) {
            *own &= word;
        }
    }

    /// The opposite; free slots are then in it, which no query reads.
    pub(crate) fn opposite(mut self) -> Self {
        self.0.iter_mut().for_each(|word| *word = !*word);
        self
    }

    /// Whether there are more than this many: of a large set only the first part is counted.
    pub(crate) fn is_more_than(&self, bound: usize) -> bool {
        let mut counted = 0;
        self.0.chunks(16).any(|words| {
            counted += words.iter().map(|word| word.count_ones() as usize).sum::<usize>();
            counted > bound
        })
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = Slot> {
        (0..).step_by(64).zip(&self.0).flat_map(|(first, word): (Slot, &u64)| {
            let next = |rest: &u64| Some(rest & (rest - 1)).filter(|rest| *rest != 0);
            let rests = std::iter::successors(Some(*word).filter(|word| *word != 0), next);
            rests.map(move |rest| first + rest.trailing_zeros())
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    fn entry(n: u32) -> PostingEntry {
        PostingEntry { id: ServerId::mint(&n.to_string()), slot: n }
    }

    proptest! {
        #[test]
        fn a_posting_is_a_map_sorted_by_id(steps in prop::collection::vec((0..600_u32, prop::bool::weighted(0.7)), 0..1_500)) {
            let mut posting = Posting::one(entry(0));
            let mut model = BTreeMap::from([(entry(0).id, 0)]);
            for (n, add) in steps {
                let entry = entry(n);
                if add {
                    posting.insert(entry);
                    model.insert(entry.id, n);
                } else {
                    posting.remove(entry.id);
                    model.remove(&entry.id);
                }
                prop_assert_eq!(posting.len(), model.len());
            }
            let kept: Vec<_> = posting.iter().map(|entry| (entry.id, entry.slot)).collect();
            prop_assert_eq!(kept, model.into_iter().collect::<Vec<_>>());
        }
    }
}
