//! The thread that writes. Only this thread changes the file.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

use mesh::{Decided, FinishedCall, LastTurn, SeenEnd};
use model::config::CallLog;
use model::{CapabilityPattern, ServerId, ServerInfo};
use registry::now;
use rusqlite::{Connection, params};
use store::Ages;
use store::beside::{BesideError, check_beside, in_transaction, open_beside, put_aside};
use tokio::time::Instant;

use crate::blobs::{Blobs, sweep, touch};
use crate::file::{LAYOUT, ends, make_room, shrink, told_of};
use crate::pending::Noted;
use crate::row::{CallEnd, number, short, tries, word};
use crate::stored::{NOT_KEPT, StoredDecision, StoredDecisions};
use crate::witness::{Hearing, TIDY};
use crate::{LedgerError, fingerprint};

/// How many rows are written in one transaction: old ones are deleted between two of them.
const CHUNK: usize = 512;

/// How many capabilities have their last turn kept.
const MOST_TURNS: u32 = 4_096;

pub(crate) struct Recorder {
    path: PathBuf,
    ages: Ages,
    hearing: Hearing,
    connection: Option<Connection>,
    blobs: Blobs,
    /// The problem that was reported, while it lasts.
    said: Option<String>,
    /// When rows were last checked for their age.
    tidied: Option<Instant>,
}

/// The result of a chunk of rows.
#[derive(Default)]
struct ChunkSum {
    newest: u64,
    calls: u64,
    failed: u64,
}

impl Recorder {
    pub(crate) fn new(path: PathBuf, ages: Ages, hearing: Hearing) -> Self {
        Self { path, ages, hearing, connection: None, blobs: Blobs::default(), said: None, tidied: None }
    }

    /// Writes a batch and reports it. What cannot be written is dropped: the next batch is tried again.
    pub(crate) fn write(&mut self, calls: &[Noted], lost: u64, bounds: &CallLog) {
        if lost > 0 {
            tracing::warn!(lost, "too many calls came at once to record them all");
        }
        let is_tidy = self.tidied.is_some_and(|at| at.elapsed() < TIDY);
        if calls.is_empty() && (is_tidy || !self.path.exists()) {
            return;
        }
        self.tidied = Some(Instant::now());
        let mut told = ChunkSum::default();
        let mut chunks = calls.chunks(CHUNK);
        // Without a call there may be rows that are too old.
        let mut next = Some(chunks.next().unwrap_or_default());
        while let Some(chunk) = next {
            match self.attempt(chunk, bounds) {
                Ok(wrote) => {
                    told = ChunkSum {
                        newest: wrote.newest.max(told.newest),
                        calls: told.calls + wrote.calls,
                        failed: told.failed + wrote.failed,
                    };
                    self.said = None;
                }
                Err(error) => self.complain(&error),
            }
            next = chunks.next();
        }
        if told.calls > 0 {
            (self.hearing.recorded)(told.newest, told.calls, told.failed);
        }
    }

    /// Writes rows; a damaged file is moved aside, and they are written to the next one.
    fn attempt(&mut self, calls: &[Noted], bounds: &CallLog) -> Result<ChunkSum, LedgerError> {
        match self.once(calls, bounds) {
            Err(LedgerError::File(BesideError::Damaged { source, .. })) => {
                self.close();
                let aside = put_aside(&self.path, now(), &source)?;
                (self.hearing.noticed)(told_of(&aside));
                self.once(calls, bounds)
            }
            outcome => outcome,
        }
    }

    /// Checks whether the file is damaged, after a reader found that: the cache of this thread may hide it.
    pub(crate) fn look_at_it(&mut self) {
        let Err(BesideError::Damaged { source, .. }) = check_beside(&self.path) else { return };
        self.close();
        match put_aside(&self.path, now(), &source) {
            Ok(aside) => (self.hearing.noticed)(told_of(&aside)),
            Err(error) => self.complain(&error.into()),
        }
    }

    fn once(&mut self, calls: &[Noted], bounds: &CallLog) -> Result<ChunkSum, LedgerError> {
        // Somebody may have deleted it.
        if self.connection.is_some() && !self.path.exists() {
            self.close();
            tracing::warn!(path = %self.path.display(), "the record of calls is gone: a new one is started");
        }
        if self.connection.is_none() {
            let (connection, aside) = open_beside(&self.path, &LAYOUT, now())?;
            if let Some(aside) = aside {
                (self.hearing.noticed)(told_of(&aside));
            }
            self.connection = Some(connection);
        }
        let Some(connection) = &self.connection else { return Err(LedgerError::Closed) };
        let (code, aged) = (self.hearing.code, self.ages.by(now()));
        let written =
            in_transaction(connection, || rows(connection, &mut self.blobs, calls, bounds, code, aged));
        written.map_err(|error| {
            self.blobs.forget();
            BesideError::of(&self.path, error).into()
        })
    }

    fn close(&mut self) {
        self.blobs.forget();
        self.connection = None;
    }

    /// The same problem is reported once.
    fn complain(&mut self, error: &LedgerError) {
        let said = format!("Calls are not being recorded: {error}. They still work.");
        self.connection = None;
        if self.said.as_ref() != Some(&said) {
            (self.hearing.noticed)(said.clone());
            self.said = Some(said);
        }
    }
}

/// Writes the rows and what they share, and deletes old ones.
fn rows(
    connection: &Connection,
    blobs: &mut Blobs,
    calls: &[Noted],
    bounds: &CallLog,
    code: fn(&mesh::CallFailed) -> api::ErrorCode,
    aged: model::Millis,
) -> rusqlite::Result<ChunkSum> {
    blobs.next_batch();
    let (mut told, mut shared, mut batch) = (ChunkSum::default(), HashMap::new(), Batch::default());
    for Noted { call, stands_for } in calls {
        let ended = CallEnd::of(call, code);
        let mut stored = decisions(connection, blobs, call)?;
        // Of what was turned away nothing was decided, and nothing can be decided again.
        let was_decided = call.named.is_none() && !matches!(call.end, SeenEnd::TurnedAway { .. });
        let inputs = was_decided.then(|| stored.bytes()).transpose().unwrap_or_default();
        let decided = proof(call, &stored);
        let id = insert(connection, call, *stands_for, &ended, inputs.as_deref(), decided)?;
        shared.extend(stored.decisions.iter().map(|one| ((one.frame, one.rules), id)));
        told.newest = id;
        told.calls += stands_for;
        told.failed += if ended.is_failed() { *stands_for } else { 0 };
        batch.note(call);
    }
    for (ids, row) in shared {
        touch(connection, ids, row)?;
    }
    batch.write(connection, told.newest)?;
    if make_room(connection, bounds, aged)? {
        let first = ends(connection)?.map_or(u64::MAX >> 1, |(first, _)| first);
        sweep(connection, first)?;
        shrink(connection, bounds)?;
        blobs.forget();
    }
    Ok(told)
}

/// The decisions of a call as they are kept.
fn decisions(
    connection: &Connection,
    blobs: &mut Blobs,
    call: &FinishedCall,
) -> rusqlite::Result<StoredDecisions> {
    let mut stored = StoredDecisions::default();
    for Decided { route, inputs, seat } in &call.decisions {
        let ids = blobs.of(connection, route)?;
        let seat_of = |id: ServerId| route.offers().iter().position(|offer| offer.info().id == id);
        stored.decisions.push(StoredDecision::new(ids, inputs, *seat, seat_of));
    }
    Ok(stored)
}

/// The number that proves the decisions that are kept.
fn proof(call: &FinishedCall, stored: &StoredDecisions) -> Option<i64> {
    if stored.is_cut || stored.decisions.is_empty() {
        return None;
    }
    let kept = call.decisions.iter().take(stored.decisions.len());
    let made = kept.map(|Decided { route, inputs, .. }| {
        let mut inputs = inputs.clone();
        inputs.refused.iter_mut().for_each(|(_, problem)| NOT_KEPT.clone_into(problem));
        route.explain(&inputs.facts(), &inputs.loads, inputs.turn(&route.rule))
    });
    Some(fingerprint::of(&made.collect::<Vec<_>>()))
}

fn insert(
    connection: &Connection,
    call: &FinishedCall,
    stands_for: u64,
    ended: &CallEnd,
    inputs: Option<&[u8]>,
    decided: Option<i64>,
) -> rusqlite::Result<u64> {
    let tool = call.tries.last().map(|one| one.tool.name.as_str());
    let rule = call.decisions.first().and_then(|first| first.route.rule.pattern.as_ref());
    connection
        .prepare_cached(
            "INSERT INTO calls (at, capability, tool, client, server, outcome, code, reason, attempts, ms, stands_for, rule, \
             named, tries, inputs, decided) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)",
        )?
        .execute(params![
            call.at,
            call.capability(),
            // If the name at the server is the requested one, it is not stored twice.
            tool.filter(|tool| *tool != call.capability()),
            call.client.as_deref().map(short),
            call.server().map(|server| *server.id.as_bytes()),
            number(ended.outcome),
            ended.code.and_then(word),
            ended.reason,
            i64::try_from(call.tries.len()).unwrap_or(i64::MAX),
            call.ms,
            i64::try_from(stands_for).unwrap_or(i64::MAX),
            rule.map(CapabilityPattern::as_str),
            call.named.is_some(),
            tries(call),
            inputs,
            decided,
        ])?;
    Ok(u64::try_from(connection.last_insert_rowid()).unwrap_or_default())
}

/// What the rows of a batch contain together: the newest turn of each capability, the last use of each rule, names of
/// servers.
#[derive(Default)]
struct Batch {
    turns: HashMap<String, LastTurn>,
    uses: HashMap<String, i64>,
    servers: HashMap<ServerId, Arc<ServerInfo>>,
}

impl Batch {
    fn note(&mut self, call: &FinishedCall) {
        for one in &call.tries {
            self.servers.entry(one.server.id).or_insert_with(|| one.server.clone());
        }
        if let Some((server, _)) = &call.named {
            self.servers.entry(server.id).or_insert_with(|| server.clone());
        }
        let Some(Decided { route, inputs, seat }) = call.decisions.first() else { return };
        let rule = route.rule.pattern.as_ref().map_or("", |rule| rule.as_str());
        match self.uses.get_mut(rule) {
            Some(at) => *at = (*at).max(call.at),
            None => drop(self.uses.insert(rule.to_owned(), call.at)),
        }
        let picked = seat.and_then(|seat| route.offers().get(seat));
        let Some(server) = picked.map(|offer| offer.info().id) else { return };
        let turn = LastTurn { cursor: inputs.cursor, server };
        match self.turns.get_mut(&route.capability) {
            Some(last) if last.cursor < turn.cursor => *last = turn,
            Some(_) => {}
            None => drop(self.turns.insert(route.capability.clone(), turn)),
        }
    }

    fn write(&self, connection: &Connection, row: u64) -> rusqlite::Result<()> {
        for (capability, LastTurn { cursor, server }) in &self.turns {
            connection
                .prepare_cached(
                    "INSERT OR REPLACE INTO turns (capability, cursor, server, last) VALUES (?1, ?2, ?3, ?4)",
                )?
                .execute(params![capability, cursor.cast_signed(), server.as_bytes(), row])?;
        }
        for (rule, at) in &self.uses {
            connection
                .prepare_cached("INSERT OR REPLACE INTO uses (rule, at) VALUES (?1, ?2)")?
                .execute(params![rule, at])?;
        }
        for (id, info) in &self.servers {
            connection
                .prepare_cached(
                    "INSERT OR REPLACE INTO servers (id, name, region, last) VALUES (?1, ?2, ?3, ?4)",
                )?
                .execute(params![id.as_bytes(), info.name, info.region(), row])?;
        }
        Ok(())
    }
}

/// The newest turn of each capability, of those that were called last.
pub(crate) fn last_turns(connection: &Connection) -> rusqlite::Result<HashMap<String, LastTurn>> {
    let mut turns =
        connection.prepare("SELECT capability, cursor, server FROM turns ORDER BY last DESC LIMIT ?1")?;
    let read = turns.query_map([MOST_TURNS], |row| {
        let (cursor, server): (i64, [u8; 16]) = (row.get(1)?, row.get(2)?);
        let turn = LastTurn { cursor: cursor.cast_unsigned(), server: ServerId::from_bytes(server) };
        Ok((row.get(0)?, turn))
    })?;
    read.collect()
}
