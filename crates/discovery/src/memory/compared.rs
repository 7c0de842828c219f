//! Two scans that are kept, held against each other, as a face is told of it.

use std::collections::BTreeMap;

use api::{ScanChanged, ScanComparison, ScanGone, ScanMoved, ScanNotAsked};
use model::{ScanRow, ScanState, ScanStatus};

use super::compare::{Difference, compare};
use super::kept::is_of_same;
use super::{KeptScan, MemoryError, ScanMemory, rows};
use crate::Definition;

impl ScanMemory {
    /// What differs between a scan, by default the newest, and an earlier one, by default the newest finished one of the same
    /// targets and ports.
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

    /// What tools these are.
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
