use model::{ServerId, Source};

use super::Command;
use crate::RegistryError;
use crate::registry::ChangedServers;
use crate::state::NextState;

/// Deletes every server that somebody brought, removed ones included, for good.
pub(crate) struct Forget {
    pub(crate) source: Source,
}

impl Command for Forget {
    type Answer = ChangedServers;

    /// Not journaled. An older change of such a server finds no record to restore, so undo passes over it.
    fn apply(&self, draft: &mut NextState) -> Result<ChangedServers, RegistryError> {
        let ids: Vec<ServerId> = draft.brought_by(self.source).collect();
        for id in &ids {
            draft.purge(*id);
        }
        Ok(ChangedServers { ids, undo: None, revision: 0 })
    }
}
