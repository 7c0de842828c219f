use std::sync::Arc;

use model::{Allowed, Endpoint, Health, ServerId, ServerInfo};
use store::Record;

use super::Command;
use super::undo::taken_over;
use super::upsert::{check, take};
use crate::RegistryError;
use crate::health::{HealthPolicy, Measure, Minute, News, Reason, Round, ServerContents};
use crate::registry::ChangedServers;
use crate::state::NextState;

/// Takes the measurements of checks and calls.
pub(crate) struct Measured {
    pub(crate) measures: Vec<(ServerId, Measure)>,
}

impl Command for Measured {
    type Answer = ();

    fn apply(&self, draft: &mut NextState) -> Result<(), RegistryError> {
        for (id, measure) in &self.measures {
            // A server that was removed while it was checked has no health.
            if let Err(error) = measure_one(draft, *id, measure) {
                tracing::debug!(server = %id, %error, "a measurement was left out");
            }
        }
        Ok(())
    }
}

/// Takes one measurement whose result is awaited.
pub(crate) struct Measuring {
    pub(crate) id: ServerId,
    pub(crate) measure: Measure,
}

impl Command for Measuring {
    type Answer = Health;

    fn apply(&self, draft: &mut NextState) -> Result<Health, RegistryError> {
        measure_one(draft, self.id, &self.measure)?;
        Ok(draft.shown(&draft.live(self.id)?.info))
    }
}

fn measure_one(draft: &mut NextState, id: ServerId, measure: &Measure) -> Result<(), RegistryError> {
    let round = match measure {
        Measure::Round(round) => round,
        Measure::Offers(contents) => return take_offers(draft, id, contents),
        _ => return draft.take_measure(id, measure),
    };
    let news = round.news.as_deref();
    if let Some(Err(error)) = news.map(|news| take_news(draft, id, news)) {
        // The measurement counts, whatever happens to the reported facts.
        let why = format!("what it reports about itself could not be kept: {error}");
        let reason = round.reason.clone().or_else(|| Some(Reason::new(why, "Not kept")));
        let round = Round { reason, news: None, ..(**round).clone() };
        return draft.take_measure(id, &Measure::Round(Box::new(round)));
    }
    draft.note_listing(id, news);
    draft.take_measure(id, measure)
}

/// The resources and prompts of a server are accepted without asking.
fn take_offers(draft: &mut NextState, id: ServerId, contents: &ServerContents) -> Result<(), RegistryError> {
    let record = draft.live(id)?.clone();
    let tools = record.info.tools.clone();
    let mut info = (*record.info).clone();
    let contents = ServerContents { tools, ..contents.clone() };
    if !take(&mut info, &contents) {
        return Ok(());
    }
    check(&info)?;
    info.updated_at = draft.now;
    draft.put(Record { info: Arc::new(info), ..(*record).clone() });
    Ok(())
}

/// What the record learns from a round: the identity of the server, its endpoint, and its lists when they are its first. The
/// user accepts later ones.
fn take_news(draft: &mut NextState, id: ServerId, news: &News) -> Result<(), RegistryError> {
    let record = draft.live(id)?.clone();
    let mut info = (*record.info).clone();
    // Before a server was met, its endpoint is missing or was guessed.
    let is_open = info.endpoint.is_none() || info.identity.is_none();
    if let Some((transport, endpoint)) = news.endpoint.clone().filter(|_| is_open) {
        (info.transport, info.endpoint) = (transport, Some(endpoint));
    }
    if let Some(identity) = &news.identity {
        info.identity = Some(identity.clone());
    }
    if let Some(contents) = &news.adopted {
        take(&mut info, contents);
        name_after(&mut info);
    }
    if info == *record.info {
        return Ok(());
    }
    check(&info)?;
    info.updated_at = draft.now;
    draft.put(Record { info: Arc::new(info), ..(*record).clone() });
    Ok(())
}

/// A name that is only an address is replaced by the name that the server reports.
fn name_after(info: &mut ServerInfo) {
    let said = info.identity.as_ref().map(|identity| identity.name.trim().to_owned());
    let endpoint = info.url.as_deref().and_then(|url| Endpoint::parse(url).ok());
    let is_address = endpoint.is_some_and(|endpoint| endpoint.url().authority() == info.name);
    if let Some(said) = said.filter(|said| is_address && !said.is_empty()) {
        info.name = said;
    }
}

/// Sets how measurements become a status.
pub(crate) struct SetPolicy {
    pub(crate) policy: HealthPolicy,
}

impl Command for SetPolicy {
    type Answer = ();

    fn apply(&self, draft: &mut NextState) -> Result<(), RegistryError> {
        draft.set_policy(self.policy);
        Ok(())
    }
}

/// The capabilities that a policy allows from now on.
pub(crate) struct SetAllowed {
    pub(crate) allowed: Allowed,
}

impl Command for SetAllowed {
    type Answer = ();

    fn apply(&self, draft: &mut NextState) -> Result<(), RegistryError> {
        draft.set_allowed(&self.allowed);
        Ok(())
    }
}

/// Accepts what a server lists.
pub(crate) struct Adopt {
    pub(crate) id: ServerId,
}

impl Command for Adopt {
    type Answer = ChangedServers;

    fn apply(&self, draft: &mut NextState) -> Result<ChangedServers, RegistryError> {
        let record = draft.live(self.id)?.clone();
        let listed = draft.health_of(self.id).and_then(|health| health.listed.clone());
        let Some(listed) = listed else { return Ok(ChangedServers::nothing()) };
        let mut info = (*record.info).clone();
        let mut undo = None;
        if take(&mut info, &listed) {
            check(&info)?;
            info.updated_at = draft.now;
            let after = Record { info: Arc::new(info), ..(*record).clone() };
            let label = format!("accepted what {} lists", record.info.name);
            undo = taken_over(&record, &after).map(|image| draft.remember(label, vec![image]));
            draft.put(after);
        }
        draft.note_listing(self.id, None);
        Ok(ChangedServers { ids: vec![self.id], undo, revision: 0 })
    }
}

/// The last hour of a server; everything else of its history is written first.
pub(crate) struct Lately {
    pub(crate) id: ServerId,
}

impl Command for Lately {
    type Answer = Vec<Minute>;

    fn apply(&self, draft: &mut NextState) -> Result<Vec<Minute>, RegistryError> {
        draft.live(self.id)?;
        draft.save(self.id);
        Ok(draft.minutes(self.id))
    }
}
