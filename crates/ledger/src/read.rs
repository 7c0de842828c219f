//! Reading the file: the list of calls, and what the other readers share.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use api::{CallList, CallOutcome, CallRow, CallsLike, ErrorCode, ServerPlace};
use mesh::Frame;
use model::config::{Config, RoutingPart};
use model::{CapabilityPattern, ServerId, ServerInfo, fold};
use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, Row, params, params_from_iter};
use serde_json::Value as Json;
use store::beside::{BesideError, read_beside};

use crate::file::ends;
use crate::row::{number, outcome};
use crate::stored::{Facts, StoredFrame};
use crate::told::place_of;
use crate::{Ledger, LedgerError};

/// Which calls to list.
#[derive(Debug, Clone, Default)]
pub struct Which {
    /// How many rows.
    pub limit: usize,
    /// Only rows before this id.
    pub before: Option<u64>,
    /// Only calls that this matches.
    pub capability: Option<CapabilityPattern>,
    /// Only calls that this server answered, or was tried for last.
    pub server: Option<ServerId>,
    /// Only calls of this client.
    pub client: Option<String>,
    /// Only those that ended so.
    pub outcome: Option<CallsLike>,
}

/// The columns that [`row`] reads.
pub(crate) const COLUMNS: &str = "c.id, c.at, c.capability, c.tool, c.client, c.server, c.outcome, c.code, c.reason, c.attempts, \
     c.ms, c.stands_for, c.rule, c.named, s.name, s.region";

/// The tables that it reads from.
pub(crate) const FROM: &str = "calls c LEFT JOIN servers s ON s.id = c.server";

impl Ledger {
    /// The selected calls, newest first, with the names that servers have now; a removed one has the name it had.
    pub async fn calls(
        &self,
        which: Which,
        now: impl Fn(ServerId) -> Option<ServerPlace> + Send + 'static,
    ) -> Result<CallList, LedgerError> {
        let recording = self.is_recording();
        let read = move |connection: Option<&Connection>| match connection {
            None => Ok(CallList { rows: Vec::new(), more: false, total: 0, recording }),
            Some(connection) => list(connection, &which, &now, recording),
        };
        self.read(read).await
    }

    /// Reads, on a thread of its own, what was committed until now. A file that is damaged is moved aside first.
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        work: impl Fn(Option<&Connection>) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, LedgerError> {
        let this = self.clone();
        let reading = move || {
            this.flush();
            match read_at(&this.0.path, &work) {
                Err(LedgerError::File(BesideError::Damaged { .. })) => {
                    this.doubt();
                    read_at(&this.0.path, &work)
                }
                outcome => outcome,
            }
        };
        tokio::task::spawn_blocking(reading).await.map_err(|_| LedgerError::Closed)?
    }
}

/// One state of the file, however long the reading takes.
fn read_at<T>(
    path: &Path,
    work: impl Fn(Option<&Connection>) -> rusqlite::Result<T>,
) -> Result<T, LedgerError> {
    let connection = read_beside(path)?;
    let begun = connection.as_ref().map_or(Ok(()), |connection| connection.execute_batch("BEGIN"));
    Ok(begun.and_then(|()| work(connection.as_ref())).map_err(|error| BesideError::of(path, error))?)
}

fn list(
    connection: &Connection,
    which: &Which,
    now: &dyn Fn(ServerId) -> Option<ServerPlace>,
    recording: bool,
) -> rusqlite::Result<CallList> {
    let (clause, values) = which.clause(connection)?;
    let total = if which.is_all() {
        // Rows go from the oldest on, so none is missing between the ends.
        ends(connection)?.map_or(0, |(first, last)| last - first + 1)
    } else {
        let total = format!("SELECT count(*) FROM calls c WHERE {clause}");
        connection.query_row(&total, params_from_iter(&values), |row| row.get(0))?
    };
    let (before, limit) = (which.before.unwrap_or(u64::MAX >> 1), which.limit.saturating_add(1));
    let query = format!(
        "SELECT {COLUMNS} FROM {FROM} WHERE {clause} AND c.id < {before} ORDER BY c.id DESC LIMIT {limit}"
    );
    let mut statement = connection.prepare(&query)?;
    let rows = statement.query_map(params_from_iter(&values), |found| row(found, now))?;
    let mut rows: Vec<CallRow> = rows.collect::<Result<_, _>>()?;
    let more = rows.len() > which.limit;
    rows.truncate(which.limit);
    Ok(CallList { rows, more, total, recording })
}

impl Which {
    fn is_all(&self) -> bool {
        let Self { capability, server, client, outcome, .. } = self;
        capability.is_none() && server.is_none() && client.is_none() && outcome.is_none()
    }

    /// As a condition of SQL, with its values.
    pub(crate) fn clause(&self, connection: &Connection) -> rusqlite::Result<(String, Vec<Value>)> {
        let (mut parts, mut values) = (vec!["1".to_owned()], Vec::new());
        if let Some(pattern) = &self.capability {
            let names = matching(connection, pattern)?;
            parts.push(format!("c.capability IN ({})", vec!["?"; names.len()].join(", ")));
            values.extend(names.into_iter().map(Value::Text));
        }
        if let Some(server) = self.server {
            parts.push("c.server = ?".to_owned());
            values.push(Value::Blob(server.as_bytes().to_vec()));
        }
        if let Some(client) = &self.client {
            parts.push("c.client = ?".to_owned());
            values.push(Value::Text(client.clone()));
        }
        parts.extend(self.outcome.map(like));
        Ok((parts.join(" AND "), values))
    }
}

fn like(outcome: CallsLike) -> String {
    let numbers = |outcomes: &[CallOutcome]| {
        let numbers: Vec<String> = outcomes.iter().map(|one| number(*one).to_string()).collect();
        format!("c.outcome IN ({})", numbers.join(", "))
    };
    match outcome {
        CallsLike::Ok => numbers(&[CallOutcome::Ok, CallOutcome::ToolError]),
        CallsLike::Failed => numbers(&[CallOutcome::Failed, CallOutcome::Refused]),
        CallsLike::ToolError => numbers(&[CallOutcome::ToolError]),
        CallsLike::Retried => "c.attempts > 1".to_owned(),
    }
}

/// The most values that SQLite takes at once.
const MOST_NAMES: usize = 10_000;

/// The recorded capabilities that a pattern matches: patterns are folded as calls are, which SQL cannot do.
fn matching(connection: &Connection, pattern: &CapabilityPattern) -> rusqlite::Result<Vec<String>> {
    let mut names = connection.prepare("SELECT DISTINCT capability FROM calls")?;
    let names = names.query_map([], |row| row.get::<_, String>(0))?;
    let fits =
        |name: &rusqlite::Result<String>| name.as_ref().map_or(true, |name| pattern.is_match(&fold(name)));
    names.filter(fits).take(MOST_NAMES).collect()
}

/// A row of the list.
pub(crate) fn row(
    found: &Row<'_>,
    now: &dyn Fn(ServerId) -> Option<ServerPlace>,
) -> rusqlite::Result<CallRow> {
    let capability: String = found.get(2)?;
    let server = found.get::<_, Option<[u8; 16]>>(5)?.map(ServerId::from_bytes);
    let (name, region): (Option<String>, Option<String>) = (found.get(14)?, found.get(15)?);
    let was = |id: ServerId| ServerPlace { id, name: name.unwrap_or_else(|| id.to_string()), region };
    let server = server.map(|id| now(id).unwrap_or_else(|| was(id)));
    let attempts: u32 = found.get(9)?;
    let tool: Option<String> = found.get(3)?;
    Ok(CallRow {
        id: found.get::<_, i64>(0)?.unsigned_abs(),
        at: found.get(1)?,
        client: found.get(4)?,
        tool: tool.or_else(|| (attempts > 0).then(|| capability.clone())),
        capability,
        server,
        outcome: outcome(found.get(6)?),
        code: found.get::<_, Option<String>>(7)?.and_then(code),
        reason: found.get(8)?,
        attempts,
        ms: found.get(10)?,
        stands_for: found.get::<_, i64>(11)?.unsigned_abs(),
        rule: found.get(12)?,
        named: found.get(13)?,
    })
}

fn code(word: String) -> Option<ErrorCode> {
    serde_json::from_value(Json::String(word)).ok()
}

/// What rows share, read as it is needed.
pub(crate) struct SharedByRows<'c> {
    pub(crate) connection: &'c Connection,
    facts: HashMap<i64, Option<Arc<ServerInfo>>>,
    frames: HashMap<i64, Option<Arc<Frame>>>,
    rules: HashMap<i64, Option<Arc<Config>>>,
}

impl<'c> SharedByRows<'c> {
    pub(crate) fn of(connection: &'c Connection) -> Self {
        Self { connection, facts: HashMap::new(), frames: HashMap::new(), rules: HashMap::new() }
    }

    /// A frame; nothing where it is gone, or cannot be read.
    pub(crate) fn frame(&mut self, id: i64) -> rusqlite::Result<Option<Arc<Frame>>> {
        if let Some(known) = self.frames.get(&id) {
            return Ok(known.clone());
        }
        let stored = body(self.connection, "frames", id)?
            .and_then(|body| postcard::from_bytes::<StoredFrame>(&body).ok());
        let mut failed = None;
        let frame = stored.and_then(|stored| {
            stored.into_frame(|id| {
                self.facts(id).unwrap_or_else(|error| {
                    failed = Some(error);
                    None
                })
            })
        });
        if let Some(error) = failed {
            return Err(error);
        }
        let frame = frame.map(Arc::new);
        self.frames.insert(id, frame.clone());
        Ok(frame)
    }

    /// Rules as a configuration that contains nothing else.
    pub(crate) fn rules(&mut self, id: i64) -> rusqlite::Result<Option<Arc<Config>>> {
        if let Some(known) = self.rules.get(&id) {
            return Ok(known.clone());
        }
        let part = body(self.connection, "rules", id)?
            .and_then(|body| serde_json::from_slice::<RoutingPart>(&body).ok());
        let config = part.map(|part| Arc::new(part.into_config()));
        self.rules.insert(id, config.clone());
        Ok(config)
    }

    fn facts(&mut self, id: i64) -> rusqlite::Result<Option<Arc<ServerInfo>>> {
        if let Some(known) = self.facts.get(&id) {
            return Ok(known.clone());
        }
        let facts =
            body(self.connection, "facts", id)?.and_then(|body| serde_json::from_slice::<Facts>(&body).ok());
        let info = facts.map(|facts| Arc::new(facts.into_info()));
        self.facts.insert(id, info.clone());
        Ok(info)
    }
}

fn body(connection: &Connection, table: &str, id: i64) -> rusqlite::Result<Option<Vec<u8>>> {
    connection
        .prepare_cached(&format!("SELECT body FROM {table} WHERE id = ?1"))?
        .query_row(params![id], |row| row.get(0))
        .optional()
}

/// The names of the servers of a frame.
pub(crate) fn names_of(frame: &Frame) -> impl Fn(ServerId) -> ServerPlace + '_ {
    move |id| {
        let gone = || ServerPlace { id, name: id.to_string(), region: None };
        frame.servers.iter().find(|one| one.info.id == id).map_or_else(gone, |one| place_of(&one.info))
    }
}
