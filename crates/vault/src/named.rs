//! Secrets that the configuration names: `${keyring:NAME}`. They are for no server, and nothing that a server or a file of
//! servers brings along can name one.

use std::collections::BTreeMap;

use mcp::Secret;
use model::SecretPlace;

use crate::ledger::KeptWhere;
use crate::{SecretError, Vault};

impl Vault {
    /// Keeps a secret under a name, in the place of an earlier one.
    pub async fn put_named(&self, name: &str, secret: Secret, place: SecretPlace) -> Result<(), SecretError> {
        let before = match place {
            SecretPlace::File => self.set_named(name, Some(KeptWhere::Here(secret))).await?,
            SecretPlace::Keyring => {
                // The file says first what the keyring has then.
                let before = self.set_named(name, Some(KeptWhere::Keyring)).await?;
                let put = self.keyring.put(self.account_of(name), secret).await;
                if put.is_err() {
                    self.set_named(name, before).await?;
                }
                return put;
            }
        };
        if before == Some(KeptWhere::Keyring)
            && let Err(error) = self.keyring.delete(self.account_of(name)).await
        {
            tracing::warn!(%error, name, "the keyring still has the earlier secret");
        }
        Ok(())
    }

    /// The secret of this name, when one is kept.
    pub async fn get_named(&self, name: &str) -> Result<Option<Secret>, SecretError> {
        let kept = self.ledger().named.get(name).cloned();
        match kept {
            None => Ok(None),
            Some(KeptWhere::Here(secret)) => Ok(Some(secret)),
            Some(KeptWhere::Keyring) => self.keyring.get(self.account_of(name)).await.map(Some),
        }
    }

    /// Forgets a secret; says whether there was one.
    pub async fn forget_named(&self, name: &str) -> Result<bool, SecretError> {
        let kept = self.ledger().named.get(name).cloned();
        let Some(kept) = kept else { return Ok(false) };
        if kept == KeptWhere::Keyring {
            self.keyring.delete(self.account_of(name)).await?;
        }
        self.set_named(name, None).await?;
        Ok(true)
    }

    /// The names, and where each is kept.
    pub fn names(&self) -> BTreeMap<String, SecretPlace> {
        self.ledger().named.iter().map(|(name, kept)| (name.clone(), kept.place())).collect()
    }

    async fn set_named(&self, name: &str, kept: Option<KeptWhere>) -> Result<Option<KeptWhere>, SecretError> {
        let name = name.to_owned();
        self.change(move |ledger| match kept {
            Some(kept) => ledger.named.insert(name, kept),
            None => ledger.named.remove(&name),
        })
        .await
    }

    /// Readable in the desktop's password manager, and another one in every data directory.
    fn account_of(&self, name: &str) -> String {
        format!("{name} of the configuration ({})", self.ledger().vault)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_named_secret_is_kept_replaced_and_forgotten() {
        let folder = tempfile::tempdir().unwrap();
        let (vault, _) = Vault::open(folder.path());
        vault.put_named("redis", Secret::new("one"), SecretPlace::File).await.unwrap();
        vault.put_named("redis", Secret::new("two"), SecretPlace::File).await.unwrap();
        let (vault, notice) = Vault::open(folder.path());
        assert_eq!((notice, vault.get_named("redis").await.unwrap()), (None, Some(Secret::new("two"))));
        assert_eq!(vault.names().into_iter().collect::<Vec<_>>(), [("redis".to_owned(), SecretPlace::File)]);
        assert!(vault.list(None).is_empty(), "it is no server's");
        assert!(vault.forget_named("redis").await.unwrap() && !vault.forget_named("redis").await.unwrap());
        assert_eq!(Vault::open(folder.path()).0.get_named("redis").await.unwrap(), None);
    }
}
