use std::sync::Arc;

use model::{CapabilityPattern, Server, ServerId};

use super::Snapshot;
use super::posting::{Iter, Posting, PostingEntry, Slot};

/// The servers that offer a capability, each once. Borrows from the snapshot: nothing is copied.
#[derive(Debug, Clone)]
pub struct Matches<'a> {
    snapshot: &'a Snapshot,
    /// The lists of the keys that fit; a server may be in several.
    postings: Vec<&'a Posting>,
}

impl<'a> Matches<'a> {
    pub(super) fn new(snapshot: &'a Snapshot, pattern: &CapabilityPattern) -> Self {
        let Some(key) = pattern.exact() else {
            let keys = snapshot.capabilities.starting_with(pattern.literal_prefix());
            let fitting = keys.filter(|(key, _)| pattern.is_match(key));
            return Self { snapshot, postings: fitting.map(|(_, posting)| posting).collect() };
        };
        let postings = snapshot.capabilities.get(key).into_iter().collect();
        Self { snapshot, postings }
    }

    /// How many. For a glob they are counted.
    pub fn len(&self) -> usize {
        match self.postings.as_slice() {
            [] => 0,
            [posting] => posting.len(),
            _ => self.entries().count(),
        }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.postings.is_empty()
    }

    /// Their ids. By id for an exact name, so that a pick can go on after the last one; for a glob in no promised order.
    pub fn ids(&self) -> impl Iterator<Item = ServerId> {
        self.entries().map(|entry| entry.id)
    }

    /// Where they stand, each once.
    pub(super) fn slots(&self) -> impl Iterator<Item = Slot> {
        self.entries().map(|entry| entry.slot)
    }

    /// The servers, in the order of [`Matches::ids`].
    pub fn iter(&self) -> impl Iterator<Item = &'a Server> {
        self.shared().map(AsRef::as_ref)
    }

    /// The same as what is shared by all states in which nothing of the server changed: whoever keeps these sees by the pointer
    /// alone that it is the same.
    pub fn shared(&self) -> impl Iterator<Item = &'a Arc<Server>> {
        let snapshot = self.snapshot;
        self.entries().filter_map(move |entry| snapshot.slots.get(entry.slot))
    }

    /// The server at this place of that order.
    pub fn nth(&self, place: usize) -> Option<&'a Server> {
        self.entries().nth(place).and_then(|entry| self.snapshot.at(entry.slot))
    }

    fn entries(&self) -> Entries<'_, 'a> {
        match self.postings.as_slice() {
            [posting] => Entries::One(posting.iter()),
            several => Entries::Union(Union {
                seen: vec![0; self.snapshot.slots.len() / 64 + 1],
                current: None,
                rest: several.iter(),
            }),
        }
    }
}

enum Entries<'m, 'a> {
    One(Iter<'a>),
    Union(Union<'m, 'a>),
}

impl Iterator for Entries<'_, '_> {
    type Item = PostingEntry;

    fn next(&mut self) -> Option<PostingEntry> {
        match self {
            Self::One(entries) => entries.next(),
            Self::Union(union) => union.next(),
        }
    }

    fn nth(&mut self, n: usize) -> Option<PostingEntry> {
        match self {
            Self::One(entries) => entries.nth(n),
            Self::Union(union) => union.nth(n),
        }
    }

    fn fold<B, F: FnMut(B, PostingEntry) -> B>(self, first: B, fold: F) -> B {
        match self {
            Self::One(entries) => entries.fold(first, fold),
            Self::Union(union) => union.fold(first, fold),
        }
    }
}

/// Several lists as one, each server once. A bit for each slot tells who was seen: cheaper than any set of ids.
struct Union<'m, 'a> {
    seen: Vec<u64>,
    current: Option<Iter<'a>>,
    rest: std::slice::Iter<'m, &'a Posting>,
}

impl Iterator for Union<'_, '_> {
    type Item = PostingEntry;

    fn next(&mut self) -> Option<PostingEntry> {
        loop {
            let seen = &mut self.seen;
            if let Some(entry) =
                self.current.as_mut().and_then(|list| list.find(|entry| is_first(seen, *entry)))
            {
                return Some(entry);
            }
            self.current = Some(self.rest.next()?.iter());
        }
    }

    /// As `next` would, without its bookkeeping for every server.
    fn fold<B, F: FnMut(B, PostingEntry) -> B>(mut self, first: B, mut fold: F) -> B {
        let lists = self.current.into_iter().chain(self.rest.map(|posting| posting.iter()));
        let mut result = first;
        for list in lists {
            result = list.fold(
                result,
                |sum, entry| if is_first(&mut self.seen, entry) { fold(sum, entry) } else { sum },
            );
        }
        result
    }
}

fn is_first(seen: &mut [u64], entry: PostingEntry) -> bool {
    let bit = 1 << (entry.slot % 64);
    let Some(word) = seen.get_mut(entry.slot as usize / 64) else { return false };
    let first = *word & bit == 0;
    *word |= bit;
    first
}
