use std::sync::Arc;

use model::Millis;
use rusqlite::{Connection, Row, params};

use crate::servers::json;
use crate::{Image, JournalEntry};

/// `AUTOINCREMENT` is not needed: the registry counts, and continues from the highest id it finds.
pub(crate) const TABLE: &str = "
    CREATE TABLE journal (
        id        INTEGER PRIMARY KEY,
        at        INTEGER NOT NULL,
        label     TEXT NOT NULL,
        images    TEXT NOT NULL,
        undone_at INTEGER
    ) STRICT;
";

pub(crate) fn add(connection: &Connection, entry: &JournalEntry) -> rusqlite::Result<()> {
    let mut statement = connection.prepare_cached(
        "INSERT INTO journal (id, at, label, images, undone_at) VALUES (?1, ?2, ?3, ?4, ?5)",
    )?;
    statement.execute(params![entry.id, entry.at, entry.label, json(&entry.images)?, entry.undone_at])?;
    Ok(())
}

pub(crate) fn undone(connection: &Connection, entry: i64, at: Option<Millis>) -> rusqlite::Result<()> {
    connection
        .prepare_cached("UPDATE journal SET undone_at = ?2 WHERE id = ?1")?
        .execute(params![entry, at])?;
    Ok(())
}

pub(crate) fn forget(connection: &Connection, entry: i64) -> rusqlite::Result<()> {
    connection.prepare_cached("DELETE FROM journal WHERE id = ?1")?.execute([entry])?;
    Ok(())
}

/// What is kept of the changes.
pub(crate) struct Journal {
    /// Oldest first.
    pub(crate) entries: Vec<JournalEntry>,
    /// Those that do not parse.
    pub(crate) unreadable: Vec<String>,
    /// The highest id, readable or not.
    pub(crate) last: i64,
}

pub(crate) fn all(connection: &Connection) -> rusqlite::Result<Journal> {
    let mut statement =
        connection.prepare("SELECT id, at, label, images, undone_at FROM journal ORDER BY id")?;
    let mut rows = statement.query([])?;
    let (mut entries, mut unreadable, mut last) = (Vec::new(), Vec::new(), 0);
    while let Some(row) = rows.next()? {
        let id: i64 = row.get(0)?;
        last = id;
        match read(row, id) {
            Ok(entry) => entries.push(entry),
            Err(reason) => unreadable.push(format!("journal entry `{id}`: {reason}")),
        }
    }
    Ok(Journal { entries, unreadable, last })
}

fn read(row: &Row<'_>, id: i64) -> Result<JournalEntry, Box<dyn std::error::Error>> {
    let images: Arc<[Image]> = serde_json::from_str(row.get_ref(3)?.as_str()?)?;
    Ok(JournalEntry { id, at: row.get(1)?, label: row.get(2)?, images, undone_at: row.get(4)? })
}
