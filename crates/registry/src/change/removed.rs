use super::Command;
use crate::RegistryError;
use crate::registry::RemovedServer;
use crate::state::NextState;

/// Lists the servers that can be brought back.
pub(crate) struct ListRemoved;

impl Command for ListRemoved {
    type Answer = Vec<RemovedServer>;

    fn apply(&self, draft: &mut NextState) -> Result<Vec<RemovedServer>, RegistryError> {
        let mut removed: Vec<_> = draft
            .removed()
            .map(|(record, removed_at)| RemovedServer {
                info: record.info.clone(),
                removed_at,
                ignored: record.ignored,
            })
            .collect();
        removed.sort_unstable_by_key(|server| (std::cmp::Reverse(server.removed_at), server.info.id));
        Ok(removed)
    }
}
