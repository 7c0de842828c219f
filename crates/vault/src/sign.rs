//! Signing a request: the token and the headers of a server, from the keyring, the file or the environment.

use std::collections::BTreeMap;

use mcp::{Remote, Secret};
use model::ServerInfo;

use crate::{Key, SecretError, Slot, Vault};

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
}

impl Vault {
    /// Adds a server's credentials to the way it is reached. What is kept goes before a variable of the same use: a person
    /// gave it for this server.
    pub async fn sign(&self, info: &ServerInfo, remote: &mut Remote) -> Result<(), Unsigned> {
        remote.bearer = self.credential(info, Slot::Token, info.token_env.as_deref()).await?;
        remote.headers.clear();
        for (header, variable) in self.headers(info) {
            let slot = Slot::Header(header.to_ascii_lowercase());
            if let Some(secret) = self.credential(info, slot, variable).await? {
                remote.headers.push((header, secret));
            }
        }
        Ok(())
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
            if let Slot::Header(name) = key.slot
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
        slot: Slot,
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

impl std::fmt::Display for Slot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Token => f.write_str("token"),
            Self::Header(name) => write!(f, "header `{name}`"),
        }
    }
}

fn from_environment(what: &str, variable: &str) -> Result<Secret, Unsigned> {
    let (what, named) = (what.to_owned(), variable.to_owned());
    std::env::var(variable).map(Secret::new).map_err(|_| Unsigned::NotSet { what, variable: named })
}
