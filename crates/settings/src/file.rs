//! Writing the file: beside it, synced, and then into its place in one step. The former file is compared afterwards: if
//! another program had written meanwhile, its file is put back and nothing of it is lost.

use std::fmt::Write as _;
use std::fs::{self, File, Metadata, Permissions};
use std::io::{self, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use model::config::LARGEST_FILE;
use sha2::{Digest, Sha256};
use tempfile::NamedTempFile;

use crate::error::SaveError;

/// The name of a file while it is written.
const BESIDE: &str = ".mcp-discovery-save-";

/// When files are removed that a killed process left behind.
const LEFT_BEHIND: Duration = Duration::from_hours(1);

/// The identity of a text; of a file that does not exist, that of an empty one.
pub fn hash(bytes: Option<&[u8]>) -> String {
    match bytes {
        None => "none".to_owned(),
        Some(bytes) => Sha256::digest(bytes).iter().take(16).fold(String::new(), |mut text, byte| {
            // Writing into memory cannot fail.
            let _ = write!(text, "{byte:02x}");
            text
        }),
    }
}

/// The file's bytes, at most one more than a configuration can have; nothing where there is none.
pub(crate) fn read(file: &Path) -> Result<Option<Vec<u8>>, SaveError> {
    let target = target(file)?;
    let found = match fs::metadata(&target) {
        Ok(found) => found,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(SaveError::io(&target, "read")(error)),
    };
    is_file(&target, &found)?;
    read_whole(&target).map(Some).map_err(SaveError::io(&target, "read"))
}

fn read_whole(file: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(file)?.take(LARGEST_FILE as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn is_file(file: &Path, found: &Metadata) -> Result<(), SaveError> {
    if found.is_file() {
        return Ok(());
    }
    let what = if found.is_dir() { "a folder" } else { "a device or a pipe" };
    Err(SaveError::NoFile { file: file.to_owned(), what })
}

/// The path of the file itself: a link is followed, and never replaced.
fn target(file: &Path) -> Result<PathBuf, SaveError> {
    let is_link = fs::symlink_metadata(file).is_ok_and(|found| found.file_type().is_symlink());
    if !is_link {
        return Ok(file.to_owned());
    }
    fs::canonicalize(file).map_err(|error| match error.kind() {
        ErrorKind::NotFound => {
            let target = fs::read_link(file).unwrap_or_default();
            SaveError::TargetGone { link: file.to_owned(), target }
        }
        _ => SaveError::io(file, "followed")(error),
    })
}

/// The result of writing a text.
pub(crate) enum Written {
    /// It was written.
    Yes(Displaced),
    /// Another program's text was there, and still is.
    Conflict(Option<Vec<u8>>),
}

/// The former file. A program that had it open may still write into it.
pub(crate) struct Displaced {
    old: Option<NamedTempFile>,
    base: String,
}

impl Displaced {
    /// What another program wrote into it after all; then it is deleted.
    pub(crate) fn late(self) -> Option<Vec<u8>> {
        let bytes = read_whole(self.old?.path()).ok()?;
        (hash(Some(&bytes)) != self.base).then_some(bytes)
    }
}

/// Writes `bytes` where a file with the hash `base` is, or none.
pub(crate) fn write(file: &Path, base: &str, bytes: &[u8]) -> Result<Written, SaveError> {
    let target = target(file)?;
    let folder = target.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let theirs = read(&target)?;
    if hash(theirs.as_deref()) != base {
        return Ok(Written::Conflict(theirs));
    }
    if theirs.is_none() {
        fs::create_dir_all(folder).map_err(SaveError::io(folder, "made"))?;
    }
    let found = may_be_written(&target, folder)?;
    sweep(folder);
    let beside = beside(folder, found.as_ref(), bytes).map_err(|error| failed(error, &target, folder))?;
    let outcome = put(beside, &target, found.is_some(), base)?;
    sync_folder(folder);
    Ok(outcome)
}

fn failed(error: Beside, target: &Path, folder: &Path) -> SaveError {
    match error {
        Beside::Foreign => SaveError::Foreign { file: target.to_owned() },
        Beside::Io(error) => SaveError::io(folder, "written to")(error),
    }
}

/// The current file; an error where its owner protects it from changes.
fn may_be_written(target: &Path, folder: &Path) -> Result<Option<Metadata>, SaveError> {
    let read_only = |what, path: &Path| SaveError::ReadOnly { what, path: path.to_owned() };
    let found = fs::metadata(target).ok();
    if found.as_ref().is_some_and(|found| found.permissions().readonly()) {
        return Err(read_only("the file", target));
    }
    if fs::metadata(folder).is_ok_and(|found| cfg!(unix) && found.permissions().readonly()) {
        return Err(read_only("the folder", folder));
    }
    Ok(found)
}

/// What prevents the file from being written, as far as that is seen without writing.
pub(crate) fn hindrance(file: &Path) -> Result<(), SaveError> {
    let target = target(file)?;
    if let Ok(found) = fs::metadata(&target) {
        is_file(&target, &found)?;
    }
    may_be_written(&target, target.parent().unwrap_or_else(|| Path::new("."))).map(drop)
}

enum Beside {
    Foreign,
    Io(io::Error),
}

impl From<io::Error> for Beside {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// The new text in a file of its own, with the mode and the owner of the old one, on the disk.
fn beside(folder: &Path, found: Option<&Metadata>, bytes: &[u8]) -> Result<NamedTempFile, Beside> {
    let mut beside = tempfile::Builder::new().prefix(BESIDE).tempfile_in(folder)?;
    beside.write_all(bytes)?;
    if let Some(found) = found {
        same_owner(beside.path(), found)?;
        // After the owner, since that may take bits away.
        beside.as_file().set_permissions(Permissions::clone(&found.permissions()))?;
    }
    beside.as_file().sync_all()?;
    Ok(beside)
}

#[cfg(unix)]
fn same_owner(beside: &Path, found: &Metadata) -> Result<(), Beside> {
    use std::os::unix::fs::{MetadataExt, chown};
    let own = fs::metadata(beside)?;
    if (own.uid(), own.gid()) == (found.uid(), found.gid()) {
        return Ok(());
    }
    chown(beside, Some(found.uid()), Some(found.gid())).map_err(|_| Beside::Foreign)
}

#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "elsewhere it can fail")]
fn same_owner(_: &Path, _: &Metadata) -> Result<(), Beside> {
    Ok(())
}

/// Puts the new file into its place, and the former one back if it is not the one that was edited.
fn put(beside: NamedTempFile, target: &Path, exists: bool, base: &str) -> Result<Written, SaveError> {
    let written = |error: io::Error| SaveError::io(target, "written")(error);
    if !exists {
        return match beside.persist_noclobber(target) {
            Ok(_) => Ok(Written::Yes(Displaced { old: None, base: base.to_owned() })),
            Err(error) if error.error.kind() == ErrorKind::AlreadyExists => {
                Ok(Written::Conflict(read(target)?))
            }
            Err(error) => Err(written(error.error)),
        };
    }
    match exchange(beside.path(), target) {
        Ok(()) => {
            let theirs = read_whole(beside.path()).map_err(written)?;
            if hash(Some(&theirs)) == base {
                return Ok(Written::Yes(Displaced { old: Some(beside), base: base.to_owned() }));
            }
            exchange(beside.path(), target).map_err(written)?;
            Ok(Written::Conflict(Some(theirs)))
        }
        // Not every file system can: then the look before is the last.
        Err(error) if matches!(error.kind(), ErrorKind::Unsupported | ErrorKind::InvalidInput) => {
            let theirs = read(target)?;
            if hash(theirs.as_deref()) != base {
                return Ok(Written::Conflict(theirs));
            }
            beside.persist(target).map_err(|error| written(error.error))?;
            Ok(Written::Yes(Displaced { old: None, base: base.to_owned() }))
        }
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(Written::Conflict(None)),
        Err(error) => Err(written(error)),
    }
}

#[cfg(any(target_os = "linux", target_os = "macos"))]
fn exchange(one: &Path, other: &Path) -> io::Result<()> {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    renameat_with(CWD, one, CWD, other, RenameFlags::EXCHANGE).map_err(io::Error::from)
}

#[cfg(not(any(target_os = "linux", target_os = "macos")))]
fn exchange(_: &Path, _: &Path) -> io::Result<()> {
    Err(ErrorKind::Unsupported.into())
}

/// The change of a name is on the disk when its folder is.
fn sync_folder(folder: &Path) {
    if let Err(error) = File::open(folder).and_then(|folder| folder.sync_all()) {
        tracing::debug!(%error, "the folder of the configuration cannot be synced");
    }
}

/// Removes what processes left behind that were killed while they saved.
fn sweep(folder: &Path) {
    let is_old = |path: &Path| {
        let age = fs::metadata(path).and_then(|found| found.modified()).ok();
        age.and_then(|at| SystemTime::now().duration_since(at).ok()).is_some_and(|age| age > LEFT_BEHIND)
    };
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let is_ours = entry.file_name().to_string_lossy().starts_with(BESIDE);
        if is_ours && is_old(&entry.path()) {
            drop(fs::remove_file(entry.path()));
        }
    }
}
