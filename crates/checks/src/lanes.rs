//! Who may be asked at the same time. Servers that failed last time go in a lane of their own, and nobody keeps the place of
//! others for longer than a moment: so servers that hang delay nobody.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout_at};

/// Rounds under way in one lane.
const IN_LANE: usize = 512;

/// Rounds of one lane that began a moment ago on one host.
const ON_HOST: usize = 32;

/// After this time a round is waiting for its server, not working: it gives its place on the host to another.
const MOMENT: Duration = Duration::from_millis(250);

/// When a host has been asked this many different servers' rounds, those at rest are forgotten.
const HOSTS_KEPT: usize = 4_096;

/// In which lane a server goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Lane {
    /// The last outcome was good, or there was none.
    Steady,
    /// It failed.
    Shaky,
}

/// The places in both lanes and on each host.
#[derive(Debug)]
pub(crate) struct Lanes {
    steady: Arc<Semaphore>,
    shaky: Arc<Semaphore>,
    hosts: Mutex<HashMap<(Lane, String), Arc<Semaphore>>>,
}

impl Default for Lanes {
    fn default() -> Self {
        let lane = || Arc::new(Semaphore::new(IN_LANE));
        Self { steady: lane(), shaky: lane(), hosts: Mutex::default() }
    }
}

impl Lanes {
    /// Does the work when there is a place for it. It is made then: thousands may wait, and work is large.
    pub(crate) async fn run<W: Future>(&self, lane: Lane, host: &str, work: impl FnOnce() -> W) -> W::Output {
        let on_host = place(self.host(lane, host)).await;
        let _in_lane = place(self.lane(lane)).await;
        let mut work = Box::pin(work());
        if let Ok(done) = timeout_at(Instant::now() + MOMENT, work.as_mut()).await {
            return done;
        }
        drop(on_host);
        work.await
    }

    fn lane(&self, lane: Lane) -> Arc<Semaphore> {
        match lane {
            Lane::Steady => self.steady.clone(),
            Lane::Shaky => self.shaky.clone(),
        }
    }

    fn host(&self, lane: Lane, host: &str) -> Arc<Semaphore> {
        let mut hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        if hosts.len() >= HOSTS_KEPT {
            hosts.retain(|_, places| Arc::strong_count(places) > 1 || places.available_permits() < ON_HOST);
        }
        hosts.entry((lane, host.to_owned())).or_insert_with(|| Arc::new(Semaphore::new(ON_HOST))).clone()
    }
}

/// The semaphores are never closed, so there is always a place in the end.
async fn place(places: Arc<Semaphore>) -> Option<OwnedSemaphorePermit> {
    places.acquire_owned().await.ok()
}

#[cfg(test)]
mod tests {
    use futures::future::join_all;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_hundred_servers_that_hang_delay_the_others_of_their_host_by_moments() {
        let lanes = Lanes::default();
        let began = Instant::now();
        let hanging =
            (0..100).map(|_| lanes.run(Lane::Steady, "h", || tokio::time::sleep(Duration::from_secs(10))));
        let after = async {
            tokio::task::yield_now().await;
            lanes.run(Lane::Steady, "h", || async { began.elapsed() }).await
        };
        let (_, waited) = tokio::join!(join_all(hanging), after);
        assert!(waited <= MOMENT * 4, "{waited:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn servers_that_failed_before_delay_nobody() {
        let lanes = Lanes::default();
        let began = Instant::now();
        let hanging =
            (0..600).map(|_| lanes.run(Lane::Shaky, "h", || tokio::time::sleep(Duration::from_secs(10))));
        let after = async {
            tokio::task::yield_now().await;
            lanes.run(Lane::Steady, "h", || async { began.elapsed() }).await
        };
        let (_, waited) = tokio::join!(join_all(hanging), after);
        assert_eq!(waited, Duration::ZERO);
    }
}
