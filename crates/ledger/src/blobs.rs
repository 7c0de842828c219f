//! What many calls share, kept once by its content: the records of servers, their health, and rules.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use mesh::Route;
use model::ServerInfo;
use model::config::{Config, RoutingPart};
use rusqlite::{Connection, OptionalExtension, params};
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::stored::{Facts, StoredFrame};

/// What was written already, by its address in memory. It is held, so that nothing else can be at that address.
#[derive(Debug, Default)]
pub(crate) struct Blobs {
    facts: KnownBlobs<ServerInfo>,
    rules: KnownBlobs<Config>,
    frames: KnownBlobs<Route>,
    batch: u64,
}

/// For how many batches something unused is held.
const HELD: u64 = 40;

#[derive(Debug)]
struct KnownBlobs<T>(HashMap<usize, (Arc<T>, i64, u64)>);

impl<T> Default for KnownBlobs<T> {
    fn default() -> Self {
        Self(HashMap::new())
    }
}

impl<T> KnownBlobs<T> {
    fn get(&mut self, of: &Arc<T>, batch: u64) -> Option<i64> {
        let (_, id, used) = self.0.get_mut(&Arc::as_ptr(of).addr())?;
        *used = batch;
        Some(*id)
    }

    fn keep(&mut self, of: &Arc<T>, id: i64, batch: u64) {
        self.0.insert(Arc::as_ptr(of).addr(), (of.clone(), id, batch));
    }
}

impl Blobs {
    /// Another batch is written: what was not used for a while is dropped.
    pub(crate) fn next_batch(&mut self) {
        self.batch += 1;
        let oldest = self.batch.saturating_sub(HELD);
        self.facts.0.retain(|_, (.., used)| *used >= oldest);
        self.rules.0.retain(|_, (.., used)| *used >= oldest);
        self.frames.0.retain(|_, (.., used)| *used >= oldest);
    }

    /// Forgets what was written: another file has none of it, and after a deletion it is unknown what is left.
    pub(crate) fn forget(&mut self) {
        let batch = self.batch;
        *self = Self { batch, ..Self::default() };
    }

    /// The ids of a route's frame and of its rules.
    pub(crate) fn of(&mut self, connection: &Connection, route: &Arc<Route>) -> rusqlite::Result<(i64, i64)> {
        let rules = match self.rules.get(route.config(), self.batch) {
            Some(id) => id,
            None => self.keep_rules(connection, route.config())?,
        };
        if let Some(frame) = self.frames.get(route, self.batch) {
            return Ok((frame, rules));
        }
        let frame = route.frame();
        let stored = StoredFrame::of(&frame, |info| match self.facts.get(info, self.batch) {
            Some(id) => Ok(id),
            None => self.keep_facts(connection, info),
        })?;
        let body = postcard::to_stdvec(&stored).map_err(unwritten)?;
        let id = put(connection, "frames", "(hash, body, last) VALUES (?1, ?2, 0)", &body)?;
        self.frames.keep(route, id, self.batch);
        Ok((id, rules))
    }

    fn keep_rules(&mut self, connection: &Connection, config: &Arc<Config>) -> rusqlite::Result<i64> {
        let body = json(&RoutingPart::of(config))?;
        let id = put(connection, "rules", "(hash, body, last) VALUES (?1, ?2, 0)", &body)?;
        self.rules.keep(config, id, self.batch);
        Ok(id)
    }

    fn keep_facts(&mut self, connection: &Connection, info: &Arc<ServerInfo>) -> rusqlite::Result<i64> {
        let id = put(connection, "facts", "(hash, body) VALUES (?1, ?2)", &json(&Facts::of(info))?)?;
        self.facts.keep(info, id, self.batch);
        Ok(id)
    }
}

fn json(value: &impl Serialize) -> rusqlite::Result<Vec<u8>> {
    serde_json::to_vec(value).map_err(unwritten)
}

fn unwritten(error: impl std::error::Error + Send + Sync + 'static) -> rusqlite::Error {
    rusqlite::Error::ToSqlConversionFailure(error.into())
}

/// The id of these bytes, which are kept where they are not yet.
fn put(connection: &Connection, table: &str, row: &str, body: &[u8]) -> rusqlite::Result<i64> {
    let hash = Sha256::digest(body);
    let hash = hash.get(..16).unwrap_or_default();
    let mut found = connection.prepare_cached(&format!("SELECT id FROM {table} WHERE hash = ?1"))?;
    if let Some(id) = found.query_row([hash], |row| row.get(0)).optional()? {
        return Ok(id);
    }
    connection.prepare_cached(&format!("INSERT INTO {table} {row}"))?.execute(params![hash, body])?;
    Ok(connection.last_insert_rowid())
}

/// Notes that a row refers to these.
pub(crate) fn touch(connection: &Connection, (frame, rules): (i64, i64), row: u64) -> rusqlite::Result<()> {
    for (table, id) in [("frames", frame), ("rules", rules)] {
        connection
            .prepare_cached(&format!("UPDATE {table} SET last = max(last, ?2) WHERE id = ?1"))?
            .execute(params![id, row])?;
    }
    Ok(())
}

/// Removes what no row refers to any more; `first` is the oldest row.
pub(crate) fn sweep(connection: &Connection, first: u64) -> rusqlite::Result<()> {
    for table in ["rules", "turns", "servers"] {
        connection.execute(&format!("DELETE FROM {table} WHERE last < ?1"), [first])?;
    }
    if connection.execute("DELETE FROM frames WHERE last < ?1", [first])? == 0 {
        return Ok(());
    }
    let mut used = HashSet::new();
    let mut bodies = connection.prepare("SELECT body FROM frames")?;
    let mut rows = bodies.query([])?;
    while let Some(row) = rows.next()? {
        let frame: Option<StoredFrame> = postcard::from_bytes(row.get_ref(0)?.as_blob()?).ok();
        used.extend(frame.into_iter().flat_map(|frame| frame.servers).map(|server| server.facts));
    }
    let mut known = connection.prepare("SELECT id FROM facts")?;
    let all: Vec<i64> = known.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
    let mut delete = connection.prepare_cached("DELETE FROM facts WHERE id = ?1")?;
    for id in all.iter().filter(|id| !used.contains(id)) {
        delete.execute([id])?;
    }
    Ok(())
}
