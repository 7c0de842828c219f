use std::ops::Bound;
use std::sync::Arc;

use imbl::{HashMap, OrdMap, Vector};
use model::ServerId;

use super::ahead::touch;
use super::posting::{Posting, PostingEntry};

/// Where the servers of a key stand in an index.
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

    /// The keys that begin with `prefix`, in order, each with its servers.
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
