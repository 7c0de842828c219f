//! Scans: planned, run in the background, their rows compared as they come, reported by events.

use std::net::SocketAddr;
use std::time::Duration;

use api::{Empty, ErrorCode, ScanArgs, ScanList, ScanPlan, ScanRef, ScanReport};
use discovery::ports;
use discovery::scan::{Found, PortSet, ProbePlan, Run, run};
use futures::StreamExt;
use futures::future::ready;
use intake::Registering;
use mcp::{Depth, ProbeOptions, Protocols};
use model::{Activity, ScanState, ScanStatus};
use tokio::sync::{Notify, Semaphore, watch};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::error::OperationError;
use crate::{App, now};

/// Seconds for one host and port.
const DEFAULT_TIMEOUT: f64 = 5.0;

impl App {
    /// Scans the ports of this computer, so that a window opens filled. Nothing leaves loopback, and a scan that cannot
    /// start stops nothing else.
    pub async fn look_around(&self) {
        if let Err(error) = self.scan_start(ScanArgs::default()).await {
            tracing::warn!(error = error.message, "this computer was not scanned at start");
        }
    }

    pub(super) async fn scan_plan(&self, args: ScanArgs) -> Result<ScanPlan, OperationError> {
        self.probe_options(&args)?;
        let plan = self.plan(&args).await?;
        Ok(ScanPlan {
            targets: plan.targets.clone(),
            addresses: plan.addresses(),
            ports: plan.ports(),
            probes: plan.probes(),
            seconds: plan.estimate().as_secs_f64(),
            local: plan.is_local(),
        })
    }

    pub(super) async fn scan_start(&self, args: ScanArgs) -> Result<ScanStatus, OperationError> {
        let options = self.probe_options(&args)?;
        let plan = self.plan(&args).await?;
        let status = ScanStatus {
            id: Uuid::new_v4().to_string(),
            targets: plan.targets.clone(),
            named_ports: args.ports.clone(),
            deep: args.deep,
            imported: false,
            left_out: 0,
            state: ScanState::Running,
            started_at: now(),
            finished_at: None,
            addresses: plan.addresses(),
            ports: plan.ports(),
            total: plan.probes(),
            done: 0,
            open: 0,
            found: 0,
            slow: 0,
            timeout: options.budget.as_secs_f64(),
        };
        let cancel = self.0.scans.begin(status.clone(), &plan);
        self.tell(Activity::ScanChanged { scan: status.clone() });
        let how = Run { options, cancel: cancel.clone(), caps: self.0.scan_caps.clone() };
        let job = ScanJob::new(self.clone(), status.id.clone(), cancel, args.register);
        self.0.tasks.spawn(job.run(plan, how));
        Ok(status)
    }

    pub(super) async fn scan_cancel(&self, args: ScanRef) -> Result<ScanStatus, OperationError> {
        self.0
            .scans
            .cancel(args.scan.as_deref())
            .ok_or_else(|| OperationError::new(ErrorCode::NotFound, "no such scan is running"))
    }

    pub(super) async fn scans(&self, _: Empty) -> Result<ScanList, OperationError> {
        let (scans, problem) = self.0.scans.list().await;
        Ok(ScanList { scans, problem: problem.map(|error| error.to_string()) })
    }

    pub(super) async fn scan(&self, args: ScanRef) -> Result<ScanReport, OperationError> {
        let found = match args.scan {
            Some(id) => Some(self.0.scans.scan(&id).await?),
            None => self.0.scans.newest().await?,
        };
        let Some(mut scan) = found else { return Ok(ScanReport { scan: None, rows: Vec::new() }) };
        self.0.intake.mark_known(&mut scan.rows);
        Ok(ScanReport { scan: Some(scan.status), rows: scan.rows })
    }

    fn probe_options(&self, args: &ScanArgs) -> Result<ProbeOptions, OperationError> {
        let seconds = args.timeout.unwrap_or(DEFAULT_TIMEOUT);
        if !(0.05..=600.0).contains(&seconds) {
            return Err(OperationError::arguments(format!(
                "a timeout of {seconds} s does not work: give 0.05 to 600 seconds"
            )));
        }
        Ok(ProbeOptions {
            budget: Duration::from_secs_f64(seconds),
            protocols: protocols(args.protocols.as_deref())?,
            depth: if args.deep { Depth::Deep } else { Depth::Usual },
            tasks: self.0.tasks.clone(),
            spared: self.0.registry.snapshot().iter().map(|server| &*server.info).collect(),
            ..ProbeOptions::default()
        })
    }

    async fn plan(&self, args: &ScanArgs) -> Result<ProbePlan, OperationError> {
        let ports = args.ports.as_deref().map(PortSet::parse).transpose()?;
        if !args.targets.is_empty() {
            return Ok(ProbePlan::read(&args.targets, ports.unwrap_or_else(PortSet::usual)).await?);
        }
        if let Some(ports) = ports {
            return Ok(ProbePlan::read(&["127.0.0.1"], ports).await?);
        }
        // Walking /proc blocks for some milliseconds.
        let listening = tokio::task::spawn_blocking(ports::listening).await.unwrap_or_default();
        let own =
            self.listening().and_then(|url| url.trim_start_matches("http://").parse::<SocketAddr>().ok());
        let own: Vec<u16> = own.iter().map(SocketAddr::port).collect();
        // Without them it asks where it would have asked anyway.
        let here = discovery::clients::here(&self.read_clients(Vec::new()).await.unwrap_or_default());
        let seen = self.0.scans.seen_here().await;
        Ok(ProbePlan::this_computer(listening, &own, &seen).and_at(&here, &own))
    }
}

fn protocols(words: Option<&[String]>) -> Result<Protocols, OperationError> {
    let Some(words) = words else { return Ok(Protocols::default()) };
    let mut protocols = Protocols { http: false, sse: false };
    for word in words {
        match word.as_str() {
            "http" => protocols.http = true,
            "sse" => protocols.sse = true,
            other => {
                return Err(OperationError::arguments(format!(
                    "`{other}` is not a protocol of a scan: give `http`, `sse` or both"
                )));
            }
        }
    }
    Ok(protocols)
}

/// The progress of a scan is sent ten times a second at most.
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
    /// Whether it has advanced since the last event.
    advanced: Notify,
}

impl ScanJob {
    pub(crate) fn new(app: App, scan: String, cancel: CancellationToken, register: bool) -> Self {
        let (meeting, advanced) = (Semaphore::new(MEETINGS), Notify::new());
        Self { app, scan, cancel, register, meeting, advanced }
    }

    /// Runs it to its end, and reports its progress.
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

    /// Reports its progress while it runs: at once, and the newest after each pause.
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
