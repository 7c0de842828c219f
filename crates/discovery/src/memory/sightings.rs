//! What saw a server, where and when, in the file; the registry is notified, so that filters know it.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use model::{Millis, ScanRow, Server, ServerId, Sighting, SightingKind};
use registry::{Measure, Published, Registry, Told};
use rusqlite::{Connection, Row, params};
use tokio::sync::broadcast::error::RecvError;
use tokio_util::sync::CancellationToken;

use super::ScanMemory;
use super::live::KeptScan;
use crate::HostAndPort;
use crate::scan::THIS_COMPUTER;

/// A server that is seen, and where.
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

/// Records that they are seen now.
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

/// Everything that this kind sees now: a server that was there and is not among them is gone.
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

/// A scan is over: a server that was there, was asked again and did not answer, is gone.
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

/// Those that were not gone when they were last searched for.
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

/// Those of a server, or of all; the latest comes first.
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

type Words = HashMap<ServerId, Arc<[String]>>;

impl ScanMemory {
    /// Continues until it is stopped.
    pub async fn tell_who_sees(self, registry: Registry, stop: CancellationToken) {
        let telling = self.tell_on(&registry);
        let _ = stop.run_until_cancelled(telling).await;
    }

    async fn tell_on(&self, registry: &Registry) {
        let (mut published, mut noted) = (registry.subscribe(), self.0.inner.noted.subscribe());
        let mut words = self.words().await.unwrap_or_default();
        tell(registry, &words, registry.snapshot().iter()).await;
        loop {
            tokio::select! {
                changed = noted.changed() => {
                    if changed.is_err() {
                        return;
                    }
                    // What cannot be read now is read with the next change.
                    if let Some(read) = self.words().await {
                        words = read;
                    }
                    tell(registry, &words, registry.snapshot().iter()).await;
                }
                next = published.recv() => match next {
                    Ok(Published { told: Some(told), .. }) => {
                        let changed = told.iter().filter_map(|told| match told {
                            Told::Changed(server) => Some(&**server),
                            Told::Measured(_) | Told::Removed(_) => None,
                        });
                        tell(registry, &words, changed).await;
                    }
                    Ok(Published { told: None, .. }) | Err(RecvError::Lagged(_)) => {
                        tell(registry, &words, registry.snapshot().iter()).await;
                    }
                    Err(RecvError::Closed) => return,
                },
            }
        }
    }

    async fn words(&self) -> Option<Words> {
        let mut words: HashMap<ServerId, BTreeSet<String>> = HashMap::new();
        for sighting in self.sightings(None).await.ok()? {
            if sighting.gone_at.is_none() {
                words.entry(sighting.server).or_default().extend(words_of(&sighting));
            }
        }
        Some(words.into_iter().map(|(id, words)| (id, words.into_iter().collect())).collect())
    }
}

/// Its kind; and its name, where the place starts with that: `cursor: ~/.cursor/mcp.json`.
fn words_of(sighting: &Sighting) -> impl Iterator<Item = String> {
    let is_named = !matches!(sighting.kind, SightingKind::Port | SightingKind::Scan);
    let name = sighting.place.split_once(':').map(|(name, _)| name.trim().to_lowercase());
    let name = name.filter(|name| is_named && !name.is_empty());
    std::iter::once(sighting.kind.word().to_owned()).chain(name)
}

async fn tell(registry: &Registry, words: &Words, servers: impl Iterator<Item = &Server>) {
    let nobody: Arc<[String]> = Arc::from([]);
    let news = servers.filter_map(|server| {
        let now = words.get(&server.info.id).unwrap_or(&nobody);
        (*now != server.health.seen_by).then(|| (server.info.id, Measure::Seen(now.clone())))
    });
    let news: Vec<_> = news.collect();
    if !news.is_empty()
        && let Err(error) = registry.measured(news).await
    {
        tracing::debug!(%error, "the sightings of servers could not be read");
    }
}
