//! A test before something is kept, step by step.

use crate::{Intake, IntakeError};
use api::AskedStep;
use mcp::{ProbeReport, Secret};
use model::{ServerId, ServerInfo};
use registry::Observation;
use tokio::time::Instant;

use crate::now;

impl Intake {
    /// Starts a command to see what it is, and ends it. One that runs for its server goes on.
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

/// What a probe sent and what came back.
pub(crate) fn steps(report: &ProbeReport) -> Vec<AskedStep> {
    let steps = report.evidence.iter();
    steps
        .map(|step| AskedStep { sent: step.sent.clone(), received: step.received.clone(), ms: step.ms })
        .collect()
}

fn step(sent: String, received: String, began: Instant) -> AskedStep {
    AskedStep { sent, received, ms: began.elapsed().as_secs_f64() * 1_000.0 }
}
