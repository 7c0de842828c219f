use std::sync::Arc;

use model::{HealthStatus, Server, ServerId};

use super::at;
use super::posting::Slot;
use super::slots::Slots;

/// A block that grows beyond this is cut in two: inserting copies one block.
const LONGEST: usize = 512;

/// A block that shrinks below this is joined with the next one, where both are no more than half full.
const SHORTEST: usize = 64;

/// The slots in the order of lists: worst first, then by name, then by id. A list of blocks for each severity, so a
/// turn of a status moves a server from one list to another, and reading in order goes through arrays.
#[derive(Debug, Clone, Default)]
pub(crate) struct Order([Ranked; HealthStatus::ALL.len()]);

type Ranked = Arc<Vec<Arc<Vec<Slot>>>>;

impl Order {
    pub(crate) fn blocks(&self) -> Blocks<'_> {
        Blocks { ranks: self.0.iter(), blocks: [].iter() }
    }

    /// Adds a server that is in its slot already.
    pub(crate) fn insert(&mut self, slots: &Slots, slot: Slot, server: &Server) {
        let key = key(server);
        let Some(ranked) = self.of(server) else { return };
        let ranked = Arc::make_mut(ranked);
        let Some(at) = block_for(ranked, slots, key).or(ranked.len().checked_sub(1)) else {
            ranked.push(Arc::new(vec![slot]));
            return;
        };
        let Some(block) = ranked.get_mut(at) else { return };
        let block = Arc::make_mut(block);
        let place = block.partition_point(|other| is_before(slots, *other, key));
        block.insert(place, slot);
        if block.len() > LONGEST {
            // What is appended is mostly appended again: then the first half stays full.
            let cut = if place + 1 == block.len() { LONGEST } else { LONGEST / 2 };
            let rest = block.split_off(cut);
            ranked.insert(at + 1, Arc::new(rest));
        }
    }

    /// Removes a server that is in its slot still.
    pub(crate) fn remove(&mut self, slots: &Slots, slot: Slot, server: &Server) {
        let Some(ranked) = self.of(server) else { return };
        let ranked = Arc::make_mut(ranked);
        let Some(at) = block_for(ranked, slots, key(server)) else { return };
        let Some(block) = ranked.get_mut(at) else { return };
        let block = Arc::make_mut(block);
        let place = block.partition_point(|other| is_before(slots, *other, key(server)));
        if block.get(place) == Some(&slot) {
            block.remove(place);
        }
        if block.len() < SHORTEST {
            shorten(ranked, at);
        }
    }

    fn of(&mut self, server: &Server) -> Option<&mut Ranked> {
        self.0.get_mut(usize::from(server.health.status.severity()))
    }
}

/// The slots in order, an array at a time.
pub(crate) struct Blocks<'a> {
    ranks: std::slice::Iter<'a, Ranked>,
    blocks: std::slice::Iter<'a, Arc<Vec<Slot>>>,
}

impl<'a> Iterator for Blocks<'a> {
    type Item = &'a [Slot];

    fn next(&mut self) -> Option<&'a [Slot]> {
        loop {
            if let Some(block) = self.blocks.next() {
                return Some(block);
            }
            self.blocks = self.ranks.next()?.iter();
        }
    }
}

/// The position of a server: worst first, then by name, then by id.
pub(crate) fn place(server: &Server) -> (u8, &str, ServerId) {
    let (name, id) = key(server);
    (server.health.status.severity(), name, id)
}

/// The order within one severity.
fn key(server: &Server) -> (&str, ServerId) {
    (&server.info.name, server.info.id)
}

/// The first block that ends at or after this key.
fn block_for(ranked: &[Arc<Vec<Slot>>], slots: &Slots, key: (&str, ServerId)) -> Option<usize> {
    let at = ranked.partition_point(|block| block.last().is_some_and(|last| is_before(slots, *last, key)));
    (at < ranked.len()).then_some(at)
}

fn is_before(slots: &Slots, slot: Slot, than: (&str, ServerId)) -> bool {
    at(slots, slot).is_some_and(|server| key(server) < than)
}

/// Drops a block that is empty, or joins it with the next one.
fn shorten(ranked: &mut Vec<Arc<Vec<Slot>>>, at: usize) {
    let len = |at: usize| ranked.get(at).map(|block| block.len());
    if len(at) == Some(0) {
        ranked.remove(at);
    } else if len(at).zip(len(at + 1)).is_some_and(|(own, next)| own + next <= LONGEST / 2) {
        let next = ranked.remove(at + 1);
        if let Some(block) = ranked.get_mut(at) {
            Arc::make_mut(block).extend(next.iter());
        }
    }
}

/// How many servers have each status.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts([usize; HealthStatus::ALL.len()]);

impl Counts {
    /// How many have this one.
    pub fn of(self, status: HealthStatus) -> usize {
        let [unhealthy, degraded, blocked, needs_sign_in, unknown, paused, healthy] = self.0;
        match status {
            HealthStatus::Unhealthy => unhealthy,
            HealthStatus::Degraded => degraded,
            HealthStatus::Blocked => blocked,
            HealthStatus::NeedsSignIn => needs_sign_in,
            HealthStatus::Unknown => unknown,
            HealthStatus::Paused => paused,
            HealthStatus::Healthy => healthy,
        }
    }

    pub(crate) fn add(&mut self, status: HealthStatus) {
        *self.slot(status) += 1;
    }

    pub(crate) fn take(&mut self, status: HealthStatus) {
        *self.slot(status) -= 1;
    }

    fn slot(&mut self, status: HealthStatus) -> &mut usize {
        let [unhealthy, degraded, blocked, needs_sign_in, unknown, paused, healthy] = &mut self.0;
        match status {
            HealthStatus::Unhealthy => unhealthy,
            HealthStatus::Degraded => degraded,
            HealthStatus::Blocked => blocked,
            HealthStatus::NeedsSignIn => needs_sign_in,
            HealthStatus::Unknown => unknown,
            HealthStatus::Paused => paused,
            HealthStatus::Healthy => healthy,
        }
    }
}
