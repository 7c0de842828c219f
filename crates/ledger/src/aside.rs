//! A damaged file is moved aside, never written over.

use std::io;
use std::path::{Path, PathBuf};

use model::Millis;

/// What SQLite keeps beside a database.
const COMPANIONS: [&str; 2] = ["-wal", "-shm"];

/// Moves it to `<name>.damaged-<time>`, with its companions, and says where it is now.
pub(crate) fn move_aside(path: &Path, now: Millis) -> io::Result<PathBuf> {
    let target = suffixed(path, &format!(".damaged-{now}"));
    std::fs::rename(path, &target)?;
    for companion in COMPANIONS {
        rename(&suffixed(path, companion), &suffixed(&target, companion))?;
    }
    Ok(target)
}

/// What is left of a file that somebody deleted must not be taken for a part of the next one.
pub(crate) fn remove_companions(path: &Path) -> io::Result<()> {
    for companion in COMPANIONS {
        match std::fs::remove_file(suffixed(path, companion)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(())
}

fn rename(from: &Path, to: &Path) -> io::Result<()> {
    match std::fs::rename(from, to) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

fn suffixed(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}
