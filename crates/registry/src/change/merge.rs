use std::collections::BTreeSet;
use std::sync::Arc;

use model::{Millis, ServerInfo, Source};
use serde_json::{Map, Value};
use store::{Field, Record};

use super::Origin;

/// The record after `new` was registered over `known`. Who registers again adds and corrects, and never takes away:
/// a field that is not given stays, and so do `created_at`, a pause, and what was measured.
pub(super) fn merge(known: Option<&Record>, new: &ServerInfo, origin: &Origin, now: Millis) -> Record {
    let set_by_person = match origin {
        Origin::Person { .. } => set_by(new),
        Origin::Automatic => BTreeSet::new(),
    };
    let Some(known) = known else {
        let info = ServerInfo { updated_at: now, ..new.clone() };
        return Record { set_by_person, ..Record::new(Arc::new(info)) };
    };
    let info = merge_info(known, new, origin);
    let info = if info == *known.info { info } else { ServerInfo { updated_at: now, ..info } };
    Record {
        info: Arc::new(info),
        removed_at: None,
        ignored: false,
        set_by_person: known.set_by_person.union(&set_by_person).copied().collect(),
    }
}

/// What a person says by registering a server.
fn set_by(new: &ServerInfo) -> BTreeSet<Field> {
    let metadata = (!new.metadata.is_empty()).then_some(Field::Metadata);
    let capabilities = (!new.capabilities.is_empty()).then_some(Field::Capabilities);
    [Some(Field::Name), metadata, capabilities].into_iter().flatten().collect()
}

fn merge_info(known: &Record, new: &ServerInfo, origin: &Origin) -> ServerInfo {
    let old = &*known.info;
    let may_set = |field| matches!(origin, Origin::Person { .. }) || !known.set_by_person.contains(&field);
    let mut info = old.clone();
    if may_set(Field::Name) {
        info.name.clone_from(&new.name);
    }
    if may_set(Field::Metadata) {
        add_keys(&mut info.metadata, &new.metadata);
    }
    if may_set(Field::Capabilities) && !new.capabilities.is_empty() {
        info.capabilities.clone_from(&new.capabilities);
    }
    merge_address(&mut info, new, origin);
    merge_contents(&mut info, new);
    info.health_endpoint = new.health_endpoint.clone().or(info.health_endpoint);
    info.version = new.version.clone().or(info.version);
    info.token_env = new.token_env.clone().or(info.token_env);
    info.auth_required = new.auth_required;
    info.last_seen = info.last_seen.max(new.last_seen);
    info
}

fn add_keys(known: &mut Map<String, Value>, new: &Map<String, Value>) {
    for (key, value) in new {
        known.insert(key.clone(), value.clone());
    }
}

/// The URL as a person gave it stays theirs (a scan knows only what it found), and so does who brought the server.
fn merge_address(info: &mut ServerInfo, new: &ServerInfo, origin: &Origin) {
    let is_automatic = matches!(origin, Origin::Automatic);
    if !is_automatic || info.source == Source::Scan {
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
    }
}

/// What a server said stays until it says something else; a registration that did not ask it says nothing.
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
    }
}
