//! Changes that the user made to scans, ranges and dismissed proposals, and how they are undone and redone.

use model::{Millis, ScanRange};
use rusqlite::{Connection, OptionalExtension, params};
use serde::{Deserialize, Serialize};

use super::dismissed;
use super::file::json;

/// Entries of these changes are above this: below are those of the registry, below 0 those of the configuration's file.
pub const FIRST_ENTRY: i64 = 1 << 40;

/// The direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StepDirection {
    /// Undo.
    Back,
    /// Redo.
    Again,
}

/// A change that could be undone, or redone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemoryStep {
    /// Its entry.
    pub entry: i64,
    /// In words.
    pub label: String,
    /// When it was made.
    pub at: Millis,
}

/// A change of one thing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum StepFate {
    Scan { id: String, was_kept: bool, is_kept: bool },
    Range { name: String, before: Option<ScanRange>, after: Option<ScanRange> },
    Proposal { key: String, was_dismissed: bool, is_dismissed: bool },
}

impl StepFate {
    /// Applies it; false when the thing is not as this change left it.
    fn apply(&self, connection: &Connection, way: StepDirection, now: Millis) -> rusqlite::Result<bool> {
        match self {
            Self::Scan { id, was_kept, is_kept } => {
                let (from, to) =
                    if way == StepDirection::Back { (is_kept, was_kept) } else { (was_kept, is_kept) };
                keep_scan(connection, id, *from, *to, now)
            }
            Self::Range { name, before, after } => {
                let (from, to) = if way == StepDirection::Back { (after, before) } else { (before, after) };
                if range(connection, name)? != *from {
                    return Ok(false);
                }
                put_range(connection, name, to.as_ref())?;
                Ok(true)
            }
            Self::Proposal { key, was_dismissed, is_dismissed } => {
                let both = [*is_dismissed, *was_dismissed];
                let [from, to] = if way == StepDirection::Back { both } else { [both[1], both[0]] };
                dismissed::turn(connection, key, from, to, now)
            }
        }
    }
}

/// Makes changes and remembers them as one.
pub(super) fn make(
    connection: &Connection,
    label: &str,
    turns: &[StepFate],
    now: Millis,
) -> rusqlite::Result<i64> {
    for turn in turns {
        turn.apply(connection, StepDirection::Again, now)?;
    }
    remember(connection, label, turns, now)
}

/// Records changes. What was undone before can no longer be redone.
pub(super) fn remember(
    connection: &Connection,
    label: &str,
    turns: &[StepFate],
    now: Millis,
) -> rusqlite::Result<i64> {
    connection.execute("DELETE FROM steps WHERE undone_at NOT NULL", [])?;
    connection.execute(
        "INSERT INTO steps (at, label, turns) VALUES (?1, ?2, ?3)",
        params![now, label, json(&turns)?],
    )?;
    Ok(FIRST_ENTRY + connection.last_insert_rowid())
}

/// The next change.
pub(super) fn next(connection: &Connection, way: StepDirection) -> rusqlite::Result<Option<MemoryStep>> {
    let query = match way {
        StepDirection::Back => {
            "SELECT id, label, at FROM steps WHERE undone_at IS NULL ORDER BY id DESC LIMIT 1"
        }
        StepDirection::Again => {
            "SELECT id, label, at FROM steps WHERE undone_at NOT NULL ORDER BY undone_at DESC, id LIMIT 1"
        }
    };
    let read = |row: &rusqlite::Row<'_>| {
        Ok(MemoryStep { entry: FIRST_ENTRY + row.get::<_, i64>(0)?, label: row.get(1)?, at: row.get(2)? })
    };
    connection.query_row(query, [], read).optional()
}

/// Undoes a change, or redoes it; nothing when it is not in a state for that. All of it, or none.
pub(super) fn turn(
    connection: &Connection,
    way: StepDirection,
    entry: i64,
    now: Millis,
) -> rusqlite::Result<Option<MemoryStep>> {
    let found: Option<(String, Millis, String)> = connection
        .query_row(
            "SELECT label, at, turns FROM steps WHERE id = ?1 AND (undone_at IS NULL) = ?2",
            params![entry.saturating_sub(FIRST_ENTRY), way == StepDirection::Back],
            |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
        )
        .optional()?;
    let Some((label, at, turns)) = found else { return Ok(None) };
    let turns: Vec<StepFate> = serde_json::from_str(&turns).unwrap_or_default();
    connection.execute_batch("SAVEPOINT turn")?;
    let mut is_whole = !turns.is_empty();
    for turn in &turns {
        is_whole &= turn.apply(connection, way, now)?;
    }
    if !is_whole {
        connection.execute_batch("ROLLBACK TO turn; RELEASE turn")?;
        return Ok(None);
    }
    let undone_at = (way == StepDirection::Back).then_some(now);
    connection.execute(
        "UPDATE steps SET undone_at = ?2 WHERE id = ?1",
        params![entry.saturating_sub(FIRST_ENTRY), undone_at],
    )?;
    connection.execute_batch("RELEASE turn")?;
    Ok(Some(MemoryStep { entry, label, at }))
}

fn keep_scan(connection: &Connection, id: &str, from: bool, to: bool, now: Millis) -> rusqlite::Result<bool> {
    let changed = connection.execute(
        "UPDATE scans SET forgotten_at = ?2 WHERE id = ?1 AND (forgotten_at IS NULL) = ?3",
        params![id, (!to).then_some(now), from],
    )?;
    Ok(changed > 0)
}

/// The ranges, by name.
pub(super) fn ranges(connection: &Connection) -> rusqlite::Result<Vec<ScanRange>> {
    let mut ranges =
        connection.prepare_cached("SELECT body FROM ranges ORDER BY name COLLATE NOCASE, name")?;
    let ranges = ranges.query_map([], |row| Ok(serde_json::from_str(row.get_ref(0)?.as_str()?).ok()))?;
    ranges.filter_map(Result::transpose).collect()
}

pub(super) fn range(connection: &Connection, name: &str) -> rusqlite::Result<Option<ScanRange>> {
    let body: Option<String> = connection
        .query_row("SELECT body FROM ranges WHERE name = ?1", [name], |row| row.get(0))
        .optional()?;
    Ok(body.and_then(|body| serde_json::from_str(&body).ok()))
}

fn put_range(connection: &Connection, name: &str, range: Option<&ScanRange>) -> rusqlite::Result<()> {
    match range {
        Some(range) => connection.execute(
            "INSERT OR REPLACE INTO ranges (name, body) VALUES (?1, ?2)",
            params![name, json(range)?],
        )?,
        None => connection.execute("DELETE FROM ranges WHERE name = ?1", [name])?,
    };
    Ok(())
}
