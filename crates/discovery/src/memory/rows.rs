//! Scans and their rows, as the file has them.

use std::collections::HashMap;

use model::{Era, Outcome, ScanRow, ScanStatus, ServerId, Transport};
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::file::{json, read_status};
use super::live::KeptScan;
use crate::Definition;
use crate::scan::{Done, Scope};

/// A scan as the file has it.
pub(super) struct ScanHead {
    pub(super) n: i64,
    pub(super) status: ScanStatus,
    pub(super) scope: Scope,
    pub(super) done: Done,
}

/// Writes a scan, or what is new of it.
pub(super) fn put_scan(
    connection: &Connection,
    status: &ScanStatus,
    scope: &Scope,
    done: &Done,
    now: model::Millis,
) -> rusqlite::Result<i64> {
    let is_running = status.state == model::ScanState::Running;
    connection
        .prepare_cached(
            "INSERT INTO scans (id, started_at, is_running, status, scope, done, written_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
             ON CONFLICT (id) DO UPDATE SET is_running = ?3, status = ?4, done = ?6, written_at = ?7 RETURNING n",
        )?
        .query_row(
            params![status.id, status.started_at, is_running, json(status)?, json(scope)?, json(done)?, now],
            |row| row.get(0),
        )
}

/// Enters rows of a scan, from this place on.
pub(super) fn put_rows(
    connection: &Connection,
    n: i64,
    first: usize,
    rows: &[ScanRow],
) -> rusqlite::Result<()> {
    let mut put = connection.prepare_cached(
        "INSERT OR REPLACE INTO scan_rows (scan, at, server, name, url, transport, era, protocol, version, auth, tools, latency,
         outcome, certificate, reason, process, definition)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17)",
    )?;
    for (at, row) in (first..).zip(rows) {
        put.execute(params![
            n,
            i64::try_from(at).unwrap_or(i64::MAX),
            row.id.as_bytes(),
            row.name,
            row.url,
            row.transport.word(),
            row.era.map(Era::word),
            row.protocol_version,
            row.server_version,
            row.auth_required,
            row.tools,
            row.latency_ms,
            outcome_word(row.outcome),
            row.certificate.as_ref().map(json).transpose()?,
            row.reason,
            row.process,
            row.definition,
        ])?;
    }
    Ok(())
}

/// Writes the definitions of tools, once.
pub(super) fn put_definition(connection: &Connection, definition: &Definition) -> rusqlite::Result<()> {
    connection
        .prepare_cached("INSERT OR IGNORE INTO definitions (hash, tools) VALUES (?1, ?2)")?
        .execute(params![definition.hash, json(&definition.tools)?])?;
    Ok(())
}

/// Every scan that is not forgotten, the newest first.
pub(super) fn list(connection: &Connection) -> rusqlite::Result<Vec<ScanStatus>> {
    let mut scans = connection
        .prepare("SELECT status FROM scans WHERE forgotten_at IS NULL ORDER BY started_at DESC, n DESC")?;
    let scans = scans.query_map([], |row| Ok(read_status(row.get_ref(0)?.as_str()?)))?;
    scans.filter_map(Result::transpose).collect()
}

pub(super) fn head(connection: &Connection, id: &str) -> rusqlite::Result<Option<ScanHead>> {
    let read = |row: &Row<'_>| {
        let status = read_status(row.get_ref(1)?.as_str()?);
        let scope = serde_json::from_str(row.get_ref(2)?.as_str()?).unwrap_or_default();
        let done = serde_json::from_str(row.get_ref(3)?.as_str()?).unwrap_or_default();
        let n = row.get(0)?;
        Ok(status.map(|status| ScanHead { n, status, scope, done }))
    };
    let found = connection
        .prepare_cached("SELECT n, status, scope, done FROM scans WHERE id = ?1 AND forgotten_at IS NULL")?
        .query_row([id], read)
        .optional()?;
    Ok(found.flatten())
}

/// A scan with its rows.
pub(super) fn whole(connection: &Connection, id: &str) -> rusqlite::Result<Option<KeptScan>> {
    let Some(ScanHead { n, status, scope, done }) = head(connection, id)? else { return Ok(None) };
    let mut rows = connection.prepare_cached(
        "SELECT server, name, url, transport, era, protocol, version, auth, tools, latency, outcome, certificate, reason, process,
         definition FROM scan_rows WHERE scan = ?1 ORDER BY at",
    )?;
    let rows = rows.query_map([n], read_row)?.collect::<Result<Vec<_>, _>>()?;
    Ok(Some(KeptScan { status, scope, done, rows, definitions: HashMap::new() }))
}

/// The tools of a definition.
pub(super) fn definition(connection: &Connection, hash: &str) -> rusqlite::Result<Option<Definition>> {
    let text: Option<String> = connection
        .prepare_cached("SELECT tools FROM definitions WHERE hash = ?1")?
        .query_row([hash], |row| row.get(0))
        .optional()?;
    let tools = text.and_then(|text| serde_json::from_str(&text).ok());
    Ok(tools.map(|tools| Definition { hash: hash.to_owned(), tools }))
}

fn read_row(row: &Row<'_>) -> rusqlite::Result<ScanRow> {
    let certificate = row.get_ref(11)?.as_str_or_null()?.and_then(|text| serde_json::from_str(text).ok());
    let era = row.get_ref(4)?.as_str_or_null()?;
    Ok(ScanRow {
        id: ServerId::from_bytes(row.get(0)?),
        name: row.get(1)?,
        url: row.get(2)?,
        transport: transport_of(row.get_ref(3)?.as_str()?),
        era: era.and_then(|word| [Era::Legacy, Era::Modern].into_iter().find(|era| era.word() == word)),
        protocol_version: row.get(5)?,
        server_version: row.get(6)?,
        auth_required: row.get(7)?,
        tools: row.get(8)?,
        latency_ms: row.get(9)?,
        outcome: outcome_of(row.get_ref(10)?.as_str()?),
        certificate,
        reason: row.get(12)?,
        known: false,
        process: row.get(13)?,
        definition: row.get(14)?,
    })
}

fn transport_of(word: &str) -> Transport {
    let all = [Transport::Http, Transport::Sse, Transport::Stdio];
    all.into_iter().find(|one| one.word() == word).unwrap_or(Transport::Http)
}

const OUTCOMES: [Outcome; 5] =
    [Outcome::Mcp, Outcome::NeedsSignIn, Outcome::Probable, Outcome::NotMcp, Outcome::Incomplete];

/// Its word in the file and in a spreadsheet.
pub(super) fn outcome_word(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Mcp => "mcp",
        Outcome::NeedsSignIn => "needs_sign_in",
        Outcome::Probable => "probable",
        Outcome::NotMcp => "not_mcp",
        Outcome::Incomplete => "incomplete",
    }
}

fn outcome_of(word: &str) -> Outcome {
    OUTCOMES.into_iter().find(|outcome| outcome_word(*outcome) == word).unwrap_or(Outcome::Incomplete)
}
