//! `calls.db`: its tables, how it is opened, and the deletion of old rows.

use model::Millis;
use model::config::CallLog;
use rusqlite::{Connection, OptionalExtension, params};
use store::beside::{Aside, BesideError, Layout};

/// Its name in the data directory.
pub const FILE: &str = "calls.db";

const TABLES: &str = "
CREATE TABLE calls (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at INTEGER NOT NULL,
    capability TEXT NOT NULL,
    tool TEXT,
    client TEXT,
    server BLOB,
    outcome INTEGER NOT NULL,
    code TEXT,
    reason TEXT,
    attempts INTEGER NOT NULL,
    ms REAL NOT NULL,
    stands_for INTEGER NOT NULL,
    rule TEXT,
    named INTEGER NOT NULL,
    tries BLOB,
    inputs BLOB,
    decided INTEGER
);
CREATE INDEX failed ON calls (id) WHERE outcome IN (2, 3);
CREATE INDEX tool_errors ON calls (id) WHERE outcome IN (1);
CREATE INDEX retried ON calls (id) WHERE attempts > 1;
CREATE TABLE facts (id INTEGER PRIMARY KEY, hash BLOB NOT NULL UNIQUE, body BLOB NOT NULL);
CREATE TABLE rules (id INTEGER PRIMARY KEY, hash BLOB NOT NULL UNIQUE, body BLOB NOT NULL, last INTEGER NOT NULL);
CREATE TABLE frames (id INTEGER PRIMARY KEY, hash BLOB NOT NULL UNIQUE, body BLOB NOT NULL, last INTEGER NOT NULL);
CREATE TABLE turns (capability TEXT PRIMARY KEY, cursor INTEGER NOT NULL, server BLOB NOT NULL, last INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE uses (rule TEXT PRIMARY KEY, at INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE servers (id BLOB PRIMARY KEY, name TEXT NOT NULL, region TEXT, last INTEGER NOT NULL) WITHOUT ROWID;
";

/// The part of the rows that is deleted at once, so that it is not done for each batch.
const SLICE: u64 = 50;

const MEGABYTE: u64 = 1024 * 1024;

const DAY: Millis = 24 * 60 * 60 * 1_000;

/// What every start reads is at both ends of the table.
pub(crate) const LAYOUT: Layout =
    Layout { version: 1, tables: TABLES, later: "", look: |connection| ends(connection).map(|_| ()) };

/// Why calls are not recorded, or cannot be read. No call is prevented by it.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// The file cannot be used.
    #[error(transparent)]
    File(#[from] BesideError),
    /// There is no such call.
    #[error("there is no recorded call {0}: it was not kept, or deleted to make room for later ones")]
    NoCall(u64),
    /// The thread has ended.
    #[error("the record of calls is closed")]
    Closed,
}

/// The notice about a file that was damaged.
pub(crate) fn told_of(aside: &Aside) -> String {
    format!(
        "The record of calls was damaged ({}). It is kept as `{}`, and a new one was started; calls continue.",
        aside.why,
        aside.path.display()
    )
}

/// The least and the greatest id; nothing without rows.
pub(crate) fn ends(connection: &Connection) -> rusqlite::Result<Option<(u64, u64)>> {
    let end = |order: &str| {
        let query = format!("SELECT id FROM calls ORDER BY id {order} LIMIT 1");
        connection.query_row(&query, [], |row| row.get::<_, u64>(0)).optional()
    };
    Ok(end("ASC")?.zip(end("DESC")?))
}

/// Deletes the oldest rows until the rest is within the limits. Returns whether any were deleted.
pub(crate) fn make_room(connection: &Connection, bounds: &CallLog, now: Millis) -> rusqlite::Result<bool> {
    let before = ends(connection)?;
    forget_old(
        connection,
        now.saturating_sub(Millis::try_from(bounds.days).unwrap_or(Millis::MAX).saturating_mul(DAY)),
    )?;
    if let Some((first, last)) = ends(connection)?
        && last - first + 1 > bounds.rows
    {
        let keep = bounds.rows - bounds.rows / SLICE;
        connection.execute("DELETE FROM calls WHERE id <= ?1", [last.saturating_sub(keep)])?;
    }
    // What the next rows add is less than what is left free here.
    let limit = bounds.megabytes.saturating_mul(MEGABYTE);
    let most = limit.saturating_sub((limit / 10).max(MEGABYTE / 2));
    while let (used, Some((first, last))) = (used(connection)?, ends(connection)?) {
        if used <= most {
            break;
        }
        let part = (last - first) / SLICE.min(10);
        connection.execute("DELETE FROM calls WHERE id <= ?1", [first + part])?;
        if first == last {
            break;
        }
    }
    Ok(ends(connection)?.map(|(first, _)| first) != before.map(|(first, _)| first))
}

fn forget_old(connection: &Connection, oldest: Millis) -> rusqlite::Result<()> {
    let first: Option<Millis> =
        connection.query_row("SELECT at FROM calls ORDER BY id LIMIT 1", [], |row| row.get(0)).optional()?;
    if first.is_none_or(|first| first >= oldest) {
        return Ok(());
    }
    let kept: Option<u64> = connection
        .query_row("SELECT id FROM calls WHERE at >= ?1 ORDER BY id LIMIT 1", [oldest], |row| row.get(0))
        .optional()?;
    match kept {
        Some(kept) => connection.execute("DELETE FROM calls WHERE id < ?1", [kept])?,
        None => connection.execute("DELETE FROM calls", [])?,
    };
    connection.execute("DELETE FROM uses WHERE at < ?1", params![oldest])?;
    Ok(())
}

/// How many bytes of the file are in use.
fn used(connection: &Connection) -> rusqlite::Result<u64> {
    let pragma = |name: &str| connection.query_row(&format!("PRAGMA {name}"), [], |row| row.get::<_, u64>(0));
    Ok((pragma("page_count")?.saturating_sub(pragma("freelist_count")?)) * pragma("page_size")?)
}

/// Returns unused pages, where the file is larger than its limit.
pub(crate) fn shrink(connection: &Connection, bounds: &CallLog) -> rusqlite::Result<()> {
    let pragma = |name: &str| connection.query_row(&format!("PRAGMA {name}"), [], |row| row.get::<_, u64>(0));
    let (pages, size) = (pragma("page_count")?, pragma("page_size")?);
    let most = bounds.megabytes.saturating_mul(MEGABYTE) / size.max(1);
    if pages <= most {
        return Ok(());
    }
    let mut vacuum = connection.prepare(&format!("PRAGMA incremental_vacuum({})", pages - most))?;
    let mut rows = vacuum.query([])?;
    while rows.next()?.is_some() {}
    Ok(())
}
