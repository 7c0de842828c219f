use std::fmt;

use model::{CapabilityPattern, Filter, Server};

use super::Snapshot;
use super::ahead::{TOGETHER, fetch, fetch_metadata};
use super::bits::Bits;
use super::order::{Blocks, place};
use super::plan::Plan;
use super::posting::Slot;

/// Where less than one server in so many is left, these few are sorted instead of going through all in order: to fetch a
/// server and compare it takes some hundred times as long as a step through the order.
const SPARSE: usize = 512;

/// How many are fetched at first.
const FIRST: usize = 8;

/// The servers that a query finds, worst first, then by name, then by id.
pub struct Selection<'a> {
    snapshot: &'a Snapshot,
    hits: Hits<'a>,
    /// What no index answers.
    rest: Vec<&'a Filter>,
    /// What was fetched, and how many of it were looked at.
    ahead: Vec<&'a Server>,
    seen: usize,
}

enum Hits<'a> {
    Sorted(std::vec::IntoIter<Slot>),
    InOrder { blocks: Blocks<'a>, block: std::slice::Iter<'a, Slot>, of: Option<Bits> },
}

impl<'a> Selection<'a> {
    pub(super) fn new(
        snapshot: &'a Snapshot,
        capability: Option<&CapabilityPattern>,
        filter: Option<&'a Filter>,
    ) -> Self {
        let Plan { hits, rest } = Plan::new(snapshot, capability, filter);
        Self { snapshot, hits: Hits::of(snapshot, hits), rest, ahead: Vec::new(), seen: 0 }
    }

    /// Fetches some more; whoever takes only a few of them waits for few.
    fn fetch(&mut self) {
        let Self { snapshot, hits, rest, ahead, seen } = self;
        let many = (ahead.len() * 2).clamp(FIRST, TOGETHER);
        ahead.clear();
        *seen = 0;
        ahead.extend(hits.filter_map(|slot| snapshot.at(slot)).take(many));
        fetch(ahead);
        if !rest.is_empty() {
            fetch_metadata(ahead);
        }
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
            of => Self::InOrder { blocks: snapshot.order.blocks(), block: [].iter(), of },
        }
    }
}

impl Iterator for Hits<'_> {
    type Item = Slot;

    fn next(&mut self) -> Option<Slot> {
        match self {
            Self::Sorted(slots) => slots.next(),
            Self::InOrder { blocks, block, of } => loop {
                let next = match of {
                    Some(bits) => block.find(|slot| bits.has(**slot)),
                    None => block.next(),
                };
                if let Some(slot) = next {
                    return Some(*slot);
                }
                *block = blocks.next()?.iter();
            },
        }
    }
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
            self.fetch();
            if self.ahead.is_empty() {
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
