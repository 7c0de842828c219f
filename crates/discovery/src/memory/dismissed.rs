//! Dismissed proposals of replicas, each by its key: another set of servers, or other tools, has another key.

use std::collections::HashSet;

use model::Millis;
use rusqlite::{Connection, params};

use super::steps::StepFate;
use super::{MemoryError, ScanMemory};

/// How many are kept, the newest.
const MOST: u32 = 1_000;

pub(super) const TABLE: &str = "
CREATE TABLE IF NOT EXISTS dismissed (proposal TEXT PRIMARY KEY, at INTEGER NOT NULL) WITHOUT ROWID;
";

impl ScanMemory {
    /// Dismisses a proposal. Nothing when it was dismissed already.
    pub async fn dismiss(&self, proposal: String, label: String) -> Result<Option<i64>, MemoryError> {
        if self.dismissed().await?.contains(&proposal) {
            return Ok(None);
        }
        let turn = StepFate::Proposal { key: proposal, was_dismissed: false, is_dismissed: true };
        self.change(label, vec![turn]).await.map(Some)
    }

    /// The dismissed ones.
    pub async fn dismissed(&self) -> Result<HashSet<String>, MemoryError> {
        self.ask(|keeper| keeper.read(all)).await
    }
}

fn all(connection: &Connection) -> rusqlite::Result<HashSet<String>> {
    let mut dismissed = connection.prepare_cached("SELECT proposal FROM dismissed")?;
    dismissed.query_map([], |row| row.get(0))?.collect()
}

/// Whether it was as it was thought to be, and is otherwise now.
pub(super) fn turn(
    connection: &Connection,
    key: &str,
    from: bool,
    to: bool,
    now: Millis,
) -> rusqlite::Result<bool> {
    let found: bool = connection.query_row(
        "SELECT EXISTS (SELECT 1 FROM dismissed WHERE proposal = ?1)",
        [key],
        |row| row.get(0),
    )?;
    if found != from {
        return Ok(false);
    }
    if to {
        connection.execute("INSERT INTO dismissed (proposal, at) VALUES (?1, ?2)", params![key, now])?;
        connection.execute(
            "DELETE FROM dismissed WHERE proposal IN
                (SELECT proposal FROM dismissed ORDER BY at DESC, proposal LIMIT -1 OFFSET ?1)",
            [MOST],
        )?;
    } else {
        connection.execute("DELETE FROM dismissed WHERE proposal = ?1", [key])?;
    }
    Ok(true)
}
