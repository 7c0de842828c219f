//! Secrets that people give for their servers. They come in here and are never told again.

use model::{Health, ServerId, ServerInfo, Transport};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::credentials::{in_clear, is_here};
use super::look::find;
use super::{Advice, ApiError, Empty, ErrorCode};
use crate::{App, headers};
use vault::{GivenSecret, Key, SecretError, SecretPlace, Slot};

/// A secret for a server.
#[derive(Debug, Clone, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct SecretSetArgs {
    /// Its id, or a name that only one server has.
    pub id: String,
    /// The bearer token, or the value of `header`, as it was issued.
    #[ts(type = "string")]
    pub secret: GivenSecret,
    /// The header that carries it; absent means `Authorization: Bearer`.
    #[serde(default)]
    #[ts(optional)]
    pub header: Option<String>,
    /// The environment variable of a command that it is for, instead of a token.
    #[serde(default)]
    #[ts(optional)]
    pub env: Option<String>,
    /// The parameter of the URL's query that carries it, instead of a token.
    #[serde(default)]
    #[ts(optional)]
    pub query: Option<String>,
    /// Where to keep it; absent means the keyring or, only where there is none, the file.
    #[serde(default)]
    #[ts(optional)]
    pub place: Option<SecretPlace>,
    /// It may travel over plain HTTP beyond this computer, where others can read it.
    #[serde(default)]
    #[ts(optional, as = "Option<bool>")]
    pub in_clear: bool,
}

/// Which secret of a server.
#[derive(Debug, Clone, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct SecretArgs {
    /// Its id, or a name that only one server has.
    pub id: String,
    /// The header that carries it; absent means the bearer token.
    #[serde(default)]
    #[ts(optional)]
    pub header: Option<String>,
    /// The environment variable of a command that it is for, instead of a token.
    #[serde(default)]
    #[ts(optional)]
    pub env: Option<String>,
    /// The parameter of the URL's query that carries it, instead of a token.
    #[serde(default)]
    #[ts(optional)]
    pub query: Option<String>,
}

/// Where a secret was put.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
pub struct KeptIn {
    /// The place.
    pub place: SecretPlace,
    /// Why it is not the keyring, when a person did not choose so.
    pub why: Option<String>,
}

/// A secret that is kept, and how its server is with it.
#[derive(Debug, Clone, Serialize, TS)]
pub struct SecretSet {
    /// The server.
    pub id: ServerId,
    /// Where it was put.
    pub kept: KeptIn,
    /// What a check found with it.
    pub health: Health,
}

/// What became of a secret that was to be forgotten.
#[derive(Debug, Clone, Serialize, TS)]
pub struct SecretForgotten {
    /// The server.
    pub id: ServerId,
    /// False when there was none.
    pub forgotten: bool,
    /// What a check found without it; absent for a server that is not in the registry.
    pub health: Option<Health>,
}

/// One secret that is kept; not the secret itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
pub struct KeptSecret {
    /// Its server.
    pub server: ServerId,
    /// The server's name; absent when it was removed.
    pub name: Option<String>,
    /// Where it is sent, and nowhere else: scheme, host and port, or `stdio` for a command of this computer.
    pub origin: String,
    /// The header that carries it; without header, variable and parameter it is the bearer token.
    pub header: Option<String>,
    /// The environment variable of a command that it is for.
    pub env: Option<String>,
    /// The parameter of the URL's query that carries it.
    pub query: Option<String>,
    /// Where it is kept.
    pub place: SecretPlace,
    /// It is not sent any more: an edit replaced it or led the server elsewhere. Taking that change back, which can be done for
    /// 30 days, is what it is kept for.
    pub former: bool,
}

/// Where secrets are kept, and which.
#[derive(Debug, Clone, Serialize, TS)]
pub struct Secrets {
    /// Where the next one goes.
    pub place: SecretPlace,
    /// Why that is not the keyring, or what is wrong with the keyring.
    pub why: Option<String>,
    /// The file that is used where there is no keyring.
    pub file: String,
    /// Every secret that is kept.
    pub kept: Vec<KeptSecret>,
}

impl App {
    pub(super) async fn secrets(&self, _: Empty) -> Result<Secrets, ApiError> {
        let vault = &self.0.vault();
        let (place, why) = match vault.place().await {
            Ok(found) => found,
            Err(error) => (SecretPlace::Keyring, Some(error.to_string())),
        };
        Ok(Secrets { place, why, file: vault.file(), kept: self.kept_secrets(None) })
    }

    pub(super) async fn secret_set(&self, args: SecretSetArgs) -> Result<SecretSet, ApiError> {
        let info = find(&self.0.registry.snapshot(), &args.id)?.info;
        let slot = slot_of(args.header.as_deref(), args.env.as_deref(), args.query.as_deref())?;
        let url = info.target().unwrap_or_default();
        in_clear(url, is_here(url), args.in_clear || info.transport == Transport::Stdio)?;
        let kept = self.keep_secret(&info, slot, &args.secret, args.place).await?;
        let health = self.check_now(info.id).await?;
        Ok(SecretSet { id: info.id, kept, health })
    }

    pub(super) async fn secret_forget(&self, args: SecretArgs) -> Result<SecretForgotten, ApiError> {
        let found = find(&self.0.registry.snapshot(), &args.id);
        let id = match &found {
            Ok(server) => server.info.id,
            Err(error) => self.owner_of_secret(&args.id).ok_or_else(|| error.clone())?,
        };
        let slot = slot_of(args.header.as_deref(), args.env.as_deref(), args.query.as_deref())?;
        let mut forgotten = false;
        for (key, _) in self.0.vault().list(None) {
            if key.server == id && key.slot == slot {
                forgotten |= self.0.vault().forget(&key).await.map_err(|error| not_changed(&error))?;
            }
        }
        let health = if found.is_ok() { Some(self.check_now(id).await?) } else { None };
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
    ) -> Result<KeptIn, ApiError> {
        if matches!(slot, Slot::Env(_)) != (info.transport == Transport::Stdio) {
            return Err(match info.transport {
                Transport::Stdio => ApiError::arguments("a command takes no token, header or key of a query")
                    .advise(Advice::GiveEnvironment),
                Transport::Http | Transport::Sse => ApiError::arguments(
                    "only a command takes an environment: give a token, a header or a key of the query",
                ),
            });
        }
        let secret = secret.fit_for(&slot).map_err(|error| ApiError::arguments(error.to_string()))?;
        let key = Key::of(info, slot)
            .ok_or_else(|| ApiError::arguments(format!("`{}` has no address to send it to", info.name)))?;
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

impl KeptSecret {
    pub(super) fn is_token(&self) -> bool {
        self.header.is_none() && self.env.is_none() && self.query.is_none()
    }
}

/// What a secret is for; a token when nothing else is said.
pub(super) fn slot_of(
    header: Option<&str>,
    env: Option<&str>,
    query: Option<&str>,
) -> Result<Slot, ApiError> {
    match (header, env, query) {
        (None, None, None) => Ok(Slot::Token),
        (Some(name), None, None) => headers::slot(Some(name)),
        (None, Some(name), None) => {
            let is_name = !name.is_empty() && !name.contains(['=', '\0']);
            let wrong = || ApiError::arguments(format!("`{name}` is no name of an environment variable"));
            is_name.then(|| Slot::Env(name.to_owned())).ok_or_else(wrong)
        }
        (None, None, Some(name)) => {
            let is_name = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_graphic());
            let wrong = || {
                ApiError::arguments(format!("`{name}` is no name of a parameter: give one such as `apiKey`"))
            };
            is_name.then(|| Slot::Query(name.to_owned())).ok_or_else(wrong)
        }
        _ => Err(ApiError::arguments("give one of `header`, `env` and `query`")),
    }
}

pub(super) fn not_changed(error: &SecretError) -> ApiError {
    let told = ApiError::new(ErrorCode::StorageFailed, error.to_string());
    match error {
        SecretError::Locked | SecretError::Silent(_) | SecretError::Refused(_) => {
            told.advise(Advice::KeepInFile)
        }
        _ => told,
    }
}
