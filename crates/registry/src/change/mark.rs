use std::collections::HashSet;
use std::sync::Arc;

use model::{Millis, ServerId, Source};
use serde_json::{Map, Value};
use store::{PersonField, Record};

use super::Command;
use super::undo::{image, label};
use super::upsert::check;
use crate::RegistryError;
use crate::registry::{ChangedServers, RemovedServer};
use crate::state::NextState;

/// What the user can do to servers as a whole.
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
    /// A removed server can be removed, ignored and restored; only one in the list can be paused.
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

/// Lists the servers that can be restored.
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

/// Deletes every server of this source, removed ones included, for good.
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

/// Tags and data that several servers get, or lose. What is not named stays.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Labels {
    /// Tags to add.
    pub tags: Vec<String>,
    /// Tags to take away.
    pub without: Vec<String>,
    /// Keys of the data to set; `null` takes one away.
    pub metadata: Map<String, Value>,
}

/// Labels some servers; all of them or, if one cannot be, none.
pub(crate) struct Labelling {
    pub(crate) ids: Vec<ServerId>,
    pub(crate) labels: Labels,
}

impl Command for Labelling {
    type Answer = ChangedServers;

    fn apply(&self, draft: &mut NextState) -> Result<ChangedServers, RegistryError> {
        let mut seen = HashSet::new();
        let ids = self.ids.iter().filter(|id| seen.insert(**id));
        let before = ids.map(|id| draft.live(*id).cloned()).collect::<Result<Vec<_>, _>>()?;
        let mut changed = Vec::new();
        for before in before {
            let after = self.labels.applied_to(&before)?;
            changed.extend(image(Some(&before), &after).map(|image| (after, image)));
        }
        let Some((first, first_image)) = changed.first() else { return Ok(ChangedServers::nothing()) };
        let whose =
            if changed.len() == 1 { first.info.name.clone() } else { format!("{} servers", changed.len()) };
        let label = label(first_image, &whose);
        let (after, images): (Vec<_>, Vec<_>) = changed.into_iter().unzip();
        let ids = after.iter().map(Record::id).collect();
        for mut record in after {
            Arc::make_mut(&mut record.info).updated_at = draft.now;
            draft.put(record);
        }
        Ok(ChangedServers { ids, undo: Some(draft.remember(label, images)), revision: 0 })
    }
}

impl Labels {
    fn applied_to(&self, record: &Record) -> Result<Record, RegistryError> {
        let mut after = record.clone();
        let info = Arc::make_mut(&mut after.info);
        if !self.tags.is_empty() || !self.without.is_empty() {
            info.capabilities.retain(|tag| !self.without.contains(tag));
            let fresh = self.tags.iter().filter(|tag| !self.without.contains(*tag));
            for tag in fresh {
                if !info.capabilities.contains(tag) {
                    info.capabilities.push(tag.clone());
                }
            }
            after.set_by_person.insert(PersonField::Capabilities);
        }
        for (key, value) in &self.metadata {
            if value.is_null() {
                info.metadata.remove(key);
            } else {
                info.metadata.insert(key.clone(), value.clone());
            }
            after.set_by_person.insert(PersonField::Metadata);
        }
        check(info)?;
        Ok(after)
    }
}
