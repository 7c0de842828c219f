//! The file of secrets: which ones are kept and where, and, where there is no keyring, the secrets themselves.
//!
//! Such a secret is not encrypted. A key would have to be kept beside it, and a reader of one can read the other;
//! what protects it is that only its owner can open the file, as with `~/.netrc` or a private key of SSH.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use mcp::Secret;
use model::ServerId;
use serde::{Deserialize, Serialize};
use uuid::Uuid;
use zeroize::Zeroizing;

use super::{Key, SecretPurpose};

/// Its name in the data directory.
const FILE: &str = "secrets.json";

/// The place of one secret.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum KeptWhere {
    /// The keyring has it.
    Keyring,
    /// It is in this file.
    Here(Secret),
}

impl KeptWhere {
    /// The content of the file.
    fn written(&self) -> Option<&str> {
        match self {
            Self::Keyring => None,
            Self::Here(secret) => Some(secret.expose()),
        }
    }
}

/// The secrets of servers, by server, origin and use.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct SecretList {
    path: PathBuf,
    /// Sets our entries in the keyring apart from those of another data directory.
    pub(super) vault: Uuid,
    pub(super) kept: BTreeMap<Key, KeptWhere>,
    /// The secrets that the configuration names as `${keyring:NAME}`.
    pub(super) named: BTreeMap<String, KeptWhere>,
    /// Servers that are gone for good, while the keyring still has a secret of theirs.
    pub(super) gone: BTreeSet<ServerId>,
    /// The key of the hashes that distinguish servers of one address. It is nowhere else, so that an id reveals nothing
    /// about its values.
    pub(super) salt: [Uuid; 2],
    /// The hash of the first server of an address when it got its id.
    pub(super) marks: BTreeMap<ServerId, String>,
}

#[derive(Serialize, Deserialize)]
struct WrittenList<T> {
    version: u32,
    vault: Uuid,
    kept: Vec<SecretRow<T>>,
    #[serde(default = "nothing", skip_serializing_if = "BTreeMap::is_empty")]
    named: BTreeMap<String, Option<T>>,
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    gone: BTreeSet<ServerId>,
    #[serde(default = "random")]
    salt: [Uuid; 2],
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    marks: BTreeMap<ServerId, String>,
}

fn random() -> [Uuid; 2] {
    [Uuid::new_v4(), Uuid::new_v4()]
}

#[derive(Serialize, Deserialize)]
struct SecretRow<T> {
    server: ServerId,
    origin: String,
    slot: SecretPurpose,
    #[serde(default, skip_serializing_if = "is_first")]
    set: u64,
    #[serde(default = "none", skip_serializing_if = "Option::is_none")]
    secret: Option<T>,
}

fn nothing<T>() -> BTreeMap<String, Option<T>> {
    BTreeMap::new()
}

fn none<T>() -> Option<T> {
    None
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for it")]
fn is_first(set: &u64) -> bool {
    *set == 0
}

impl SecretList {
    /// Reads the file in `folder`. One that cannot be read is moved aside, never overwritten; the sentence says so.
    pub(super) fn load(folder: &Path) -> (Self, Option<String>) {
        let path = folder.join(FILE);
        let empty = Self {
            path: path.clone(),
            vault: Uuid::new_v4(),
            kept: BTreeMap::new(),
            named: BTreeMap::new(),
            gone: BTreeSet::new(),
            salt: random(),
            marks: BTreeMap::new(),
        };
        match std::fs::read(&path).map(Zeroizing::new) {
            Ok(bytes) => match serde_json::from_slice::<WrittenList<String>>(&bytes) {
                Ok(written) => (empty.filled(written), guard(&path)),
                Err(_) => (empty, Some(put_aside(&path))),
            },
            Err(error) if error.kind() == io::ErrorKind::NotFound => (empty, None),
            Err(_) => (empty, Some(put_aside(&path))),
        }
    }

    fn filled(self, written: WrittenList<String>) -> Self {
        let rows = written.kept.into_iter().map(|SecretRow { server, origin, slot, set, secret }| {
            (
                Key { server, origin, slot, set },
                secret.map_or(KeptWhere::Keyring, |secret| KeptWhere::Here(Secret::new(secret))),
            )
        });
        let WrittenList { vault, named, gone, salt, marks, .. } = written;
        let kept = |secret: Option<String>| {
            secret.map_or(KeptWhere::Keyring, |secret| KeptWhere::Here(Secret::new(secret)))
        };
        let named = named.into_iter().map(|(name, secret)| (name, kept(secret))).collect();
        Self { vault, kept: rows.collect(), named, gone, salt, marks, ..self }
    }

    /// Writes it, readable by its owner alone. It is the former or the new one, and never half of it.
    pub(super) fn save(&self) -> io::Result<()> {
        let rows = self.kept.iter().map(|(key, kept)| SecretRow {
            server: key.server,
            origin: key.origin.clone(),
            slot: key.slot.clone(),
            set: key.set,
            secret: kept.written(),
        });
        let written = WrittenList {
            version: 1,
            vault: self.vault,
            kept: rows.collect(),
            named: self.named.iter().map(|(name, kept)| (name.clone(), kept.written())).collect(),
            gone: self.gone.clone(),
            salt: self.salt,
            marks: self.marks.clone(),
        };
        let bytes = Zeroizing::new(serde_json::to_vec_pretty(&written).map_err(io::Error::other)?);
        let beside = self.path.with_extension("json.new");
        let mut options = OpenOptions::new();
        options.create(true).truncate(true).write(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&beside)?;
        file.write_all(&bytes)?;
        file.sync_all()?;
        drop(file);
        std::fs::rename(&beside, &self.path)
    }

    /// Sets what is kept under a key; returns what was before. A server that gets a secret is not gone, and one that has
    /// lost its last is not searched for any more.
    pub(super) fn set(&mut self, key: Key, kept: Option<KeptWhere>) -> Option<KeptWhere> {
        let server = key.server;
        if let Some(kept) = kept {
            self.gone.remove(&server);
            return self.kept.insert(key, kept);
        }
        let before = self.kept.remove(&key);
        if !self.kept.keys().any(|key| key.server == server) {
            self.gone.remove(&server);
        }
        before
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}

/// Closes a file that others could read, and reports that they could.
#[cfg(unix)]
fn guard(path: &Path) -> Option<String> {
    use std::os::unix::fs::PermissionsExt;
    let mode = std::fs::metadata(path).ok()?.permissions().mode();
    let others = mode & 0o077;
    if others == 0 {
        return None;
    }
    let file = path.display();
    Some(match std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)) {
        Ok(()) => format!(
            "The file of secrets `{file}` could be read by others and is closed to them now: replace its tokens \
             if they may have been seen."
        ),
        Err(error) => format!(
            "The file of secrets `{file}` can be read by others, and that could not be changed ({error})."
        ),
    })
}

#[cfg(not(unix))]
fn guard(_: &Path) -> Option<String> {
    None
}

fn put_aside(path: &Path) -> String {
    let aside = path.with_extension(format!("json.corrupt-{}", millis_now()));
    match std::fs::rename(path, &aside) {
        Ok(()) => format!(
            "The file of secrets could not be read and was moved aside as `{}`: give your servers their tokens again.",
            aside.display()
        ),
        Err(error) => {
            format!("The file of secrets `{}` can neither be read nor moved aside ({error}).", path.display())
        }
    }
}

fn millis_now() -> u128 {
    let since_epoch = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since_epoch.unwrap_or_default().as_millis()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(n: u8) -> Key {
        Key {
            server: ServerId::from_bytes([n; 16]),
            origin: "http://127.0.0.1:1".to_owned(),
            slot: if n == 0 { SecretPurpose::Token } else { SecretPurpose::Header("x-api-key".to_owned()) },
            set: u64::from(n),
        }
    }

    #[test]
    fn it_is_read_as_it_was_written_and_its_owner_alone_can_read_it() {
        let folder = tempfile::tempdir().unwrap();
        let (mut ledger, notice) = SecretList::load(folder.path());
        assert_eq!(notice, None);
        ledger.kept.insert(key(0), KeptWhere::Here(Secret::new("hunter2")));
        ledger.kept.insert(key(1), KeptWhere::Keyring);
        ledger.save().unwrap();
        let (again, notice) = SecretList::load(folder.path());
        assert!(again == ledger && notice.is_none());
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = || std::fs::metadata(ledger.path()).unwrap().permissions().mode() & 0o777;
            assert_eq!(mode(), 0o600);
            std::fs::set_permissions(ledger.path(), std::fs::Permissions::from_mode(0o644)).unwrap();
            let (_, notice) = SecretList::load(folder.path());
            assert!(notice.unwrap().contains("could be read by others"));
            assert_eq!(mode(), 0o600);
        }
    }

    #[test]
    fn a_damaged_file_is_moved_aside_and_kept() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(FILE), r#"{"version":1,"vault":"hunter2"#).unwrap();
        let (ledger, notice) = SecretList::load(folder.path());
        let notice = notice.unwrap();
        assert!(notice.contains("corrupt-") && !notice.contains("hunter2"), "{notice}");
        ledger.save().unwrap();
        let names: Vec<_> =
            std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(names.len(), 2, "{names:?}");
    }
}
