//! What checks and calls report to the registry, and the history that it returns.

use model::{Allowed, Health, Millis, ServerId};
use store::History;

use crate::change::{Adopt, Lately, Measured, Measuring, SetAllowed, SetPolicy};
use crate::registry::{ChangedServers, Registry};
use crate::{HealthPolicy, Measure, Minute, RegistryError};

impl Registry {
    /// Takes the measurements of checks and calls, all at once; servers that are gone are skipped. Nothing is written at
    /// once: counts and contacts wait up to a minute, changes of a status up to a second.
    pub async fn measured(&self, measures: Vec<(ServerId, Measure)>) -> Result<(), RegistryError> {
        self.ask(Measured { measures }).await
    }

    /// Takes one measurement, and returns the health that is shown of the server then.
    pub async fn measure(&self, id: ServerId, measure: Measure) -> Result<Health, RegistryError> {
        self.ask(Measuring { id, measure }).await
    }

    /// How measurements become a status and a score from now on.
    pub async fn set_health_policy(&self, policy: HealthPolicy) -> Result<(), RegistryError> {
        self.ask(SetPolicy { policy }).await
    }

    /// The capabilities that a policy allows from now on. A server without any is shown as blocked.
    pub async fn set_allowed(&self, allowed: Allowed) -> Result<(), RegistryError> {
        self.ask(SetAllowed { allowed }).await
    }

    /// Accepts what the server lists: from now on it is known for that.
    pub async fn adopt(&self, id: ServerId) -> Result<ChangedServers, RegistryError> {
        self.ask(Adopt { id }).await
    }

    /// The history of a server, with counts from `since` on, and its last hour by the minute.
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
