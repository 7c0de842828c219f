use std::fs::OpenOptions;
use std::io;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use model::Millis;
use rusqlite::Connection;
use rusqlite::config::DbConfig;

use crate::beside::in_transaction;
use crate::migrate::{MIGRATIONS, SCHEMA, migrate, version};
use crate::salvage::{move_aside, suffixed};
use crate::{ClockKeeper, Store, StoreError, salvage, servers};

/// The name of the database in the data directory.
pub const FILE: &str = "mcp-discovery.db";

/// How long to wait for another program's lock.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// The WAL is cut back to this size after a checkpoint, in bytes.
const WAL_LIMIT: i64 = 16 * 1024 * 1024;

/// How many pages of 4 KiB the WAL collects before it is merged. Ids are random, so a large import touches the same index
/// pages again and again; the fewer merges, the less often each of them is written.
const WAL_PAGES: i64 = 4_000;

/// An open store, and what had to be done to open it. Both paths are for messages.
#[derive(Debug)]
pub struct OpenedStore {
    /// The store.
    pub store: Store,
    /// The damaged database that was found in its place.
    pub damaged: Option<Damage>,
    /// The copy that was made before a migration.
    pub backup: Option<PathBuf>,
    /// Follows the clock of ages.
    pub clock: ClockKeeper,
    /// A notice about that clock.
    pub clock_notice: Option<String>,
}

/// A damaged database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Damage {
    /// Its path now, its companions `-wal` and `-shm` beside it.
    pub aside: PathBuf,
    /// How many servers could be read from it and are in the new one.
    pub kept: usize,
}

/// A connection that is ready for the writer.
pub(crate) struct Ready {
    pub(crate) connection: Connection,
    pub(crate) path: PathBuf,
    pub(crate) damaged: Option<Damage>,
    pub(crate) backup: Option<PathBuf>,
}

/// Opens the database in `folder`, which is created if it is missing.
pub(crate) fn open(folder: &Path, now: Millis) -> Result<Ready, StoreError> {
    let path = folder.join(FILE);
    std::fs::create_dir_all(folder).map_err(|error| StoreError::of_io(folder, &error))?;
    let (mut connection, damaged) = match inspect(&path) {
        Err(StoreError::Damaged { reason, .. }) => {
            let aside = move_aside(&path, now)?;
            tracing::warn!(%reason, aside = %aside.display(), "the database was damaged and is moved aside");
            (inspect(&path)?, Some(aside))
        }
        connection => (connection?, None),
    };
    configure(&connection).map_err(|error| StoreError::of(&path, error))?;
    let backup = migrate(&mut connection, &path, MIGRATIONS, now)?;
    let damaged = damaged.map(|aside| Damage { kept: take_over(&aside, &connection), aside });
    Ok(Ready { connection, path, damaged, backup })
}

/// Takes over what can be read of a damaged database; returns how many servers that are.
fn take_over(aside: &Path, into: &Connection) -> usize {
    let kept = salvage::servers(aside).and_then(|records| {
        in_transaction(into, || records.iter().try_for_each(|record| servers::put(into, record)))?;
        Ok(records.len())
    });
    kept.unwrap_or_else(|error| {
        tracing::warn!(%error, "nothing could be read of the damaged database");
        0
    })
}

/// The same file again, after it was written again.
pub(crate) fn again(path: &Path) -> Result<Connection, StoreError> {
    let connection = inspect(path)?;
    configure(&connection).map_err(|error| StoreError::of(path, error))?;
    Ok(connection)
}

/// Opens the file and checks it without changing it.
fn inspect(path: &Path) -> Result<Connection, StoreError> {
    keep_private(path);
    let looked = || {
        let connection = Connection::open(path)?;
        // A file we then refuse or move aside must stay as it was found: closing it must not merge its WAL.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
        connection.busy_timeout(BUSY_TIMEOUT)?;
        let found = version(&connection)?;
        // Reads every page once, without comparing indexes to tables: about what loading costs anyway.
        let verdict = if found == 0 || found > SCHEMA { "ok".to_owned() } else { quick_check(&connection)? };
        Ok((connection, found, verdict))
    };
    let (connection, found, verdict) = looked().map_err(|error| StoreError::of(path, error))?;
    if found > SCHEMA {
        return Err(StoreError::Newer { path: path.to_path_buf(), found, supported: SCHEMA });
    }
    if verdict != "ok" {
        return Err(StoreError::Damaged { path: path.to_path_buf(), reason: verdict });
    }
    Ok(connection)
}

/// The file and its journal are readable by their owner alone. Missing permissions are reported by SQLite.
pub(crate) fn keep_private(path: &Path) {
    let files = [path.to_path_buf(), suffixed(path, "-wal"), suffixed(path, "-shm")];
    let there = files.iter().enumerate().filter(|(at, file)| *at == 0 || file.exists());
    for (_, file) in there {
        if let Err(error) = make_private(file) {
            tracing::warn!(file = %file.display(), %error, "other users can read this file");
        }
    }
}

fn quick_check(connection: &Connection) -> rusqlite::Result<String> {
    connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))
}

/// The settings of the crate's documentation. Page cache: 8 MiB, since the registry reads once and then only writes.
fn configure(connection: &Connection) -> rusqlite::Result<()> {
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, false)?;
    connection.pragma_update(None, "journal_mode", "wal")?;
    connection.pragma_update(None, "synchronous", "full")?;
    connection.pragma_update(None, "foreign_keys", "on")?;
    connection.pragma_update(None, "cache_size", -8 * 1024)?;
    connection.pragma_update(None, "wal_autocheckpoint", WAL_PAGES)?;
    connection.pragma_update(None, "journal_size_limit", WAL_LIMIT)?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(())
}

/// Creates an empty file that only its owner can read, where there is none; of an existing one, removes the permissions of
/// others. SQLite gives its journal the permissions of the database.
#[cfg(unix)]
pub fn make_private(path: &Path) -> io::Result<()> {
    use std::fs::Permissions;
    use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
    let file = OpenOptions::new().create(true).append(true).mode(0o600).open(path)?;
    let mode = file.metadata()?.permissions().mode() & 0o777;
    let own = mode & 0o700;
    if mode == own { Ok(()) } else { file.set_permissions(Permissions::from_mode(own)) }
}

/// Elsewhere the folder decides.
#[cfg(not(unix))]
pub fn make_private(_: &Path) -> io::Result<()> {
    Ok(())
}

/// Writes a file that only its owner can read, completely or not at all.
pub(crate) fn write_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let part = path.with_extension("json.part");
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(&part)?.write_all(bytes)?;
    std::fs::rename(part, path)
}
