//! What a row says of a call.
//! What many calls share, kept once by its content: the records of servers, how they were, and rules.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use api::{CallOutcome, ErrorCode};
use mesh::{CallFailed, FinishedCall, Refused, Route, SeenEnd, SeenTry};
use model::config::{Config, RoutingPart};
use model::{ServerId, ServerInfo, Why};
use rusqlite::{Connection, OptionalExtension, params};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::stored::{Facts, NOT_KEPT, StoredFrame};
use crate::told::refusal;

/// So many characters of a sentence are kept.
const LONGEST: usize = 400;

/// How a call ended.
#[derive(Debug)]
pub(crate) struct CallEnd {
    pub(crate) outcome: CallOutcome,
    pub(crate) code: Option<ErrorCode>,
    pub(crate) reason: Option<String>,
}

impl CallEnd {
    pub(crate) fn of(call: &FinishedCall, code: fn(&CallFailed) -> ErrorCode) -> Self {
        let plain = |outcome, code| Self { outcome, code, reason: None };
        match &call.end {
            SeenEnd::Answered => plain(CallOutcome::Ok, None),
            SeenEnd::ToolError => plain(CallOutcome::ToolError, None),
            SeenEnd::Cancelled => plain(CallOutcome::Cancelled, Some(ErrorCode::Cancelled)),
            SeenEnd::Unusable(why) => Self {
                outcome: CallOutcome::Failed,
                code: Some(ErrorCode::TransportFailed),
                reason: Some(short(why)),
            },
            SeenEnd::Failed => {
                let error = call.tries.last().and_then(|last| last.error.as_ref());
                let reason = error.map(|error| short(&error.to_string()));
                Self { outcome: CallOutcome::Failed, code: error.map(code), reason }
            }
            SeenEnd::Refused(refused) => {
                let (code, sentence) = refusal(&without_words(refused));
                Self { outcome: CallOutcome::Refused, code: Some(code), reason: Some(short(&sentence)) }
            }
        }
    }

    /// It counts among those that failed.
    pub(crate) fn is_failed(&self) -> bool {
        is_failed(self.outcome)
    }
}

/// It failed, or nobody took it.
pub(crate) fn is_failed(outcome: CallOutcome) -> bool {
    matches!(outcome, CallOutcome::Failed | CallOutcome::Refused)
}

/// Every outcome by its number in the file.
const OUTCOMES: [CallOutcome; 5] = [
    CallOutcome::Ok,
    CallOutcome::ToolError,
    CallOutcome::Failed,
    CallOutcome::Refused,
    CallOutcome::Cancelled,
];

pub(crate) fn number(outcome: CallOutcome) -> i64 {
    OUTCOMES.iter().zip(0..).find(|(one, _)| **one == outcome).map_or(0, |(_, number)| number)
}

pub(crate) fn outcome(number: i64) -> CallOutcome {
    let known = usize::try_from(number).ok().and_then(|at| OUTCOMES.get(at));
    known.copied().unwrap_or(CallOutcome::Failed)
}

/// A code as it is written.
pub(crate) fn word(code: ErrorCode) -> Option<String> {
    serde_json::to_value(code).ok()?.as_str().map(str::to_owned)
}

/// A server that was asked, as it is written.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct StoredTry {
    pub(crate) server: ServerId,
    pub(crate) ms: f64,
    pub(crate) error: Option<String>,
}

/// Those of a call. One that was answered at once needs none: the row says who, and how long.
pub(crate) fn tries(call: &FinishedCall) -> Option<Vec<u8>> {
    let is_plain = call.tries.len() < 2 && call.tries.iter().all(|one| one.error.is_none());
    if is_plain {
        return None;
    }
    let stored = |one: &SeenTry| StoredTry {
        server: one.server.id,
        ms: one.ms,
        error: one.error.as_ref().map(|error| short(&error.to_string())),
    };
    postcard::to_stdvec(&call.tries.iter().map(stored).collect::<Vec<_>>()).ok()
}

/// What was wrong with arguments repeats them.
fn without_words(refused: &Refused) -> Refused {
    let mut refused = refused.clone();
    for (_, why) in &mut refused.servers {
        if let Why::Arguments { problem } = why {
            NOT_KEPT.clone_into(problem);
        }
    }
    refused
}

/// What others say is cut: a row is small.
pub(crate) fn short(text: &str) -> String {
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

/// What was written down already, by where it is in memory. It is held, so that nothing else can be there.
#[derive(Debug, Default)]
pub(crate) struct Blobs {
    facts: KnownBlobs<ServerInfo>,
    rules: KnownBlobs<Config>,
    frames: KnownBlobs<Route>,
    batch: u64,
}

/// How many batches what nobody used is held.
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
    /// Another batch is written: what was not used for a while is let go.
    pub(crate) fn next_batch(&mut self) {
        self.batch += 1;
        let oldest = self.batch.saturating_sub(HELD);
        self.facts.0.retain(|_, (.., used)| *used >= oldest);
        self.rules.0.retain(|_, (.., used)| *used >= oldest);
        self.frames.0.retain(|_, (.., used)| *used >= oldest);
    }

    /// Forgets what was written: another file has none of it, and after some went nobody knows what is left.
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
