//! Results on their way to the registry.

use std::time::Duration;

use model::{Health, ServerId};
use registry::{Measure, Registry, RegistryError};
use tokio::sync::{mpsc, oneshot};
use tokio::time::sleep;

use crate::settings::CheckError;

/// How long results are gathered before the registry gets them together.
const GATHER: Duration = Duration::from_millis(25);

/// How many results the registry gets together at most.
const BATCH: usize = 512;

/// Who waits for a round.
pub(crate) type RoundReply = oneshot::Sender<Result<Health, CheckError>>;

/// A result on its way to the registry.
pub(crate) struct CheckedServer {
    pub(crate) id: ServerId,
    pub(crate) measure: Measure,
    pub(crate) waiting: Vec<RoundReply>,
}

/// Gives the registry what was measured, many results at a time, and answers whoever waits for one.
pub(crate) async fn report(registry: Registry, mut measured: mpsc::UnboundedReceiver<CheckedServer>) {
    let mut batch = Vec::new();
    while measured.recv_many(&mut batch, BATCH).await > 0 {
        if batch.iter().all(|measured| measured.waiting.is_empty()) && batch.len() < BATCH {
            sleep(GATHER).await;
            while batch.len() < BATCH
                && let Ok(more) = measured.try_recv()
            {
                batch.push(more);
            }
        }
        let (measures, waiting): (Vec<_>, Vec<_>) = batch
            .drain(..)
            .map(|CheckedServer { id, measure, waiting }| ((id, measure), (id, waiting)))
            .unzip();
        let outcome = registry.measured(measures).await;
        let snapshot = registry.snapshot();
        for (id, replies) in waiting {
            for reply in replies {
                let shown = snapshot.get(id).map(|server| server.health.clone());
                let answer = outcome.clone().and_then(|()| shown.ok_or(RegistryError::NotFound(id)));
                // Nobody may be waiting any more.
                let _ = reply.send(answer.map_err(CheckError::from));
            }
        }
        if let Err(error) = outcome {
            tracing::warn!(%error, "measurements were lost");
        }
    }
}
