//! Scans: planned, run in the background, told by events.

use api::{ErrorCode, ScanArgs, ScanPlan, ScanRef, ScanReport};
use std::net::SocketAddr;
use std::time::Duration;

use discovery::ports;
use discovery::scan::{Found, Plan, PortSet, Run, run};
use futures::StreamExt;
use futures::future::ready;
use mcp::{Contents, Depth, ProbeOptions, Protocols};
use model::{
    Activity, HealthStatus, Outcome, Reach, ScanRow, ScanState, ScanStatus, ServerInfo, Source, Transport,
};
use registry::{Observation, Origin, Upserted};
use tokio::sync::{Notify, Semaphore};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::add::at_address;
use super::trust;
use crate::error::OperationError;
use crate::{App, now};

/// Seconds for one host and port.
const DEFAULT_TIMEOUT: f64 = 5.0;

/// The progress of a scan is told ten times a second at most.
const BETWEEN: Duration = Duration::from_millis(100);

/// How many found servers are asked at once what they offer, to be registered.
const MEETINGS: usize = 32;

impl App {
    /// Looks at the ports of this computer, so that a window opens filled. Nothing leaves loopback, and a scan that
    /// cannot begin stops nobody.
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
            state: ScanState::Running,
            started_at: now(),
            finished_at: None,
            addresses: plan.addresses(),
            ports: plan.ports(),
            total: plan.probes(),
            done: 0,
            open: 0,
            found: 0,
        };
        let cancel = self.0.scans.begin(status.clone());
        self.tell(Activity::ScanChanged { scan: status.clone() });
        let how = Run { options, cancel: cancel.clone(), caps: self.0.scan_caps.clone() };
        let job = Job {
            app: self.clone(),
            scan: status.id.clone(),
            cancel,
            register: args.register,
            meeting: Semaphore::new(MEETINGS),
            advanced: Notify::new(),
        };
        self.0.tasks.spawn(job.run(plan, how));
        Ok(status)
    }

    pub(super) async fn scan_cancel(&self, args: ScanRef) -> Result<ScanStatus, OperationError> {
        self.0
            .scans
            .cancel(args.scan.as_deref())
            .ok_or_else(|| OperationError::new(ErrorCode::NotFound, "no such scan is running"))
    }

    pub(super) async fn scan(&self, args: ScanRef) -> Result<ScanReport, OperationError> {
        match (self.0.scans.report(args.scan.as_deref()), args.scan) {
            (Some((scan, rows)), _) => Ok(ScanReport { scan: Some(scan), rows }),
            (None, None) => Ok(ScanReport { scan: None, rows: Vec::new() }),
            (None, Some(id)) => {
                Err(OperationError::new(ErrorCode::NotFound, format!("there is no scan `{id}`")))
            }
        }
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

    async fn plan(&self, args: &ScanArgs) -> Result<Plan, OperationError> {
        let ports = args.ports.as_deref().map(PortSet::parse).transpose()?;
        if !args.targets.is_empty() {
            return Ok(Plan::read(&args.targets, ports.unwrap_or_else(PortSet::usual)).await?);
        }
        if let Some(ports) = ports {
            return Ok(Plan::read(&["127.0.0.1"], ports).await?);
        }
        // Walking /proc blocks for some milliseconds.
        let listening = tokio::task::spawn_blocking(ports::listening).await.unwrap_or_default();
        let own =
            self.listening().and_then(|url| url.trim_start_matches("http://").parse::<SocketAddr>().ok());
        let own: Vec<u16> = own.iter().map(SocketAddr::port).collect();
        Ok(Plan::this_computer(listening, &own))
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
                    "`{other}` is no protocol of a scan: give `http`, `sse` or both"
                )));
            }
        }
    }
    Ok(protocols)
}

/// A scan under way.
struct Job {
    app: App,
    scan: String,
    cancel: CancellationToken,
    register: bool,
    meeting: Semaphore,
    /// It is farther than was told.
    advanced: Notify,
}

impl Job {
    async fn run(self, plan: Plan, how: Run) {
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
            () = self.tell_progress() => {}
        }
        let state = if self.cancel.is_cancelled() { ScanState::Cancelled } else { ScanState::Finished };
        self.update(|status, _| {
            status.state = state;
            status.finished_at = Some(now());
        });
        self.tell_status();
    }

    /// Tells how far it is while it goes on: at once, and the newest after each pause.
    async fn tell_progress(&self) {
        loop {
            self.advanced.notified().await;
            self.tell_status();
            tokio::time::sleep(BETWEEN).await;
        }
    }

    async fn take(&self, row: ScanRow, contents: Option<Box<Contents>>) {
        if let Some(contents) = &contents {
            self.app.0.sightings.note(&row, (**contents).clone());
        }
        let row = self.meet(row, contents).await;
        self.update(|_, rows| rows.push(row.clone()));
        self.app.tell(Activity::ScanFound { scan: self.scan.clone(), row });
    }

    /// Compares a row with the registry, and registers what is new if that was asked for.
    async fn meet(&self, mut row: ScanRow, contents: Option<Box<Contents>>) -> ScanRow {
        self.compare(&mut row);
        if self.register && !row.known && matches!(row.outcome, Outcome::Mcp | Outcome::NeedsSignIn) {
            row.known = tokio::select! {
                kept = self.keep(&row, contents) => kept,
                () = self.cancel.cancelled() => false,
            };
        }
        if row.known
            && let Some(observation) = self.first_sight(&row)
            && let Err(error) = self.app.0.registry.observe(row.id, observation).await
        {
            tracing::warn!(%error, "what a scan saw could not be noted");
        }
        row
    }

    /// Whether it is known, and whether a person trusts its certificate.
    fn compare(&self, row: &mut ScanRow) {
        let known = self.app.first_at(row.id);
        if let Some(known) = &known {
            (row.id, row.known) = (known.id, true);
        }
        let Some(refused) = row.certificate.take() else { return };
        row.certificate = trust::as_agreed(refused, known.as_ref().and_then(|known| known.tls.as_ref()));
        if row.certificate.is_none() && row.outcome == Outcome::Mcp {
            row.reason = None;
        }
    }

    /// What a scan saw is the measurement of a server that has none yet; what it saw over TLS that nobody vouches for is none.
    /// A check knows more: it has the credentials, and what the server should list.
    fn first_sight(&self, row: &ScanRow) -> Option<Observation> {
        let snapshot = self.app.0.registry.snapshot();
        let server = snapshot.get(row.id).filter(|server| server.health.checked_at.is_none())?;
        if row.certificate.is_some() {
            return None;
        }
        let status = match row.outcome {
            Outcome::Mcp => HealthStatus::Healthy,
            Outcome::NeedsSignIn if !self.app.0.vault().signs(&server.info) => HealthStatus::NeedsSignIn,
            Outcome::NeedsSignIn | Outcome::Probable | Outcome::NotMcp | Outcome::Incomplete => return None,
        };
        let seen = checks::seen(status, row.reason.clone());
        Some(Observation { response_time_ms: row.latency_ms, ..seen })
    }

    /// Registers what was found; false when it is on the ignore list or could not be kept.
    async fn keep(&self, row: &ScanRow, contents: Option<Box<Contents>>) -> bool {
        let Ok(_one_of_few) = self.meeting.acquire().await else { return false };
        let Ok(info) = at_address(&row.url, Source::Scan) else { return false };
        let mut info = ServerInfo { transport: row.transport, endpoint: Some(row.url.clone()), ..info };
        (info.id, info.name, info.auth_required) = (row.id, row.name.clone(), row.auth_required);
        // No scan goes farther, so nothing that it found may lead farther later.
        info.reach = Some(Reach::Private);
        if let Some(contents) = self.contents(row, contents).await {
            let contents = checks::kept(contents);
            (info.identity, info.tools) = (Some(contents.identity), contents.tools);
            (info.resources, info.prompts) = (contents.resources, contents.prompts);
            info.left_out = contents.left_out;
        }
        if self.app.settle(&mut info).await.is_err() {
            return false;
        }
        match self.app.0.registry.upsert(vec![info], Origin::Automatic).await {
            Ok(committed) => committed.upserted.iter().any(|(_, what)| *what != Upserted::Ignored),
            Err(error) => {
                tracing::warn!(%error, "a found server could not be registered");
                false
            }
        }
    }

    /// All that a server offers: as the probe read it, or asked for once more where that was too much for a probe.
    async fn contents(&self, row: &ScanRow, contents: Option<Box<Contents>>) -> Option<Contents> {
        if contents.is_some() || row.outcome != Outcome::Mcp {
            return contents.map(|contents| *contents);
        }
        let remote = mcp::Remote { era: row.era, ..mcp::Remote::new(&row.url) };
        let target = match row.transport {
            Transport::Sse => mcp::Target::Sse(remote),
            Transport::Http | Transport::Stdio => mcp::Target::Http(remote),
        };
        checks::look(&target, &self.app.0.tasks).await.ok().map(|(contents, _)| contents)
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
