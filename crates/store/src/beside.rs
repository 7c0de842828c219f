//! Databases besides the registry's: each is one file that can be lost without losing a server. It is created where it is
//! missing, moved aside where it is damaged, and not touched where a newer version of this program wrote it. A file that was
//! deleted continues to take writes until it is closed, and then all of them are gone: so it is watched while it is open.

use std::io;
use std::path::{Path, PathBuf};

use model::Millis;
use rusqlite::{Connection, ErrorCode, OpenFlags};

use crate::open::keep_private;
use crate::salvage::suffixed;

/// The files that SQLite keeps beside a database.
const COMPANIONS: [&str; 2] = ["-wal", "-shm"];

/// The WAL is cut back to this size after a checkpoint, in bytes.
const WAL_LIMIT: i64 = 4 * 1024 * 1024;

/// The content of such a file.
#[derive(Clone, Copy)]
pub struct Layout {
    /// The schema that is read and written (`PRAGMA user_version`).
    pub version: i64,
    /// The statements that create its tables.
    pub tables: &'static str,
    /// Those for tables that were added without a new version, where they are missing.
    pub later: &'static str,
    /// Reads what every start reads: damage is found then.
    pub look: fn(&Connection) -> rusqlite::Result<()>,
}

/// Why such a file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum BesideError {
    /// It was written by a newer version of this program, and is not touched.
    #[error("`{}` was written by a newer version of MCP Discovery", path.display())]
    Newer {
        /// The file.
        path: PathBuf,
    },
    /// Its content is not valid.
    #[error("`{}` is damaged: {source}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// The message of SQLite.
        source: rusqlite::Error,
    },
    /// It cannot be read or written: the disk is full, or permissions are missing.
    #[error("`{}`: {source}", path.display())]
    Sqlite {
        /// The file.
        path: PathBuf,
        /// The message of SQLite.
        source: rusqlite::Error,
    },
    /// The same from the file system.
    #[error("`{}`: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// The message of the system.
        source: io::Error,
    },
}

impl BesideError {
    /// Classifies an error of SQLite by its remedy.
    pub fn of(path: &Path, source: rusqlite::Error) -> Self {
        let path = path.to_path_buf();
        match source.sqlite_error_code() {
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Self::Damaged { path, source },
            _ => Self::Sqlite { path, source },
        }
    }

    /// The same for the file system.
    pub fn io(path: &Path, source: io::Error) -> Self {
        Self::Io { path: path.to_path_buf(), source }
    }
}

/// A damaged file, and where it is now.
#[derive(Debug)]
pub struct Aside {
    /// The path.
    pub path: PathBuf,
    /// What was wrong with it.
    pub why: String,
}

/// Opens it to be written; it is made where it is missing. A damaged one is moved aside.
pub fn open_beside(
    path: &Path,
    layout: &Layout,
    now: Millis,
) -> Result<(Connection, Option<Aside>), BesideError> {
    if !path.exists() {
        remove_companions(path).map_err(|error| BesideError::io(path, error))?;
    }
    match prepare(path, layout) {
        Err(BesideError::Damaged { source, .. }) => {
            let aside = put_aside(path, now, &source)?;
            Ok((prepare(path, layout)?, Some(aside)))
        }
        opened => Ok((opened?, None)),
    }
}

/// Moves a damaged file to `<name>.damaged-<time>`, with its companions.
pub fn put_aside(path: &Path, now: Millis, why: &rusqlite::Error) -> Result<Aside, BesideError> {
    let target = suffixed(path, &format!(".damaged-{now}"));
    let moved = || {
        std::fs::rename(path, &target)?;
        COMPANIONS.iter().try_for_each(|companion| {
            unless_missing(std::fs::rename(suffixed(path, companion), suffixed(&target, companion)))
        })
    };
    moved().map_err(|error| BesideError::io(path, error))?;
    Ok(Aside { path: target, why: why.to_string() })
}

/// What is left of a deleted file must not be taken for a part of the next one.
pub(crate) fn remove_companions(path: &Path) -> io::Result<()> {
    COMPANIONS
        .iter()
        .try_for_each(|companion| unless_missing(std::fs::remove_file(suffixed(path, companion))))
}

pub(crate) fn unless_missing(done: io::Result<()>) -> io::Result<()> {
    done.or_else(|error| if error.kind() == io::ErrorKind::NotFound { Ok(()) } else { Err(error) })
}

fn prepare(path: &Path, layout: &Layout) -> Result<Connection, BesideError> {
    let failed = |error| BesideError::of(path, error);
    keep_private(path);
    let connection = Connection::open(path).map_err(failed)?;
    let found: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0)).map_err(failed)?;
    if found > layout.version {
        return Err(BesideError::Newer { path: path.to_path_buf() });
    }
    configure(&connection, layout, found == 0).map_err(failed)?;
    Ok(connection)
}

/// A second of work may be lost with the power, not with the process: so a commit need not wait for the disk.
fn configure(connection: &Connection, layout: &Layout, is_new: bool) -> rusqlite::Result<()> {
    if is_new {
        connection.pragma_update(None, "auto_vacuum", "incremental")?;
    }
    connection.pragma_update(None, "journal_mode", "wal")?;
    connection.pragma_update(None, "synchronous", "normal")?;
    connection.pragma_update(None, "journal_size_limit", WAL_LIMIT)?;
    connection.set_prepared_statement_cache_capacity(32);
    if is_new {
        let (tables, version) = (layout.tables, layout.version);
        connection
            .execute_batch(&format!("BEGIN IMMEDIATE; {tables} PRAGMA user_version = {version}; COMMIT;"))?;
    }
    connection.execute_batch(layout.later)?;
    connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get::<_, i64>(0))?;
    (layout.look)(connection)
}

/// Opens it to be read; nothing where there is none.
pub fn read_beside(path: &Path) -> Result<Option<Connection>, BesideError> {
    if !path.exists() {
        return Ok(None);
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    Connection::open_with_flags(path, flags).map(Some).map_err(|error| BesideError::of(path, error))
}

/// Reads every page of it.
pub fn check_beside(path: &Path) -> Result<(), BesideError> {
    let Some(connection) = read_beside(path)? else { return Ok(()) };
    let verdict: String = connection
        .query_row("PRAGMA quick_check(1)", [], |row| row.get(0))
        .map_err(|error| BesideError::of(path, error))?;
    if verdict == "ok" {
        return Ok(());
    }
    let damaged = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_CORRUPT);
    Err(BesideError::of(path, rusqlite::Error::SqliteFailure(damaged, Some(verdict))))
}

/// Does all of `work`, or nothing.
pub fn in_transaction<T>(
    connection: &Connection,
    work: impl FnOnce() -> rusqlite::Result<T>,
) -> rusqlite::Result<T> {
    connection.execute_batch("BEGIN IMMEDIATE")?;
    let done = work().and_then(|done| connection.execute_batch("COMMIT").map(|()| done));
    if done.is_err() && !connection.is_autocommit() && connection.execute_batch("ROLLBACK").is_err() {
        tracing::error!("a half-finished write could not be rolled back");
    }
    done
}

/// The identity of the file, whatever its name.
type FileId = (u64, u64);

/// The database and its journal, as they were seen last.
pub(crate) struct Present {
    database: PathBuf,
    wal: PathBuf,
    seen: (Option<FileId>, Option<FileId>),
}

impl Present {
    /// Of a database that is open.
    pub(crate) fn of(database: &Path) -> Self {
        let wal = suffixed(database, "-wal");
        Self { seen: (id(database), id(&wal)), database: database.to_path_buf(), wal }
    }

    /// Whether both are those that were opened. A journal exists from the first write on.
    pub(crate) fn is_whole(&mut self) -> bool {
        let (database, wal) = (id(&self.database), id(&self.wal));
        self.seen.1 = self.seen.1.or(wal);
        self.seen == (database, wal)
    }
}

#[cfg(unix)]
fn id(path: &Path) -> Option<FileId> {
    use std::os::unix::fs::MetadataExt;
    std::fs::metadata(path).ok().map(|data| (data.dev(), data.ino()))
}

/// Where an open file cannot be deleted, it is the one that was opened.
#[cfg(not(unix))]
fn id(_: &Path) -> Option<FileId> {
    None
}
