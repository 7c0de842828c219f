//! A scan under way: its rows are met as they come, its progress is told.

use std::time::Duration;

use discovery::scan::{Found, ProbePlan, Run, run};
use futures::StreamExt;
use futures::future::ready;
use intake::Registering;
use model::{Activity, ScanState, ScanStatus};
use tokio::sync::{Notify, Semaphore, watch};
use tokio_util::sync::CancellationToken;

use crate::{App, now};

/// The progress of a scan is told ten times a second at most.
const BETWEEN: Duration = Duration::from_millis(100);

/// How many found servers are asked at once what they offer, to be registered.
const MEETINGS: usize = 32;

/// A scan under way.
pub(crate) struct ScanJob {
    app: App,
    scan: String,
    cancel: CancellationToken,
    register: bool,
    meeting: Semaphore,
    /// It is farther than was told.
    advanced: Notify,
}

impl ScanJob {
    pub(crate) fn new(app: App, scan: String, cancel: CancellationToken, register: bool) -> Self {
        let (meeting, advanced) = (Semaphore::new(MEETINGS), Notify::new());
        Self { app, scan, cancel, register, meeting, advanced }
    }

    /// Runs it to its end, and tells how far it is.
    pub(crate) async fn run(self, plan: ProbePlan, how: Run) {
        let slow = how.options.slow.watch();
        let counters = self.app.counters().clone();
        counters.scans.one(ScanState::Running);
        let rows = run(plan, how).filter_map(|found| {
            let progress = found.progress;
            counters.scan_probes.one(found.row.as_ref().map(|row| row.outcome));
            self.update(|status| {
                (status.done, status.open, status.found) = (progress.done, progress.open, progress.found);
            });
            self.advanced.notify_one();
            if found.row.is_none() {
                self.app.0.scans.take(&self.scan, found.probe, None);
            }
            ready(found.row.is_some().then_some(found))
        });
        // A server that keeps us waiting holds up neither the others nor the probes.
        let all = rows.for_each_concurrent(None, |found| self.take(found));
        tokio::select! {
            () = all => {}
            () = self.tell_progress(slow) => {}
        }
        let state = match self.cancel.is_cancelled() {
            true if self.app.stopping().is_cancelled() => ScanState::EndedWithTheCore,
            true => ScanState::Cancelled,
            false => ScanState::Finished,
        };
        self.app.counters().scans.one(state);
        self.update(|status| {
            status.state = state;
            status.slow = 0;
            status.finished_at = Some(now());
        });
        self.tell_status();
    }

    /// Tells how far it is while it goes on: at once, and the newest after each pause.
    async fn tell_progress(&self, mut slow: watch::Receiver<u64>) {
        loop {
            tokio::select! {
                () = self.advanced.notified() => {}
                Ok(()) = slow.changed() => {}
            }
            let slow = *slow.borrow_and_update();
            self.update(|status| status.slow = slow);
            self.tell_status();
            tokio::time::sleep(BETWEEN).await;
        }
    }

    async fn take(&self, found: Found) {
        let Found { probe, row: Some(row), contents, definition, .. } = found else { return };
        let registering = Registering { few: &self.meeting, cancel: &self.cancel };
        let row = self.app.0.intake.found(row, contents, self.register.then_some(registering)).await;
        self.app.0.scans.take(&self.scan, probe, Some((row.clone(), definition)));
        self.app.tell(Activity::ScanFound { scan: self.scan.clone(), row });
    }

    fn update(&self, change: impl FnOnce(&mut ScanStatus)) {
        self.app.0.scans.update(&self.scan, change);
    }

    fn tell_status(&self) {
        if let Some(scan) = self.app.0.scans.status(&self.scan) {
            self.app.tell(Activity::ScanChanged { scan });
        }
    }
}
