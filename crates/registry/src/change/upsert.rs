use std::collections::HashSet;
use std::io;
use std::sync::Arc;

use model::{DEEPEST_VALUE, ServerId, ServerInfo, nests_within};
use store::Record;

use super::Command;
use super::merge::merge;
use super::undo::image;
use crate::RegistryError;
use crate::registry::{Committed, Upserted};
use crate::state::NextState;

/// Who registers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// A person, by hand or with a file: can be undone, and what they set stays theirs.
    Person {
        /// What they did, in words: `added weather-b`.
        label: String,
    },
    /// A scan, an announcement: leaves alone what a person set, ignored or paused, and is not journaled.
    Automatic,
}

/// The largest record, as JSON, in bytes. A thousand tools with usual schemas are about one megabyte.
const LARGEST_RECORD: usize = 4 * 1024 * 1024;

/// Registers servers.
pub(crate) struct Upsert {
    pub(crate) servers: Vec<ServerInfo>,
    pub(crate) origin: Origin,
}

impl Command for Upsert {
    type Answer = Committed;

    fn apply(&self, draft: &mut NextState) -> Result<Committed, RegistryError> {
        let label = match &self.origin {
            Origin::Person { label } => Some(label),
            Origin::Automatic => None,
        };
        let before = label.map(|label| (label, self.known(draft)));
        let upserted = self.servers.iter().map(|new| (new.id, self.one(draft, new))).collect();
        let undo = before.and_then(|(label, before)| remember(draft, label, &before));
        Ok(Committed { revision: 0, upserted, undo })
    }
}

/// What registering would do; nothing is changed.
pub(crate) struct Preview(pub(crate) Upsert);

impl Command for Preview {
    type Answer = Committed;

    fn apply(&self, draft: &mut NextState) -> Result<Committed, RegistryError> {
        let mut other = NextState::new(&draft.state, draft.now);
        let committed = self.0.apply(&mut other)?;
        Ok(Committed { undo: None, ..committed })
    }
}

impl Upsert {
    fn one(&self, draft: &mut NextState, new: &ServerInfo) -> Upserted {
        let known = draft.record(new.id).cloned();
        if self.origin == Origin::Automatic && known.as_ref().is_some_and(|known| known.ignored) {
            return Upserted::Ignored;
        }
        let merged = merge(known.as_deref(), new, &self.origin, draft.now);
        let outcome = outcome(known.as_deref(), &merged);
        if outcome != Upserted::Unchanged {
            draft.put(merged);
        }
        outcome
    }

    /// What is known of each server, once.
    fn known(&self, draft: &NextState) -> KnownRecords {
        let mut seen = HashSet::new();
        let ids = self.servers.iter().map(|new| new.id).filter(|id| seen.insert(*id));
        ids.map(|id| (id, draft.record(id).cloned())).collect()
    }
}

type KnownRecords = Vec<(ServerId, Option<Arc<Record>>)>;

/// What a person does can be taken back, even if it turned out to change nothing: they are shown the same sentence.
fn remember(draft: &mut NextState, label: &str, before: &KnownRecords) -> Option<i64> {
    if before.is_empty() {
        return None;
    }
    let images = before.iter().filter_map(|(id, before)| image(before.as_deref(), draft.record(*id)?));
    let images = images.collect();
    Some(draft.remember(label.to_owned(), images))
}

fn outcome(known: Option<&Record>, merged: &Record) -> Upserted {
    match known {
        None => Upserted::Added,
        Some(known) if known.removed_at.is_some() => Upserted::Restored,
        Some(known) if known == merged => Upserted::Unchanged,
        Some(_) => Upserted::Updated,
    }
}

/// Refuses what cannot be kept, before it reaches the writer.
pub fn check(info: &ServerInfo) -> Result<(), RegistryError> {
    check_name(&info.name)?;
    if let Some((key, _)) = info.metadata.iter().find(|(_, value)| !nests_within(value, DEEPEST_VALUE)) {
        let reason = format!("`{key:.80}` nests deeper than {DEEPEST_VALUE} levels: make it flatter");
        return Err(RegistryError::Invalid { field: "metadata", reason });
    }
    let mut size = Size(0);
    if serde_json::to_writer(&mut size, info).is_err() {
        let reason =
            format!("of `{:.60}` is larger than 4 MiB: leave out some of its data or tools", info.name);
        return Err(RegistryError::Invalid { field: "server", reason });
    }
    Ok(())
}

pub(super) fn check_name(name: &str) -> Result<(), RegistryError> {
    if name.trim().is_empty() {
        let reason = "is empty: give at least one letter".to_owned();
        return Err(RegistryError::Invalid { field: "name", reason });
    }
    Ok(())
}

/// Counts what is written, and refuses more than the limit.
struct Size(usize);

impl io::Write for Size {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len();
        if self.0 > LARGEST_RECORD { Err(io::ErrorKind::FileTooLarge.into()) } else { Ok(bytes.len()) }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
