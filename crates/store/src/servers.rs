use std::collections::BTreeSet;
use std::sync::Arc;

use model::{Millis, ServerId, ServerInfo};
use rusqlite::{Connection, Row, params};

use crate::{PersonField, Record};

/// The record is JSON, since the registry reads all of it or nothing; what SQL must read or change alone has a column.
pub(crate) const TABLE: &str = "
    CREATE TABLE servers (
        id            BLOB PRIMARY KEY,
        record        TEXT NOT NULL,
        last_seen     INTEGER,
        removed_at    INTEGER,
        ignored       INTEGER NOT NULL,
        set_by_person TEXT NOT NULL
    ) STRICT;
";

pub(crate) fn put(connection: &Connection, record: &Record) -> rusqlite::Result<()> {
    let mut statement = connection.prepare_cached(
        "INSERT INTO servers (id, record, last_seen, removed_at, ignored, set_by_person)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)
         ON CONFLICT (id) DO UPDATE SET record = ?2, last_seen = ?3, removed_at = ?4, ignored = ?5, set_by_person = ?6",
    )?;
    statement.execute(params![
        record.id().as_bytes(),
        json(&*record.info)?,
        record.info.last_seen,
        record.removed_at,
        record.ignored,
        json(&record.set_by_person)?,
    ])?;
    Ok(())
}

pub(crate) fn seen(connection: &Connection, id: ServerId, at: Millis) -> rusqlite::Result<()> {
    let mut statement = connection.prepare_cached("UPDATE servers SET last_seen = ?2 WHERE id = ?1")?;
    statement.execute(params![id.as_bytes(), at])?;
    Ok(())
}

pub(crate) fn purge(connection: &Connection, id: ServerId) -> rusqlite::Result<()> {
    connection.prepare_cached("DELETE FROM servers WHERE id = ?1")?.execute([id.as_bytes()])?;
    Ok(())
}

/// Every server by id. A row that cannot be parsed is named and left alone: one bad row must not hide the others.
pub(crate) fn all(connection: &Connection) -> rusqlite::Result<(Vec<Record>, Vec<String>)> {
    let mut statement = connection.prepare(
        "SELECT id, record, last_seen, removed_at, ignored, set_by_person FROM servers ORDER BY id",
    )?;
    let mut rows = statement.query([])?;
    let (mut records, mut unreadable) = (Vec::new(), Vec::new());
    while let Some(row) = rows.next()? {
        match read(row) {
            Ok(record) => records.push(record),
            Err(reason) => unreadable.push(format!("server `{}`: {reason}", shown_id(row))),
        }
    }
    Ok((records, unreadable))
}

pub(crate) fn read(row: &Row<'_>) -> Result<Record, Box<dyn std::error::Error>> {
    let record = row.get_ref(1)?.as_str()?;
    let mut info: ServerInfo = serde_json::from_str(record)?;
    info.id = ServerId::from_bytes(row.get(0)?);
    info.last_seen = row.get(2)?;
    let set_by_person: BTreeSet<PersonField> = serde_json::from_str(row.get_ref(5)?.as_str()?)?;
    Ok(Record { info: Arc::new(info), removed_at: row.get(3)?, ignored: row.get(4)?, set_by_person })
}

fn shown_id(row: &Row<'_>) -> String {
    row.get::<_, [u8; 16]>(0).map_or_else(|_| "?".to_owned(), |id| ServerId::from_bytes(id).to_string())
}

/// Serialising our own types as JSON fails only for maps whose keys are not strings, and there are none.
pub(crate) fn json(value: &impl serde::Serialize) -> rusqlite::Result<String> {
    serde_json::to_string(value).map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)))
}
