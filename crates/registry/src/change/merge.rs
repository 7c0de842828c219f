use std::collections::BTreeSet;
use std::sync::Arc;

use model::{Endpoint, Millis, ServerId, ServerInfo, Source};
use serde_json::{Map, Value};
use store::{PersonField, Record};

use super::undo::{image, label};
use super::upsert::{check, check_name};
use super::{Command, Origin};
use crate::RegistryError;
use crate::registry::ChangedServers;
use crate::state::NextState;

/// The record after `new` was registered over `known`. Registering again adds and corrects, and never removes: a field that
/// is not given stays, and so do `created_at`, a pause, and the measurements.
pub(super) fn merge(known: Option<&Record>, new: &ServerInfo, origin: &Origin, now: Millis) -> Record {
    let set_by_person = match origin {
        Origin::Person { .. } => set_by(new),
        Origin::Automatic => BTreeSet::new(),
    };
    let Some(known) = known else {
        let info = ServerInfo { updated_at: now, ..new.clone() };
        return Record { set_by_person, ..Record::new(Arc::new(info)) };
    };
    let mut info = merge_info(known, new, origin);
    // What was given for one command is not given to another.
    if !info.runs_as(&known.info) {
        info.secret_set = u64::try_from(now).unwrap_or_default().max(info.secret_set + 1);
    }
    info.moved = info.moved && !info.mints(info.id);
    let info = if info == *known.info { info } else { ServerInfo { updated_at: now, ..info } };
    Record {
        info: Arc::new(info),
        removed_at: None,
        ignored: false,
        set_by_person: known.set_by_person.union(&set_by_person).copied().collect(),
    }
}

/// The fields that the user sets by registering a server.
fn set_by(new: &ServerInfo) -> BTreeSet<PersonField> {
    let metadata = (!new.metadata.is_empty()).then_some(PersonField::Metadata);
    let capabilities = (!new.capabilities.is_empty()).then_some(PersonField::Capabilities);
    [Some(PersonField::Name), metadata, capabilities].into_iter().flatten().collect()
}

fn merge_info(known: &Record, new: &ServerInfo, origin: &Origin) -> ServerInfo {
    let old = &*known.info;
    let may_set = |field| matches!(origin, Origin::Person { .. }) || !known.set_by_person.contains(&field);
    let mut info = old.clone();
    if may_set(PersonField::Name) {
        info.name.clone_from(&new.name);
    }
    if may_set(PersonField::Metadata) {
        add_keys(&mut info.metadata, &new.metadata);
    }
    if may_set(PersonField::Capabilities) && !new.capabilities.is_empty() {
        info.capabilities.clone_from(&new.capabilities);
    }
    merge_address(&mut info, new, origin);
    // A credential is bound to the origin it was given for.
    if origin_of(&info) != origin_of(old) {
        info.token_env = None;
        info.header_env.clear();
        info.tls = None;
        info.reach = None;
    }
    merge_contents(&mut info, new);
    info.health_endpoint = new.health_endpoint.clone().or(info.health_endpoint);
    info.version = new.version.clone().or(info.version);
    info.token_env = new.token_env.clone().or(info.token_env);
    if !new.header_env.is_empty() {
        info.header_env.clone_from(&new.header_env);
    }
    // Only the user can accept an address that is farther away, or a certificate.
    if matches!(origin, Origin::Person { .. }) {
        info.reach = new.reach.or(info.reach);
        info.tls = new.tls.clone().or(info.tls);
        info.added_from = new.added_from.clone().or(info.added_from);
    }
    info.auth_required = new.auth_required;
    info.last_seen = info.last_seen.max(new.last_seen);
    info
}

fn origin_of(info: &ServerInfo) -> Option<String> {
    info.target().and_then(|url| Endpoint::parse(url).ok()).map(|endpoint| endpoint.origin())
}

fn add_keys(known: &mut Map<String, Value>, new: &Map<String, Value>) {
    for (key, value) in new {
        known.insert(key.clone(), value.clone());
    }
}

/// The URL that the user gave stays (a scan knows only what it found), and so does the source of the server.
fn merge_address(info: &mut ServerInfo, new: &ServerInfo, origin: &Origin) {
    let is_automatic = matches!(origin, Origin::Automatic);
    // A server that the user added stays the user's: a file that lists it again changes nothing. A demo server is removed
    // with the demo, even if its address is added.
    let stays = matches!(info.source, Source::Manual | Source::Client | Source::Demo);
    if !stays && (!is_automatic || info.source == Source::Scan) {
        info.source = new.source;
    }
    if !is_automatic || info.url.is_none() {
        info.url = new.url.clone().or(info.url.take());
    }
    info.transport = new.transport;
    info.endpoint = new.endpoint.clone().or(info.endpoint.take());
    if new.command.is_some() {
        info.command.clone_from(&new.command);
        info.args.clone_from(&new.args);
        if !new.env.is_empty() {
            info.env.clone_from(&new.env);
        }
        info.cwd = new.cwd.clone().or(info.cwd.take());
        info.keep_running |= new.keep_running;
    }
}

/// What a server reported stays until it reports something else; a registration without a request to it reports nothing.
fn merge_contents(info: &mut ServerInfo, new: &ServerInfo) {
    let asked = new.identity.is_some()
        || !new.tools.is_empty()
        || !new.resources.is_empty()
        || !new.prompts.is_empty();
    if asked {
        info.identity.clone_from(&new.identity);
        info.tools = new.tools.clone();
        info.resources.clone_from(&new.resources);
        info.prompts.clone_from(&new.prompts);
        info.definitions = new.definitions.clone();
        info.left_out.clone_from(&new.left_out);
    }
}

/// New values from the user. Absent ones stay.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Patch {
    /// A new name.
    pub name: Option<String>,
    /// The whole new metadata.
    pub metadata: Option<Map<String, Value>>,
    /// The whole new list of tags.
    pub capabilities: Option<Vec<String>>,
    /// Whether its child process keeps running when it is not used.
    pub keep_running: Option<bool>,
    /// Another way to reach it.
    pub way: Option<Box<WayChange>>,
}

/// How a server is reached, before and after: its address or command, and the names of its secrets. Its id stays.
#[derive(Debug, Clone, PartialEq)]
pub struct WayChange {
    /// The record that was read. If it is reached in another way by now, nothing is changed.
    pub from: Arc<ServerInfo>,
    /// The record that has the new way.
    pub to: ServerInfo,
}

/// Changes the fields of one server that the user can change.
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
            let reason = "was changed meanwhile: read it again, then edit it".to_owned();
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::change::tests::info;

    #[test]
    fn a_server_that_moves_to_another_origin_loses_its_token() {
        let known = ServerInfo { token_env: Some("TOKEN".to_owned()), ..info("a") };
        let known = Record::new(Arc::new(known));
        let person = Origin::Person { label: "added a".to_owned() };
        let again = merge(Some(&known), &known.info, &person, 2_000);
        assert_eq!(again.info.token_env.as_deref(), Some("TOKEN"), "the same origin keeps it");
        let mut moved = (*known.info).clone();
        (moved.token_env, moved.endpoint) = (None, Some("http://127.0.0.9:1/mcp".to_owned()));
        assert_eq!(merge(Some(&known), &moved, &person, 2_000).info.token_env, None);
    }

    #[test]
    fn what_a_person_added_stays_a_persons() {
        let known = Record::new(Arc::new(info("a")));
        let listed = ServerInfo { source: Source::Import, ..info("a") };
        let person = Origin::Person { label: "imported".to_owned() };
        assert_eq!(merge(Some(&known), &listed, &person, 2_000).info.source, Source::Manual);
    }
}
