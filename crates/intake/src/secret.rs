//! Where a secret goes that a person gave for a server.

use api::KeptIn;
use model::{GivenSecret, SecretPlace, ServerInfo, Transport};
use vault::{Key, SecretPurpose};

use crate::{Intake, IntakeError, headers};

impl Intake {
    /// Puts a secret where secrets are kept.
    pub async fn keep_secret(
        &self,
        info: &ServerInfo,
        slot: SecretPurpose,
        secret: &GivenSecret,
        place: Option<SecretPlace>,
    ) -> Result<KeptIn, IntakeError> {
        if matches!(slot, SecretPurpose::Env(_)) != (info.transport == Transport::Stdio) {
            return Err(match info.transport {
                Transport::Stdio => {
                    IntakeError::WantsEnvironment("a command takes no token, header or key of a query")
                }
                Transport::Http | Transport::Sse => IntakeError::arguments(
                    "only a command takes an environment: give a token, a header or a key of the query",
                ),
            });
        }
        let secret = slot.fit(secret).map_err(|error| IntakeError::arguments(error.to_string()))?;
        let key = Key::of(info, slot)
            .ok_or_else(|| IntakeError::arguments(format!("`{}` has no address to send it to", info.name)))?;
        let (place, why) = match place {
            Some(place) => (place, None),
            None => self.vault().place().await?,
        };
        self.vault().put(key, secret, place).await?;
        Ok(KeptIn { place, why })
    }
}

/// What a secret is for; a token when nothing else is said.
pub fn slot_of(
    header: Option<&str>,
    env: Option<&str>,
    query: Option<&str>,
) -> Result<SecretPurpose, IntakeError> {
    match (header, env, query) {
        (None, None, None) => Ok(SecretPurpose::Token),
        (Some(name), None, None) => headers::slot(Some(name)),
        (None, Some(name), None) => {
            let is_name = !name.is_empty() && !name.contains(['=', '\0']);
            let wrong = || IntakeError::arguments(format!("`{name}` is no name of an environment variable"));
            is_name.then(|| SecretPurpose::Env(name.to_owned())).ok_or_else(wrong)
        }
        (None, None, Some(name)) => {
            let is_name = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_graphic());
            let wrong = || {
                IntakeError::arguments(format!(
                    "`{name}` is no name of a parameter: give one such as `apiKey`"
                ))
            };
            is_name.then(|| SecretPurpose::Query(name.to_owned())).ok_or_else(wrong)
        }
        _ => Err(IntakeError::arguments("give one of `header`, `env` and `query`")),
    }
}
