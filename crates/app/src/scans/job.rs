//! A scan under way: its rows are met as they come, its progress is told.

use std::time::Duration;

use discovery::scan::{Found, Plan, Run, run};
use futures::StreamExt;
use futures::future::ready;
use intake::Registering;
use mcp::Contents;
use model::{Activity, ScanRow, ScanState, ScanStatus};
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
    pub(crate) async fn run(self, plan: Plan, how: Run) {
        let slow = how.options.slow.watch();
        let rows = run(plan, how).filter_map(|Found { progress, row, contents }| {
            self.update(|status, _| {
                (status.done, status.open, status.found) = (progress.done, progress.open, progress.found);
            });
            self.advanced.notify_one();
            ready(row.map(|row| (row, contents)))
        });
        // A server that keeps us waiting holds up neither the others nor the probes.
        let all = rows.for_each_concurrent(None, |(row, contents)| self.take(row, contents));
        tokio::select! {
            () = all => {}
            () = self.tell_progress(slow) => {}
        }
        let state = if self.cancel.is_cancelled() { ScanState::Cancelled } else { ScanState::Finished };
        self.update(|status, _| {
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
            self.update(|status, _| status.slow = slow);
            self.tell_status();
            tokio::time::sleep(BETWEEN).await;
        }
    }

    async fn take(&self, row: ScanRow, contents: Option<Box<Contents>>) {
        let registering = Registering { few: &self.meeting, cancel: &self.cancel };
        let row = self.app.0.intake.found(row, contents, self.register.then_some(registering)).await;
        self.update(|_, rows| rows.push(row.clone()));
        self.app.tell(Activity::ScanFound { scan: self.scan.clone(), row });
    }

    fn update(&self, change: impl FnOnce(&mut ScanStatus, &mut Vec<ScanRow>)) {
        self.app.0.scans.update(&self.scan, change);
    }

    fn tell_status(&self) {
        if let Some(scan) = self.app.0.scans.status(&self.scan) {
            self.app.tell(Activity::ScanChanged { scan });
        }
    }
}
