use std::sync::Arc;

use model::filter::{Field, Operand, Own, Test};
use model::{CapabilityPattern, Filter, Server, ServerId, fold};

use super::Snapshot;
use super::fields::LookUp;
use super::posting::{Bits, Iter, Posting, PostingEntry, Slot};

/// The servers that offer a capability, each once. Borrows from the snapshot: nothing is copied.
#[derive(Debug, Clone)]
pub struct Matches<'a> {
    snapshot: &'a Snapshot,
    /// The lists of the keys that match; a server may be in several.
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

    /// Their ids. By id for an exact name, so that a pick can continue after the last one; for a glob in no promised order.
    pub fn ids(&self) -> impl Iterator<Item = ServerId> {
        self.entries().map(|entry| entry.id)
    }

    /// Their slots, each once.
    pub(super) fn slots(&self) -> impl Iterator<Item = Slot> {
        self.entries().map(|entry| entry.slot)
    }

    /// The servers, in the order of [`Matches::ids`].
    pub fn iter(&self) -> impl Iterator<Item = &'a Server> {
        self.shared().map(AsRef::as_ref)
    }

    /// The same as what is shared by all states in which nothing of the server changed: a holder of these sees by the
    /// pointer alone that it is the same.
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

/// Several lists as one, each server once. A bit for each slot shows which were seen: cheaper than any set of ids.
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

/// How many indexes are made for one query; what else it names is evaluated for what is left, and gets its index when it is
/// used again. So a first use costs about one pass over every server, however many fields it names.
const MAKES: usize = 1;

/// Where less than one server in this many is left, these are evaluated rather than an index made of all.
const SELECTIVE: usize = 64;

/// How a query is answered: what indexes leave, and what must be evaluated of that.
pub(super) struct QueryPlan<'f> {
    /// Nothing when every server is left.
    pub(super) hits: Option<Bits>,
    pub(super) rest: Vec<&'f Filter>,
}

impl<'f> QueryPlan<'f> {
    /// First the indexes that are there; then, if they leave many, those that are worth making.
    pub(super) fn new(
        snapshot: &Snapshot,
        capability: Option<&CapabilityPattern>,
        filter: Option<&'f Filter>,
    ) -> Self {
        let hits = capability.map(|pattern| snapshot.offering(pattern));
        let rest = filter.map(Filter::conjuncts).unwrap_or_default().iter().collect();
        let mut plan = Self { hits, rest };
        plan.meet(&mut Sure::new(snapshot, 0));
        if plan.leaves_many(snapshot) {
            plan.rest.sort_by_key(|part| !is_indexable(part));
            plan.meet(&mut Sure::new(snapshot, MAKES));
        }
        plan
    }

    fn leaves_many(&self, snapshot: &Snapshot) -> bool {
        self.hits.as_ref().is_none_or(|hits| hits.is_more_than(snapshot.slots.len() / SELECTIVE))
    }

    fn meet(&mut self, sure: &mut Sure<'_>) {
        let hits = &mut self.hits;
        self.rest.retain(|part| {
            let Some(found) = is_indexable(part).then(|| sure.of(part)).flatten() else { return true };
            match hits {
                Some(hits) => hits.meet(&found),
                None => *hits = Some(found),
            }
            false
        });
    }
}

/// Whether indexes alone can answer a filter.
fn is_indexable(filter: &Filter) -> bool {
    match filter {
        Filter::All(parts) | Filter::Any(parts) => parts.iter().all(is_indexable),
        Filter::Not(part) => is_indexable(part),
        Filter::Text(_) => false,
        Filter::Field(Field::Own(Own::Capabilities), test) => names(test).is_some(),
        Filter::Field(..) => true,
    }
}

/// The names that a test compares with, when it compares with nothing else.
fn names(test: &Test) -> Option<Vec<&str>> {
    let values = match test {
        Test::Eq(value) | Test::Ne(value) => std::slice::from_ref(value),
        Test::In(values) | Test::Nin(values) => values,
        _ => return None,
    };
    values.iter().map(name).collect()
}

fn name(value: &Operand) -> Option<&str> {
    match value {
        Operand::Text(name) => Some(name),
        _ => None,
    }
}

/// What indexes know for sure.
struct Sure<'a> {
    snapshot: &'a Snapshot,
    fields: LookUp<'a>,
}

impl<'a> Sure<'a> {
    fn new(snapshot: &'a Snapshot, makes: usize) -> Self {
        let Snapshot { fields, made_here, workshop, slots, .. } = snapshot;
        Self { snapshot, fields: LookUp { fields, made_here, workshop, slots, makes } }
    }

    /// The servers that match; nothing when an index is missing. Free slots may be among them.
    fn of(&mut self, filter: &Filter) -> Option<Bits> {
        match filter {
            Filter::All(parts) => {
                let all = Bits::none(self.snapshot.slots.len()).opposite();
                self.fold(parts, all, Bits::meet)
            }
            Filter::Any(parts) => self.fold(parts, Bits::none(self.snapshot.slots.len()), Bits::join),
            Filter::Not(part) => self.of(part).map(Bits::opposite),
            Filter::Text(_) => None,
            Filter::Field(field @ Field::Own(Own::Capabilities | Own::Name), test) => match names(test) {
                Some(names) => Some(self.named(field, test, &names)),
                None => self.fields.passing(field, test),
            },
            Filter::Field(field, test) => self.fields.passing(field, test),
        }
    }

    fn fold(&mut self, parts: &[Filter], first: Bits, join: fn(&mut Bits, &Bits)) -> Option<Bits> {
        parts.iter().try_fold(first, |mut sum, part| {
            join(&mut sum, &self.of(part)?);
            Some(sum)
        })
    }

    /// Names and capabilities have an index of their own.
    fn named(&self, field: &Field, test: &Test, names: &[&str]) -> Bits {
        let Snapshot { capabilities, names: by_name, slots, .. } = self.snapshot;
        let mut bits = Bits::none(slots.len());
        for name in names {
            let posting = match field {
                Field::Own(Own::Capabilities) => capabilities.get(&fold(name)),
                _ => by_name.get(*name),
            };
            posting.into_iter().flat_map(Posting::iter).for_each(|entry| bits.add(entry.slot));
        }
        if matches!(test, Test::Ne(_) | Test::Nin(_)) { bits.opposite() } else { bits }
    }
}
