//! Which record an address means. An id is computed once, from the first address, and stays when an edit changes the
//! address: so the record at an address is found by its current address, and an address that was left gets another id.

use crate::{Intake, IntakeError};
use model::{Server, ServerId, ServerInfo, Transport};

impl Intake {
    /// The server at the address with this id, if there is one; others at it are distinguished by what they are given.
    pub(crate) fn first_at(&self, minted: ServerId) -> Option<std::sync::Arc<ServerInfo>> {
        let snapshot = self.registry.snapshot();
        let mut there = snapshot.at_address(minted);
        there.find(|server| !self.vault().is_twin(minted, server.info.id)).map(|server| server.info.clone())
    }

    /// Where the server of this record answers is not asked: if a known one has this URL or endpoint, it is that one.
    pub(crate) fn known_by_place(&self, info: &mut ServerInfo) {
        if self.first_at(info.id).is_some() {
            return;
        }
        let minted = info.minted();
        let snapshot = self.registry.snapshot();
        let is_there = |server: &&Server| {
            let known = &server.info;
            known.transport != Transport::Stdio && minted.iter().any(|id| known.mints(*id))
        };
        let mut there = snapshot.iter().filter(is_there);
        let first = there.find(|server| !minted.iter().any(|id| self.vault().is_twin(*id, server.info.id)));
        if let Some(known) = first.map(|server| &server.info) {
            info.id = known.id;
            info.transport = known.transport;
            info.endpoint.clone_from(&known.endpoint);
        }
    }

    /// The id and the set of secrets of a record whose address gives `info.id`: those of the server that is there, or was
    /// removed there; else an unused id.
    pub(crate) async fn settle(&self, info: &mut ServerInfo) -> Result<(), IntakeError> {
        let minted = info.id;
        if let Some(known) = self.first_at(minted) {
            (info.id, info.secret_set) = (known.id, known.secret_set);
            return Ok(());
        }
        let removed = self.registry.removed().await?;
        let snapshot = self.registry.snapshot();
        let mut again = 0_u32;
        loop {
            let gone = removed.iter().find(|server| server.info.id == info.id);
            match gone {
                // It comes back with what was kept for it.
                Some(gone) if !gone.info.moved || gone.info.mints(minted) => {
                    info.secret_set = gone.info.secret_set;
                    return Ok(());
                }
                None if snapshot.get(info.id).is_none() => return Ok(()),
                _ => {}
            }
            again += 1;
            info.moved = true;
            info.id = ServerId::mint(&format!("{minted} again {again}"));
        }
    }

    /// The set of secrets of the server with the id of this record.
    pub(crate) fn take_set(&self, info: &mut ServerInfo) {
        if let Some(known) = self.registry.snapshot().get(info.id) {
            info.secret_set = known.info.secret_set;
        }
    }
}
