//! The history of servers: a line for each change of status, and counts of checks in slices of time. Both are bounded per
//! server when they are written, so nothing has to be cleaned up.

use model::{HealthStatus, Millis, ServerId, Transition};
use rusqlite::{Connection, Row, params};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::{Ages, History, SLICE, Tally};

/// How long a change of status is kept.
const KEPT_FOR: Millis = 30 * 24 * 60 * 60 * 1000;

/// How many changes of status one server keeps.
const KEPT: i64 = 500;

/// How long counts are kept: a day, and the slice that is being left.
const COUNTED_FOR: Millis = 24 * 60 * 60 * 1000 + SLICE;

/// `server` first in both keys: all queries are about one server.
pub(crate) const TABLES: &str = "
    CREATE TABLE transitions (
        server     BLOB NOT NULL,
        at         INTEGER NOT NULL,
        old_status TEXT NOT NULL,
        new_status TEXT NOT NULL,
        reason     TEXT
    ) STRICT;
    CREATE INDEX transitions_of_server ON transitions (server, at);
    CREATE TABLE tallies (
        server        BLOB NOT NULL,
        slice         INTEGER NOT NULL,
        healthy       INTEGER NOT NULL,
        degraded      INTEGER NOT NULL,
        unhealthy     INTEGER NOT NULL,
        needs_sign_in INTEGER NOT NULL,
        PRIMARY KEY (server, slice)
    ) STRICT, WITHOUT ROWID;
";

/// Adds a line. After a start every server changes from unknown to what it was before: only a difference from the last line
/// is new then.
pub(crate) fn turned(
    connection: &Connection,
    server: ServerId,
    transition: &Transition,
    ages: &Ages,
) -> rusqlite::Result<()> {
    let key = server.as_bytes();
    let (old, new) = (word(transition.from), word(transition.to));
    if transition.from == HealthStatus::Unknown && last(connection, server)?.as_deref() == Some(new.as_str())
    {
        return Ok(());
    }
    connection
        .prepare_cached(
            "INSERT INTO transitions (server, at, old_status, new_status, reason) VALUES (?1, ?2, ?3, ?4, ?5)",
        )?
        .execute(params![key, transition.at, old, new, transition.reason])?;
    connection
        .prepare_cached(
            "DELETE FROM transitions WHERE server = ?1 AND (at < ?2 OR rowid IN (
                 SELECT rowid FROM transitions WHERE server = ?1 ORDER BY at DESC, rowid DESC LIMIT -1 OFFSET ?3))",
        )?
        .execute(params![key, ages.by(transition.at).saturating_sub(KEPT_FOR), KEPT])?;
    Ok(())
}

fn last(connection: &Connection, server: ServerId) -> rusqlite::Result<Option<String>> {
    let mut statement = connection.prepare_cached(
        "SELECT new_status FROM transitions WHERE server = ?1 ORDER BY at DESC, rowid DESC LIMIT 1",
    )?;
    let mut rows = statement.query([server.as_bytes()])?;
    rows.next()?.map(|row| row.get(0)).transpose()
}

/// Adds counts to a slice; a new slice drops those of the day before.
pub(crate) fn counted(
    connection: &Connection,
    server: ServerId,
    slice: Millis,
    tally: Tally,
    ages: &Ages,
) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO tallies (server, slice, healthy, degraded, unhealthy, needs_sign_in)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)
             ON CONFLICT (server, slice) DO UPDATE SET healthy = healthy + ?3, degraded = degraded + ?4,
                 unhealthy = unhealthy + ?5, needs_sign_in = needs_sign_in + ?6",
        )?
        .execute(params![
            server.as_bytes(),
            slice,
            tally.healthy,
            tally.degraded,
            tally.unhealthy,
            tally.needs_sign_in
        ])?;
    connection
        .prepare_cached("DELETE FROM tallies WHERE server = ?1 AND slice < ?2")?
        .execute(params![server.as_bytes(), ages.by(slice).saturating_sub(COUNTED_FOR)])?;
    Ok(())
}

/// Deletes the history of a server.
pub(crate) fn purge(connection: &Connection, server: ServerId) -> rusqlite::Result<()> {
    connection.prepare_cached("DELETE FROM transitions WHERE server = ?1")?.execute([server.as_bytes()])?;
    connection.prepare_cached("DELETE FROM tallies WHERE server = ?1")?.execute([server.as_bytes()])?;
    Ok(())
}

/// The history of a server, transitions newest first, counts from `since` on.
pub(crate) fn of(connection: &Connection, server: ServerId, since: Millis) -> rusqlite::Result<History> {
    let mut statement = connection.prepare_cached(
        "SELECT at, old_status, new_status, reason FROM transitions WHERE server = ?1 ORDER BY at DESC, rowid DESC",
    )?;
    let rows = statement.query_map([server.as_bytes()], transition)?;
    // A word that a newer version wrote is left out.
    let transitions = rows.filter_map(Result::transpose).collect::<rusqlite::Result<_>>()?;
    let mut statement = connection.prepare_cached(
        "SELECT slice, healthy, degraded, unhealthy, needs_sign_in FROM tallies
         WHERE server = ?1 AND slice >= ?2 ORDER BY slice",
    )?;
    let rows = statement.query_map(params![server.as_bytes(), since], tally)?;
    Ok(History { transitions, tallies: rows.collect::<rusqlite::Result<_>>()? })
}

fn transition(row: &Row<'_>) -> rusqlite::Result<Option<Transition>> {
    let (from, to): (String, String) = (row.get(1)?, row.get(2)?);
    let (Some(from), Some(to)) = (read(from), read(to)) else { return Ok(None) };
    Ok(Some(Transition { at: row.get(0)?, from, to, reason: row.get(3)? }))
}

fn tally(row: &Row<'_>) -> rusqlite::Result<(Millis, Tally)> {
    let tally = Tally {
        healthy: row.get(1)?,
        degraded: row.get(2)?,
        unhealthy: row.get(3)?,
        needs_sign_in: row.get(4)?,
    };
    Ok((row.get(0)?, tally))
}

/// The word of the API.
fn word(status: HealthStatus) -> String {
    serde_json::to_value(status).ok().and_then(|word| word.as_str().map(str::to_owned)).unwrap_or_default()
}

fn read<T: DeserializeOwned>(word: String) -> Option<T> {
    serde_json::from_value(Value::String(word)).ok()
}
