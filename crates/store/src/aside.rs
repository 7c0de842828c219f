use std::path::{Path, PathBuf};

use model::Millis;
use rusqlite::Connection;

use crate::StoreError;

/// What SQLite keeps beside a database. Without its `-wal` a database lacks its newest commits.
const COMPANIONS: [&str; 2] = ["-wal", "-shm"];

/// Moves a damaged database to `<name>.corrupt-<time>`, with its companions, and says where it is now.
pub(crate) fn move_aside(path: &Path, now: Millis) -> Result<PathBuf, StoreError> {
    let target = suffixed(path, &format!(".corrupt-{}", stamp(now)));
    std::fs::rename(path, &target).map_err(|error| StoreError::of_io(path, &error))?;
    for companion in COMPANIONS {
        let from = suffixed(path, companion);
        if from.exists() {
            std::fs::rename(&from, suffixed(&target, companion))
                .map_err(|error| StoreError::of_io(&from, &error))?;
        }
    }
    Ok(target)
}

/// `path` with `suffix` behind its whole name.
pub(crate) fn suffixed(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

/// A moment as part of a file name that sorts by time and that every file system takes: `20261123T101530.123Z`.
pub(crate) fn stamp(now: Millis) -> String {
    // SQLite knows the calendar, so we need no other library for it.
    let date = |connection: Connection| {
        connection.query_row("SELECT strftime('%Y%m%dT%H%M%fZ', ?1 / 1000.0, 'unixepoch')", [now], |row| {
            row.get::<_, String>(0)
        })
    };
    Connection::open_in_memory().and_then(date).unwrap_or_else(|_| now.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stamp_is_readable_and_sorts_by_time() {
        assert_eq!(stamp(1_795_428_930_123), "20261123T101530.123Z");
        assert!(stamp(1_000) < stamp(1_795_428_930_123));
    }
}
