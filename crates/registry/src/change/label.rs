use std::collections::HashSet;
use std::sync::Arc;

use model::ServerId;
use serde_json::{Map, Value};
use store::{PersonField, Record};

use super::Command;
use super::undo::{image, label};
use super::upsert::check;
use crate::RegistryError;
use crate::registry::ChangedServers;
use crate::state::NextState;

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
