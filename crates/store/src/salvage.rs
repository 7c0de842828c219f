//! What can still be read of a damaged database: its servers, row by row. Of a bad page the rows are lost, and no others.

use std::path::{Path, PathBuf};

use model::Millis;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, Row};

use crate::{Record, StoreError};

/// The columns as [`servers::read`] needs them, and the number of the row.
const COLUMNS: &str =
    "SELECT id, record, last_seen, removed_at, ignored, set_by_person, rowid FROM servers NOT INDEXED";

/// How many rows may be lost in one piece before the rest is given up.
const WIDEST_GAP: i64 = 1 << 32;

/// The servers that can be read, in no order.
pub(crate) fn servers(damaged: &Path) -> rusqlite::Result<Vec<Record>> {
    let connection = Connection::open(damaged)?;
    // It stays as it was found: closing it must not merge its WAL.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    connection.pragma_update(None, "query_only", true)?;
    let mut found = Vec::new();
    let mut last = i64::MIN;
    loop {
        let (end, is_all) = upwards(&connection, last, &mut found)?;
        if is_all {
            return Ok(found);
        }
        let Some(next) = beyond(&connection, end) else { return Ok(found) };
        // From there back to what cannot be read, then on.
        downwards(&connection, next, end, &mut found)?;
        last = next - 1;
    }
}

/// Reads on until something is bad: the last row that was read, and whether it was the last there is.
fn upwards(connection: &Connection, after: i64, found: &mut Vec<Record>) -> rusqlite::Result<(i64, bool)> {
    let mut statement = connection.prepare(&format!("{COLUMNS} WHERE rowid > ?1 ORDER BY rowid"))?;
    let mut rows = statement.query([after])?;
    let mut last = after;
    loop {
        match rows.next() {
            Ok(Some(row)) => last = take(row, found)?,
            Ok(None) => return Ok((last, true)),
            Err(error) => {
                tracing::warn!(%error, last, "rows of the damaged database cannot be read");
                return Ok((last, false));
            }
        }
    }
}

fn downwards(connection: &Connection, from: i64, to: i64, found: &mut Vec<Record>) -> rusqlite::Result<()> {
    let sql = format!("{COLUMNS} WHERE rowid < ?1 AND rowid > ?2 ORDER BY rowid DESC");
    let mut statement = connection.prepare(&sql)?;
    let mut rows = statement.query([from, to])?;
    while let Ok(Some(row)) = rows.next() {
        take(row, found)?;
    }
    Ok(())
}

/// The first row that can be read some way behind a bad place.
fn beyond(connection: &Connection, end: i64) -> Option<i64> {
    let mut gap = 1;
    while gap < WIDEST_GAP {
        let sql = "SELECT rowid FROM servers NOT INDEXED WHERE rowid >= ?1 ORDER BY rowid LIMIT 1";
        match connection.query_row(sql, [end.max(0).saturating_add(gap)], |row| row.get(0)) {
            Ok(next) => return Some(next),
            Err(rusqlite::Error::QueryReturnedNoRows) => return None,
            Err(_) => gap *= 2,
        }
    }
    None
}

fn take(row: &Row<'_>, found: &mut Vec<Record>) -> rusqlite::Result<i64> {
    match crate::servers::read(row) {
        Ok(record) => found.push(record),
        Err(reason) => tracing::warn!(%reason, "a server of the damaged database cannot be read"),
    }
    row.get(6)
}

/// The files that SQLite keeps beside a database. Without its `-wal` a database lacks its newest commits.
const COMPANIONS: [&str; 2] = ["-wal", "-shm"];

/// Moves a damaged database to `<name>.corrupt-<time>`, with its companions, and returns its new path.
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
