//! A scan with all that is kept of it, whether it is under way, in the file, or came out of another.

use std::collections::HashMap;

use model::{ScanRow, ScanStatus};

use super::compare::Side;
use crate::Definition;
use crate::scan::{Done, Scope};

/// A scan.
#[derive(Debug, Clone)]
pub struct KeptScan {
    /// How far it is.
    pub status: ScanStatus,
    /// What its plan covers.
    pub scope: Scope,
    /// Which of its probes were made.
    pub done: Done,
    /// What it found.
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
