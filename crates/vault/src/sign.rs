//! Signing a request: the token and the headers of a server, from the keyring, the file or the environment.

use std::collections::BTreeMap;

use mcp::{Remote, Secret};
use model::{ServerId, ServerInfo};

use crate::{Key, SecretError, SecretPurpose, Vault};

/// Why a credential that a server needs is not there. Without it the server is not asked, so that it is seen what is missing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unsigned {
    /// It is kept and cannot be read.
    #[error("its {what} cannot be read: {error}")]
    Unread {
        /// What it is for.
        what: String,
        /// Why.
        error: SecretError,
    },
    /// The variable that should hold it is not set.
    #[error(
        "the environment variable `{variable}` (for its {what}) is not set: set it where MCP Discovery is started"
    )]
    NotSet {
        /// What it is for.
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
    /// Adds a server's credentials to the way it is reached. What is kept goes before a variable of the same use: a person
    /// gave it for this server.
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

    /// The environment of a command: what is kept for it, else what this program was started with. `given` goes first: a
    /// person gave it, and it is kept once the command was seen to run.
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
