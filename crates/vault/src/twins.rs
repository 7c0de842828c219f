//! Servers at one address that what was given for them tells apart: two databases, two accounts. The first has the id of its
//! address. The others have one that a keyed hash of what was given makes: the same again for the same file, while it says
//! nothing of the values. An id stays when a value changes later.

use std::fmt::Write;

use hmac::{Hmac, KeyInit, Mac};
use model::{Given, ServerId};
use sha2::Sha256;

use crate::{SecretError, Vault};

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
            tracing::warn!(%error, "what told servers apart that are gone is still written down");
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
