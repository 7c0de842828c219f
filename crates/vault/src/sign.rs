//! Signing a request: the token and the headers of a server, from the keyring, the file or the environment. Servers at one
//! address are distinguished by what was given for them: two databases, two accounts. The first has the id of its address.
//! The others have one from a keyed hash of what was given: the same again for the same file, while it reveals nothing about
//! the values. An id stays when a value changes later.

use std::collections::BTreeMap;
use std::fmt::Write;

use hmac::{Hmac, KeyInit, Mac};
use mcp::{Remote, Secret};
use model::{Given, ServerId, ServerInfo};
use sha2::Sha256;

use crate::{Key, SecretError, SecretPurpose, Vault};

/// Why a credential that a server needs is missing. Without it the server is not asked, so that the missing credential is
/// visible.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unsigned {
    /// It is kept and cannot be read.
    #[error("its {what} cannot be read: {error}")]
    Unread {
        /// Its use.
        what: String,
        /// The cause.
        error: SecretError,
    },
    /// The variable that should hold it is not set.
    #[error(
        "the environment variable `{variable}` (for its {what}) is not set: set it where MCP Discovery is started"
    )]
    NotSet {
        /// Its use.
        what: String,
        /// The variable.
        variable: String,
    },
    /// A command's variable has no value, neither here nor in our own environment.
    #[error(
        "its environment variable `{name}` has no value: give it one, or set it where MCP Discovery is started"
    )]
    Missing {
        /// The variable.
        name: String,
        /// Whose.
        server: ServerId,
    },
}

impl Vault {
    /// Adds a server's credentials to its requests. A kept one overrides a variable of the same use: it was given for this
    /// server.
    pub async fn sign(&self, info: &ServerInfo, remote: &mut Remote) -> Result<(), Unsigned> {
        remote.bearer = self.credential(info, SecretPurpose::Token, info.token_env.as_deref()).await?;
        remote.headers.clear();
        for (header, variable) in self.headers(info) {
            let slot = SecretPurpose::Header(header.to_ascii_lowercase());
            if let Some(secret) = self.credential(info, slot, variable).await? {
                remote.headers.push((header, secret));
            }
        }
        remote.query.clear();
        for (key, _) in self.list(Some(info)) {
            if let SecretPurpose::Query(name) = &key.slot
                && let Some(secret) = self.credential(info, key.slot.clone(), None).await?
            {
                remote.query.push((name.clone(), secret));
            }
        }
        Ok(())
    }

    /// The environment of a command: what is kept for it, else the environment of this program. `given` overrides both: it
    /// was just given, and is kept once the command was seen to run.
    pub async fn environment(
        &self,
        info: &ServerInfo,
        given: &[(String, Secret)],
    ) -> Result<Vec<(String, Secret)>, Unsigned> {
        let mut environment = Vec::new();
        for name in &info.env {
            let secret = match given.iter().find(|(own, _)| own == name) {
                Some((_, secret)) => Some(secret.clone()),
                None => self.credential(info, SecretPurpose::Env(name.clone()), None).await?,
            };
            let secret = secret.or_else(|| std::env::var(name).ok().map(Secret::new));
            let missing = || Unsigned::Missing { name: name.clone(), server: info.id };
            environment.push((name.clone(), secret.ok_or_else(missing)?));
        }
        Ok(environment)
    }

    /// Whether something would be sent.
    pub fn signs(&self, info: &ServerInfo) -> bool {
        info.token_env.is_some() || !info.header_env.is_empty() || !self.list(Some(info)).is_empty()
    }

    /// Every header of a server, with the variable that a record names for it.
    fn headers<'a>(&self, info: &'a ServerInfo) -> BTreeMap<String, Option<&'a str>> {
        let mut headers: BTreeMap<String, Option<&str>> = info
            .header_env
            .iter()
            .map(|(header, variable)| (header.clone(), Some(variable.as_str())))
            .collect();
        for (key, _) in self.list(Some(info)) {
            if let SecretPurpose::Header(name) = key.slot
                && !headers.keys().any(|header| header.eq_ignore_ascii_case(&name))
            {
                headers.insert(name, None);
            }
        }
        headers
    }

    async fn credential(
        &self,
        info: &ServerInfo,
        slot: SecretPurpose,
        variable: Option<&str>,
    ) -> Result<Option<Secret>, Unsigned> {
        let what = slot.to_string();
        if let Some(key) = Key::of(info, slot)
            && let Some(secret) =
                self.get(&key).await.map_err(|error| Unsigned::Unread { what: what.clone(), error })?
        {
            return Ok(Some(secret));
        }
        variable.map(|variable| from_environment(&what, variable)).transpose()
    }
}

impl std::fmt::Display for SecretPurpose {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Token => f.write_str("token"),
            Self::Header(name) => write!(f, "header `{name}`"),
            Self::Env(name) => write!(f, "environment variable `{name}`"),
            Self::Query(name) => write!(f, "key `{name}`"),
        }
    }
}

fn from_environment(what: &str, variable: &str) -> Result<Secret, Unsigned> {
    let (what, named) = (what.to_owned(), variable.to_owned());
    std::env::var(variable).map(Secret::new).map_err(|_| Unsigned::NotSet { what, variable: named })
}

impl Vault {
    /// The id of another server at the address of `base`.
    pub fn twin(&self, base: ServerId, given: &Given) -> ServerId {
        told_apart(base, &self.mark(given))
    }

    /// Whether a server got its id as another one at the address of `base`.
    pub fn is_twin(&self, base: ServerId, id: ServerId) -> bool {
        let ledger = self.ledger();
        ledger.marks.get(&id).is_some_and(|mark| told_apart(base, mark) == id)
    }

    /// Whether this server got its id with just this.
    pub fn is_marked(&self, id: ServerId, given: &Given) -> bool {
        let mark = self.mark(given);
        self.ledger().marks.get(&id) == Some(&mark)
    }

    /// Remembers what servers were given when they got their ids.
    pub async fn remember(&self, given: Vec<(ServerId, Given)>) -> Result<(), SecretError> {
        let marks: Vec<_> = given.iter().map(|(id, given)| (*id, self.mark(given))).collect();
        if marks.is_empty() {
            return Ok(());
        }
        self.change(|ledger| ledger.marks.extend(marks)).await
    }

    /// Those of servers that are gone for good.
    pub(crate) async fn forget_marks(&self) {
        let is_known = {
            let ledger = self.ledger();
            ledger.marks.keys().any(|id| ledger.gone.contains(id))
        };
        let forget = |ledger: &mut crate::SecretList| {
            let gone = ledger.gone.clone();
            ledger.marks.retain(|id, _| !gone.contains(id));
        };
        if is_known && let Err(error) = self.change(forget).await {
            tracing::warn!(%error, "what distinguished servers that are gone is still kept");
        }
    }

    fn mark(&self, given: &Given) -> String {
        let [one, other] = self.ledger().salt;
        let key = [*one.as_bytes(), *other.as_bytes()].concat();
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&key) else { return String::new() };
        mac.update(given.key().as_bytes());
        mac.finalize().into_bytes().iter().fold(String::new(), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
    }
}

fn told_apart(base: ServerId, mark: &str) -> ServerId {
    ServerId::mint(&format!("{base} told apart by {mark}"))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn given(value: &str) -> Given {
        let env = BTreeMap::from([("DATABASE_URL".to_owned(), Some(value.to_owned()))]);
        Given { env, ..Given::default() }
    }

    #[tokio::test]
    async fn an_id_is_the_same_again_here_and_another_elsewhere() {
        let (folder, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let base = ServerId::mint("x");
        let (vault, _) = Vault::open(folder.path());
        let twin = vault.twin(base, &given("prod"));
        assert_ne!(twin, vault.twin(base, &given("dev")));
        vault.remember(vec![(base, given("dev"))]).await.unwrap();
        let (again, _) = Vault::open(folder.path());
        assert_eq!(again.twin(base, &given("prod")), twin);
        vault.remember(vec![(twin, given("prod"))]).await.unwrap();
        assert!(vault.is_twin(base, twin) && !vault.is_twin(ServerId::mint("y"), twin));
        assert!(again.is_marked(base, &given("dev")) && !again.is_marked(base, &given("prod")));
        let (other, _) = Vault::open(elsewhere.path());
        assert_ne!(other.twin(base, &given("prod")), twin);
        let file = std::fs::read_to_string(folder.path().join("secrets.json")).unwrap();
        assert!(!file.contains("dev") && !file.contains("DATABASE_URL"), "{file}");
    }
}
