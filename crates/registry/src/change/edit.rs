use std::sync::Arc;

use model::{ServerId, Tls};
use serde_json::{Map, Value};
use store::{Field, Record};

use super::Command;
use super::undo::image;
use super::upsert::{check, check_name};
use crate::RegistryError;
use crate::registry::Changed;
use crate::state::Draft;

/// New values that a person gives. What is absent stays.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Patch {
    /// A new name.
    pub name: Option<String>,
    /// The whole new metadata.
    pub metadata: Option<Map<String, Value>>,
    /// The whole new list of tags.
    pub capabilities: Option<Vec<String>>,
    /// Who vouches for its certificate; nothing means whoever this computer trusts.
    pub tls: Option<Option<Tls>>,
}

/// Changes the fields of one server that a person may change.
pub(crate) struct Edit {
    pub(crate) id: ServerId,
    pub(crate) patch: Patch,
}

impl Command for Edit {
    type Answer = Changed;

    fn apply(&self, draft: &mut Draft) -> Result<Changed, RegistryError> {
        let before = draft.live(self.id)?.clone();
        let after = self.patch.applied_to(&before)?;
        let Some(image) = image(Some(&before), &after) else { return Ok(Changed::nothing()) };
        let label = format!("edited {}", before.info.name);
        let mut after = after;
        Arc::make_mut(&mut after.info).updated_at = draft.now;
        draft.put(after);
        let undo = Some(draft.remember(label, vec![image]));
        Ok(Changed { ids: vec![self.id], undo, revision: 0 })
    }
}

impl Patch {
    fn applied_to(&self, record: &Record) -> Result<Record, RegistryError> {
        let mut after = record.clone();
        let info = Arc::make_mut(&mut after.info);
        if let Some(name) = &self.name {
            check_name(name)?;
            info.name.clone_from(name);
            after.set_by_person.insert(Field::Name);
        }
        if let Some(metadata) = &self.metadata {
            info.metadata.clone_from(metadata);
            after.set_by_person.insert(Field::Metadata);
        }
        if let Some(capabilities) = &self.capabilities {
            info.capabilities.clone_from(capabilities);
            after.set_by_person.insert(Field::Capabilities);
        }
        if let Some(tls) = &self.tls {
            info.tls.clone_from(tls);
        }
        check(info)?;
        Ok(after)
    }
}
