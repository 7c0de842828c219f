//! Whether others are still answered while something goes on.

use std::time::Duration;

use serde_json::json;
use tokio::time::Instant;

use crate::api::Api;

/// Between two questions.
const EACH: Duration = Duration::from_millis(20);

/// How long each question for the core's status took while something went on.
#[derive(Debug, Default)]
pub(crate) struct Latencies(Vec<Duration>);

impl Latencies {
    /// The longest of the quickest 99 of a hundred.
    pub(crate) fn p99(&self) -> Duration {
        let mut sorted = self.0.clone();
        sorted.sort();
        sorted[(sorted.len() * 99 / 100).min(sorted.len() - 1)]
    }

    pub(crate) fn worst(&self) -> Duration {
        self.0.iter().max().copied().unwrap()
    }

    pub(crate) fn count(&self) -> usize {
        self.0.len()
    }
}

/// Asks for the status again and again until `work` is done.
pub(crate) async fn watched<T>(api: &Api, work: impl Future<Output = T>) -> (T, Latencies) {
    let mut latencies = Latencies::default();
    let asking = async {
        loop {
            let began = Instant::now();
            api.perform("status", json!({})).await;
            latencies.0.push(began.elapsed());
            tokio::time::sleep(EACH).await;
        }
    };
    tokio::select! {
        done = work => (done, latencies),
        () = asking => unreachable!("it is asked for ever"),
    }
}
