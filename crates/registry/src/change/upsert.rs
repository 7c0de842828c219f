use std::collections::HashSet;
use std::io;
use std::sync::Arc;

use model::{DEEPEST_VALUE, Endpoint, Health, HealthStatus, ServerId, ServerInfo, nests_within};
use store::Record;

use super::Command;
use super::merge::merge;
use super::undo::image;
use crate::RegistryError;
use crate::health::{Observation, ServerContents};
use crate::registry::{Committed, Upserted};
use crate::state::NextState;

/// The origin of a registration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// The user, by hand or with a file: can be undone, and what they set stays.
    Person {
        /// The label of the change: `added weather-b`.
        label: String,
    },
    /// A scan or an announcement: changes nothing that the user set, ignored or paused, and is not in the journal.
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

/// What the user does can be undone, even if it turned out to change nothing: they are shown the same sentence.
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

/// Refuses what cannot be stored, before it reaches the writer.
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

/// Takes a measurement of one server.
pub(crate) struct Observe {
    pub(crate) id: ServerId,
    pub(crate) observation: Observation,
}

impl Command for Observe {
    type Answer = Health;

    /// Health is not stored; the time of a successful contact is, and so are the server's lists.
    fn apply(&self, draft: &mut NextState) -> Result<Health, RegistryError> {
        let record = draft.live(self.id)?.clone();
        let mut info = (*record.info).clone();
        let is_news = self.observation.contents.as_ref().is_some_and(|contents| take(&mut info, contents));
        if is_news {
            check(&info)?;
            info.updated_at = draft.now;
        }
        let contact = is_contact(self.observation.status).then_some(self.observation.at);
        let is_later = contact > info.last_seen;
        info.last_seen = info.last_seen.max(contact);
        let seen = Record { info: Arc::new(info), ..(*record).clone() };
        match (is_news, contact) {
            (true, _) => draft.put(seen),
            (false, Some(at)) if is_later => draft.put_seen(seen, at),
            _ => {}
        }
        draft.measure(self.id, &self.observation)
    }
}

/// A server that requires authentication was reached as well.
fn is_contact(status: HealthStatus) -> bool {
    matches!(status, HealthStatus::Healthy | HealthStatus::Degraded | HealthStatus::NeedsSignIn)
}

/// Takes over what the server reports; returns whether any of it is new.
pub(super) fn take(info: &mut ServerInfo, contents: &ServerContents) -> bool {
    let is_known = info.identity.as_ref() == Some(&contents.identity)
        && info.tools == contents.tools
        && info.resources == contents.resources
        && info.prompts == contents.prompts
        && info.definitions == contents.definitions
        && info.left_out == contents.left_out;
    if is_known {
        return false;
    }
    let said = contents.identity.name.trim();
    if info.identity.is_none() && !said.is_empty() && is_named_after_address(info) {
        said.clone_into(&mut info.name);
    }
    info.identity = Some(contents.identity.clone());
    info.tools = contents.tools.clone();
    info.resources.clone_from(&contents.resources);
    info.prompts.clone_from(&contents.prompts);
    info.definitions = contents.definitions.clone();
    info.left_out.clone_from(&contents.left_out);
    true
}

/// Until it reports a name, a server has the name of its address: one that requires authentication reports it late.
fn is_named_after_address(info: &ServerInfo) -> bool {
    let endpoint = info.url.as_deref().and_then(|url| Endpoint::parse(url).ok());
    endpoint.is_some_and(|endpoint| endpoint.url().authority() == info.name)
}
