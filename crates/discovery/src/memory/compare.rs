//! The difference between two scans: pure, from their results and what was probed; and of two kept ones, as it is sent to a
//! face.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap};

use api::{ScanChanged, ScanComparison, ScanGone, ScanMoved, ScanNotAsked};
use model::{Outcome, ScanRow, ScanState, ScanStatus};

use super::live::is_of_same;
use super::{KeptScan, MemoryError, ScanMemory, rows};
use crate::scan::{Done, Scope};
use crate::{Definition, HostAndPort};

/// One of two scans.
#[derive(Clone, Copy)]
pub struct Side<'a> {
    /// What its plan covers.
    pub scope: &'a Scope,
    /// Which of its probes were made.
    pub done: &'a Done,
    /// Its results.
    pub rows: &'a [ScanRow],
    /// How many rows were not kept: unless there are none, a missing row may be one of them.
    pub is_cut: bool,
}

/// The difference, as indexes of rows: of the later scan (`now`), of the earlier one (`then`).
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Difference {
    /// `now`.
    pub new: Vec<usize>,
    /// `then`, and what happened instead.
    pub gone: Vec<(usize, String)>,
    /// `now` and `then`.
    pub changed: Vec<(usize, usize)>,
    /// `now` and `then`.
    pub moved: Vec<(usize, usize)>,
    /// `then`, and the reason.
    pub not_asked_now: Vec<(usize, String)>,
    /// `now`, and the reason.
    pub not_asked_then: Vec<(usize, String)>,
    /// How many are unchanged in both.
    pub same: u64,
}

/// What a scan says about a place.
enum Says<'a> {
    Server(usize, &'a ScanRow),
    /// It was asked, and there is no server: what happened instead.
    Nobody(String),
    /// It was not asked, or not completely: the reason.
    Nothing(&'static str),
}

struct ComparedSide<'a> {
    side: Side<'a>,
    at: HashMap<HostAndPort, usize>,
}

impl<'a> ComparedSide<'a> {
    fn new(side: Side<'a>) -> Self {
        let mut at = HashMap::with_capacity(side.rows.len());
        for (row, found) in side.rows.iter().enumerate() {
            let Some(place) = HostAndPort::of(&found.url) else { continue };
            match at.entry(place) {
                Entry::Vacant(free) => drop(free.insert(row)),
                // A name with several addresses may be a server at one of them only.
                Entry::Occupied(mut taken) => {
                    let is_better =
                        side.rows.get(*taken.get()).is_some_and(|old| weight(found) > weight(old));
                    if is_better {
                        taken.insert(row);
                    }
                }
            }
        }
        Self { side, at }
    }

    /// Every server, in the order of the rows.
    fn servers(&self) -> impl Iterator<Item = (usize, &'a ScanRow, &HostAndPort)> {
        let mut servers: Vec<_> = self
            .at
            .iter()
            .filter_map(|(place, row)| Some((*row, self.side.rows.get(*row)?, place)))
            .filter(|(_, found, _)| found.is_server())
            .collect();
        servers.sort_unstable_by_key(|(row, _, _)| *row);
        servers.into_iter()
    }

    fn at(&self, place: &HostAndPort) -> Says<'a> {
        let found = self.at.get(place).and_then(|row| Some((*row, self.side.rows.get(*row)?)));
        match found {
            Some((row, found)) if found.is_server() => Says::Server(row, found),
            Some((_, found)) if found.outcome == Outcome::Incomplete => {
                Says::Nothing("its time limit passed before a result")
            }
            Some((_, found)) => Says::Nobody(
                found.reason.clone().unwrap_or_else(|| "what answers there is not MCP".to_owned()),
            ),
            None if !self.side.scope.has_asked(place, self.side.done) => Says::Nothing("it was not asked"),
            None if self.side.is_cut => Says::Nothing("more was found than is kept of one scan"),
            None => Says::Nobody("no answer".to_owned()),
        }
    }
}

fn weight(row: &ScanRow) -> u8 {
    match row.outcome {
        Outcome::Mcp => 4,
        Outcome::NeedsSignIn => 3,
        Outcome::Probable => 2,
        Outcome::Incomplete => 1,
        Outcome::NotMcp => 0,
    }
}

/// Whether two rows are one server, as far as one can tell: a server without a name may be the one that was there.
fn is_one(now: &ScanRow, then: &ScanRow) -> bool {
    let is_named = |row: &ScanRow| row.protocol_version.is_some();
    let has_tools = now.definition.is_some() && now.definition == then.definition;
    !is_named(now) || !is_named(then) || now.name == then.name || has_tools
}

/// The difference.
pub fn compare(now: Side<'_>, then: Side<'_>) -> Difference {
    let (now, then) = (ComparedSide::new(now), ComparedSide::new(then));
    let mut difference = Difference::default();
    let mut gone: Vec<(usize, &ScanRow, String)> = Vec::new();
    let mut new: Vec<(usize, &ScanRow)> = Vec::new();
    for (row, found, place) in then.servers() {
        match now.at(place) {
            Says::Server(_, other) if is_one(other, found) => {}
            Says::Server(_, other) => {
                gone.push((row, found, format!("another server answers there: {}", other.name)));
            }
            Says::Nobody(reason) => gone.push((row, found, reason)),
            Says::Nothing(why) => difference.not_asked_now.push((row, why.to_owned())),
        }
    }
    for (row, found, place) in now.servers() {
        match then.at(place) {
            Says::Server(before, old) if is_one(found, old) => {
                let is_changed = found.definition.is_some()
                    && old.definition.is_some()
                    && found.definition != old.definition;
                if is_changed {
                    difference.changed.push((row, before));
                } else {
                    difference.same += 1;
                }
            }
            Says::Server(..) | Says::Nobody(_) => new.push((row, found)),
            Says::Nothing(why) => difference.not_asked_then.push((row, why.to_owned())),
        }
    }
    pair_moved(&mut difference, new, gone);
    difference
}

/// A server that is gone here and new there, with one name and the same tools, has moved. Replicas are alike: as many moved
/// as can have.
fn pair_moved(
    difference: &mut Difference,
    new: Vec<(usize, &ScanRow)>,
    gone: Vec<(usize, &ScanRow, String)>,
) {
    let mut waiting: HashMap<(&str, &str), Vec<usize>> = HashMap::new();
    for (row, found) in new.iter().rev() {
        if let Some(definition) = &found.definition {
            waiting.entry((&found.name, definition)).or_default().push(*row);
        }
    }
    let mut taken = std::collections::HashSet::new();
    for (row, found, reason) in gone {
        let alike =
            found.definition.as_deref().and_then(|definition| waiting.get_mut(&(&*found.name, definition)));
        match alike.and_then(Vec::pop) {
            Some(to) => {
                taken.insert(to);
                difference.moved.push((to, row));
            }
            None => difference.gone.push((row, reason)),
        }
    }
    difference.new = new.into_iter().map(|(row, _)| row).filter(|row| !taken.contains(row)).collect();
}

impl ScanMemory {
    /// The difference between a scan, by default the newest, and an earlier one, by default the newest finished one of the
    /// same targets and ports.
    pub async fn compare(
        &self,
        scan: Option<&str>,
        with: Option<&str>,
    ) -> Result<ScanComparison, MemoryError> {
        let now = match scan {
            Some(id) => self.scan(id).await?,
            None => self.newest().await?.ok_or(MemoryError::NoScans)?,
        };
        let with = match with {
            Some(id) => Some(id.to_owned()),
            None => self.before(&now.status).await?,
        };
        let Some(with) = with else { return Ok(alone(now)) };
        let then = self.scan(&with).await?;
        let difference = compare(now.side(), then.side());
        let wanted = difference.changed.iter().flat_map(|(new, old)| {
            [now.rows.get(*new), then.rows.get(*old)]
                .into_iter()
                .flatten()
                .filter_map(|row| row.definition.clone())
        });
        let definitions = self.definitions(wanted.collect(), &[&now, &then]).await?;
        Ok(told(now, &then, difference, &definitions))
    }

    /// The newest finished scan before this one of the same targets and ports.
    async fn before(&self, scan: &ScanStatus) -> Result<Option<String>, MemoryError> {
        let (scans, problem) = self.list().await;
        if let Some(error) = problem {
            return Err(error);
        }
        let fits = |one: &&ScanStatus| {
            let is_before = one.started_at < scan.started_at;
            one.id != scan.id && one.state == ScanState::Finished && is_before && is_of_same(one, scan)
        };
        Ok(scans.iter().find(fits).map(|scan| scan.id.clone()))
    }

    /// The tools of these hashes.
    pub(super) async fn definitions(
        &self,
        hashes: Vec<String>,
        scans: &[&KeptScan],
    ) -> Result<BTreeMap<String, Definition>, MemoryError> {
        let (mut known, mut wanted) = (BTreeMap::new(), Vec::new());
        for hash in hashes {
            match scans.iter().find_map(|scan| scan.definitions.get(&hash)) {
                Some(definition) => drop(known.insert(hash, definition.clone())),
                None => wanted.push(hash),
            }
        }
        if !wanted.is_empty() {
            let read = self.ask(move |keeper| {
                keeper.with(|connection| {
                    wanted
                        .iter()
                        .map(|hash| rows::definition(connection, hash))
                        .collect::<Result<Vec<_>, _>>()
                })
            });
            known.extend(read.await?.into_iter().flatten().map(|one| (one.hash.clone(), one)));
        }
        Ok(known)
    }
}

fn alone(now: KeptScan) -> ScanComparison {
    ScanComparison {
        scan: now.status,
        with: None,
        new: Vec::new(),
        gone: Vec::new(),
        changed: Vec::new(),
        moved: Vec::new(),
        not_asked: Vec::new(),
        same: 0,
    }
}

fn told(
    now: KeptScan,
    then: &KeptScan,
    difference: Difference,
    definitions: &BTreeMap<String, Definition>,
) -> ScanComparison {
    let Difference { new, gone, changed, moved, not_asked_now, not_asked_then, same } = difference;
    let of_now = |at: usize| now.rows.get(at).cloned();
    let of_then = |at: usize| then.rows.get(at).cloned();
    let not_asked = |row: Option<ScanRow>, reason, was_found_before| {
        row.map(|row| ScanNotAsked { row, was_found_before, reason })
    };
    let missing = not_asked_now.into_iter().filter_map(|(at, why)| not_asked(of_then(at), why, true));
    let unasked = not_asked_then.into_iter().filter_map(|(at, why)| not_asked(of_now(at), why, false));
    ScanComparison {
        new: new.into_iter().filter_map(of_now).collect(),
        gone: gone
            .into_iter()
            .filter_map(|(at, reason)| Some(ScanGone { row: of_then(at)?, reason }))
            .collect(),
        changed: changed
            .into_iter()
            .filter_map(|(new, old)| Some(changed_row(of_now(new)?, &of_then(old)?, definitions)))
            .collect(),
        moved: moved
            .into_iter()
            .filter_map(|(new, old)| Some(ScanMoved { row: of_now(new)?, from: of_then(old)?.url }))
            .collect(),
        not_asked: missing.chain(unasked).collect(),
        same,
        scan: now.status,
        with: Some(then.status.clone()),
    }
}

fn changed_row(row: ScanRow, before: &ScanRow, definitions: &BTreeMap<String, Definition>) -> ScanChanged {
    let none = BTreeMap::new();
    let tools = |row: &ScanRow| {
        let known = row.definition.as_ref().and_then(|hash| definitions.get(hash));
        known.map_or(&none, |definition| &definition.tools)
    };
    let (new, old) = (tools(&row), tools(before));
    let missing_in = |there: &BTreeMap<String, String>, here: &BTreeMap<String, String>| {
        there.keys().filter(|name| !here.contains_key(*name)).cloned().collect()
    };
    let is_other = |(name, hash): &(&String, &String)| old.get(*name).is_some_and(|before| before != *hash);
    let changed = new.iter().filter(is_other).map(|(name, _)| name.clone()).collect();
    ScanChanged { added: missing_in(new, old), removed: missing_in(old, new), changed, row }
}
