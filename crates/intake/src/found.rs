//! What a scan found: held against the list, measured for the first time, kept if that was asked for.

use mcp::Contents;
use model::{HealthStatus, Outcome, Reach, ScanRow, ServerInfo, Source, Transport};
use registry::{Observation, Origin, Upserted};

use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use crate::add::at_address;
use crate::{Intake, trust};

/// What is found is registered as well.
pub struct Registering<'a> {
    /// How many servers are asked at once what they offer.
    pub few: &'a Semaphore,
    /// Ends it.
    pub cancel: &'a CancellationToken,
}

impl Intake {
    /// Says of rows that were kept whose server is in the list now.
    pub fn mark_known(&self, rows: &mut [ScanRow]) {
        for row in rows {
            row.known = false;
            if let Some(known) = self.first_at(row.id) {
                (row.id, row.known) = (known.id, true);
            }
        }
    }

    /// Compares a row with the registry, and registers what is new if that was asked for.
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
            tracing::warn!(%error, "what a scan saw could not be noted");
        }
        row
    }

    /// Whether it is known, and whether a person trusts its certificate.
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

    /// What a scan saw is the measurement of a server that has none yet; what it saw over TLS that nobody vouches for is none.
    /// A check knows more: it has the credentials, and what the server should list.
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

    /// Registers what was found; false when it is on the ignore list or could not be kept.
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
        checks::look(&target, &self.tasks).await.ok().map(|(contents, _)| contents)
    }
}
