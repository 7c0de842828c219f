//! Secrets that people give for their servers. They come in here and are never told again.

use api::{
    Empty, KeptIn, KeptSecret, NamedSecret, NamedSecretArgs, NamedSecretForgotten, NamedSecretSet,
    NamedSecretSetArgs, SecretArgs, SecretForgotten, SecretSet, SecretSetArgs, Secrets,
};
use intake::{in_clear, is_here, slot_of};
use model::config::{SecretReference, is_secret_key};
use model::{SecretPlace, ServerId, ServerInfo, Transport};
use vault::{Key, SecretPurpose};

use super::find::find;
use crate::App;
use crate::error::OperationError;

impl App {
    pub(super) async fn secrets(&self, _: Empty) -> Result<Secrets, OperationError> {
        let vault = &self.0.vault();
        let (place, why) = match vault.place().await {
            Ok(found) => found,
            Err(error) => (SecretPlace::Keyring, Some(error.to_string())),
        };
        let named = vault.names().into_iter().map(|(name, place)| NamedSecret { name, place }).collect();
        Ok(Secrets { place, why, file: vault.file(), kept: self.kept_secrets(None), named })
    }

    pub(super) async fn named_secret_set(
        &self,
        args: NamedSecretSetArgs,
    ) -> Result<NamedSecretSet, OperationError> {
        let NamedSecretSetArgs { name, secret, place } = args;
        if !is_secret_key(&name) {
            let message =
                "a name has letters, digits, `-`, `_` and `.`, at most 64 of them: choose such a one";
            return Err(OperationError::arguments(message));
        }
        let fits = SecretPurpose::Env(name.clone()).fit(&secret);
        let secret = fits.map_err(|error| OperationError::arguments(error.to_string()))?;
        let (place, why) = match place {
            Some(place) => (place, None),
            None => self.0.vault().place().await?,
        };
        self.0.vault().put_named(&name, secret, place).await?;
        let reference = SecretReference::Kept(name).to_string();
        Ok(NamedSecretSet { reference, kept: KeptIn { place, why } })
    }

    pub(super) async fn named_secret_forget(
        &self,
        args: NamedSecretArgs,
    ) -> Result<NamedSecretForgotten, OperationError> {
        Ok(NamedSecretForgotten { forgotten: self.0.vault().forget_named(&args.name).await? })
    }

    pub(super) async fn secret_set(&self, args: SecretSetArgs) -> Result<SecretSet, OperationError> {
        let info = find(&self.0.registry.snapshot(), &args.id)?.info;
        let slot = slot_of(args.header.as_deref(), args.env.as_deref(), args.query.as_deref())?;
        let url = info.target().unwrap_or_default();
        in_clear(url, is_here(url), args.in_clear || info.transport == Transport::Stdio)?;
        let kept = self.0.intake.keep_secret(&info, slot, &args.secret, args.place).await?;
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
                forgotten |= self.0.vault().forget(&key).await?;
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
                SecretPurpose::Header(name) => Some(name.clone()),
                _ => None,
            },
            env: match &key.slot {
                SecretPurpose::Env(name) => Some(name.clone()),
                _ => None,
            },
            query: match key.slot {
                SecretPurpose::Query(name) => Some(name),
                _ => None,
            },
            place,
        });
        kept.collect()
    }
}
