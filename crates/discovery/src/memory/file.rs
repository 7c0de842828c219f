//! `discovery.db`: its tables, and the deletion of old rows.

use model::{Millis, ScanState, ScanStatus};
use rusqlite::{Connection, params};
use store::beside::Layout;

/// Its name in the data directory.
pub const FILE: &str = "discovery.db";

/// Scans that are kept.
pub const MOST_SCANS: u64 = 200;
/// Rows that are kept of one scan; a farm of JSON services must not fill the disk.
pub const MOST_ROWS: usize = 20_000;
/// Sightings that are kept.
const MOST_SIGHTINGS: u64 = 100_000;
/// The most changes that can be undone.
const MOST_STEPS: u64 = 200;

const DAY: Millis = 24 * 60 * 60 * 1_000;
/// How long a scan is kept, and a sighting after it was last made.
const KEPT_FOR: Millis = 90 * DAY;
/// How long what was forgotten can be restored.
const UNDO_FOR: Millis = 30 * DAY;

const TABLES: &str = "
CREATE TABLE scans (
    n INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    started_at INTEGER NOT NULL,
    is_running INTEGER NOT NULL,
    status TEXT NOT NULL,
    scope TEXT NOT NULL,
    done TEXT NOT NULL,
    written_at INTEGER NOT NULL,
    forgotten_at INTEGER
);
CREATE INDEX newest ON scans (started_at);
CREATE TABLE scan_rows (
    scan INTEGER NOT NULL,
    at INTEGER NOT NULL,
    server BLOB NOT NULL,
    name TEXT NOT NULL,
    url TEXT NOT NULL,
    transport TEXT NOT NULL,
    era TEXT,
    protocol TEXT,
    version TEXT,
    auth INTEGER NOT NULL,
    tools INTEGER,
    latency REAL,
    outcome TEXT NOT NULL,
    certificate TEXT,
    reason TEXT,
    process TEXT,
    definition TEXT,
    PRIMARY KEY (scan, at)
) WITHOUT ROWID;
CREATE TABLE definitions (hash TEXT PRIMARY KEY, tools TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE ranges (name TEXT PRIMARY KEY, body TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE sightings (
    server BLOB NOT NULL,
    kind TEXT NOT NULL,
    place TEXT NOT NULL,
    first_seen INTEGER NOT NULL,
    last_seen INTEGER NOT NULL,
    gone_at INTEGER,
    PRIMARY KEY (server, kind, place)
) WITHOUT ROWID;
CREATE TABLE steps (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at INTEGER NOT NULL,
    label TEXT NOT NULL,
    turns TEXT NOT NULL,
    undone_at INTEGER
);
";

/// What every start reads.
pub(super) const LAYOUT: Layout = Layout {
    version: 1,
    tables: TABLES,
    later: super::dismissed::TABLE,
    look: |connection| {
        let count = |table: &str| {
            connection.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get::<_, i64>(0))
        };
        ["scans", "ranges", "steps", "dismissed"].iter().try_for_each(|table| count(table).map(drop))
    },
};

/// Scans that ran when the core stopped are over; their rows until then are kept.
pub(super) fn end_lost(connection: &Connection) -> rusqlite::Result<()> {
    let mut lost = connection.prepare("SELECT n, status, written_at FROM scans WHERE is_running")?;
    let lost = lost.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    for (n, status, written_at) in lost.collect::<Result<Vec<(i64, String, Millis)>, _>>()? {
        let Some(status) = read_status(&status) else { continue };
        let ended = ScanStatus {
            state: ScanState::EndedWithTheCore,
            finished_at: Some(written_at),
            slow: 0,
            ..status
        };
        connection.execute(
            "UPDATE scans SET is_running = 0, status = ?2 WHERE n = ?1",
            params![n, json(&ended)?],
        )?;
    }
    Ok(())
}

/// Deletes what is too old or too much, and everything that only it refers to.
pub(super) fn make_room(connection: &Connection, now: Millis) -> rusqlite::Result<()> {
    let (old, forgotten) = (now.saturating_sub(KEPT_FOR), now.saturating_sub(UNDO_FOR));
    let gone = connection.execute(
        "DELETE FROM scans WHERE NOT is_running AND (started_at < ?1 OR forgotten_at < ?2 OR n NOT IN
            (SELECT n FROM scans WHERE forgotten_at IS NULL OR is_running ORDER BY started_at DESC, n DESC LIMIT ?3)
            AND forgotten_at IS NULL)",
        params![old, forgotten, MOST_SCANS],
    )?;
    if gone > 0 {
        connection.execute("DELETE FROM scan_rows WHERE scan NOT IN (SELECT n FROM scans)", [])?;
        connection.execute(
            "DELETE FROM definitions WHERE hash NOT IN (SELECT definition FROM scan_rows WHERE definition NOT NULL)",
            [],
        )?;
    }
    connection.execute("DELETE FROM sightings WHERE last_seen < ?1", [old])?;
    connection.execute("DELETE FROM steps WHERE at < ?1", [forgotten])?;
    connection.execute(
        "DELETE FROM steps WHERE id <= (SELECT id FROM steps ORDER BY id DESC LIMIT 1 OFFSET ?1)",
        [MOST_STEPS],
    )?;
    let sightings: u64 = connection.query_row("SELECT count(*) FROM sightings", [], |row| row.get(0))?;
    if let Some(more) = sightings.checked_sub(MOST_SIGHTINGS).filter(|more| *more > 0) {
        connection.execute(
            "DELETE FROM sightings WHERE (server, kind, place) IN
                (SELECT server, kind, place FROM sightings ORDER BY last_seen LIMIT ?1)",
            [more],
        )?;
    }
    Ok(())
}

/// Returns unused pages.
pub(super) fn shrink(connection: &Connection) -> rusqlite::Result<()> {
    let mut vacuum = connection.prepare("PRAGMA incremental_vacuum")?;
    let mut rows = vacuum.query([])?;
    while rows.next()?.is_some() {}
    Ok(())
}

pub(super) fn read_status(text: &str) -> Option<ScanStatus> {
    serde_json::from_str(text).ok()
}

/// As text to be kept.
pub(super) fn json(value: &impl serde::Serialize) -> rusqlite::Result<String> {
    serde_json::to_string(value).map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)))
}
