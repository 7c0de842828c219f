//! The last versions of the file, in the data directory and readable by their owner alone: one may contain a secret. They
//! never leave that directory.

use std::fs::{self, Permissions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use api::ConfigBy as By;
use serde::{Deserialize, Serialize};

use crate::error::SaveError;
use crate::file::hash;
use crate::store::SaveReason;

/// How many are kept of one file.
pub const MOST: usize = 50;

/// A version of the file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Version {
    /// Its number; a later one is higher.
    pub id: u64,
    /// When it was written or seen, in milliseconds since 1970.
    pub at: i64,
    /// The note of its author.
    pub label: String,
    /// Its author.
    pub by: By,
    /// Its identity.
    pub hash: String,
    /// Whose version it is.
    pub file: PathBuf,
    /// The whole text.
    pub text: String,
    /// The user's change that it came from, while that can be undone or redone.
    pub step: Option<VersionStep>,
}

/// A user's change of the file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VersionStep {
    /// The version that was there before; absent when no file was.
    pub before: Option<u64>,
    /// The identity of the text.
    pub before_hash: String,
    /// When it was undone; absent while it is in effect.
    pub undone_at: Option<i64>,
}

/// The folder of the versions.
#[derive(Debug, Clone)]
pub(crate) struct Versions {
    folder: PathBuf,
    file: PathBuf,
}

impl Versions {
    pub(crate) fn new(data_dir: &Path, file: &Path) -> Self {
        Self { folder: data_dir.join("config-versions"), file: file.to_owned() }
    }

    /// All versions of this file, newest first. One that cannot be read is skipped.
    pub(crate) fn all(&self) -> Vec<Version> {
        self.kept()
            .into_iter()
            .rev()
            .filter_map(|(_, version)| version)
            .filter(|version| version.file == self.file)
            .collect()
    }

    /// Every number in the folder, with what can be read, oldest first.
    fn kept(&self) -> Vec<(u64, Option<Version>)> {
        let entries = fs::read_dir(&self.folder).into_iter().flatten().flatten();
        let mut ids: Vec<u64> =
            entries.filter_map(|entry| number(&entry.file_name().to_string_lossy())).collect();
        ids.sort_unstable();
        ids.into_iter().map(|id| (id, self.read(id))).collect()
    }

    pub(crate) fn read(&self, id: u64) -> Option<Version> {
        let bytes = fs::read(self.path(id)).ok()?;
        let read = serde_json::from_slice(&bytes);
        read.inspect_err(|error| tracing::warn!(%error, id, "a version of the configuration cannot be read"))
            .ok()
    }

    /// Keeps a text, unless the newest version is the same; returns which version has it.
    pub(crate) fn keep(
        &self,
        text: &str,
        why: &SaveReason,
        step: Option<VersionStep>,
    ) -> Result<u64, SaveError> {
        let kept = self.kept();
        let hash = hash(Some(text.as_bytes()));
        let own: Vec<&Version> = kept
            .iter()
            .filter_map(|(_, version)| version.as_ref())
            .filter(|version| version.file == self.file)
            .collect();
        if let Some(newest) = own.last().filter(|newest| newest.hash == hash) {
            return Ok(newest.id);
        }
        let id = kept.last().map_or(1, |(id, _)| id + 1);
        let SaveReason { by, label, at } = why.clone();
        let version =
            Version { id, at, label, by, hash, file: self.file.clone(), text: text.to_owned(), step };
        self.write(&version).map_err(SaveError::io(&self.folder, "written to"))?;
        let too_many = (own.len() + 1).saturating_sub(MOST);
        for old in own.iter().take(too_many) {
            drop(fs::remove_file(self.path(old.id)));
        }
        Ok(id)
    }

    /// Records that a user's change was undone or redone.
    pub(crate) fn mark(&self, version: &Version) -> Result<(), SaveError> {
        self.write(version).map_err(SaveError::io(&self.folder, "written to"))
    }

    fn write(&self, version: &Version) -> io::Result<()> {
        fs::create_dir_all(&self.folder)?;
        for_owner_alone(&self.folder, 0o700)?;
        // Only the owner can open a file that this creates.
        let mut beside = tempfile::Builder::new().prefix(".new-").tempfile_in(&self.folder)?;
        beside.write_all(&serde_json::to_vec(version)?)?;
        beside.as_file().sync_all()?;
        beside.persist(self.path(version.id)).map_err(|error| error.error)?;
        Ok(())
    }

    fn path(&self, id: u64) -> PathBuf {
        self.folder.join(format!("{id:08}.json"))
    }
}

fn number(name: &str) -> Option<u64> {
    name.strip_suffix(".json")?.parse().ok()
}

#[cfg(unix)]
fn for_owner_alone(path: &Path, mode: u32) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, Permissions::from_mode(mode))
}

#[cfg(not(unix))]
fn for_owner_alone(_: &Path, _: u32) -> io::Result<()> {
    Ok(())
}
