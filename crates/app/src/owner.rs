//! One process owns a data directory. The lock is the operating system's, so it ends with its process; `owner.json` beside
//! it says which process that is and its address.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::StartError;

const LOCK: &str = "owner.lock";
const CARD: &str = "owner.json";
const TOKEN: &str = "owner.token";
const PAGE: &str = "open.html";

/// What kind of process owns the directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OwnerKind {
    /// The desktop window.
    Window,
    /// `mcp-discovery serve`.
    Serve,
    /// A one-shot command; it is gone in a moment.
    Command,
}

impl std::fmt::Display for OwnerKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Window => "the MCP Discovery window",
            Self::Serve => "`mcp-discovery serve`",
            Self::Command => "another `mcp-discovery` command",
        })
    }
}

/// Who owns a data directory.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnerCard {
    /// Its process.
    pub pid: u32,
    /// Its kind.
    pub face: OwnerKind,
    /// Its address; absent until it listens, and for one-shot commands.
    pub address: Option<String>,
    /// The file with the token for its API.
    pub token_file: PathBuf,
}

/// The lock, held as long as this lives.
#[derive(Debug)]
pub(crate) struct Ownership {
    dir: PathBuf,
    face: OwnerKind,
    token: String,
    _lock: File,
}

impl Ownership {
    /// Takes the directory, or says which process has it. A new token is created: one of an earlier run is not valid.
    pub(crate) fn take(dir: &Path, face: OwnerKind) -> Result<Self, StartError> {
        let failed = |source: io::Error| StartError::DataDir { dir: dir.to_owned(), source };
        create_private_dir(dir).map_err(failed)?;
        let lock = dir.join(LOCK);
        store::make_private(&lock).map_err(failed)?;
        let lock = OpenOptions::new().create(true).truncate(false).write(true).open(lock).map_err(failed)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(StartError::Owned { dir: dir.to_owned(), owner: read_owner(dir).map(Box::new) });
            }
            Err(TryLockError::Error(source)) => return Err(failed(source)),
        }
        let token = format!("{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple());
        let ownership = Self { dir: dir.to_owned(), face, token, _lock: lock };
        write_private(&dir.join(TOKEN), ownership.token.as_bytes()).map_err(failed)?;
        ownership.announce(None).map_err(failed)?;
        Ok(ownership)
    }

    /// Writes the address of the owner.
    pub(crate) fn announce(&self, address: Option<String>) -> io::Result<()> {
        let card =
            OwnerCard { pid: std::process::id(), face: self.face, address, token_file: self.token_file() };
        let text = serde_json::to_vec_pretty(&card).map_err(io::Error::other)?;
        write_private(&self.dir.join(CARD), &text)
    }

    /// The secret for the API.
    pub(crate) fn token(&self) -> &str {
        &self.token
    }

    pub(crate) fn token_file(&self) -> PathBuf {
        self.dir.join(TOKEN)
    }
}

impl Drop for Ownership {
    /// A stale owner file would send others to an address where nothing answers. The lock file itself stays: removing it
    /// would let two processes lock two files of one name.
    fn drop(&mut self) {
        for file in [CARD, TOKEN, PAGE] {
            if let Err(error) = std::fs::remove_file(self.dir.join(file)) {
                tracing::debug!(%error, file, "an owner file was already gone");
            }
        }
    }
}

/// The owner of `dir`, as far as its file says. The file may be stale: only the lock tells whether there is an owner.
pub fn read_owner(dir: &Path) -> Option<OwnerCard> {
    let text = std::fs::read(dir.join(CARD)).ok()?;
    serde_json::from_slice(&text).ok()
}

fn create_private_dir(dir: &Path) -> io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(dir)
}

/// A page that only its owner can read and that leads to this link; a browser can be given its path without revealing the
/// link to others.
pub fn leading_page(dir: &Path, link: &str) -> io::Result<PathBuf> {
    let page = dir.join(PAGE);
    let text = format!(
        "<!doctype html><meta charset=\"utf-8\"><title>MCP Discovery</title>\
         <meta http-equiv=\"refresh\" content=\"0; url={link}\"><a href=\"{link}\">Open MCP Discovery</a>\n"
    );
    write_private(&page, text.as_bytes())?;
    Ok(page)
}

/// Writes a file that only its owner can read: beside it, then renamed, so that a reader sees the former file or the new
/// one, never half of one.
pub(crate) fn write_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let beside = path.with_extension("new");
    let mut options = OpenOptions::new();
    options.create(true).truncate(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&beside)?;
    file.write_all(bytes)?;
    drop(file);
    std::fs::rename(&beside, path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_taker_hears_who_the_first_is() {
        let dir = tempfile::tempdir().unwrap();
        let first = Ownership::take(dir.path(), OwnerKind::Serve).unwrap();
        first.announce(Some("http://127.0.0.1:1234".to_owned())).unwrap();
        let StartError::Owned { owner: Some(owner), .. } =
            Ownership::take(dir.path(), OwnerKind::Command).unwrap_err()
        else {
            panic!("the lock was not seen");
        };
        assert_eq!(owner.pid, std::process::id());
        assert_eq!(owner.address.as_deref(), Some("http://127.0.0.1:1234"));
        assert_eq!(std::fs::read_to_string(&owner.token_file).unwrap(), first.token());
    }

    #[test]
    fn a_directory_is_free_again_when_its_owner_is_gone_and_its_token_is_not_reused() {
        let dir = tempfile::tempdir().unwrap();
        let first = Ownership::take(dir.path(), OwnerKind::Serve).unwrap();
        let token = first.token().to_owned();
        drop(first);
        assert!(read_owner(dir.path()).is_none());
        let second = Ownership::take(dir.path(), OwnerKind::Serve).unwrap();
        assert_ne!(second.token(), token);
    }

    #[cfg(unix)]
    #[test]
    fn the_token_is_readable_by_its_owner_alone() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        let owner = Ownership::take(dir.path(), OwnerKind::Serve).unwrap();
        let mode = std::fs::metadata(owner.token_file()).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}
