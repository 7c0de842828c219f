//! One file of a client: read within bounds, never locked, never written. What is not a file, or cannot be read, is
//! reported. Whether it changed is decided by size and time only, so that a check costs next to nothing.

use std::collections::BTreeMap;
use std::fs::{File, Metadata, OpenOptions};
use std::io;
use std::io::{ErrorKind, Read};
use std::path::Path;
use std::time::{Duration, SystemTime};

use model::servers_json::{ClientServers, FileError, Form, entries};
use model::{FileProblem, Millis};
use tokio_util::sync::CancellationToken;

use super::table::is_script;
use super::{Clients, read};

/// `~/.claude.json` grows; no list of servers is larger.
const LARGEST: u64 = 32 * 1024 * 1024;

/// What shows a change of a file without reading it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Signature {
    /// Its kind, and why it could not be examined.
    kind: Result<bool, ErrorKind>,
    size: u64,
    changed: Option<SystemTime>,
}

/// Examines a path; nothing when nothing is there.
pub(super) fn look(path: &Path) -> Option<Signature> {
    match std::fs::metadata(path) {
        Ok(found) => {
            let changed = found.modified().ok();
            Some(Signature { kind: Ok(found.is_file()), size: found.len(), changed })
        }
        Err(error) if is_absent(path, &error) => None,
        Err(error) => Some(Signature { kind: Err(error.kind()), size: 0, changed: None }),
    }
}

/// A link that leads nowhere is there all the same.
fn is_absent(path: &Path, error: &io::Error) -> bool {
    let leads_nowhere = || std::fs::symlink_metadata(path).is_ok_and(|found| found.is_symlink());
    matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) && !leads_nowhere()
}

/// The servers of a file.
pub(super) fn servers(path: &Path, now: Millis) -> Result<ClientServers, FileProblem> {
    parsed(path, &text(path)?, &BTreeMap::new(), now)
}

/// The servers of a text that a file has, with values in the place of placeholders.
pub(super) fn parsed(
    path: &Path,
    text: &str,
    filled: &BTreeMap<String, String>,
    now: Millis,
) -> Result<ClientServers, FileProblem> {
    entries(Form::of(&path.to_string_lossy()), text, filled, now).map_err(|error| {
        let FileError { line, column, message } = error;
        FileProblem { line: Some(line), column: Some(column), message, unread: true }
    })
}

/// The text of a file.
pub(super) fn text(path: &Path) -> Result<String, FileProblem> {
    if is_script(&path.to_string_lossy()) {
        return Err(whole("this is a script: it is never run, so its servers are not known"));
    }
    let found = std::fs::metadata(path).map_err(|error| whole(why(path, &error)))?;
    refuse_odd(&found)?;
    let file = open(path).map_err(|error| whole(why(path, &error)))?;
    // Between the look and the opening it may have become another.
    let found = file.metadata().map_err(|error| whole(why(path, &error)))?;
    refuse_odd(&found)?;
    let mut bytes = Vec::with_capacity(usize::try_from(found.len()).unwrap_or_default());
    file.take(LARGEST + 1).read_to_end(&mut bytes).map_err(|error| whole(why(path, &error)))?;
    if bytes.len() as u64 > LARGEST {
        return Err(too_large(bytes.len() as u64));
    }
    as_text(bytes)
}

fn refuse_odd(found: &Metadata) -> Result<(), FileProblem> {
    if found.is_dir() {
        return Err(whole("this is a folder: expected a file"));
    }
    if !found.is_file() {
        return Err(whole("this is not a regular file (a pipe, a socket or a device), and was not read"));
    }
    if found.len() > LARGEST {
        return Err(too_large(found.len()));
    }
    Ok(())
}

fn too_large(size: u64) -> FileProblem {
    let mib = size.div_ceil(1024 * 1024);
    whole(format!("it has {mib} MiB: a file of more than {} MiB is not read", LARGEST / 1024 / 1024))
}

/// A pipe that takes the place of a file is not waited for.
#[cfg(unix)]
fn open(path: &Path) -> io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt;
    OpenOptions::new().read(true).custom_flags(libc::O_NONBLOCK).open(path)
}

/// Other programs can write, rename and delete it meanwhile.
#[cfg(windows)]
fn open(path: &Path) -> io::Result<File> {
    use std::os::windows::fs::OpenOptionsExt;
    OpenOptions::new().read(true).share_mode(7).open(path)
}

fn as_text(bytes: Vec<u8>) -> Result<String, FileProblem> {
    let starts = |with: &[u8]| bytes.starts_with(with);
    let is_utf16 = starts(&[0xff, 0xfe]) || starts(&[0xfe, 0xff]);
    let has_nul =
        |step: usize| bytes.iter().skip(step).step_by(2).take(8).filter(|byte| **byte == 0).count() >= 4;
    if is_utf16 || has_nul(0) || has_nul(1) {
        let message = "it is written as UTF-16, which clients do not read: save it as UTF-8".to_owned();
        return Err(FileProblem { line: Some(1), column: Some(1), message, unread: true });
    }
    String::from_utf8(bytes).map_err(|error| {
        let valid = error.utf8_error().valid_up_to();
        let before = String::from_utf8_lossy(error.as_bytes().get(..valid).unwrap_or_default()).into_owned();
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().map_or(0, |part| part.chars().count()) + 1;
        let message = "here it is not UTF-8 text".to_owned();
        FileProblem { line: Some(line), column: Some(column), message, unread: true }
    })
}

fn why(path: &Path, error: &io::Error) -> String {
    let is_link = || std::fs::symlink_metadata(path).is_ok_and(|found| found.is_symlink());
    // The kind for circles of links has no stable name yet.
    let is_circle = error.raw_os_error().is_some_and(is_loop);
    match error.kind() {
        _ if is_circle => "its links lead in a loop".to_owned(),
        ErrorKind::NotFound if is_link() => "this is a link to something that is not there".to_owned(),
        ErrorKind::NotFound => "it was gone while it was being read".to_owned(),
        ErrorKind::PermissionDenied => "its permissions do not let you read it".to_owned(),
        _ => format!("it could not be read: {error}"),
    }
}

#[cfg(unix)]
fn is_loop(code: i32) -> bool {
    code == libc::ELOOP
}

/// `ERROR_CANT_RESOLVE_FILENAME`.
#[cfg(windows)]
fn is_loop(code: i32) -> bool {
    code == 1921
}

fn whole(message: impl Into<String>) -> FileProblem {
    FileProblem { line: None, column: None, message: message.into(), unread: true }
}

/// How often the files are checked while nothing requests them.
const EVERY: Duration = Duration::from_secs(30);

impl Clients {
    /// Whether a file that existed, or could have, changed since it was read. What was never read has not changed.
    pub fn is_stale(&self) -> bool {
        let seen = self.lock().seen.clone();
        seen.iter().any(|(path, before)| read::look(path) != *before)
    }

    /// Checks the files repeatedly, reads what changed, and reports that something did, until the core stops.
    pub async fn follow(self, stop: CancellationToken, tell: impl Fn() + Send) {
        while stop.run_until_cancelled(tokio::time::sleep(EVERY)).await.is_some() {
            let look = |clients: &Self| clients.is_stale() && !clients.look(&mut clients.lock()).is_empty();
            if self.on_a_thread(look).await.unwrap_or_default() {
                tell();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_goes_between_the_look_and_the_reading_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("mcp.json");
        std::fs::write(&path, "{}").unwrap();
        assert!(look(&path).is_some());
        std::fs::remove_file(&path).unwrap();
        assert_eq!(servers(&path, 0).unwrap_err().message, "it was gone while it was being read");
        assert_eq!(look(&path), None);
    }
}
