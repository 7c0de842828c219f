use std::array::from_fn;
use std::ops::Bound;
use std::sync::Arc;

use imbl::{HashMap, OrdMap, Vector};
use model::{Server, ServerId};

use super::posting::{Posting, PostingEntry, Slot};
use super::selection::touch;

/// How many slots share a leaf, and how many leaves a branch: a change copies one of each. Powers of two, so that a place is
/// found by shifts.
const WIDE: usize = 64;

/// Some neighbours.
pub(super) type Leaf = [Option<Arc<Server>>; WIDE];

type SlotBranch = [Arc<Leaf>; WIDE];

/// The servers, by slot: a tree of three levels, whatever their number. Two states share what is equal in both, and to look
/// a server up takes three steps, which counts where a query looks up a hundred thousand.
#[derive(Debug, Clone, Default)]
pub(super) struct Slots {
    branches: Vec<Arc<SlotBranch>>,
    len: usize,
}

impl Slots {
    /// How many slots there are, including free ones.
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

    /// The difference from the former state: the slot, the server that was there, and the one that is.
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

/// The servers of a key in an index.
type IndexPosition = u32;

/// From a key to the servers that have it. An exact key is one hash look-up, a prefix a scan over the ordered keys. Both
/// lead to the same list, so a change of one server touches the ordered keys only when a key is new or gone.
#[derive(Debug, Clone, Default)]
pub(crate) struct Index {
    places: HashMap<Arc<str>, IndexPosition>,
    ordered: OrdMap<Arc<str>, IndexPosition>,
    postings: Vector<Posting>,
    free: Vector<IndexPosition>,
}

impl Index {
    pub(crate) fn get(&self, key: &str) -> Option<&Posting> {
        self.at(*self.places.get(key)?)
    }

    /// The keys that start with `prefix`, in order, each with its servers.
    pub(crate) fn starting_with<'a>(&'a self, prefix: &str) -> impl Iterator<Item = (&'a str, &'a Posting)> {
        self.ordered
            .range::<_, str>((Bound::Included(prefix), Bound::Unbounded))
            .map(|(key, place)| (key.as_ref(), *place))
            .take_while(move |(key, _): &(&str, _)| key.starts_with(prefix))
            .filter_map(|(key, place)| Some((key, self.at(place)?)))
    }

    fn at(&self, place: IndexPosition) -> Option<&Posting> {
        self.postings.get(place as usize)
    }

    /// Adds a server to the lists of these keys, each given once. The lists lie anywhere, so they are fetched together.
    pub(crate) fn add<'k>(&mut self, keys: impl Iterator<Item = &'k String>, entry: PostingEntry) {
        let places: Vec<_> = keys.map(|key| (key, self.places.get(key.as_str()).copied())).collect();
        let known = places.iter().filter_map(|(_, place)| self.at((*place)?));
        touch(known.map(|posting| posting.some_slot() as usize));
        for (key, place) in places {
            match place.and_then(|place| self.postings.get_mut(place as usize)) {
                Some(posting) => posting.insert(entry),
                None => self.add_key(key.as_str().into(), Posting::one(entry)),
            }
        }
    }

    fn add_key(&mut self, key: Arc<str>, posting: Posting) {
        let place = if let Some(place) = self.free.pop_back() {
            self.postings.set(place as usize, posting);
            place
        } else {
            self.postings.push_back(posting);
            // Four billion keys do not fit into any memory we run in.
            IndexPosition::try_from(self.postings.len() - 1).unwrap_or(IndexPosition::MAX)
        };
        self.places.insert(key.clone(), place);
        self.ordered.insert(key, place);
    }

    pub(crate) fn remove(&mut self, key: &str, id: ServerId) {
        let Some(place) = self.places.get(key).copied() else { return };
        let Some(posting) = self.postings.get_mut(place as usize) else { return };
        posting.remove(id);
        if posting.is_empty() {
            self.places.remove(key);
            self.ordered.remove(key);
            self.free.push_back(place);
        }
    }
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
