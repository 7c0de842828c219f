//! Scans: the running one and the last ones, kept while the core runs so that a face that opens later sees them.

mod job;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use model::{ScanRow, ScanState, ScanStatus};
use tokio_util::sync::CancellationToken;

pub(crate) use job::ScanJob;

/// Finished scans that are kept.
const KEPT: usize = 8;

/// Rows that are kept of one scan; a JSON API farm must not fill the memory.
const MOST_ROWS: usize = 20_000;

#[derive(Clone, Default)]
pub(crate) struct Scans(Arc<Mutex<VecDeque<Scan>>>);

struct Scan {
    status: ScanStatus,
    rows: Vec<ScanRow>,
    cancel: CancellationToken,
}

impl Scans {
    /// Enters a scan; the oldest finished one makes room.
    pub(crate) fn begin(&self, status: ScanStatus) -> CancellationToken {
        let cancel = CancellationToken::new();
        let mut scans = self.lock();
        scans.push_front(Scan { status, rows: Vec::new(), cancel: cancel.clone() });
        while scans.len() > KEPT
            && let Some(oldest) = scans.iter().rposition(|scan| scan.status.state != ScanState::Running)
        {
            scans.remove(oldest);
        }
        cancel
    }

    /// Enters a result.
    pub(crate) fn update(&self, id: &str, change: impl FnOnce(&mut ScanStatus, &mut Vec<ScanRow>)) {
        let mut scans = self.lock();
        let Some(scan) = scans.iter_mut().find(|scan| scan.status.id == id) else { return };
        change(&mut scan.status, &mut scan.rows);
        scan.rows.truncate(MOST_ROWS);
    }

    /// How far a scan is.
    pub(crate) fn status(&self, id: &str) -> Option<ScanStatus> {
        let scans = self.lock();
        scans.iter().find(|scan| scan.status.id == id).map(|scan| scan.status.clone())
    }

    /// A scan and its rows; without an id the newest.
    pub(crate) fn report(&self, id: Option<&str>) -> Option<(ScanStatus, Vec<ScanRow>)> {
        let scans = self.lock();
        let scan = scans.iter().find(|scan| id.is_none_or(|id| scan.status.id == id))?;
        Some((scan.status.clone(), scan.rows.clone()))
    }

    /// All that are kept, the newest first.
    pub(crate) fn list(&self) -> Vec<ScanStatus> {
        self.lock().iter().map(|scan| scan.status.clone()).collect()
    }

    /// Ends a scan; without an id the newest running one.
    pub(crate) fn cancel(&self, id: Option<&str>) -> Option<ScanStatus> {
        let scans = self.lock();
        let fits = |scan: &&Scan| match id {
            Some(id) => scan.status.id == id,
            None => scan.status.state == ScanState::Running,
        };
        let scan = scans.iter().find(fits)?;
        scan.cancel.cancel();
        Some(scan.status.clone())
    }

    /// Ends all.
    pub(crate) fn stop(&self) {
        self.lock().iter().for_each(|scan| scan.cancel.cancel());
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, VecDeque<Scan>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
