use std::array::from_fn;
use std::sync::Arc;

use model::Server;

use super::posting::Slot;

/// How many slots share a leaf, and how many leaves a branch: a change copies one of each. Powers of two, so that a place is
/// found by shifts.
const WIDE: usize = 64;

/// Some neighbours.
pub(super) type Leaf = [Option<Arc<Server>>; WIDE];

type SlotBranch = [Arc<Leaf>; WIDE];

/// The servers, by slot: a tree of three levels, whatever their number. Two states share what is alike in both, and to look
/// a server up takes three steps, which counts where a query looks up a hundred thousand.
#[derive(Debug, Clone, Default)]
pub(super) struct Slots {
    branches: Vec<Arc<SlotBranch>>,
    len: usize,
}

impl Slots {
    /// How many slots there are, free ones among them.
    pub(super) fn len(&self) -> usize {
        self.len
    }

    pub(super) fn get(&self, slot: Slot) -> Option<&Arc<Server>> {
        self.leaf(slot)?.get(slot as usize % WIDE)?.as_ref()
    }

    /// A new slot, which is free.
    pub(super) fn grow(&mut self) -> Slot {
        if self.len.is_multiple_of(WIDE * WIDE) {
            let free = Arc::new(from_fn(|_| None));
            self.branches.push(Arc::new(from_fn(|_| Arc::clone(&free))));
        }
        self.len += 1;
        // Four billion servers do not fit into any memory we run in.
        Slot::try_from(self.len - 1).unwrap_or(Slot::MAX)
    }

    pub(super) fn set(&mut self, slot: Slot, server: Option<Arc<Server>>) {
        let (branch, leaf, place) = places(slot);
        let Some(branch) = self.branches.get_mut(branch) else { return };
        let leaf = Arc::make_mut(branch).get_mut(leaf).map(Arc::make_mut);
        if let Some(place) = leaf.and_then(|leaf| leaf.get_mut(place)) {
            *place = server;
        }
    }

    /// Some neighbours at a time.
    pub(super) fn leaves(&self) -> impl Iterator<Item = &Arc<Leaf>> {
        self.branches.iter().flat_map(|branch| branch.iter()).take(self.len.div_ceil(WIDE))
    }

    /// Where this differs from what was before: the slot, who was there, and who is.
    pub(super) fn changes<'a>(&'a self, before: &'a Self) -> impl Iterator<Item = SlotChange<'a>> {
        let leaves = (0..).step_by(WIDE).zip(self.leaves());
        let changed =
            leaves.filter(|(first, leaf)| before.leaf(*first).is_none_or(|was| !Arc::ptr_eq(was, leaf)));
        let slots = changed.flat_map(|(first, leaf)| (first..).zip(leaf.iter().map(Option::as_ref)));
        let both = slots.map(|(slot, now)| (slot, before.get(slot), now));
        both.filter(|(_, was, now)| was.map(Arc::as_ptr) != now.map(Arc::as_ptr))
    }

    fn leaf(&self, slot: Slot) -> Option<&Arc<Leaf>> {
        let (branch, leaf, _) = places(slot);
        self.branches.get(branch)?.get(leaf)
    }
}

pub(super) type SlotChange<'a> = (Slot, Option<&'a Arc<Server>>, Option<&'a Arc<Server>>);

/// The branch, the leaf in it, and the place in that.
fn places(slot: Slot) -> (usize, usize, usize) {
    let slot = slot as usize;
    (slot / (WIDE * WIDE), slot / WIDE % WIDE, slot % WIDE)
}

#[cfg(test)]
mod tests {
    use model::{Health, ServerInfo, Source};
    use proptest::prelude::*;

    use super::*;

    fn server() -> Arc<Server> {
        let info = ServerInfo::new_http("a", "http://a:1/b", Source::Scan, 8).unwrap();
        Arc::new(Server { info: Arc::new(info), health: Health::unknown() })
    }

    fn shown(servers: &[Option<Arc<Server>>]) -> Vec<Option<*const Server>> {
        servers.iter().map(|server| server.as_ref().map(Arc::as_ptr)).collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(16))]

        #[test]
        fn it_is_a_list_and_knows_what_changed(
            first in 0..10_000_usize, more in 0..200_usize,
            sets in prop::collection::vec((any::<prop::sample::Index>(), any::<bool>()), 0..100),
        ) {
            let mut slots = Slots::default();
            let mut model: Vec<Option<Arc<Server>>> = Vec::new();
            let grow = |slots: &mut Slots, model: &mut Vec<_>, count| for _ in 0..count {
                let slot = slots.grow();
                assert_eq!(slot as usize, model.len());
                let server = server();
                slots.set(slot, Some(server.clone()));
                model.push(Some(server));
            };
            grow(&mut slots, &mut model, first);
            let (before, was) = (slots.clone(), model.clone());
            grow(&mut slots, &mut model, more);
            for (place, is_there) in sets.into_iter().filter(|_| first + more > 0) {
                let (place, server) = (place.index(first + more), is_there.then(server));
                slots.set(Slot::try_from(place).unwrap(), server.clone());
                model[place] = server;
            }
            let found: Vec<_> = (0..).map_while(|slot| (slot < 20_000).then(|| slots.get(slot).cloned())).collect();
            prop_assert_eq!(shown(&found[..model.len()]), shown(&model));
            prop_assert!(found[model.len()..].iter().all(Option::is_none));
            let all: Vec<_> = slots.leaves().flat_map(|leaf| leaf.iter().cloned()).take(slots.len()).collect();
            prop_assert_eq!(shown(&all), shown(&model));
            let mut brought = was.clone();
            brought.resize(model.len(), None);
            for (slot, was, now) in slots.changes(&before) {
                let place = &mut brought[slot as usize];
                prop_assert_eq!(place.as_ref().map(Arc::as_ptr), was.map(Arc::as_ptr));
                *place = now.cloned();
            }
            prop_assert_eq!(shown(&brought), shown(&model));
            prop_assert_eq!(before.len(), was.len(), "what was stays as it was");
        }
    }
}
