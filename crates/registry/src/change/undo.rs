//! Undo: one mechanism for add, import, edit, remove, ignore, restore, pause and resume.
//!
//! A change is remembered as the fields it changed, each with its value before and after. Undo sets a field back if it still
//! has the value the change gave it, and no newer change in effect set it as well: later changes are never lost, and undoing
//! an old rename does not end a newer pause.
//!
//! How a server is reached is one thing: its address or command and what is sent there are set back together or not at all,
//! and only where the server is still where that change left it. So no undo puts a credential beside another origin.
//!
//! Measurements (identity, `last_seen`) are not part of it, and neither is what a server lists, unless the user accepted
//! that. A server that was added is removed again, and like any removed server it can be restored.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

use model::{Definitions, Millis, Reach, ServerId, ServerInfo, Source, Tls, Tool, Transport};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use store::{Image, JournalEntry, PersonField, Record};

use super::Command;
use crate::RegistryError;
use crate::registry::{JournalStep, UndoneStep, UpcomingSteps};
use crate::state::NextState;

/// Undoes one change, or the newest that can be undone.
pub(crate) struct Undo {
    pub(crate) entry: Option<i64>,
}

/// Redoes a change that was undone: this one, or the one that was undone last.
pub(crate) struct Redo {
    pub(crate) entry: Option<i64>,
}

/// The changes that would be undone and redone next.
pub(crate) struct Next;

impl Command for Undo {
    type Answer = UndoneStep;

    fn apply(&self, draft: &mut NextState) -> Result<UndoneStep, RegistryError> {
        let (entry, records) = match self.entry {
            Some(id) => {
                let entry = draft.entry(id).cloned();
                entry.and_then(|entry| reverted(draft, entry)).ok_or(RegistryError::UndoGone(id))?
            }
            None => next_undo(draft).ok_or(RegistryError::NothingToUndo)?,
        };
        let ids = put(draft, records);
        draft.mark_undone(&entry);
        Ok(UndoneStep::of(&entry, ids))
    }
}

impl Command for Redo {
    type Answer = UndoneStep;

    fn apply(&self, draft: &mut NextState) -> Result<UndoneStep, RegistryError> {
        let (entry, records) = match self.entry {
            Some(id) => {
                let entry = draft.undone().find(|entry| entry.id == id).cloned();
                entry.and_then(|entry| repeated(draft, entry)).ok_or(RegistryError::RedoGone(id))?
            }
            None => next_redo(draft).ok_or(RegistryError::NothingToRedo)?,
        };
        let ids = put(draft, records);
        draft.mark_redone(&entry);
        Ok(UndoneStep::of(&entry, ids))
    }
}

impl Command for Next {
    type Answer = UpcomingSteps;

    fn apply(&self, draft: &mut NextState) -> Result<UpcomingSteps, RegistryError> {
        let step = |(entry, _): (Arc<JournalEntry>, _)| JournalStep::of(&entry);
        Ok(UpcomingSteps { undo: next_undo(draft).map(step), redo: next_redo(draft).map(step) })
    }
}

type PlannedUndo = (Arc<JournalEntry>, Vec<Record>);

fn next_undo(draft: &NextState) -> Option<PlannedUndo> {
    draft.entries().find_map(|entry| reverted(draft, entry.clone()))
}

fn next_redo(draft: &NextState) -> Option<PlannedUndo> {
    draft.undone().find_map(|entry| repeated(draft, entry.clone()))
}

fn put(draft: &mut NextState, records: Vec<Record>) -> Vec<ServerId> {
    let ids = records.iter().map(Record::id).collect();
    for record in records {
        draft.put(record);
    }
    ids
}

/// The records without this change; nothing when it left no trace that could be undone.
fn reverted(draft: &NextState, entry: Arc<JournalEntry>) -> Option<PlannedUndo> {
    let records = turned(draft, &entry, |(before, after)| (before.clone(), after.clone()));
    (!records.is_empty()).then_some((entry, records))
}

/// The records with it again: the change is undone in the other direction.
fn repeated(draft: &NextState, entry: Arc<JournalEntry>) -> Option<PlannedUndo> {
    let records = turned(draft, &entry, |(before, after)| (after.clone(), before.clone()));
    (!records.is_empty()).then_some((entry, records))
}

/// The records with the fields of a change set to the first of each pair, where they have the second.
fn turned(
    draft: &NextState,
    entry: &JournalEntry,
    pair: fn(&(Value, Value)) -> (Value, Value),
) -> Vec<Record> {
    let newer = newer_fields(draft, entry.id);
    let turned = entry.images.iter().filter_map(|image| {
        let is_newer = |field: &str| newer.contains(&(image.id, field));
        let is_led_anew = WAY.iter().any(|field| is_newer(field));
        let stands = |field: &str| if WAY.contains(&field) { !is_led_anew } else { !is_newer(field) };
        let standing = image.fields.iter().filter(|(field, _)| stands(field));
        let fields: Vec<_> = standing.map(|(field, values)| (field, pair(values))).collect();
        let fields: Vec<_> = fields.iter().map(|(field, values)| (*field, values)).collect();
        revert(draft.record(image.id)?, &fields, draft.now)
    });
    turned.collect()
}

/// What newer changes set that were not undone.
fn newer_fields(draft: &NextState, entry: i64) -> HashSet<(ServerId, &str)> {
    let newer = draft.entries().take_while(|newer| newer.id > entry);
    let images = newer.flat_map(|entry| entry.images.iter());
    images.flat_map(|image| image.fields.keys().map(|field| (image.id, field.as_str()))).collect()
}

/// The fields that changed between two states of a record; nothing when there are none. A server that was not there
/// before counts as a removed one.
pub(super) fn image(before: Option<&Record>, after: &Record) -> Option<Image> {
    let mut old = fields(before.unwrap_or(after));
    if before.is_none() {
        old.insert("removed".to_owned(), true.into());
    }
    differences(after.id(), old, &fields(after))
}

/// What an edit changed, in words: `renamed a to b`, `changed the address of a`.
pub(super) fn label(image: &Image, name: &str) -> String {
    let has = |fields: &[&str]| {
        fields.iter().any(|field| image.fields.get(*field).is_some_and(|(old, new)| old != new))
    };
    let parts: Vec<_> = PARTS.iter().filter(|(fields, _)| has(fields)).map(|(_, part)| *part).collect();
    let renamed = image.fields.get("name").and_then(|(_, name)| name.as_str());
    match (renamed, parts.as_slice()) {
        (Some(new), []) => format!("renamed {name} to {new}"),
        (None, []) => format!("edited {name}"),
        (None, [only]) => format!("changed {only} of {name}"),
        (renamed, [others @ .., last]) => {
            let first = renamed.map(|_| "the name").into_iter().chain(others.iter().copied());
            format!("changed {} and {last} of {name}", first.collect::<Vec<_>>().join(", "))
        }
    }
}

/// The words for the fields, where they are not the name.
const PARTS: [(&[&str], &str); 7] = [
    (&["url", "endpoint", "transport"], "the address"),
    (&["command", "args", "env", "cwd"], "the command"),
    (&["token_env", "header_env", "secret_set"], "the sign-in"),
    (&["tls"], "the trust"),
    (&["capabilities"], "the tags"),
    (&["metadata"], "the data"),
    (&["keep_running"], "what happens when idle"),
];

fn differences(id: ServerId, old: Map<String, Value>, new: &Map<String, Value>) -> Option<Image> {
    let changed = old.into_iter().filter_map(|(field, old)| {
        let new = new.get(&field)?.clone();
        (old != new).then_some((field, (old, new)))
    });
    let mut fields: BTreeMap<_, _> = changed.collect();
    // Where the server was is part of each change of how it is reached, also of one that led nowhere else.
    if fields.keys().any(|field| WAY.contains(&field.as_str()))
        && let Some(origin) = new.get(ORIGIN)
    {
        fields.entry(ORIGIN.to_owned()).or_insert_with(|| (origin.clone(), origin.clone()));
    }
    (!fields.is_empty()).then_some(Image { id, fields })
}

type ChangedMember<'a> = (&'a String, &'a (Value, Value));

/// The record with each of these fields set back that is as the change left it; nothing when none is.
fn revert(record: &Record, changed: &[ChangedMember<'_>], now: Millis) -> Option<Record> {
    let (way, others): (Vec<_>, Vec<_>) =
        changed.iter().partition(|(field, _)| WAY.contains(&field.as_str()));
    set_back(record, changed, now)
        .filter(|back| way.is_empty() || leads_back(record, &way, back))
        .or_else(|| set_back(record, &others, now))
}

/// Whether the way is as this change left it, and leads where it led before.
fn leads_back(record: &Record, way: &[ChangedMember<'_>], back: &Record) -> bool {
    let now = fields(record);
    let is_as_left = way.iter().all(|(field, (_, after))| now.get(*field) == Some(after));
    let before = way.iter().find(|(field, _)| *field == ORIGIN).map(|(_, (before, _))| before.as_str());
    let before = before.map_or_else(|| record.info.origin(), |origin| origin.map(str::to_owned));
    is_as_left && back.info.origin() == before
}

fn set_back(record: &Record, changed: &[ChangedMember<'_>], now: Millis) -> Option<Record> {
    let mut fields = fields(record);
    let mut is_changed = false;
    for (field, (before, after)) in changed {
        if OFFERS.contains(&field.as_str()) && !fields.contains_key(*field) {
            fields.extend(offers(record));
        }
        if let Some(value) = fields.get_mut(*field).filter(|value| *value == after) {
            value.clone_from(before);
            is_changed |= before != after;
        }
    }
    if !is_changed {
        return None;
    }
    let face: EditableFields = serde_json::from_value(Value::Object(fields)).ok()?;
    Some(face.onto(record, now))
}

/// The fields that the user changes. A new one needs no migration: an image without it leaves it unchanged.
#[derive(Serialize, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "they are those of the record")]
struct EditableFields {
    name: String,
    transport: Transport,
    url: Option<String>,
    endpoint: Option<String>,
    command: Option<String>,
    args: Vec<String>,
    capabilities: Vec<String>,
    metadata: Map<String, Value>,
    health_endpoint: Option<String>,
    version: Option<String>,
    token_env: Option<String>,
    header_env: BTreeMap<String, String>,
    #[serde(default)]
    env: BTreeSet<String>,
    #[serde(default)]
    cwd: Option<String>,
    #[serde(default)]
    tls: Option<Tls>,
    #[serde(default)]
    keep_running: bool,
    secret_set: u64,
    #[serde(default)]
    moved: bool,
    /// Follows from the address; it is here so that changes say where the server was.
    #[serde(default)]
    origin: Option<String>,
    reach: Option<Reach>,
    source: Source,
    paused: bool,
    removed: bool,
    ignored: bool,
    set_by_person: BTreeSet<PersonField>,
    /// Only where the user accepted them: they are large, and everything else that changes them is a measurement.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    offers: Option<Offers>,
}

const ORIGIN: &str = "origin";

/// The fields that say how a server is reached.
const WAY: [&str; 15] = [
    "transport",
    "url",
    "endpoint",
    "command",
    "args",
    "token_env",
    "header_env",
    "env",
    "cwd",
    "secret_set",
    "moved",
    "tls",
    ORIGIN,
    "reach",
    "source",
];

/// The fields of [`Offers`].
const OFFERS: [&str; 4] = ["tools", "resources", "prompts", "definitions"];

#[derive(Serialize, Deserialize)]
struct Offers {
    tools: Arc<[Tool]>,
    resources: Vec<String>,
    prompts: Vec<String>,
    #[serde(default)]
    definitions: Arc<Definitions>,
}

/// What the user accepted of a server's lists; nothing when that is what was known.
pub(super) fn taken_over(before: &Record, after: &Record) -> Option<Image> {
    differences(after.id(), offers(before), &offers(after))
}

fn offers(record: &Record) -> Map<String, Value> {
    let info = &record.info;
    let offers = Offers {
        tools: info.tools.clone(),
        resources: info.resources.clone(),
        prompts: info.prompts.clone(),
        definitions: info.definitions.clone(),
    };
    match serde_json::to_value(offers) {
        Ok(Value::Object(offers)) => offers,
        _ => Map::new(),
    }
}

fn fields(record: &Record) -> Map<String, Value> {
    match serde_json::to_value(EditableFields::of(record)) {
        Ok(Value::Object(fields)) => fields,
        _ => Map::new(),
    }
}

impl EditableFields {
    fn of(record: &Record) -> Self {
        let info = &*record.info;
        Self {
            name: info.name.clone(),
            transport: info.transport,
            url: info.url.clone(),
            endpoint: info.endpoint.clone(),
            command: info.command.clone(),
            args: info.args.clone(),
            capabilities: info.capabilities.clone(),
            metadata: info.metadata.clone(),
            health_endpoint: info.health_endpoint.clone(),
            version: info.version.clone(),
            token_env: info.token_env.clone(),
            header_env: info.header_env.clone(),
            env: info.env.clone(),
            cwd: info.cwd.clone(),
            tls: info.tls.clone(),
            keep_running: info.keep_running,
            secret_set: info.secret_set,
            moved: info.moved,
            origin: info.origin(),
            reach: info.reach,
            source: info.source,
            paused: info.paused,
            removed: record.removed_at.is_some(),
            ignored: record.ignored,
            set_by_person: record.set_by_person.clone(),
            offers: None,
        }
    }

    fn onto(self, record: &Record, now: Millis) -> Record {
        let mut info = ServerInfo {
            name: self.name,
            transport: self.transport,
            url: self.url,
            endpoint: self.endpoint,
            command: self.command,
            args: self.args,
            capabilities: self.capabilities,
            metadata: self.metadata,
            health_endpoint: self.health_endpoint,
            version: self.version,
            token_env: self.token_env,
            header_env: self.header_env,
            env: self.env,
            cwd: self.cwd,
            tls: self.tls,
            keep_running: self.keep_running,
            secret_set: self.secret_set,
            moved: self.moved,
            reach: self.reach,
            source: self.source,
            paused: self.paused,
            updated_at: now,
            ..(*record.info).clone()
        };
        if let Some(Offers { tools, resources, prompts, definitions }) = self.offers {
            (info.tools, info.resources) = (tools, resources);
            (info.prompts, info.definitions) = (prompts, definitions);
        }
        Record {
            info: Arc::new(info),
            // Removed again, its 30 days begin now.
            removed_at: self.removed.then(|| record.removed_at.unwrap_or(now)),
            ignored: self.ignored,
            set_by_person: self.set_by_person,
        }
    }
}
