//! What checks and calls tell the registry of its servers, and what it tells of their past.

use model::{Allowed, Health, Millis, ServerId};
use store::History;

use crate::change::{Adopt, Lately, Measured, Measuring, SetAllowed, SetPolicy};
use crate::registry::{ChangedServers, Registry};
use crate::{HealthPolicy, Measure, Minute, RegistryError};

impl Registry {
    /// Takes what checks and calls measured, all at once; servers that are gone are passed over. Nothing of it is written
    /// at once: counts and contacts wait up to a minute, changes of a status up to a second.
    pub async fn measured(&self, measures: Vec<(ServerId, Measure)>) -> Result<(), RegistryError> {
        self.ask(Measured { measures }).await
    }

    /// Takes one measurement, and gives what is shown of the server then.
    pub async fn measure(&self, id: ServerId, measure: Measure) -> Result<Health, RegistryError> {
        self.ask(Measuring { id, measure }).await
    }

    /// How measurements become a status and a score from now on.
    pub async fn set_health_policy(&self, policy: HealthPolicy) -> Result<(), RegistryError> {
        self.ask(SetPolicy { policy }).await
    }

    /// What policy lets be called from now on. Whom it leaves nothing is shown as blocked.
    pub async fn set_allowed(&self, allowed: Allowed) -> Result<(), RegistryError> {
        self.ask(SetAllowed { allowed }).await
    }

    /// Takes over what the server lists: from now on it is known for that.
    pub async fn adopt(&self, id: ServerId) -> Result<ChangedServers, RegistryError> {
        self.ask(Adopt { id }).await
    }

    /// What became of a server: its history, with counts from `since` on, and its last hour by the minute.
    pub async fn history(
        &self,
        id: ServerId,
        since: Millis,
    ) -> Result<(History, Vec<Minute>), RegistryError> {
        // This has everything written first.
        let minutes = self.ask(Lately { id }).await?;
        let past = self.past.upgrade().ok_or(RegistryError::Closed)?;
        Ok((past.of(id, since).await?, minutes))
    }
}
