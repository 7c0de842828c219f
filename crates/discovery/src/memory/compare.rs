//! What differs between two scans. Pure: what was found, and what was asked.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use model::{Outcome, ScanRow};

use crate::HostAndPort;
use crate::scan::{Done, Scope};

/// One of two scans.
#[derive(Clone, Copy)]
pub struct Side<'a> {
    /// What its plan covers.
    pub scope: &'a Scope,
    /// Which of its probes were made.
    pub done: &'a Done,
    /// What it found.
    pub rows: &'a [ScanRow],
    /// Rows beyond those that are kept: where none is, there may have been one.
    pub is_cut: bool,
}

/// What differs, as places among the rows: of the later scan (`now`), of the earlier one (`then`).
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Difference {
    /// `now`.
    pub new: Vec<usize>,
    /// `then`, and what came instead.
    pub gone: Vec<(usize, String)>,
    /// `now` and `then`.
    pub changed: Vec<(usize, usize)>,
    /// `now` and `then`.
    pub moved: Vec<(usize, usize)>,
    /// `then`, and why.
    pub not_asked_now: Vec<(usize, String)>,
    /// `now`, and why.
    pub not_asked_then: Vec<(usize, String)>,
    /// How many are just so in both.
    pub same: u64,
}

/// What a scan says of a place.
enum Says<'a> {
    Server(usize, &'a ScanRow),
    /// It was asked, and there is no server: what came instead.
    Nobody(String),
    /// It was not asked, or not to the end: why.
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
                Says::Nothing("its time was up before a verdict")
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

/// One server, as far as one can tell: who did not say what it is called may be whoever was there.
fn is_one(now: &ScanRow, then: &ScanRow) -> bool {
    let is_named = |row: &ScanRow| row.protocol_version.is_some();
    let has_tools = now.definition.is_some() && now.definition == then.definition;
    !is_named(now) || !is_named(then) || now.name == then.name || has_tools
}

/// What differs.
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

/// Who is gone here and new there, with one name and the same tools, moved. Replicas are alike: as many moved as can have.
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
