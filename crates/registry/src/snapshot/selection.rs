use std::fmt;
use std::hint::black_box;
use std::sync::Arc;

use model::filter::{Field, Own};
use model::{CapabilityPattern, Filter, Server};
use serde_json::Value;

use super::Snapshot;
use super::matches::QueryPlan;
use super::order::{Blocks, place};
use super::posting::{Bits, Slot};

/// Where less than one server in this many is left, these few are sorted instead of going through all in order: to fetch a
/// server and compare it takes some hundred times as long as a step through the order.
const SPARSE: usize = 512;

/// How many are fetched at first; then twice as many each time.
const FIRST: usize = 16;

/// The servers that a query finds, worst first, then by name, then by id.
pub struct Selection<'a> {
    snapshot: &'a Snapshot,
    hits: Hits<'a>,
    /// What no index answers.
    rest: Vec<&'a Filter>,
    slots: Vec<Slot>,
    /// What was fetched, and how many of it were evaluated.
    ahead: Vec<&'a Server>,
    seen: usize,
}

enum Hits<'a> {
    Sorted(std::vec::IntoIter<Slot>),
    InOrder { blocks: Blocks<'a>, block: &'a [Slot], of: Option<Bits> },
}

impl<'a> Selection<'a> {
    pub(super) fn new(
        snapshot: &'a Snapshot,
        capability: Option<&CapabilityPattern>,
        filter: Option<&'a Filter>,
    ) -> Self {
        let QueryPlan { hits, rest } = QueryPlan::new(snapshot, capability, filter);
        let hits = Hits::of(snapshot, hits);
        let (slots, ahead) = (Vec::with_capacity(2 * TOGETHER), Vec::with_capacity(2 * TOGETHER));
        Self { snapshot, hits, rest, slots, ahead, seen: 0 }
    }

    /// Fetches some more; a reader of only a few waits for few. Returns whether there were any.
    fn fetch(&mut self) -> bool {
        let Self { snapshot, hits, rest, slots, ahead, seen } = self;
        let many = (ahead.len() * 2).clamp(FIRST, TOGETHER);
        slots.clear();
        hits.add_to(slots, many);
        ahead.clear();
        ahead.extend(slots.iter().filter_map(|slot| snapshot.at(*slot)));
        *seen = 0;
        fetch(ahead);
        if !rest.is_empty() {
            fetch_metadata(ahead);
        }
        !slots.is_empty()
    }
}

impl<'a> Hits<'a> {
    fn of(snapshot: &'a Snapshot, hits: Option<Bits>) -> Self {
        match hits {
            Some(hits) if !hits.is_more_than(snapshot.slots.len() / SPARSE) => {
                let mut slots: Vec<Slot> = hits.iter().collect();
                slots.sort_unstable_by(|a, b| snapshot.at(*a).map(place).cmp(&snapshot.at(*b).map(place)));
                Self::Sorted(slots.into_iter())
            }
            of => Self::InOrder { blocks: snapshot.order.blocks(), block: &[], of },
        }
    }

    /// Adds the next ones, at least this many unless that is all.
    fn add_to(&mut self, slots: &mut Vec<Slot>, many: usize) {
        match self {
            Self::Sorted(sorted) => slots.extend(sorted.take(many)),
            Self::InOrder { blocks, block, of } => {
                while slots.len() < many {
                    let (piece, rest) = block.split_at(block.len().min(TOGETHER));
                    *block = rest;
                    match of {
                        _ if piece.is_empty() => {
                            let Some(next) = blocks.next() else { return };
                            *block = next;
                        }
                        Some(bits) => sift(piece, bits, slots),
                        None => slots.extend(piece),
                    }
                }
            }
        }
    }
}

/// Adds those of a piece that are in the set. Without a branch on that, since no processor foresees it.
fn sift(piece: &[Slot], bits: &Bits, slots: &mut Vec<Slot>) {
    let (mut kept, mut count) = ([0; TOGETHER], 0);
    for slot in piece {
        if let Some(place) = kept.get_mut(count % TOGETHER) {
            *place = *slot;
        }
        count += usize::from(bits.has(*slot));
    }
    slots.extend(kept.iter().take(count));
}

impl<'a> Iterator for Selection<'a> {
    type Item = &'a Server;

    fn next(&mut self) -> Option<&'a Server> {
        loop {
            while let Some(server) = self.ahead.get(self.seen) {
                self.seen += 1;
                if self.rest.iter().all(|part| part.matches(server)) {
                    return Some(server);
                }
            }
            if !self.fetch() {
                return None;
            }
        }
    }
}

impl fmt::Debug for Selection<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Selection").field("rest", &self.rest).finish_non_exhaustive()
    }
}

/// How many are fetched together at most: what is fetched of them then fits into the nearest cache.
pub(super) const TOGETHER: usize = 64;

/// How many keys of the metadata of a server are fetched.
const KEYS: usize = 8;

/// Fetches the records into the cache. Each step reads what the one before led to, of all of them, and the result is not
/// used.
pub(super) fn fetch(servers: &[&Server]) {
    touch(servers.iter().map(|server| Arc::as_ptr(&server.info).addr()));
    touch(
        servers.iter().map(|server| server.info.name.len() + server.info.url.as_ref().map_or(0, String::len)),
    );
}

/// Fetches the metadata into the cache, of records that are there.
pub(super) fn fetch_metadata(servers: &[&Server]) {
    touch(servers.iter().map(|server| server.info.metadata.len()));
    touch(servers.iter().flat_map(|server| entries(server)).map(|(key, _)| key.len()));
    touch(servers.iter().flat_map(|server| entries(server)).map(|(key, value)| first(key) + first_of(value)));
}

/// Fetches what a field is read from into the cache.
pub(super) fn fetch_field(field: &Field, servers: &[&Server]) {
    if field.is_measured() {
        return touch(servers.iter().map(|server| usize::from(server.health.status.severity())));
    }
    fetch(servers);
    if matches!(field, Field::Metadata(_) | Field::Own(Own::Region)) {
        fetch_metadata(servers);
    }
}

/// Reads something of everything, without an order that one read would have to wait for. The compiler must not see that the
/// sum is not used.
pub(super) fn touch(read: impl Iterator<Item = usize>) {
    black_box(read.fold(0, usize::wrapping_add));
}

fn entries(server: &Server) -> impl Iterator<Item = (&String, &Value)> {
    server.info.metadata.iter().take(KEYS)
}

fn first_of(value: &Value) -> usize {
    value.as_str().map_or(0, first)
}

fn first(text: &str) -> usize {
    text.as_bytes().first().copied().map_or(0, usize::from)
}
