use std::collections::HashMap;

use super::read::Reader;
use crate::{Given, ServerId, ServerInfo};

/// The records of a file, each server once.
#[derive(Default)]
pub(super) struct Merged {
    pub(super) servers: Vec<ServerInfo>,
    pub(super) given: Vec<(usize, Given)>,
    by_id: HashMap<(ServerId, String), usize>,
    by_name_and_address: HashMap<(String, ServerId, String), usize>,
}

impl Merged {
    /// Adds a record. One address is one server, under whatever names and ids; so is one name at two spellings of an
    /// address. What was given beside the address tells two apart: two databases, two accounts.
    pub(super) fn add(&mut self, info: ServerInfo, given: Given, at: usize, reader: &mut Reader<'_>) {
        let apart = if given.is_empty() { String::new() } else { given.key() };
        let named = (info.name.clone(), info.address_id(), apart.clone());
        let own = (info.id, apart);
        let known = self.by_id.get(&own).or_else(|| self.by_name_and_address.get(&named)).copied();
        if let Some((known, other)) = known.and_then(|known| Some((known, self.servers.get(known)?))) {
            let (name, address) = (&info.name, info.address());
            let message = if other.name == *name {
                format!("`{name}` stands twice at `{address}`: taken as one server")
            } else {
                format!("`{name}` has the address of `{}`, `{address}`: taken as one server", other.name)
            };
            reader.warn(at, message);
            return self.keep_newest(known, info);
        }
        self.by_id.insert(own, self.servers.len());
        self.by_name_and_address.insert(named, self.servers.len());
        self.servers.push(info);
        self.given.push((reader.place(at).0, given));
    }

    /// The one that was seen last counts; the id stays that of the first.
    fn keep_newest(&mut self, known: usize, info: ServerInfo) {
        let Some(kept) = self.servers.get_mut(known) else { return };
        if info.last_seen > kept.last_seen {
            *kept = ServerInfo { id: kept.id, ..info };
        }
    }
}
