//! What readers see: one immutable state of the registry, with its indexes.

mod counts;
mod index;
mod matches;
mod posting;

use std::sync::Arc;

pub use counts::Counts;
use imbl::{HashMap, Vector};
use index::Index;
pub use matches::Matches;
use model::{CapabilityPattern, Filter, Server, ServerId, ServerInfo, fold};
use posting::{Entry, Slot};

/// One state of the registry. Its maps are persistent: the next state shares all but a few nodes with it, so a change
/// among 100,000 servers copies some kilobytes, and a clone copies nothing.
#[derive(Debug, Clone, Default)]
pub struct Snapshot {
    revision: u64,
    // Indexes name a server by its slot, so a measurement changes one slot and no index.
    slots: Vector<Option<Arc<Server>>>,
    free: Vector<Slot>,
    ids: HashMap<ServerId, Slot>,
    capabilities: Index,
    names: Index,
    /// Who has another id than the address mints, by the ids that it mints.
    moved: HashMap<ServerId, Vec<ServerId>>,
    counts: Counts,
}

impl Snapshot {
    /// Grows by one with each published state; begins anew with each start of the program.
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// How many servers.
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    /// The server with this id.
    pub fn get(&self, id: ServerId) -> Option<&Server> {
        self.at(*self.ids.get(&id)?)
    }

    /// The server at the address that mints this id. It has another id when it was edited to go there, and who was edited
    /// away from there is not it.
    pub fn at_address(&self, minted: ServerId) -> impl Iterator<Item = &Server> {
        let still = |server: &&Server| !server.info.moved || server.info.mints(minted);
        let moved = self.moved.get(&minted).into_iter().flatten();
        let moved = moved.filter(move |id| **id != minted).filter_map(|id| self.get(*id));
        self.get(minted).filter(still).into_iter().chain(moved)
    }

    /// All servers, in no promised order.
    pub fn iter(&self) -> impl Iterator<Item = &Server> {
        self.slots.iter().flatten().map(AsRef::as_ref)
    }

    /// The servers that offer what the pattern names, paused ones included.
    pub fn by_capability(&self, pattern: &CapabilityPattern) -> Matches<'_> {
        Matches::new(self, pattern)
    }

    /// The servers whose record carries this tag, by id; folded as capabilities are. Tags are capabilities, so they
    /// share an index, and what only offers a tool of that name is left out.
    pub fn by_tag(&self, tag: &str) -> impl Iterator<Item = &Server> {
        let key = fold(tag);
        let entries = self.capabilities.get(&key).into_iter().flat_map(posting::Posting::iter);
        let servers = entries.filter_map(|entry| self.at(entry.slot));
        servers.filter(move |server| server.info.capabilities.iter().any(|own| fold(own) == key))
    }

    /// The servers of exactly this name, by id.
    pub fn by_name(&self, name: &str) -> Vec<ServerId> {
        self.names.get(name).into_iter().flat_map(posting::Posting::iter).map(|entry| entry.id).collect()
    }

    /// The servers that offer the capability and fit the filter: worst first, then by name, then by id.
    pub fn query(&self, capability: Option<&CapabilityPattern>, filter: Option<&Filter>) -> Vec<Server> {
        let fits = |server: &&Server| filter.is_none_or(|filter| filter.matches(server));
        let mut found: Vec<&Server> = match capability {
            Some(pattern) => self.by_capability(pattern).iter().filter(fits).collect(),
            None => self.iter().filter(fits).collect(),
        };
        found.sort_unstable_by_key(|server| {
            (server.health.status.severity(), &server.info.name, server.info.id)
        });
        found.into_iter().cloned().collect()
    }

    /// How many servers are in each state.
    pub fn counts(&self) -> Counts {
        self.counts
    }

    fn at(&self, slot: Slot) -> Option<&Server> {
        self.slots.get(slot as usize)?.as_deref()
    }

    pub(crate) fn advance(&mut self) {
        self.revision += 1;
    }

    /// Adds a server, or replaces the one with its id.
    pub(crate) fn put(&mut self, server: Arc<Server>) {
        self.counts.add(server.health.status);
        let Some(slot) = self.ids.get(&server.info.id).copied() else {
            self.insert(server);
            return;
        };
        let Some(old) = self.slots.get(slot as usize).cloned().flatten() else { return };
        self.counts.take(old.health.status);
        if !Arc::ptr_eq(&old.info, &server.info) && !has_same_keys(&old.info, &server.info) {
            let entry = Entry { id: server.info.id, slot };
            self.reindex(entry, &Keys::of(&old.info), &Keys::of(&server.info));
        }
        if !Arc::ptr_eq(&old.info, &server.info) {
            self.leave(&old.info);
            self.arrive(&server.info);
        }
        self.slots.set(slot as usize, Some(server));
    }

    fn insert(&mut self, server: Arc<Server>) {
        let slot = self.free.pop_back().unwrap_or_else(|| self.grow());
        let entry = Entry { id: server.info.id, slot };
        self.ids.insert(entry.id, slot);
        self.reindex(entry, &Keys::default(), &Keys::of(&server.info));
        self.arrive(&server.info);
        self.slots.set(slot as usize, Some(server));
    }

    /// Slots are 32 bits: four billion servers do not fit into any memory we run in.
    fn grow(&mut self) -> Slot {
        self.slots.push_back(None);
        Slot::try_from(self.slots.len() - 1).unwrap_or(Slot::MAX)
    }

    /// Takes a server out.
    pub(crate) fn remove(&mut self, id: ServerId) {
        let Some(slot) = self.ids.remove(&id) else { return };
        self.free.push_back(slot);
        let Some(old) = self.slots.set(slot as usize, None) else { return };
        self.counts.take(old.health.status);
        self.reindex(Entry { id, slot }, &Keys::of(&old.info), &Keys::default());
        self.leave(&old.info);
    }

    fn arrive(&mut self, info: &ServerInfo) {
        for minted in places(info) {
            self.moved.entry(minted).or_default().push(info.id);
        }
    }

    fn leave(&mut self, info: &ServerInfo) {
        for minted in places(info) {
            let Some(ids) = self.moved.get_mut(&minted) else { continue };
            ids.retain(|id| *id != info.id);
            if ids.is_empty() {
                self.moved.remove(&minted);
            }
        }
    }

    fn reindex(&mut self, entry: Entry, old: &Keys, new: &Keys) {
        reindex(&mut self.capabilities, entry, &old.capabilities, &new.capabilities);
        reindex(&mut self.names, entry, &old.name, &new.name);
    }
}

/// Where a server is whose id does not say it.
fn places(info: &ServerInfo) -> Vec<ServerId> {
    if info.moved { info.minted() } else { Vec::new() }
}

/// Everything one server is indexed by; each list sorted, each key once.
#[derive(Default)]
struct Keys {
    capabilities: Vec<String>,
    name: Vec<String>,
}

impl Keys {
    fn of(info: &ServerInfo) -> Self {
        Self { capabilities: sorted(info.capability_keys()), name: vec![info.name.clone()] }
    }
}

/// Sorted, so that a server with thousands of tools is compared with its former self in no time.
fn sorted(mut keys: Vec<String>) -> Vec<String> {
    keys.sort_unstable();
    keys.dedup();
    keys
}

fn reindex(index: &mut Index, entry: Entry, old: &[String], new: &[String]) {
    for key in old.iter().filter(|key| new.binary_search(key).is_err()) {
        index.remove(key, entry.id);
    }
    for key in new.iter().filter(|key| old.binary_search(key).is_err()) {
        index.add(key, entry);
    }
}

/// Whether both are indexed alike, judged without making the keys: the usual case of a measurement.
fn has_same_keys(old: &ServerInfo, new: &ServerInfo) -> bool {
    old.name == new.name
        && old.capabilities == new.capabilities
        && old.resources == new.resources
        && old.prompts == new.prompts
        && old.tools.iter().map(|tool| &tool.name).eq(new.tools.iter().map(|tool| &tool.name))
}
