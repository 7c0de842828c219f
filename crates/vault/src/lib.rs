//! The secrets that are given for servers. The system's keyring keeps them; where there is none, a file that only its owner
//! can read does, and the user is informed.
//!
//! A record contains no secret and no reference to one that could lead elsewhere: a secret is found by the server's id and
//! the origin it was given for. So nothing in a file, a scan or a server can name another server's secret, and a server that
//! moves to another origin finds none.

mod keyring;
mod ledger;
mod sets;
mod sign;

use std::collections::HashMap;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use keyring::Keyring;
use ledger::{KeptWhere, SecretList};
use mcp::Secret;
use model::{SecretPlace, ServerId, ServerInfo, Transport};
use serde::{Deserialize, Serialize};

pub use sets::Unfit;
pub use sign::Unsigned;

/// The use of a secret.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SecretPurpose {
    /// `Authorization: Bearer …`.
    Token,
    /// Another header, by its name in small letters.
    Header(String),
    /// An environment variable of a command.
    Env(String),
    /// A parameter in the query of the URL.
    Query(String),
}

/// The origin of a server that is a command: it is on this computer and nowhere else.
const STDIO: &str = "stdio";

/// Whose secret: the server, and the origin it was given for and goes to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    /// The server.
    pub server: ServerId,
    /// Scheme, host and port; `stdio` for a command.
    pub origin: String,
    /// Its use there.
    pub slot: SecretPurpose,
    /// The set of the server that it is in; see [`ServerInfo::secret_set`].
    pub set: u64,
}

/// Why a secret was not kept, or not found.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SecretError {
    /// No keyring runs here.
    #[error(
        "no keyring can be reached from here ({0}): start MCP Discovery in your desktop session, or give the secret again"
    )]
    NoKeyring(String),
    /// The keyring is locked.
    #[error(
        "the keyring is locked, or was never set up: open it (your desktop's password manager does) and try again"
    )]
    Locked,
    /// The keyring does not answer.
    #[error("the keyring has not answered for {} s: look for a window that asks for its password, or restart it", .0.as_secs())]
    Silent(Duration),
    /// Another program removed it.
    #[error("the keyring does not have it any more: give it again")]
    Gone,
    /// Another error.
    #[error("the keyring refused: {0}")]
    Refused(String),
    /// The file could not be written.
    #[error("the file of secrets could not be written ({0}); nothing was changed")]
    NotWritten(String),
}

/// The secrets, and access to them. Cheap to clone; all clones are one.
#[derive(Clone)]
pub struct Vault {
    ledger: Arc<Mutex<SecretList>>,
    /// Whose turn it is to write the file.
    turn: Arc<Mutex<()>>,
    keyring: Keyring,
    read: Arc<Mutex<KeyringRead>>,
    /// Counts added and forgotten secrets.
    stamp: Arc<AtomicU64>,
}

/// The answers of the keyring, so that it is asked once and not before every round.
#[derive(Default)]
struct KeyringRead {
    secrets: HashMap<Key, Secret>,
    /// Counts changes: what was read before one is not remembered after it.
    changes: u64,
}

impl Key {
    /// The key of a server's secret.
    pub fn of(info: &ServerInfo, slot: SecretPurpose) -> Option<Self> {
        let origin = match info.transport {
            Transport::Stdio => STDIO.to_owned(),
            Transport::Http | Transport::Sse => info.origin()?,
        };
        Some(Self { server: info.id, origin, slot, set: info.secret_set })
    }
}

impl Vault {
    /// Opens the secrets in the data directory; returns a notice if there is one.
    pub fn open(folder: &Path) -> (Self, Option<String>) {
        let (ledger, notice) = SecretList::load(folder);
        let vault = Self {
            ledger: Arc::new(Mutex::new(ledger)),
            turn: Arc::default(),
            keyring: Keyring::default(),
            read: Arc::default(),
            stamp: Arc::default(),
        };
        (vault, notice)
    }

    /// Where the next secret will be kept, and why it is not the keyring.
    pub async fn place(&self) -> Result<(SecretPlace, Option<String>), SecretError> {
        match self.keyring.is_there().await {
            Ok(()) => Ok((SecretPlace::Keyring, None)),
            Err(SecretError::NoKeyring(why)) => Ok((SecretPlace::File, Some(why))),
            Err(error) => Err(error),
        }
    }

    /// Another one after each change: a conversation that began at this stamp has the secrets of today.
    pub fn stamp(&self) -> u64 {
        self.stamp.load(Ordering::Relaxed)
    }

    /// Keeps a secret, in the place of an earlier one.
    pub async fn put(&self, key: Key, secret: Secret, place: SecretPlace) -> Result<(), SecretError> {
        match place {
            SecretPlace::Keyring => self.put_in_keyring(key, secret).await,
            SecretPlace::File => self.put_in_file(key, secret).await,
        }
    }

    /// A secret that moves here leaves the keyring.
    async fn put_in_file(&self, key: Key, secret: Secret) -> Result<(), SecretError> {
        let before = self.set(&key, Some(KeptWhere::Here(secret))).await?;
        if before == Some(KeptWhere::Keyring)
            && let Err(error) = self.keyring.delete(self.account(&key)).await
        {
            tracing::warn!(%error, server = %key.server, "the keyring still has the earlier secret");
        }
        Ok(())
    }

    /// The file is written before the keyring: so every secret in the keyring is listed.
    async fn put_in_keyring(&self, key: Key, secret: Secret) -> Result<(), SecretError> {
        let before = self.set(&key, Some(KeptWhere::Keyring)).await?;
        let put = self.keyring.put(self.account(&key), secret).await;
        self.unread(&key);
        if put.is_err() {
            self.set(&key, before).await?;
        }
        put
    }

    /// The secret, when one is kept.
    pub async fn get(&self, key: &Key) -> Result<Option<Secret>, SecretError> {
        match self.kept(key) {
            None => return Ok(None),
            Some(KeptWhere::Here(secret)) => return Ok(Some(secret)),
            Some(KeptWhere::Keyring) => {}
        }
        let changes = {
            let read = self.read();
            if let Some(secret) = read.secrets.get(key) {
                return Ok(Some(secret.clone()));
            }
            read.changes
        };
        let secret = self.keyring.get(self.account(key)).await?;
        let mut read = self.read();
        if read.changes == changes {
            read.secrets.insert(key.clone(), secret.clone());
        }
        Ok(Some(secret))
    }

    /// Forgets a secret; returns whether there was one.
    pub async fn forget(&self, key: &Key) -> Result<bool, SecretError> {
        let Some(kept) = self.kept(key) else { return Ok(false) };
        if kept == KeptWhere::Keyring {
            self.keyring.delete(self.account(key)).await?;
        }
        self.set(key, None).await?;
        Ok(true)
    }

    /// Forgets all secrets of servers that are gone for good. What the keyring does not delete now is tried at the next
    /// start.
    pub async fn forget_servers(self, gone: Vec<ServerId>) {
        self.mark_gone(gone).await;
        self.forget_marks().await;
        let keys: Vec<Key> = {
            let ledger = self.ledger();
            ledger.kept.keys().filter(|key| ledger.gone.contains(&key.server)).cloned().collect()
        };
        for key in keys {
            if let Err(error) = self.forget(&key).await {
                tracing::warn!(%error, server = %key.server, "the secret of a server that is gone is still kept");
            }
        }
    }

    /// The same for a one-shot command: its secrets are forgotten by the next core that stays, which can wait for a keyring.
    pub async fn mark_gone(&self, gone: Vec<ServerId>) {
        let is_known = self.ledger().kept.keys().any(|key| gone.contains(&key.server));
        if is_known && let Err(error) = self.change(|ledger| ledger.gone.extend(gone)).await {
            tracing::warn!(%error, "which secrets belong to servers that are gone was not recorded");
        }
    }

    /// What is kept of this server at its current origin, or of all servers.
    pub fn list(&self, server: Option<&ServerInfo>) -> Vec<(Key, SecretPlace)> {
        let wanted = server.map(|info| Key::of(info, SecretPurpose::Token));
        let is_wanted = |key: &Key| match &wanted {
            None => true,
            Some(None) => false,
            Some(Some(here)) => (key.server, &key.origin, key.set) == (here.server, &here.origin, here.set),
        };
        let ledger = self.ledger();
        let kept = ledger.kept.iter().filter(|(key, _)| is_wanted(key));
        kept.map(|(key, kept)| (key.clone(), kept.place())).collect()
    }

    /// The path of the file, for messages.
    pub fn file(&self) -> String {
        self.ledger().path().display().to_string()
    }

    /// The user is there: a keyring that was locked is asked again.
    pub fn wake(&self) {
        self.keyring.wake();
    }

    fn kept(&self, key: &Key) -> Option<KeptWhere> {
        self.ledger().kept.get(key).cloned()
    }

    /// Records what is kept under a key; returns what was before.
    async fn set(&self, key: &Key, kept: Option<KeptWhere>) -> Result<Option<KeptWhere>, SecretError> {
        let changed = key.clone();
        let before = self.change(move |ledger| ledger.set(changed, kept)).await;
        self.unread(key);
        before
    }

    /// Changes the file, and then the copy in memory.
    async fn change<T: Send + 'static>(
        &self,
        edit: impl FnOnce(&mut SecretList) -> T + Send + 'static,
    ) -> Result<T, SecretError> {
        let (ledger, turn) = (self.ledger.clone(), self.turn.clone());
        let writing = tokio::task::spawn_blocking(move || {
            let _turn = held(&turn);
            let mut next = held(&ledger).clone();
            let answer = edit(&mut next);
            next.save()?;
            *held(&ledger) = next;
            Ok(answer)
        });
        let failed = |error: std::io::Error| SecretError::NotWritten(error.to_string());
        writing.await.map_err(|error| failed(std::io::Error::other(error)))?.map_err(failed)
    }

    fn unread(&self, key: &Key) {
        let mut read = self.read();
        read.changes += 1;
        read.secrets.remove(key);
        self.stamp.fetch_add(1, Ordering::Relaxed);
    }

    /// Readable in the desktop's password manager, and another one in every data directory.
    fn account(&self, key: &Key) -> String {
        let Key { server, origin, slot, set } = key;
        let what = match slot {
            SecretPurpose::Token => "token".to_owned(),
            SecretPurpose::Header(name) => format!("header {name}"),
            SecretPurpose::Env(name) => format!("variable {name}"),
            SecretPurpose::Query(name) => format!("key {name}"),
        };
        let set = if *set == 0 { String::new() } else { format!(", set {set}") };
        format!("{what} for {origin} ({server}, {}{set})", self.ledger().vault)
    }

    fn ledger(&self) -> MutexGuard<'_, SecretList> {
        held(&self.ledger)
    }

    fn read(&self) -> MutexGuard<'_, KeyringRead> {
        held(&self.read)
    }
}

fn held<T>(lock: &Mutex<T>) -> MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}

impl KeptWhere {
    fn place(&self) -> SecretPlace {
        match self {
            Self::Keyring => SecretPlace::Keyring,
            Self::Here(_) => SecretPlace::File,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(server: u8) -> Key {
        Key {
            server: ServerId::from_bytes([server; 16]),
            origin: "http://a".to_owned(),
            slot: SecretPurpose::Token,
            set: 0,
        }
    }

    async fn kept(folder: &Path) -> (Vault, Vec<u8>) {
        let (vault, notice) = Vault::open(folder);
        assert_eq!(notice, None);
        let kept = vault.list(None).into_iter().map(|(key, _)| key.server.as_bytes()[0]).collect();
        (vault, kept)
    }

    #[tokio::test]
    async fn what_the_keyring_does_not_give_up_is_tried_at_the_next_start() {
        let folder = tempfile::tempdir().unwrap();
        let (vault, _) = Vault::open(folder.path());
        vault.put(key(1), Secret::new("one"), SecretPlace::File).await.unwrap();
        vault.put(key(2), Secret::new("two"), SecretPlace::File).await.unwrap();
        // As it is when the process ends before the keyring has answered.
        vault.change(|ledger| ledger.gone.insert(key(1).server)).await.unwrap();
        let (vault, all) = kept(folder.path()).await;
        assert_eq!(all, [1, 2]);
        vault.forget_servers(Vec::new()).await;
        assert_eq!(kept(folder.path()).await.1, [2]);
    }

    #[tokio::test]
    async fn a_server_that_gets_a_secret_again_is_not_gone() {
        let folder = tempfile::tempdir().unwrap();
        let (vault, _) = Vault::open(folder.path());
        vault.change(|ledger| ledger.gone.insert(key(1).server)).await.unwrap();
        vault.put(key(1), Secret::new("one"), SecretPlace::File).await.unwrap();
        vault.clone().forget_servers(Vec::new()).await;
        assert_eq!(vault.get(&key(1)).await.unwrap(), Some(Secret::new("one")));
    }

    #[tokio::test]
    async fn a_file_that_cannot_be_written_changes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let (vault, _) = Vault::open(&folder.path().join("missing"));
        let error = vault.put(key(1), Secret::new("hunter2"), SecretPlace::File).await.unwrap_err();
        assert!(matches!(&error, SecretError::NotWritten(why) if !why.contains("hunter2")), "{error}");
        assert_eq!(vault.get(&key(1)).await.unwrap(), None);
    }
}
