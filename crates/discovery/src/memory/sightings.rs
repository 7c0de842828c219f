//! Who saw a server, where and when, as the file has it.

use std::collections::{HashMap, HashSet};

use model::{Millis, ScanRow, ServerId, Sighting, SightingKind};
use rusqlite::{Connection, Row, params};

use super::kept::KeptScan;
use crate::HostAndPort;
use crate::scan::THIS_COMPUTER;

/// A server that somebody sees, and where.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SeenServer {
    /// The id that it has, or would have, in the registry.
    pub server: ServerId,
    /// Its address for a scan, the client and its file for a client.
    pub place: String,
}

/// Whose eyes a scan of these targets is.
pub(super) fn kind_of(targets: &[String]) -> SightingKind {
    if targets == [THIS_COMPUTER] { SightingKind::Port } else { SightingKind::Scan }
}

/// Notes that they are seen now.
pub(super) fn saw<'a>(
    connection: &Connection,
    kind: SightingKind,
    seen: impl IntoIterator<Item = (ServerId, &'a str)>,
    now: Millis,
) -> rusqlite::Result<()> {
    let mut note = connection.prepare_cached(
        "INSERT INTO sightings (server, kind, place, first_seen, last_seen) VALUES (?1, ?2, ?3, ?4, ?4)
         ON CONFLICT DO UPDATE SET last_seen = max(last_seen, ?4), gone_at = NULL",
    )?;
    for (server, place) in seen {
        note.execute(params![server.as_bytes(), kind.word(), place, now])?;
    }
    Ok(())
}

/// The servers among rows of a scan.
pub(super) fn servers(rows: &[ScanRow]) -> impl Iterator<Item = (ServerId, &str)> {
    rows.iter().filter(|row| row.is_server()).map(|row| (row.id, &*row.url))
}

/// All that this kind sees now: who was there and is not among them is gone.
pub(super) fn saw_all(
    connection: &Connection,
    kind: SightingKind,
    seen: &HashSet<SeenServer>,
    now: Millis,
) -> rusqlite::Result<()> {
    saw(connection, kind, seen.iter().map(|one| (one.server, &*one.place)), now)?;
    for there in still_there(connection, &[kind])? {
        if !seen.contains(&SeenServer { server: there.server, place: there.place.clone() }) {
            gone(connection, &there, now)?;
        }
    }
    Ok(())
}

/// A scan is over: who was there, was asked again and did not answer, is gone.
pub(super) fn close_scan(connection: &Connection, scan: &KeptScan, now: Millis) -> rusqlite::Result<()> {
    let found: HashMap<HostAndPort, &ScanRow> =
        scan.rows.iter().filter_map(|row| Some((HostAndPort::of(&row.url)?, row))).collect();
    for there in still_there(connection, &[SightingKind::Port, SightingKind::Scan])? {
        let Some(place) = HostAndPort::of(&there.place) else { continue };
        let is_gone = match found.get(&place) {
            Some(row) if row.outcome == model::Outcome::Incomplete => false,
            Some(row) => !row.is_server() || row.id != there.server,
            None => scan.status.left_out == 0 && scan.scope.has_asked(&place, &scan.done),
        };
        if is_gone {
            gone(connection, &there, now)?;
        }
    }
    Ok(())
}

fn gone(connection: &Connection, there: &Sighting, now: Millis) -> rusqlite::Result<()> {
    connection
        .prepare_cached("UPDATE sightings SET gone_at = ?4 WHERE server = ?1 AND kind = ?2 AND place = ?3")?
        .execute(params![there.server.as_bytes(), there.kind.word(), there.place, now])?;
    Ok(())
}

/// Those that were not gone when they were looked for last.
pub(super) fn still_there(
    connection: &Connection,
    kinds: &[SightingKind],
) -> rusqlite::Result<Vec<Sighting>> {
    let mut all = Vec::new();
    for kind in kinds {
        let query = format!("SELECT {COLUMNS} FROM sightings WHERE kind = ?1 AND gone_at IS NULL");
        let mut found = connection.prepare_cached(&query)?;
        let found = found.query_map([kind.word()], read)?;
        for sighting in found {
            all.extend(sighting?);
        }
    }
    Ok(all)
}

/// Those of a server, or of all; who saw it last stands first.
pub(super) fn of(connection: &Connection, server: Option<ServerId>) -> rusqlite::Result<Vec<Sighting>> {
    let query = format!(
        "SELECT {COLUMNS} FROM sightings WHERE ?1 IS NULL OR server = ?1 ORDER BY last_seen DESC, kind, place"
    );
    let mut found = connection.prepare_cached(&query)?;
    let found = found.query_map([server.as_ref().map(ServerId::as_bytes)], read)?;
    found.filter_map(Result::transpose).collect()
}

/// Takes the sightings of servers away.
pub(super) fn forget(connection: &Connection, servers: &[ServerId]) -> rusqlite::Result<()> {
    let mut forget = connection.prepare_cached("DELETE FROM sightings WHERE server = ?1")?;
    servers.iter().try_for_each(|server| forget.execute([server.as_bytes()]).map(drop))
}

const COLUMNS: &str = "server, kind, place, first_seen, last_seen, gone_at";

/// Nothing when its kind is one of a later version.
fn read(row: &Row<'_>) -> rusqlite::Result<Option<Sighting>> {
    let Some(kind) = SightingKind::of(row.get_ref(1)?.as_str()?) else { return Ok(None) };
    Ok(Some(Sighting {
        server: ServerId::from_bytes(row.get(0)?),
        kind,
        place: row.get(2)?,
        first_seen: row.get(3)?,
        last_seen: row.get(4)?,
        gone_at: row.get(5)?,
    }))
}
