//! Sets of secrets. A server has one at a time, and its record says which: an edit that changes a secret, or changes the
//! origin, starts another. So undo finds the former secrets as they were, and a server at a new address gets no secret
//! without consent. Secrets that the configuration names (`${keyring:NAME}`) belong to no server, and nothing in a server or
//! a file of servers can name one.

use std::collections::BTreeMap;

use mcp::Secret;
use model::{GivenSecret, Millis, SecretPlace, ServerId, ServerInfo};

use crate::ledger::KeptWhere;
use crate::{Key, SecretError, SecretPurpose, Vault};

/// How long a set that is no longer its server's is kept: as long as a change can be undone. In milliseconds.
const KEPT_FOR: Millis = 30 * 24 * 60 * 60 * 1000;

impl Vault {
    /// Copies what stays from the set of one record into that of another, each where it is kept now. On an error nothing is
    /// in the new set.
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

    /// Forgets the sets that no undo needs any more. `own` is the current set of a server; of a server that it does not know
    /// nothing is forgotten here.
    pub async fn forget_former(self, own: impl Fn(ServerId) -> Option<u64>, now: Millis) {
        for (key, _) in self.list(None) {
            let Some(own) = own(key.server).filter(|own| *own != key.set) else { continue };
            // A set begins at the time that is its number, and ends when another begins or when it is undone.
            let since = Millis::try_from(own.max(key.set)).unwrap_or(Millis::MAX);
            if since.saturating_add(KEPT_FOR) <= now
                && let Err(error) = self.forget(&key).await
            {
                tracing::warn!(%error, server = %key.server, "a secret of a former set is still kept");
            }
        }
    }
}

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

    /// Forgets a secret; returns whether there was one.
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

/// The longest secret, in bytes: the least that all keyrings accept.
const LONGEST: usize = 2_500;

/// What is wrong with a secret.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// It is empty.
    #[error("the secret is empty: give it on one line")]
    Empty,
    /// Bytes other than printable ASCII.
    #[error(
        "the secret has a line break or a character that no header can carry: give it on one line, as it was issued"
    )]
    Letters,
    /// More than keyrings keep.
    #[error("the secret is longer than {LONGEST} bytes, more than keyrings keep: is it the right text?")]
    TooLong,
}

impl SecretPurpose {
    /// The secret as it is sent, without what people copy along: surrounding spaces and the word `Bearer`.
    pub fn fit(&self, given: &GivenSecret) -> Result<Secret, Unfit> {
        if matches!(self, Self::Env(_)) {
            return fit_for_a_child(given.expose());
        }
        let mut text = given.expose().trim();
        let (word, rest) = text.split_once(' ').unwrap_or((text, ""));
        if *self == Self::Token && word.eq_ignore_ascii_case("bearer") {
            text = rest.trim();
        }
        if text.is_empty() {
            return Err(Unfit::Empty);
        }
        if text.len() > LONGEST {
            return Err(Unfit::TooLong);
        }
        if !text.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
            return Err(Unfit::Letters);
        }
        Ok(Secret::new(text))
    }
}

/// A variable can contain any text, such as a private key of many lines; only the line ending that it was read with is left
/// out.
fn fit_for_a_child(text: &str) -> Result<Secret, Unfit> {
    match text.trim_end_matches(['\r', '\n']) {
        "" => Err(Unfit::Empty),
        text if text.len() > LONGEST => Err(Unfit::TooLong),
        text if text.contains('\0') => Err(Unfit::Letters),
        text => Ok(Secret::new(text)),
    }
}

#[cfg(test)]
mod tests {
    use mcp::Secret;
    use model::{SecretPlace, Source};
    use serde_json::json;

    use super::*;

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
        assert_eq!(vault.list(Some(&before)).len(), 2, "the change can be undone");
        vault.clone().forget_former(|_| Some(5), 5 + KEPT_FOR).await;
        assert_eq!(vault.list(Some(&before)).len(), 0);
        assert_eq!(kept(&vault, &after).await.as_deref(), Some("s"));
    }

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

    fn fit(text: &str, slot: &SecretPurpose) -> Result<String, Unfit> {
        let given: GivenSecret = serde_json::from_value(json!(text)).unwrap();
        slot.fit(&given).map(|secret| secret.expose().to_owned())
    }

    #[test]
    fn what_was_copied_along_is_left_out() {
        let header = SecretPurpose::Header("x-key".to_owned());
        for (text, slot, sent) in [
            ("abc", &SecretPurpose::Token, "abc"),
            (" abc\n", &SecretPurpose::Token, "abc"),
            ("Bearer abc", &SecretPurpose::Token, "abc"),
            ("bearer abc", &header, "bearer abc"),
            (" abc ", &SecretPurpose::Query("key".to_owned()), "abc"),
            (" two\nlines \n", &SecretPurpose::Env("KEY".to_owned()), " two\nlines "),
        ] {
            assert_eq!(fit(text, slot).as_deref(), Ok(sent));
        }
    }

    #[test]
    fn what_no_header_can_carry_is_refused_without_being_shown() {
        for (text, why) in [
            ("", Unfit::Empty),
            ("Bearer ", Unfit::Empty),
            ("a\nb", Unfit::Letters),
            ("pässwort", Unfit::Letters),
            (&"x".repeat(LONGEST + 1), Unfit::TooLong),
        ] {
            assert_eq!(fit(text, &SecretPurpose::Token), Err(why));
        }
        let refused = serde_json::from_value::<GivenSecret>(json!(12_345_678)).unwrap_err().to_string();
        assert!(!refused.contains("12345678"), "{refused}");
        let given: GivenSecret = serde_json::from_value(json!("hunter2")).unwrap();
        assert!(!format!("{given:?}").contains("hunter2"));
    }
}
