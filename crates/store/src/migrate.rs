use std::path::{Path, PathBuf};

use model::Millis;
use rusqlite::Connection;
use rusqlite::backup::Backup;

use crate::open::keep_private;
use crate::salvage::{stamp, suffixed};
use crate::{StoreError, history, journal, meta, servers};

/// One step of the schema. Steps are never edited once released: a new one is added.
pub(crate) type Migration = &'static [&'static str];

/// Step `n` brings a database from `user_version` `n` to `n + 1`.
pub(crate) const MIGRATIONS: &[Migration] =
    &[&[servers::TABLE, journal::TABLE, meta::TABLE], &[history::TABLES]];

/// The schema this program reads and writes (`PRAGMA user_version`).
#[expect(clippy::cast_possible_wrap, reason = "a handful of migrations")]
pub const SCHEMA: i64 = MIGRATIONS.len() as i64;

/// How many backups stay beside the database.
const BACKUPS_KEPT: usize = 3;

/// Brings the database to the newest schema. One that holds something is copied first; the copy's path is returned.
pub(crate) fn migrate(
    connection: &mut Connection,
    path: &Path,
    migrations: &[Migration],
    now: Millis,
) -> Result<Option<PathBuf>, StoreError> {
    let from = version(connection).map_err(|error| StoreError::of(path, error))?;
    let to = i64::try_from(migrations.len()).unwrap_or(i64::MAX);
    if from == to {
        return Ok(None);
    }
    let backup = if from == 0 { None } else { Some(back_up(connection, path, from, now)?) };
    let steps = migrations.iter().skip(usize::try_from(from).unwrap_or(0));
    run(connection, steps, to).map_err(|error| match StoreError::of(path, error) {
        StoreError::Failed { path, source } => StoreError::Migration { path, from, to, source },
        other => other,
    })?;
    Ok(backup)
}

/// `PRAGMA user_version`: 0 in a new file.
pub(crate) fn version(connection: &Connection) -> rusqlite::Result<i64> {
    connection.query_row("PRAGMA user_version", [], |row| row.get(0))
}

/// All steps in one transaction: a file is never left between two schemas.
fn run<'a>(
    connection: &mut Connection,
    steps: impl Iterator<Item = &'a Migration>,
    to: i64,
) -> rusqlite::Result<()> {
    let transaction = connection.transaction()?;
    for sql in steps.flat_map(|step| step.iter()) {
        transaction.execute_batch(sql)?;
    }
    transaction.pragma_update(None, "user_version", to)?;
    transaction.commit()
}

/// Copies the database, its WAL included, to `<name>.backup-v<N>-<time>`. The name appears only once the copy is whole.
fn back_up(connection: &Connection, path: &Path, from: i64, now: Millis) -> Result<PathBuf, StoreError> {
    let target = suffixed(path, &format!(".backup-v{from}-{}", stamp(now)));
    let part = suffixed(path, ".backup-part");
    let gone = std::fs::remove_file(&part);
    if gone.is_ok() {
        tracing::debug!(file = %part.display(), "a half-made backup was deleted");
    }
    copy(connection, &part).map_err(|error| StoreError::of(&part, error))?;
    std::fs::rename(&part, &target).map_err(|error| StoreError::of_io(&target, &error))?;
    forget_old_backups(path);
    Ok(target)
}

fn copy(connection: &Connection, part: &Path) -> rusqlite::Result<()> {
    keep_private(part);
    let mut copy = Connection::open(part)?;
    let backup = Backup::new(connection, &mut copy)?;
    while backup.step(1024)? == rusqlite::backup::StepResult::More {}
    Ok(())
}

/// Keeps the newest few. A backup that cannot be deleted is only one too many.
fn forget_old_backups(path: &Path) {
    let mut backups = backups(path);
    backups.sort_by_key(|(modified, _)| std::cmp::Reverse(*modified));
    for (_, old) in backups.into_iter().skip(BACKUPS_KEPT) {
        if let Err(error) = std::fs::remove_file(&old) {
            tracing::warn!(file = %old.display(), %error, "an old backup could not be deleted");
        }
    }
}

fn backups(path: &Path) -> Vec<(Option<std::time::SystemTime>, PathBuf)> {
    let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else { return Vec::new() };
    let prefix = format!("{}.backup-v", name.to_string_lossy());
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    entries
        .flatten()
        .filter(|entry| entry.file_name().to_string_lossy().starts_with(&prefix))
        .map(|entry| (entry.metadata().and_then(|data| data.modified()).ok(), entry.path()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NEXT: &[Migration] = &[
        &[servers::TABLE, journal::TABLE, meta::TABLE],
        &["ALTER TABLE meta ADD COLUMN note TEXT", "UPDATE meta SET note = 'seen'"],
    ];
    const BROKEN: &[Migration] = &[
        &[servers::TABLE, journal::TABLE, meta::TABLE],
        &["ALTER TABLE meta ADD COLUMN note TEXT", "UPDATE nowhere SET x = 1"],
    ];

    fn first(path: &Path) -> Connection {
        let mut connection = Connection::open(path).unwrap();
        connection.pragma_update(None, "journal_mode", "wal").unwrap();
        assert_eq!(
            migrate(&mut connection, path, &NEXT[..1], 0).unwrap(),
            None,
            "a new file needs no backup"
        );
        connection.execute("INSERT INTO meta (key, value) VALUES ('a', 'b')", []).unwrap();
        connection
    }

    #[test]
    fn an_existing_database_is_copied_before_it_is_migrated() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.db");
        let mut connection = first(&path);
        let backup = migrate(&mut connection, &path, NEXT, 1_795_428_930_123).unwrap().unwrap();
        assert_eq!(backup.file_name().unwrap(), "x.db.backup-v1-20261123T101530.123Z");
        assert_eq!(version(&connection).unwrap(), 2);
        let old = Connection::open(&backup).unwrap();
        assert_eq!(version(&old).unwrap(), 1);
        let value: String = old.query_row("SELECT value FROM meta", [], |row| row.get(0)).unwrap();
        assert_eq!(value, "b", "the copy holds what was only in the WAL");
    }

    #[test]
    fn a_migration_that_fails_changes_nothing_and_leaves_a_backup() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.db");
        let mut connection = first(&path);
        let error = migrate(&mut connection, &path, BROKEN, 5).unwrap_err();
        assert!(matches!(error, StoreError::Migration { from: 1, to: 2, .. }), "{error}");
        assert_eq!(version(&connection).unwrap(), 1);
        assert!(connection.prepare("SELECT note FROM meta").is_err(), "half of the step is not kept");
        assert_eq!(backups(&path).len(), 1);
    }

    #[test]
    fn only_the_newest_backups_are_kept() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.db");
        let connection = first(&path);
        for now in 0..6 {
            back_up(&connection, &path, 1, now * 1_000).unwrap();
        }
        assert_eq!(backups(&path).len(), BACKUPS_KEPT);
    }
}
