//! Scans under way, and the last ones, with everything that is kept of them: they are in memory as well, so that the results
//! of a scan are shown whatever happens to the file.

use std::collections::{HashMap, VecDeque};

use model::{ScanRow, ScanState, ScanStatus};
use tokio_util::sync::CancellationToken;

use super::compare::Side;
use super::file::MOST_ROWS;
use crate::Definition;
use crate::scan::{Done, ProbePlan, Scope};

/// Finished scans that stay in memory.
const KEPT: usize = 8;

/// A scan in memory.
pub(super) struct LiveScan {
    pub(super) scan: KeptScan,
    pub(super) cancel: CancellationToken,
    /// How many of its rows are in the file.
    pub(super) written: usize,
    /// Whether there is more of it than in the file.
    pub(super) is_dirty: bool,
    /// Whether it is over, and the servers that are gone were recorded.
    pub(super) is_closed: bool,
}

#[derive(Default)]
pub(super) struct LiveScans(VecDeque<LiveScan>);

impl LiveScans {
    /// Adds a scan; the oldest finished one that is in the file is dropped.
    pub(super) fn begin(&mut self, status: ScanStatus, plan: &ProbePlan) -> CancellationToken {
        let cancel = CancellationToken::new();
        let scan = KeptScan {
            status,
            scope: plan.scope(),
            done: Done::default(),
            rows: Vec::new(),
            definitions: HashMap::new(),
        };
        let live = LiveScan { scan, cancel: cancel.clone(), written: 0, is_dirty: true, is_closed: false };
        self.0.push_front(live);
        let is_over = |live: &LiveScan| live.scan.status.state != ScanState::Running;
        while self.0.len() > KEPT
            && let Some(oldest) = self.0.iter().rposition(is_over)
        {
            self.0.remove(oldest);
        }
        cancel
    }

    pub(super) fn get(&self, id: &str) -> Option<&LiveScan> {
        self.0.iter().find(|live| live.scan.status.id == id)
    }

    pub(super) fn newest(&self) -> Option<&LiveScan> {
        self.0.front()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &LiveScan> {
        self.0.iter()
    }

    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut LiveScan> {
        self.0.iter_mut()
    }

    pub(super) fn forget(&mut self, id: &str) {
        self.0.retain(|live| live.scan.status.id != id);
    }

    /// The file is another one now: all of them are to be written again.
    pub(super) fn write_again(&mut self) {
        for live in &mut self.0 {
            (live.written, live.is_dirty) = (0, true);
        }
    }
}

impl LiveScan {
    /// Adds the result of a probe. Beyond the limit it is only counted.
    pub(super) fn take(&mut self, probe: u64, row: Option<(ScanRow, Option<Definition>)>) {
        self.is_dirty = true;
        self.scan.done.add(probe);
        let Some((row, definition)) = row else { return };
        if self.scan.rows.len() >= MOST_ROWS {
            self.scan.status.left_out += 1;
            return;
        }
        self.scan.rows.push(row);
        if let Some(definition) = definition {
            self.scan.definitions.insert(definition.hash.clone(), definition);
        }
    }
}

/// A scan.
#[derive(Debug, Clone)]
pub struct KeptScan {
    /// Its progress.
    pub status: ScanStatus,
    /// What its plan covers.
    pub scope: Scope,
    /// Which of its probes were made.
    pub done: Done,
    /// Its results.
    pub rows: Vec<ScanRow>,
    /// The tools of its servers, by their hash, as far as they are at hand.
    pub definitions: HashMap<String, Definition>,
}

impl KeptScan {
    /// As a part of a comparison.
    pub fn side(&self) -> Side<'_> {
        Side { scope: &self.scope, done: &self.done, rows: &self.rows, is_cut: self.status.left_out > 0 }
    }
}

/// Two scans of the same targets and ports.
pub(super) fn is_of_same(a: &ScanStatus, b: &ScanStatus) -> bool {
    let targets = |one: &ScanStatus| {
        let mut targets = one.targets.clone();
        targets.sort_unstable();
        targets
    };
    targets(a) == targets(b) && a.named_ports == b.named_ports && a.imported == b.imported
}
