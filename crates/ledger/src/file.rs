//! `calls.db`: its tables, how it is opened, and what makes room in it.

use std::io;
use std::path::{Path, PathBuf};

use model::Millis;
use model::config::CallLog;
use rusqlite::{Connection, ErrorCode, OpenFlags, OptionalExtension, params};

use crate::aside::{move_aside, remove_companions};

/// Its name in the data directory.
pub const FILE: &str = "calls.db";

const SCHEMA: i64 = 1;

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
PRAGMA user_version = 1;
";

/// What makes room takes this part of the rows at once, so that it is not done for each batch.
const SLICE: u64 = 50;

const MEGABYTE: u64 = 1024 * 1024;

const DAY: Millis = 24 * 60 * 60 * 1_000;

/// Why calls are not recorded, or not told. No call is kept from anything by it.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// It was written by a newer version of this program, and is not touched.
    #[error("`{}` was written by a newer version of MCP Discovery", path.display())]
    Newer {
        /// The file.
        path: PathBuf,
    },
    /// What is in it makes no sense.
    #[error("`{}` is damaged: {source}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What SQLite says.
        source: rusqlite::Error,
    },
    /// It cannot be read or written: the disk is full, or somebody does not let us.
    #[error("`{}`: {source}", path.display())]
    Sqlite {
        /// The file.
        path: PathBuf,
        /// What SQLite says.
        source: rusqlite::Error,
    },
    /// The same of the file system.
    #[error("`{}`: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// There is no such call.
    #[error("there is no recorded call {0}: it was not kept, or made room for later ones")]
    NoCall(u64),
    /// The thread that was asked is gone.
    #[error("the record of calls is closed")]
    Closed,
}

impl LedgerError {
    pub(crate) fn of(path: &Path, source: rusqlite::Error) -> Self {
        let path = path.to_path_buf();
        match source.sqlite_error_code() {
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Self::Damaged { path, source },
            _ => Self::Sqlite { path, source },
        }
    }

    pub(crate) fn io(path: &Path, source: io::Error) -> Self {
        Self::Io { path: path.to_path_buf(), source }
    }
}

/// Opens it to be written; it is made where it is missing. A damaged one is moved aside, and the sentence says so.
pub(crate) fn open(path: &Path, now: Millis) -> Result<(Connection, Option<String>), LedgerError> {
    if !path.exists() {
        remove_companions(path).map_err(|error| LedgerError::io(path, error))?;
    }
    match prepare(path) {
        Err(LedgerError::Damaged { source, .. }) => {
            let said = put_aside(path, now, &source)?;
            Ok((prepare(path)?, Some(said)))
        }
        opened => Ok((opened?, None)),
    }
}

/// Moves a damaged file aside, and says so.
pub(crate) fn put_aside(path: &Path, now: Millis, why: &rusqlite::Error) -> Result<String, LedgerError> {
    let aside = move_aside(path, now).map_err(|error| LedgerError::io(path, error))?;
    Ok(format!(
        "The record of calls was damaged ({why}). It is kept as `{}`, and a new one is begun; calls go on.",
        aside.display()
    ))
}

fn prepare(path: &Path) -> Result<Connection, LedgerError> {
    let failed = |error| LedgerError::of(path, error);
    let connection = Connection::open(path).map_err(failed)?;
    let found: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0)).map_err(failed)?;
    if found > SCHEMA {
        return Err(LedgerError::Newer { path: path.to_path_buf() });
    }
    configure(&connection, found == 0).map_err(failed)?;
    Ok(connection)
}

/// A second of calls may go with the power, not with the process: so a commit need not wait for the disk.
fn configure(connection: &Connection, is_new: bool) -> rusqlite::Result<()> {
    if is_new {
        connection.pragma_update(None, "auto_vacuum", "incremental")?;
    }
    connection.pragma_update(None, "journal_mode", "wal")?;
    connection.pragma_update(None, "synchronous", "normal")?;
    connection.pragma_update(None, "journal_size_limit", 4 * 1024 * 1024)?;
    connection.set_prepared_statement_cache_capacity(32);
    if is_new {
        connection.execute_batch(&format!("BEGIN IMMEDIATE; {TABLES} COMMIT;"))?;
    }
    // What is read at every start lies at both ends of the table.
    connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get::<_, i64>(0))?;
    ends(connection)?;
    Ok(())
}

/// Opens it to be read; nothing where there is none.
pub(crate) fn reader(path: &Path) -> Result<Option<Connection>, LedgerError> {
    if !path.exists() {
        return Ok(None);
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    Connection::open_with_flags(path, flags).map(Some).map_err(|error| LedgerError::of(path, error))
}

/// Reads every page of it.
pub(crate) fn check(path: &Path) -> Result<(), LedgerError> {
    let Some(connection) = reader(path)? else { return Ok(()) };
    let verdict: String = connection
        .query_row("PRAGMA quick_check(1)", [], |row| row.get(0))
        .map_err(|error| LedgerError::of(path, error))?;
    if verdict == "ok" {
        return Ok(());
    }
    let damaged = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_CORRUPT);
    Err(LedgerError::of(path, rusqlite::Error::SqliteFailure(damaged, Some(verdict))))
}

/// The least and the greatest id; nothing where there is no row.
pub(crate) fn ends(connection: &Connection) -> rusqlite::Result<Option<(u64, u64)>> {
    let end = |order: &str| {
        let query = format!("SELECT id FROM calls ORDER BY id {order} LIMIT 1");
        connection.query_row(&query, [], |row| row.get::<_, u64>(0)).optional()
    };
    Ok(end("ASC")?.zip(end("DESC")?))
}

/// Lets the oldest rows go until the rest is within the bounds. Whether any went.
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

/// Gives pages back that nobody uses, where the file is larger than it may be.
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
