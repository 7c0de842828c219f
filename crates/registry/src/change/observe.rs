use std::sync::Arc;

use model::{Endpoint, Health, HealthStatus, ServerId, ServerInfo};
use store::Record;

use super::Command;
use super::upsert::check;
use crate::RegistryError;
use crate::health::{Observation, ServerContents};
use crate::state::NextState;

/// Takes a measurement of one server.
pub(crate) struct Observe {
    pub(crate) id: ServerId,
    pub(crate) observation: Observation,
}

impl Command for Observe {
    type Answer = Health;

    /// Health is not kept; the time of a successful contact is, and so is what the server lists.
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

/// Takes over what the server says; tells whether any of it is new.
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

/// Until it says what it is called, a server has the name of its address: one that requires authentication says it late.
fn is_named_after_address(info: &ServerInfo) -> bool {
    let endpoint = info.url.as_deref().and_then(|url| Endpoint::parse(url).ok());
    endpoint.is_some_and(|endpoint| endpoint.url().authority() == info.name)
}
