//! The view of readers: one immutable state of the registry, with its indexes.

mod fields;
mod matches;
mod order;
mod posting;
mod selection;
mod slots;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use imbl::{HashMap, Vector};
use model::{CapabilityPattern, Filter, Server, ServerId, ServerInfo, fold};
use order::Order;
use posting::{Posting, PostingEntry, Slot};
use slots::{Index, Slots};

pub(crate) use fields::Workshop;
pub use matches::Matches;
pub use order::Counts;
pub use selection::Selection;

/// One state of the registry. Its maps are persistent: the next state shares all but a few nodes with it, so a change
/// among 100,000 servers copies some kilobytes, and a clone copies nothing.
#[derive(Debug, Clone, Default)]
pub struct Snapshot {
    revision: u64,
    // Indexes name a server by its slot, so a measurement changes one slot and no index.
    slots: Slots,
    free: Vector<Slot>,
    ids: HashMap<ServerId, Slot>,
    capabilities: Index,
    names: HashMap<Arc<str>, Posting>,
    /// Servers whose id is not the one of their address, by the ids of their addresses.
    moved: HashMap<ServerId, Vec<ServerId>>,
    order: Order,
    fields: fields::FieldIndexes,
    made_here: fields::MadeHere,
    workshop: Arc<Workshop>,
    counts: Counts,
}

impl Snapshot {
    /// Grows by one with each published state; starts again with each start of the program.
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

    /// The server at the address with this id. It has another id when it was edited to that address, and a server that was
    /// edited away from it is not the one.
    pub fn at_address(&self, minted: ServerId) -> impl Iterator<Item = &Server> {
        let still = |server: &&Server| !server.info.moved || server.info.mints(minted);
        let moved = self.moved.get(&minted).into_iter().flatten();
        let moved = moved.filter(move |id| **id != minted).filter_map(|id| self.get(*id));
        self.get(minted).filter(still).into_iter().chain(moved)
    }

    /// All servers, in no promised order.
    pub fn iter(&self) -> impl Iterator<Item = &Server> {
        self.slots.leaves().flat_map(|leaf| leaf.iter()).flatten().map(AsRef::as_ref)
    }

    /// The servers that offer what the pattern names, paused ones included.
    pub fn by_capability(&self, pattern: &CapabilityPattern) -> Matches<'_> {
        Matches::new(self, pattern)
    }

    fn offering(&self, pattern: &CapabilityPattern) -> posting::Bits {
        let mut bits = posting::Bits::none(self.slots.len());
        self.by_capability(pattern).slots().for_each(|slot| bits.add(slot));
        bits
    }

    /// The servers whose record has this tag, by id; folded as capabilities are. Tags are capabilities, so they share an
    /// index, and what only offers a tool of that name is left out.
    pub fn by_tag(&self, tag: &str) -> impl Iterator<Item = &Server> {
        let key = fold(tag);
        let entries = self.capabilities.get(&key).into_iter().flat_map(Posting::iter);
        let servers = entries.filter_map(|entry| self.at(entry.slot));
        servers.filter(move |server| server.info.capabilities.iter().any(|own| fold(own) == key))
    }

    /// The servers of exactly this name, by id.
    pub fn by_name(&self, name: &str) -> Vec<ServerId> {
        self.names.get(name).into_iter().flat_map(Posting::iter).map(|entry| entry.id).collect()
    }

    /// The servers that offer the capability and match the filter: worst first, then by name, then by id. Nothing is copied,
    /// and a reader of only the first of them does not pay for the rest.
    ///
    /// Fields that the filter names get an index, made now and kept from then on; what none answers (words, and what is
    /// offered compared otherwise than by name) is evaluated for the servers that the others leave.
    pub fn find<'a>(
        &'a self,
        capability: Option<&CapabilityPattern>,
        filter: Option<&'a Filter>,
    ) -> Selection<'a> {
        Selection::new(self, capability, filter)
    }

    /// All of [`Snapshot::find`], as copies.
    pub fn query(&self, capability: Option<&CapabilityPattern>, filter: Option<&Filter>) -> Vec<Server> {
        self.find(capability, filter).cloned().collect()
    }

    /// How many servers are in each state.
    pub fn counts(&self) -> Counts {
        self.counts
    }

    fn at(&self, slot: Slot) -> Option<&Server> {
        at(&self.slots, slot)
    }

    /// The same servers without the indexes that filters made, so that a benchmark sees what the first filter costs.
    #[doc(hidden)]
    #[must_use]
    pub fn without_indexes(&self) -> Self {
        let (fields, made_here) = <(fields::FieldIndexes, fields::MadeHere)>::default();
        Self { fields, made_here, workshop: Arc::default(), ..self.clone() }
    }

    /// Keeps the indexes that readers made since. Whether there were any.
    pub(crate) fn adopt(&mut self) -> bool {
        self.fields.adopt(&self.workshop, &self.slots)
    }

    /// Where readers leave the indexes that they make.
    pub(crate) fn workshop(&self) -> &Workshop {
        &self.workshop
    }

    pub(crate) fn advance(&mut self) {
        self.revision += 1;
        self.made_here = fields::MadeHere::default();
    }

    /// Made from these servers.
    pub(crate) fn of(servers: impl Iterator<Item = Server>) -> Self {
        let mut servers: Vec<Server> = servers.collect();
        // In order, so that each is put behind the last one, and neighbours in a list are neighbours in memory.
        servers.sort_unstable_by(|a, b| order::place(a).cmp(&order::place(b)));
        let mut snapshot = Self::default();
        for server in servers {
            snapshot.put(Arc::new(server));
        }
        snapshot
    }

    /// Adds a server, or replaces the one with its id.
    pub(crate) fn put(&mut self, server: Arc<Server>) {
        self.counts.add(server.health.status);
        let Some(slot) = self.ids.get(&server.info.id).copied() else {
            self.insert(server);
            return;
        };
        let Some(old) = self.slots.get(slot).cloned() else { return };
        self.counts.take(old.health.status);
        if !Arc::ptr_eq(&old.info, &server.info) && !has_same_keys(&old.info, &server.info) {
            let entry = PostingEntry { id: server.info.id, slot };
            self.reindex(entry, Some(&old.info), Some(&server.info));
        }
        if !Arc::ptr_eq(&old.info, &server.info) {
            self.leave(&old.info);
            self.arrive(&server.info);
        }
        self.replace(slot, Some(&old), Some(server));
    }

    fn insert(&mut self, server: Arc<Server>) {
        let slot = self.free.pop_back().unwrap_or_else(|| self.slots.grow());
        let entry = PostingEntry { id: server.info.id, slot };
        self.ids.insert(entry.id, slot);
        self.reindex(entry, None, Some(&server.info));
        self.arrive(&server.info);
        self.replace(slot, None, Some(server));
    }

    /// Changes the server in a slot, in the order and in the indexes of fields.
    fn replace(&mut self, slot: Slot, old: Option<&Server>, new: Option<Arc<Server>>) {
        let moves = old.map(order::place) != new.as_deref().map(order::place);
        // Its old place is searched among the present ones.
        if let Some(old) = old.filter(|_| moves) {
            self.order.remove(&self.slots, slot, old);
        }
        self.slots.set(slot, new);
        let new = at(&self.slots, slot);
        if let Some(new) = new.filter(|_| moves) {
            self.order.insert(&self.slots, slot, new);
        }
        self.fields.change(slot, old, new, self.slots.len());
    }

    /// Takes a server out.
    pub(crate) fn remove(&mut self, id: ServerId) {
        let Some(slot) = self.ids.remove(&id) else { return };
        self.free.push_back(slot);
        let Some(old) = self.slots.get(slot).cloned() else { return };
        self.counts.take(old.health.status);
        self.reindex(PostingEntry { id, slot }, Some(&old.info), None);
        self.leave(&old.info);
        self.replace(slot, Some(&old), None);
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

    /// Changes the keys of a server.
    fn reindex(&mut self, entry: PostingEntry, old: Option<&ServerInfo>, new: Option<&ServerInfo>) {
        let keys = |info: Option<&ServerInfo>| info.map(ServerInfo::capability_keys).unwrap_or_default();
        let (old_keys, new_keys) = (keys(old), keys(new));
        for key in old_keys.iter().filter(|key| new_keys.binary_search(key).is_err()) {
            self.capabilities.remove(key, entry.id);
        }
        let added = new_keys.iter().filter(|key| old_keys.binary_search(key).is_err());
        self.capabilities.add(added, entry);
        let (old, new) = (old.map(|info| &info.name), new.map(|info| &info.name));
        if old != new {
            if let Some(name) = old {
                self.leave_name(name, entry.id);
            }
            if let Some(name) = new {
                self.take_name(name, entry);
            }
        }
    }

    fn take_name(&mut self, name: &str, entry: PostingEntry) {
        match self.names.get_mut(name) {
            Some(posting) => posting.insert(entry),
            None => drop(self.names.insert(name.into(), Posting::one(entry))),
        }
    }

    fn leave_name(&mut self, name: &str, id: ServerId) {
        let Some(posting) = self.names.get_mut(name) else { return };
        posting.remove(id);
        if posting.is_empty() {
            self.names.remove(name);
        }
    }
}

/// The slot of a server whose id does not tell it.
fn places(info: &ServerInfo) -> Vec<ServerId> {
    if info.moved { info.minted() } else { Vec::new() }
}

fn at(slots: &Slots, slot: Slot) -> Option<&Server> {
    slots.get(slot).map(AsRef::as_ref)
}

/// Whether both are indexed alike, judged without making the keys: the usual case of a measurement.
fn has_same_keys(old: &ServerInfo, new: &ServerInfo) -> bool {
    old.name == new.name
        && old.capabilities == new.capabilities
        && old.resources == new.resources
        && old.prompts == new.prompts
        && old.tools.iter().map(|tool| &tool.name).eq(new.tools.iter().map(|tool| &tool.name))
}
