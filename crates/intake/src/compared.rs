//! The entries of AI clients, held against the list: which servers they are, and whether they changed since one was added.

use std::collections::HashMap;

use model::{AddedFrom, ClientEntry, ClientReport, EntryKind, ServerInfo};
use registry::Snapshot;

use crate::Intake;

/// What tells an entry: client, file, name, project.
type EntryPlace<'a> = (&'a str, &'a str, &'a str, Option<&'a str>);

fn place(from: &AddedFrom) -> EntryPlace<'_> {
    (&from.client, &from.file, &from.name, from.project.as_deref())
}

impl Intake {
    /// With the servers in the list that the entries are.
    pub fn compared(&self, mut reports: Vec<ClientReport>) -> Vec<ClientReport> {
        let snapshot = self.registry.snapshot();
        let added =
            snapshot.iter().filter_map(|server| Some((server.info.added_from.as_deref()?, &server.info)));
        let added: HashMap<EntryPlace<'_>, _> =
            added.map(|(from, info)| (place(from), (from, info))).collect();
        for report in &mut reports {
            for file in &mut report.files {
                for entry in &mut file.entries {
                    let place = (&*report.id, &*file.path, &*entry.name, entry.project.as_deref());
                    match added.get(&place) {
                        Some((from, info)) => {
                            (entry.id, entry.known) = (Some(info.id), true);
                            entry.changed = from.consent != entry.consent;
                        }
                        None => by_address(&snapshot, entry),
                    }
                }
            }
        }
        reports
    }
}

/// The server at the address of an entry that is given the same, as far as names tell.
fn by_address(snapshot: &Snapshot, entry: &mut ClientEntry) {
    let Some(id) = entry.id.filter(|_| entry.kind != EntryKind::Own) else { return };
    let is_it = |info: &ServerInfo| {
        entry.kind != EntryKind::Command || (info.cwd == entry.cwd && info.env.iter().eq(entry.env.iter()))
    };
    if let Some(server) = snapshot.at_address(id).find(|server| is_it(&server.info)) {
        (entry.id, entry.known) = (Some(server.info.id), true);
    }
}
