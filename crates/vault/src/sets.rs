//! Sets of secrets. A server has one at a time, and its record says which: an edit that changes a secret, or leads elsewhere,
//! begins another. So a change that is taken back finds the former secrets as they were, and where a server goes nothing
//! follows it that nobody agreed to.

use model::{Millis, ServerId, ServerInfo};

use crate::{Key, SecretError, SecretPurpose, Vault};

/// How long a set that is no longer its server's is kept: as long as a change can be taken back. In milliseconds.
const KEPT_FOR: Millis = 30 * 24 * 60 * 60 * 1000;

impl Vault {
    /// Copies what stays from the set of one record into that of another, each where it is kept now. On an error nothing is in
    /// the new set.
    pub async fn carry(
        &self,
        from: &ServerInfo,
        to: &ServerInfo,
        stays: impl Fn(&SecretPurpose) -> bool,
    ) -> Result<(), SecretError> {
        for (key, place) in self.list(Some(from)) {
            if !stays(&key.slot) {
                continue;
            }
            let Some(new) = Key::of(to, key.slot.clone()) else { continue };
            let copied = match self.get(&key).await {
                Ok(Some(secret)) => self.put(new, secret, place).await,
                Ok(None) => Ok(()),
                Err(error) => Err(error),
            };
            if let Err(error) = copied {
                self.forget_set(to).await;
                return Err(error);
            }
        }
        Ok(())
    }

    /// Forgets the set of a record that is not kept after all.
    pub async fn forget_set(&self, info: &ServerInfo) {
        for (key, _) in self.list(Some(info)) {
            if let Err(error) = self.forget(&key).await {
                tracing::warn!(%error, server = %info.id, "a secret that was not kept after all is still there");
            }
        }
    }

    /// Forgets the sets that no undo asks for any more. `own` is the set that a server has now; of one that it does not know
    /// nothing is forgotten here.
    pub async fn forget_former(self, own: impl Fn(ServerId) -> Option<u64>, now: Millis) {
        for (key, _) in self.list(None) {
            let Some(own) = own(key.server).filter(|own| *own != key.set) else { continue };
            // A set begins at the time that is its number, and ends when another begins or when it is taken back.
            let since = Millis::try_from(own.max(key.set)).unwrap_or(Millis::MAX);
            if since.saturating_add(KEPT_FOR) <= now
                && let Err(error) = self.forget(&key).await
            {
                tracing::warn!(%error, server = %key.server, "a secret of a former set is still kept");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use mcp::Secret;
    use model::Source;

    use super::*;
    use model::SecretPlace;

    fn server(url: &str, set: u64) -> ServerInfo {
        let info = ServerInfo::new_http("a", url, Source::Manual, 0).unwrap();
        ServerInfo { id: ServerId::mint("a"), secret_set: set, ..info }
    }

    async fn kept(vault: &Vault, info: &ServerInfo) -> Option<String> {
        let key = Key::of(info, SecretPurpose::Token).unwrap();
        vault.get(&key).await.unwrap().map(|secret| secret.expose().to_owned())
    }

    #[tokio::test]
    async fn what_stays_is_in_both_sets_and_the_former_goes_after_thirty_days() {
        let folder = tempfile::tempdir().unwrap();
        let (vault, _) = Vault::open(folder.path());
        let (before, after) = (server("http://a:1", 0), server("http://a:1/x", 5));
        let elsewhere = server("http://b:1", 5);
        let put = |info: &ServerInfo, slot: SecretPurpose| {
            vault.put(Key::of(info, slot).unwrap(), Secret::new("s"), SecretPlace::File)
        };
        put(&before, SecretPurpose::Token).await.unwrap();
        put(&before, SecretPurpose::Header("x-key".to_owned())).await.unwrap();
        vault.carry(&before, &after, |slot| *slot == SecretPurpose::Token).await.unwrap();
        assert_eq!(vault.list(Some(&after)).len(), 1);
        assert_eq!(vault.list(Some(&before)).len(), 2);
        assert_eq!(kept(&vault, &elsewhere).await, None, "another origin has none of it");

        vault.clone().forget_former(|_| Some(5), 4 + KEPT_FOR).await;
        assert_eq!(vault.list(Some(&before)).len(), 2, "the change can be taken back");
        vault.clone().forget_former(|_| Some(5), 5 + KEPT_FOR).await;
        assert_eq!(vault.list(Some(&before)).len(), 0);
        assert_eq!(kept(&vault, &after).await.as_deref(), Some("s"));
    }
}
