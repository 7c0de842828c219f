//! Secrets: those that are given for servers, which are never shown again, and those that the configuration names.

use std::collections::BTreeMap;

use api::{
    ConfigBy, ConfigSecretMoveArgs, ConfigSecretMoved, ConfigSecretRow, ConfigSecretState, ConfigSecrets,
    ConfigSecretsArgs, Empty, KeptIn, KeptSecret, NamedSecret, NamedSecretArgs, NamedSecretForgotten,
    NamedSecretSet, NamedSecretSetArgs, SecretArgs, SecretForgotten, SecretSet, SecretSetArgs, Secrets,
};
use intake::{in_clear, is_here, slot_of};
use model::config::{KeyPath, Part, SecretReference, is_secret_key};
use model::{SecretPlace, ServerId, ServerInfo, Transport};
use settings::{SecretUse, Wanted, plain_secret, secrets_in};
use vault::{Key, SecretPurpose};

use super::config::saved;
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
            let message = "a name has at most 64 letters, digits, `-`, `_` and `.`: choose another";
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

impl App {
    pub(super) async fn config_secrets(
        &self,
        args: ConfigSecretsArgs,
    ) -> Result<ConfigSecrets, OperationError> {
        let wanted = Wanted { text: args.text, ..Wanted::default() };
        let used = secrets_in(&self.draft_config(wanted).await?.text);
        let vault = self.0.vault();
        let names = vault.names();
        let (place, why) = match vault.place().await {
            Ok(found) => found,
            Err(error) => (SecretPlace::Keyring, Some(error.to_string())),
        };
        let unused = names
            .iter()
            .filter(|(name, _)| !used.iter().any(|other| other.reference == Some(kept(name))))
            .map(|(name, place)| row(ConfigSecretState::Unused, name.clone(), None, Some(*place)));
        let mut rows: Vec<ConfigSecretRow> =
            used.iter().map(|found| row_of(found, &names)).chain(unused).collect();
        rows.sort_by_key(|row| (row.state, row.line));
        Ok(ConfigSecrets { place, why, file: vault.file(), rows })
    }

    /// The secret is kept first, under an unused name, and then named in the file. When that fails it is forgotten again; a
    /// crash between the two leaves a secret that nothing names, and the file as it was.
    pub(super) async fn config_secret_move(
        &self,
        args: ConfigSecretMoveArgs,
    ) -> Result<ConfigSecretMoved, OperationError> {
        let ConfigSecretMoveArgs { path, name, place, base, by } = args;
        let seen = self.draft_config(Wanted { base, ..Wanted::default() }).await?;
        let Some(secret) = plain_secret(&seen.text, &path) else {
            let message = format!("there is no secret in plain text at `{path}`: read the file again");
            return Err(OperationError::arguments(message));
        };
        let name = self.free_name(name, &path)?;
        let secret = SecretPurpose::Env(name.clone())
            .fit(&model::GivenSecret::new(&secret))
            .map_err(|error| OperationError::arguments(error.to_string()))?;
        let vault = self.0.vault();
        let (place, why) = match place {
            Some(place) => (place, None),
            None => vault.place().await?,
        };
        vault.put_named(&name, secret, place).await?;
        let reference = kept(&name).to_string();
        let edit = api::ConfigEdit::set(path.clone(), reference.clone().into());
        let wanted = Wanted { text: None, edits: vec![edit], base: Some(seen.base) };
        let label = format!("moved the secret of {path} out of the file");
        match self.save_config(wanted, by.unwrap_or(ConfigBy::Browser), label).await {
            Ok(done) => Ok(ConfigSecretMoved { reference, kept: KeptIn { place, why }, saved: saved(done) }),
            Err(error) => {
                if let Err(left) = vault.forget_named(&name).await {
                    tracing::warn!(error = %left, name, "a secret that was not moved is still kept");
                }
                Err(error.into())
            }
        }
    }

    /// The wanted name, or one made from that of the setting; never one under which another secret is kept.
    fn free_name(&self, wanted: Option<String>, path: &KeyPath) -> Result<String, OperationError> {
        let names = self.0.vault().names();
        if let Some(name) = wanted {
            if !is_secret_key(&name) {
                let message = "a name has at most 64 letters, digits, `-`, `_` and `.`: choose another";
                return Err(OperationError::arguments(message));
            }
            if names.contains_key(&name) {
                let message = format!("another secret is kept as `{name}`: choose another name");
                return Err(OperationError::arguments(message));
            }
            return Ok(name);
        }
        let made = name_of(path);
        let numbered = (2..).map(|number| format!("{made}-{number}"));
        let free = std::iter::once(made.clone()).chain(numbered).find(|name| !names.contains_key(name));
        Ok(free.unwrap_or(made))
    }
}

fn kept(name: &str) -> SecretReference {
    SecretReference::Kept(name.to_owned())
}

/// `shared.password` of `registries[0].config.password`: the last keys, with characters that a name cannot have left out.
fn name_of(path: &KeyPath) -> String {
    let parts = path.0.iter().map(|part| match part {
        Part::Key(key) => key.clone(),
        Part::Item(item) => (item + 1).to_string(),
    });
    let named: Vec<String> = parts.filter(|part| part != "config").collect();
    let fits = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let name: String = named.join(".").chars().filter(fits).collect();
    // The end tells one from another better than the beginning; all of it is ASCII.
    let from = name.len().saturating_sub(56);
    name.get(from..).unwrap_or_default().trim_matches('.').to_owned()
}

fn row(
    state: ConfigSecretState,
    name: String,
    found: Option<&SecretUse>,
    place: Option<SecretPlace>,
) -> ConfigSecretRow {
    let reference = match found {
        Some(found) => found.reference.as_ref().map(ToString::to_string),
        None => Some(kept(&name).to_string()),
    };
    let (path, line) = found.map(|found| (found.path.clone(), found.line)).unzip();
    ConfigSecretRow { state, name, reference, path, line, place }
}

fn row_of(found: &SecretUse, names: &BTreeMap<String, SecretPlace>) -> ConfigSecretRow {
    let state = |is_there| if is_there { ConfigSecretState::Set } else { ConfigSecretState::Missing };
    match &found.reference {
        None => {
            let name = match found.path.0.last() {
                Some(Part::Key(key)) => key.clone(),
                _ => found.path.to_string(),
            };
            row(ConfigSecretState::Plain, name, Some(found), None)
        }
        Some(SecretReference::Variable(name)) => {
            row(state(std::env::var_os(name).is_some()), name.clone(), Some(found), None)
        }
        Some(SecretReference::Kept(name)) => {
            let place = names.get(name).copied();
            row(state(place.is_some()), name.clone(), Some(found), place)
        }
    }
}
