use std::sync::Arc;

use model::{ServerId, ServerInfo};
use serde_json::{Map, Value};
use store::{PersonField, Record};

use super::Command;
use super::undo::{image, label};
use super::upsert::{check, check_name};
use crate::RegistryError;
use crate::registry::ChangedServers;
use crate::state::NextState;

/// New values that a person gives. What is absent stays.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Patch {
    /// A new name.
    pub name: Option<String>,
    /// The whole new metadata.
    pub metadata: Option<Map<String, Value>>,
    /// The whole new list of tags.
    pub capabilities: Option<Vec<String>>,
    /// Whether its child is never put to sleep.
    pub keep_running: Option<bool>,
    /// Another way to reach it.
    pub way: Option<Box<WayChange>>,
}

/// How a server is reached, before and after: its address or command, and what is named for it. Its id stays.
#[derive(Debug, Clone, PartialEq)]
pub struct WayChange {
    /// The record that was looked at. If it is reached otherwise by now, nothing is changed.
    pub from: Arc<ServerInfo>,
    /// The record that has the new way.
    pub to: ServerInfo,
}

/// Changes the fields of one server that a person may change.
pub(crate) struct Edit {
    pub(crate) id: ServerId,
    pub(crate) patch: Patch,
}

impl Command for Edit {
    type Answer = ChangedServers;

    fn apply(&self, draft: &mut NextState) -> Result<ChangedServers, RegistryError> {
        let before = draft.live(self.id)?.clone();
        let after = self.patch.applied_to(&before)?;
        let Some(image) = image(Some(&before), &after) else { return Ok(ChangedServers::nothing()) };
        let label = label(&image, &before.info.name);
        let mut after = after;
        Arc::make_mut(&mut after.info).updated_at = draft.now;
        draft.put(after);
        let undo = Some(draft.remember(label, vec![image]));
        Ok(ChangedServers { ids: vec![self.id], undo, revision: 0 })
    }
}

impl Patch {
    fn applied_to(&self, record: &Record) -> Result<Record, RegistryError> {
        let mut after = record.clone();
        let info = Arc::make_mut(&mut after.info);
        if let Some(name) = &self.name {
            check_name(name)?;
            info.name.clone_from(name);
            after.set_by_person.insert(PersonField::Name);
        }
        if let Some(metadata) = &self.metadata {
            info.metadata.clone_from(metadata);
            after.set_by_person.insert(PersonField::Metadata);
        }
        if let Some(capabilities) = &self.capabilities {
            info.capabilities.clone_from(capabilities);
            after.set_by_person.insert(PersonField::Capabilities);
        }
        info.keep_running = self.keep_running.unwrap_or(info.keep_running);
        if let Some(way) = &self.way {
            way.take(info)?;
        }
        check(info)?;
        Ok(after)
    }
}

impl WayChange {
    fn take(&self, info: &mut ServerInfo) -> Result<(), RegistryError> {
        if !is_same_way(info, &self.from) {
            let reason = "was changed meanwhile: look at it again, then edit it".to_owned();
            return Err(RegistryError::Invalid { field: "server", reason });
        }
        let to = self.to.clone();
        // What was seen elsewhere says nothing of how one speaks there.
        if to.origin() != info.origin() || !to.runs_as(info) {
            info.identity = None;
        }
        (info.transport, info.url, info.endpoint) = (to.transport, to.url, to.endpoint);
        (info.command, info.args, info.env, info.cwd) = (to.command, to.args, to.env, to.cwd);
        (info.token_env, info.header_env, info.secret_set) = (to.token_env, to.header_env, to.secret_set);
        (info.reach, info.source, info.auth_required) = (to.reach, to.source, to.auth_required);
        info.tls = to.tls;
        info.moved = !info.mints(info.id);
        Ok(())
    }
}

fn is_same_way(a: &ServerInfo, b: &ServerInfo) -> bool {
    let place = |info: &ServerInfo| (info.transport, info.url.clone(), info.endpoint.clone());
    let named = |info: &ServerInfo| {
        (info.env.clone(), info.cwd.clone(), info.token_env.clone(), info.header_env.clone())
    };
    place(a) == place(b)
        && a.runs_as(b)
        && named(a) == named(b)
        && (a.secret_set, &a.tls) == (b.secret_set, &b.tls)
}
