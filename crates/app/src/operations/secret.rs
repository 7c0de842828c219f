//! Secrets that people give for their servers. They come in here and are never told again.

use api::{
    Advice, Empty, ErrorCode, KeptIn, KeptSecret, SecretArgs, SecretForgotten, SecretSet, SecretSetArgs,
    Secrets,
};
use model::GivenSecret;
use model::SecretPlace;
use model::{ServerId, ServerInfo, Transport};

use super::credentials::{in_clear, is_here};
use super::look::find;
use crate::error::OperationError;
use crate::{App, headers};
use vault::{Key, SecretError, Slot};

impl App {
    pub(super) async fn secrets(&self, _: Empty) -> Result<Secrets, OperationError> {
        let vault = &self.0.vault();
        let (place, why) = match vault.place().await {
            Ok(found) => found,
            Err(error) => (SecretPlace::Keyring, Some(error.to_string())),
        };
        Ok(Secrets { place, why, file: vault.file(), kept: self.kept_secrets(None) })
    }

    pub(super) async fn secret_set(&self, args: SecretSetArgs) -> Result<SecretSet, OperationError> {
        let info = find(&self.0.registry.snapshot(), &args.id)?.info;
        let slot = slot_of(args.header.as_deref(), args.env.as_deref(), args.query.as_deref())?;
        let url = info.target().unwrap_or_default();
        in_clear(url, is_here(url), args.in_clear || info.transport == Transport::Stdio)?;
        let kept = self.keep_secret(&info, slot, &args.secret, args.place).await?;
        let health = self.check_now(info.id).await?;
        Ok(SecretSet { id: info.id, kept, health })
    }

    pub(super) async fn secret_forget(&self, args: SecretArgs) -> Result<SecretForgotten, OperationError> {
        let found = find(&self.0.registry.snapshot(), &args.id);
        let is_known = found.is_ok();
        let id = match found {
            Ok(server) => server.info.id,
            Err(error) => self.owner_of_secret(&args.id).ok_or(error)?,
        };
        let slot = slot_of(args.header.as_deref(), args.env.as_deref(), args.query.as_deref())?;
        let mut forgotten = false;
        for (key, _) in self.0.vault().list(None) {
            if key.server == id && key.slot == slot {
                forgotten |= self.0.vault().forget(&key).await.map_err(|error| not_changed(&error))?;
            }
        }
        let health = if is_known { Some(self.check_now(id).await?) } else { None };
        Ok(SecretForgotten { id, forgotten, health })
    }

    /// A server that is not in the registry, by its id, when a secret of it is kept.
    fn owner_of_secret(&self, key: &str) -> Option<ServerId> {
        let id = ServerId::parse(key)?;
        self.0.vault().list(None).into_iter().any(|(key, _)| key.server == id).then_some(id)
    }

    /// Puts a secret where secrets are kept.
    pub(super) async fn keep_secret(
        &self,
        info: &ServerInfo,
        slot: Slot,
        secret: &GivenSecret,
        place: Option<SecretPlace>,
    ) -> Result<KeptIn, OperationError> {
        if matches!(slot, Slot::Env(_)) != (info.transport == Transport::Stdio) {
            return Err(match info.transport {
                Transport::Stdio => {
                    OperationError::arguments("a command takes no token, header or key of a query")
                        .advise(Advice::GiveEnvironment)
                }
                Transport::Http | Transport::Sse => OperationError::arguments(
                    "only a command takes an environment: give a token, a header or a key of the query",
                ),
            });
        }
        let secret = slot.fit(secret).map_err(|error| OperationError::arguments(error.to_string()))?;
        let key = Key::of(info, slot).ok_or_else(|| {
            OperationError::arguments(format!("`{}` has no address to send it to", info.name))
        })?;
        let (place, why) = match place {
            Some(place) => (place, None),
            None => self.0.vault().place().await.map_err(|error| not_changed(&error))?,
        };
        self.0.vault().put(key, secret, place).await.map_err(|error| not_changed(&error))?;
        Ok(KeptIn { place, why })
    }

    /// What is kept of one server, or of all.
    pub(super) fn kept_secrets(&self, of: Option<&ServerInfo>) -> Vec<KeptSecret> {
        let snapshot = self.0.registry.snapshot();
        let kept = self.0.vault().list(of).into_iter().map(|(key, place)| KeptSecret {
            server: key.server,
            name: snapshot.get(key.server).map(|server| server.info.name.clone()),
            former: snapshot
                .get(key.server)
                .is_some_and(|server| Key::of(&server.info, key.slot.clone()).is_none_or(|own| own != key)),
            origin: key.origin,
            header: match &key.slot {
                Slot::Header(name) => Some(name.clone()),
                _ => None,
            },
            env: match &key.slot {
                Slot::Env(name) => Some(name.clone()),
                _ => None,
            },
            query: match key.slot {
                Slot::Query(name) => Some(name),
                _ => None,
            },
            place,
        });
        kept.collect()
    }
}

/// What a secret is for; a token when nothing else is said.
pub(super) fn slot_of(
    header: Option<&str>,
    env: Option<&str>,
    query: Option<&str>,
) -> Result<Slot, OperationError> {
    match (header, env, query) {
        (None, None, None) => Ok(Slot::Token),
        (Some(name), None, None) => headers::slot(Some(name)),
        (None, Some(name), None) => {
            let is_name = !name.is_empty() && !name.contains(['=', '\0']);
            let wrong =
                || OperationError::arguments(format!("`{name}` is no name of an environment variable"));
            is_name.then(|| Slot::Env(name.to_owned())).ok_or_else(wrong)
        }
        (None, None, Some(name)) => {
            let is_name = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_graphic());
            let wrong = || {
                OperationError::arguments(format!(
                    "`{name}` is no name of a parameter: give one such as `apiKey`"
                ))
            };
            is_name.then(|| Slot::Query(name.to_owned())).ok_or_else(wrong)
        }
        _ => Err(OperationError::arguments("give one of `header`, `env` and `query`")),
    }
}

pub(super) fn not_changed(error: &SecretError) -> OperationError {
    let told = OperationError::new(ErrorCode::StorageFailed, error.to_string());
    match error {
        SecretError::Locked | SecretError::Silent(_) | SecretError::Refused(_) => {
            told.advise(Advice::KeepInFile)
        }
        _ => told,
    }
}
