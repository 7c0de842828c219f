//! What became of servers since the last batch.

use std::collections::BTreeMap;
use std::sync::Arc;

use model::{Event, Server, ServerId};
use registry::{Published, Told};

/// The newest state of each server that was told since the last batch.
#[derive(Debug)]
pub(super) struct Pending {
    from: u64,
    to: u64,
    /// Revisions went by that nobody is told of.
    is_gap: bool,
    servers: BTreeMap<ServerId, Told>,
}

impl Pending {
    /// Nothing yet, after this revision.
    pub(super) fn since(revision: u64) -> Self {
        Self { from: revision, to: revision, is_gap: false, servers: BTreeMap::new() }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.servers.is_empty() && !self.is_gap
    }

    pub(super) fn take(&mut self, Published { revision, told }: Published) {
        if revision <= self.to {
            return;
        }
        let Some(told) = told else { return self.skip_to(revision) };
        if revision > self.to + 1 {
            self.skip_to(revision - 1);
        }
        self.to = revision;
        for told in told.iter() {
            self.note(told.clone());
        }
    }

    /// The revisions that the batch spans, and what became of each server between them.
    pub(super) fn flush(&mut self) -> (u64, u64, Vec<Event>) {
        let Self { from, to, servers, .. } = std::mem::replace(self, Self::since(self.to));
        (from, to, servers.into_values().map(event).collect())
    }

    /// What was lost is not made up: a face without this revision reads the servers again.
    fn skip_to(&mut self, revision: u64) {
        *self = Self { is_gap: true, ..Self::since(revision) };
    }

    fn note(&mut self, told: Told) {
        match (self.servers.get_mut(&id_of(&told)), told) {
            // Its record is still untold.
            (Some(Told::Changed(before)), Told::Measured(server)) => *before = server,
            (Some(before), told) => *before = told,
            (None, told) => drop(self.servers.insert(id_of(&told), told)),
        }
    }
}

fn id_of(told: &Told) -> ServerId {
    match told {
        Told::Changed(server) | Told::Measured(server) => server.info.id,
        Told::Removed(id) => *id,
    }
}

fn event(told: Told) -> Event {
    match told {
        Told::Changed(server) => Event::ServerChanged { server },
        Told::Measured(server) => measured(&server),
        Told::Removed(id) => Event::ServerRemoved { id },
    }
}

fn measured(server: &Arc<Server>) -> Event {
    Event::HealthChanged { id: server.info.id, health: server.health.clone() }
}
