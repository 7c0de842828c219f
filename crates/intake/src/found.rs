//! Servers that were found and are not kept yet: by a scan, or by a test that reports its steps. They are compared with the
//! list, and not asked everything again when they are added.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use api::AskedStep;
use mcp::{Contents, ProbeReport, Secret};
use model::{
    Endpoint, HealthStatus, Millis, Outcome, Reach, ScanRow, ServerId, ServerInfo, Source, Transport,
};
use registry::{Observation, Origin, Upserted};
use tokio::sync::Semaphore;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::add::at_address;
use crate::{Intake, IntakeError, now, trust};

/// Whether what is found is registered as well.
pub struct Registering<'a> {
    /// How many servers are asked at once what they offer.
    pub few: &'a Semaphore,
    /// Cancels it.
    pub cancel: &'a CancellationToken,
}

impl Intake {
    /// Marks kept rows whose server is in the list now.
    pub fn mark_known(&self, rows: &mut [ScanRow]) {
        for row in rows {
            row.known = false;
            if let Some(known) = self.first_at(row.id) {
                (row.id, row.known) = (known.id, true);
            }
        }
    }

    /// Compares a row with the registry, and registers new servers if that was requested.
    pub async fn found(
        &self,
        mut row: ScanRow,
        contents: Option<Box<Contents>>,
        register: Option<Registering<'_>>,
    ) -> ScanRow {
        if let Some(contents) = &contents {
            self.sightings.note(&row, (**contents).clone());
        }
        self.compare(&mut row);
        let is_new = !row.known && matches!(row.outcome, Outcome::Mcp | Outcome::NeedsSignIn);
        if let Some(Registering { few, cancel }) = register.filter(|_| is_new) {
            row.known = tokio::select! {
                kept = self.keep_found(&row, contents, few) => kept,
                () = cancel.cancelled() => false,
            };
        }
        if row.known
            && let Some(observation) = self.first_sight(&row)
            && let Err(error) = self.registry.observe(row.id, observation).await
        {
            tracing::warn!(%error, "what a scan saw could not be recorded");
        }
        row
    }

    /// Whether it is known, and whether its certificate is trusted.
    fn compare(&self, row: &mut ScanRow) {
        let known = self.first_at(row.id);
        if let Some(known) = &known {
            (row.id, row.known) = (known.id, true);
        }
        let Some(refused) = row.certificate.take() else { return };
        row.certificate = trust::as_agreed(refused, known.as_ref().and_then(|known| known.tls.as_ref()));
        if row.certificate.is_none() && row.outcome == Outcome::Mcp {
            row.reason = None;
        }
    }

    /// The result of a scan is the measurement of a server that has none yet; a result over untrusted TLS is not. A check
    /// knows more: it has the credentials, and the tools that the server should list.
    fn first_sight(&self, row: &ScanRow) -> Option<Observation> {
        let snapshot = self.registry.snapshot();
        let server = snapshot.get(row.id).filter(|server| server.health.checked_at.is_none())?;
        if row.certificate.is_some() {
            return None;
        }
        let status = match row.outcome {
            Outcome::Mcp => HealthStatus::Healthy,
            Outcome::NeedsSignIn if !self.vault().signs(&server.info) => HealthStatus::NeedsSignIn,
            Outcome::NeedsSignIn | Outcome::Probable | Outcome::NotMcp | Outcome::Incomplete => return None,
        };
        let seen = checks::seen(status, row.reason.clone());
        Some(Observation { response_time_ms: row.latency_ms, ..seen })
    }

    /// Registers a found server; false when it is ignored or could not be kept.
    async fn keep_found(&self, row: &ScanRow, contents: Option<Box<Contents>>, few: &Semaphore) -> bool {
        let Ok(_one_of_few) = few.acquire().await else { return false };
        let Ok(info) = at_address(&row.url, Source::Scan) else { return false };
        let mut info = ServerInfo { transport: row.transport, endpoint: Some(row.url.clone()), ..info };
        (info.id, info.name, info.auth_required) = (row.id, row.name.clone(), row.auth_required);
        // No scan goes farther, so nothing that it found may lead farther later.
        info.reach = Some(Reach::Private);
        if let Some(contents) = self.contents(row, contents).await {
            let contents = checks::kept(contents);
            if self.is_ourselves(&contents.identity) {
                return false;
            }
            (info.identity, info.tools) = (Some(contents.identity), contents.tools);
            (info.resources, info.prompts) = (contents.resources, contents.prompts);
            (info.definitions, info.left_out) = (contents.definitions, contents.left_out);
        }
        if self.settle(&mut info).await.is_err() {
            return false;
        }
        match self.registry.upsert(vec![info], Origin::Automatic).await {
            Ok(committed) => committed.upserted.iter().any(|(_, what)| *what != Upserted::Ignored),
            Err(error) => {
                tracing::warn!(%error, "a found server could not be registered");
                false
            }
        }
    }

    /// Everything that a server offers: as the probe read it, or asked for once more where that was too much for a probe.
    async fn contents(&self, row: &ScanRow, contents: Option<Box<Contents>>) -> Option<Contents> {
        if contents.is_some() || row.outcome != Outcome::Mcp {
            return contents.map(|contents| *contents);
        }
        let remote = mcp::Remote { era: row.era, ..mcp::Remote::new(&row.url) };
        let target = match row.transport {
            Transport::Sse => mcp::Target::Sse(remote),
            Transport::Http | Transport::Stdio => mcp::Target::Http(remote),
        };
        checks::look(&target, &self.tasks).await.ok().map(|(contents, _)| contents)
    }
}

impl Intake {
    /// Starts a command to find out what it is, and ends it. One that runs for its server is not ended.
    pub(crate) async fn try_command(
        &self,
        info: &ServerInfo,
        env: &[(String, Secret)],
        call: Option<String>,
    ) -> Result<(Observation, Vec<AskedStep>), IntakeError> {
        let trial = ServerId::mint(&format!("a trial of {} at {}", info.id, now()));
        let info = ServerInfo { id: trial, identity: None, ..info.clone() };
        let adding = self.adds.begin(call)?;
        let began = Instant::now();
        let session = self.started(&info, env, &adding).await?;
        let session = session.ok_or(IntakeError::StartCancelled)?;
        let start = step(format!("start {}", info.address()), "it speaks MCP".to_owned(), began);
        let began = Instant::now();
        let looked = checks::look_in(&session, checks::LOOK_WITHIN).await;
        self.mesh.sessions.end(trial);
        let (contents, ms) = looked?;
        let list = step("list what it offers".to_owned(), format!("{} tools", contents.tools.len()), began);
        Ok((checks::well(contents, ms), vec![start, list]))
    }
}

/// The requests and answers of a probe.
pub(crate) fn steps(report: &ProbeReport) -> Vec<AskedStep> {
    let steps = report.evidence.iter();
    steps
        .map(|step| AskedStep { sent: step.sent.clone(), received: step.received.clone(), ms: step.ms })
        .collect()
}

fn step(sent: String, received: String, began: Instant) -> AskedStep {
    AskedStep { sent, received, ms: began.elapsed().as_secs_f64() * 1_000.0 }
}

/// How long the result of a scan can be reused. The next round of checks is never far.
const FRESH: Duration = Duration::from_mins(5);
/// How much is remembered, in bytes of tool definitions.
const MOST_BYTES: usize = 16 * 1024 * 1024;

/// What scans found last. Cheap to clone; all clones are one.
#[derive(Clone, Default)]
pub struct Sightings(Arc<Mutex<VecDeque<ProbedServer>>>);

/// A server as a scan found it.
#[derive(Clone)]
pub(crate) struct ProbedServer {
    pub(crate) row: ScanRow,
    pub(crate) contents: Contents,
    /// The time, as records keep it.
    pub(crate) at: Millis,
    met: Instant,
}

impl Sightings {
    /// Remembers a server, replacing what was known of it before.
    pub fn note(&self, row: &ScanRow, contents: Contents) {
        let mut all = self.lock();
        all.retain(|seen| seen.row.id != row.id && seen.met.elapsed() < FRESH);
        all.push_back(ProbedServer { row: row.clone(), contents, at: now(), met: Instant::now() });
        while all.iter().map(ProbedServer::bytes).sum::<usize>() > MOST_BYTES {
            all.pop_front();
        }
    }

    /// The server that is meant by this URL: the one whose endpoint it is, or, without a path, the one that answers there.
    pub(crate) fn at(&self, url: &str) -> Option<ProbedServer> {
        let meant = Endpoint::parse(url).ok()?;
        let is_whole = meant.url().path() != "/" || meant.url().query().is_some();
        let is_meant = |seen: &&ProbedServer| {
            let Ok(endpoint) = Endpoint::parse(&seen.row.url) else { return false };
            let same = endpoint.url() == meant.url();
            seen.met.elapsed() < FRESH && (same || (!is_whole && endpoint.origin() == meant.origin()))
        };
        self.lock().iter().rev().find(is_meant).cloned()
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<ProbedServer>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ProbedServer {
    fn bytes(&self) -> usize {
        let tools = self.contents.tools.iter();
        let named = tools.map(|tool| tool.name.len() + tool.description.as_ref().map_or(0, String::len));
        let schemas = self.contents.tools.iter().map(|tool| tool.input_schema.as_str().len());
        let names = self.contents.resources.iter().chain(&self.contents.prompts).map(String::len);
        named.chain(schemas).chain(names).sum::<usize>() + self.contents.definitions.bytes() + 1024
    }
}
