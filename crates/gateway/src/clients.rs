//! Who can use the gateway: AI clients, each with its own token. A token is `mcpd_<id>_<secret>`; it is valid for the
//! gateway and nothing else, and the owner's token is not valid for the gateway.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use model::Millis;
use parking_lot::RwLock;
use sha2::{Digest, Sha256};
use store::beside::BesideError;
use subtle::ConstantTimeEq;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::file::{ClientRow, GatewayFile};

/// The prefix of every token.
const PREFIX: &str = "mcpd_";
/// The longest name of a client, in characters.
const LONGEST_NAME: usize = 64;
/// The most clients: more are a mistake of a script.
const MOST_CLIENTS: usize = 1_000;

/// Why no token was created.
#[derive(Debug, thiserror::Error)]
pub enum NoToken {
    /// The name is not valid.
    #[error("a client's name has 1 to {LONGEST_NAME} characters that can be printed")]
    Name,
    /// There are too many.
    #[error("there are {MOST_CLIENTS} clients with a token already: revoke some first")]
    TooMany,
    /// It could not be stored.
    #[error(transparent)]
    File(#[from] BesideError),
}

/// A client that has a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GatewayClient {
    /// The part of its token that is not secret.
    pub id: String,
    /// The name that the user gave it.
    pub name: String,
    /// When it got its token.
    pub created_at: Millis,
    /// When it last made a request.
    pub used_at: Option<Millis>,
}

/// The client of a request.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    /// The id of its token; empty where no token is needed.
    pub(crate) id: Arc<str>,
    /// Its name, for rules and recorded calls.
    pub(crate) name: Option<Arc<str>>,
    /// Cancelled when its token is revoked.
    pub(crate) revoked: CancellationToken,
}

#[derive(Debug)]
struct KnownClient {
    id: Arc<str>,
    name: Arc<str>,
    hash: Vec<u8>,
    created_at: Millis,
    used_at: AtomicI64,
    /// The times of use that are written already.
    written_at: AtomicI64,
    revoked: CancellationToken,
}

/// The clients that have a token.
#[derive(Debug)]
pub(crate) struct GatewayClients {
    file: Arc<GatewayFile>,
    known: RwLock<HashMap<Arc<str>, Arc<KnownClient>>>,
}

impl GatewayClients {
    pub(crate) fn open(file: Arc<GatewayFile>) -> Result<Self, BesideError> {
        let known = file.clients()?.into_iter().map(known);
        let known = RwLock::new(known.map(|client| (client.id.clone(), client)).collect());
        Ok(Self { file, known })
    }

    /// The client of a token.
    pub(crate) fn caller(&self, token: &str, now: Millis) -> Option<Caller> {
        let (id, secret) = token.strip_prefix(PREFIX)?.split_once('_')?;
        let client = self.known.read().get(id)?.clone();
        let is_its_own: bool = hash(secret).as_slice().ct_eq(&client.hash).into();
        if !is_its_own {
            return None;
        }
        client.used_at.store(now, Ordering::Relaxed);
        let (id, name) = (client.id.clone(), Some(client.name.clone()));
        Some(Caller { id, name, revoked: client.revoked.clone() })
    }

    /// A client where no token is needed.
    pub(crate) fn anybody() -> Caller {
        Caller { id: "".into(), name: None, revoked: CancellationToken::new() }
    }

    pub(crate) fn list(&self) -> Vec<GatewayClient> {
        let mut all: Vec<_> = self.known.read().values().map(|client| client.told()).collect();
        all.sort_by(|one, other| (&one.name, &one.id).cmp(&(&other.name, &other.id)));
        all
    }

    /// Creates a token for a client of this name. A former token of that name is revoked.
    pub(crate) fn make(&self, name: &str, now: Millis) -> Result<(GatewayClient, String), NoToken> {
        let name = name.trim();
        let length = name.chars().count();
        if length == 0 || length > LONGEST_NAME || name.chars().any(char::is_control) {
            return Err(NoToken::Name);
        }
        let mut all = self.known.write();
        let former = all.values().find(|client| &*client.name == name).cloned();
        if former.is_none() && all.len() >= MOST_CLIENTS {
            return Err(NoToken::TooMany);
        }
        let id = Uuid::new_v4().simple().to_string().chars().take(12).collect::<String>();
        let secret = format!("{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple());
        let row = ClientRow {
            id: id.clone(),
            name: name.to_owned(),
            hash: hash(&secret),
            created_at: now,
            used_at: None,
        };
        self.file.keep_client(&row)?;
        if let Some(former) = former {
            former.revoked.cancel();
            all.remove(&former.id);
        }
        let client = known(row);
        let told = client.told();
        all.insert(client.id.clone(), client);
        Ok((told, format!("{PREFIX}{id}_{secret}")))
    }

    /// Revokes the token of a client, found by its name or id: its open connections end. `None` when there is none.
    pub(crate) fn revoke(&self, key: &str) -> Result<Option<GatewayClient>, BesideError> {
        let mut all = self.known.write();
        let found = all.values().find(|client| &*client.name == key || &*client.id == key).cloned();
        let Some(client) = found else { return Ok(None) };
        self.file.forget_client(&client.id)?;
        all.remove(&client.id);
        client.revoked.cancel();
        Ok(Some(client.told()))
    }

    /// Writes when each was last used, where that is not written yet.
    pub(crate) fn write_uses(&self) -> Result<(), BesideError> {
        let all: Vec<_> = self.known.read().values().cloned().collect();
        let unwritten = all.iter().filter_map(|client| {
            let used = client.used_at.load(Ordering::Relaxed);
            (used != client.written_at.swap(used, Ordering::Relaxed)).then(|| (client.id.to_string(), used))
        });
        let uses: Vec<_> = unwritten.collect();
        if uses.is_empty() { Ok(()) } else { self.file.used(&uses) }
    }
}

impl KnownClient {
    fn told(&self) -> GatewayClient {
        let used_at = Some(self.used_at.load(Ordering::Relaxed)).filter(|at| *at != 0);
        let (id, name) = (self.id.to_string(), self.name.to_string());
        GatewayClient { id, name, created_at: self.created_at, used_at }
    }
}

fn known(ClientRow { id, name, hash, created_at, used_at }: ClientRow) -> Arc<KnownClient> {
    let used = used_at.unwrap_or_default();
    Arc::new(KnownClient {
        id: id.into(),
        name: name.into(),
        hash,
        created_at,
        used_at: used.into(),
        written_at: used.into(),
        revoked: CancellationToken::new(),
    })
}

fn hash(secret: &str) -> Vec<u8> {
    Sha256::digest(secret.as_bytes()).to_vec()
}

/// Bytes as hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits.filter_map(|digit| char::from_digit(digit.into(), 16)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clients(folder: &std::path::Path) -> GatewayClients {
        GatewayClients::open(Arc::new(GatewayFile::open(folder, 0).unwrap().0)).unwrap()
    }

    #[test]
    fn a_token_opens_until_it_is_revoked_and_is_nowhere_in_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let (client, token) = clients(folder.path()).make("Cursor", 5).unwrap();
        // Another process.
        let all = clients(folder.path());
        let caller = all.caller(&token, 9).unwrap();
        assert_eq!((caller.name.as_deref(), &*caller.id), (Some("Cursor"), client.id.as_str()));
        assert_eq!(all.list()[0].used_at, Some(9));
        all.write_uses().unwrap();
        assert_eq!(clients(folder.path()).list()[0].used_at, Some(9));
        let secret = token.rsplit('_').next().unwrap();
        for entry in std::fs::read_dir(folder.path()).unwrap() {
            let bytes = std::fs::read(entry.unwrap().path()).unwrap();
            assert!(!bytes.windows(secret.len()).any(|part| part == secret.as_bytes()));
        }
        assert_eq!(all.revoke("Cursor").unwrap().unwrap().id, client.id);
        assert!(caller.revoked.is_cancelled() && all.caller(&token, 9).is_none());
        assert!(clients(folder.path()).caller(&token, 9).is_none());
        assert!(all.revoke("Cursor").unwrap().is_none());
    }

    #[test]
    fn what_is_no_token_opens_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let all = clients(folder.path());
        let (client, token) = all.make("a", 0).unwrap();
        let (other, _) = all.make("b", 0).unwrap();
        let secret = token.rsplit('_').next().unwrap();
        let wrong = [
            String::new(),
            PREFIX.to_owned(),
            format!("{PREFIX}{}_", client.id),
            format!("{PREFIX}{}_{secret}0", client.id),
            format!("{PREFIX}{}_{secret}", other.id),
            token.to_uppercase(),
        ];
        for token in wrong {
            assert!(all.caller(&token, 0).is_none(), "{token}");
        }
        for name in ["", "  ", "a\nb", &"x".repeat(65)] {
            assert!(matches!(all.make(name, 0), Err(NoToken::Name)), "{name:?}");
        }
    }

    #[test]
    fn a_second_token_of_one_name_takes_the_place_of_the_first() {
        let folder = tempfile::tempdir().unwrap();
        let all = clients(folder.path());
        let (_, first) = all.make("a", 0).unwrap();
        let caller = all.caller(&first, 1).unwrap();
        let (_, second) = all.make("a", 2).unwrap();
        assert!(caller.revoked.is_cancelled() && all.caller(&first, 3).is_none());
        assert!(all.caller(&second, 3).is_some());
        assert_eq!(all.list().len(), 1);
    }
}
