use std::collections::HashSet;
use std::sync::Arc;

use model::{Millis, ServerId};
use store::Record;

use super::Command;
use super::undo::image;
use crate::RegistryError;
use crate::registry::ChangedServers;
use crate::state::NextState;

/// What a person can do to servers as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mark {
    Remove,
    Ignore,
    Restore,
    Pause,
    Resume,
}

/// Marks some servers; all of them or, if one does not exist, none.
pub(crate) struct Marking {
    pub(crate) ids: Vec<ServerId>,
    pub(crate) mark: Mark,
}

impl Command for Marking {
    type Answer = ChangedServers;

    fn apply(&self, draft: &mut NextState) -> Result<ChangedServers, RegistryError> {
        let now = draft.now;
        let mut seen = HashSet::new();
        let ids = self.ids.iter().filter(|id| seen.insert(**id));
        let before = ids.map(|id| self.find(draft, *id)).collect::<Result<Vec<_>, _>>()?;
        let changed: Vec<_> = before
            .into_iter()
            .filter_map(|before| {
                let after = self.mark.applied_to(&before, now);
                let image = image(Some(&before), &after)?;
                Some((after, image))
            })
            .collect();
        let Some((first, _)) = changed.first() else { return Ok(ChangedServers::nothing()) };
        let label = self.mark.label(&first.info.name, changed.len());
        let (after, images): (Vec<_>, Vec<_>) = changed.into_iter().unzip();
        let ids = after.iter().map(Record::id).collect();
        for record in after {
            draft.put(record);
        }
        Ok(ChangedServers { ids, undo: Some(draft.remember(label, images)), revision: 0 })
    }
}

impl Marking {
    /// A removed server can be removed, ignored and restored; only one that is there can be paused.
    fn find(&self, draft: &NextState, id: ServerId) -> Result<Arc<Record>, RegistryError> {
        match self.mark {
            Mark::Pause | Mark::Resume => draft.live(id).cloned(),
            Mark::Remove | Mark::Ignore | Mark::Restore => {
                draft.record(id).cloned().ok_or(RegistryError::NotFound(id))
            }
        }
    }
}

impl Mark {
    fn applied_to(self, record: &Record, now: Millis) -> Record {
        let mut after = record.clone();
        match self {
            Self::Remove => after.removed_at = record.removed_at.or(Some(now)),
            Self::Ignore => {
                after.removed_at = record.removed_at.or(Some(now));
                after.ignored = true;
            }
            Self::Restore => {
                after.removed_at = None;
                after.ignored = false;
            }
            Self::Pause | Self::Resume => {
                let info = Arc::make_mut(&mut after.info);
                info.paused = self == Self::Pause;
                info.updated_at = now;
            }
        }
        after
    }

    fn label(self, first: &str, count: usize) -> String {
        let verb = match self {
            Self::Remove => "removed",
            Self::Ignore => "ignored",
            Self::Restore => "restored",
            Self::Pause => "paused",
            Self::Resume => "resumed",
        };
        if count == 1 { format!("{verb} {first}") } else { format!("{verb} {count} servers") }
    }
}
