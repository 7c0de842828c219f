//! When a server is checked again, and beside which others. Pure: randomness and the clock are passed in. Servers that
//! failed last time go in a lane of their own, and no server keeps the place of others for longer than a moment: so servers
//! that hang delay no others.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use model::config::Config;
use model::{Millis, ServerId};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, sleep_until, timeout_at};

/// First checks start at most this densely, so that a start with many servers is not a burst.
const BETWEEN_FIRST: Duration = Duration::from_millis(5);

/// From the start of one round to that of the next: the interval, give or take 10 %. A server that is down is checked a
/// little sooner at first, then again at every interval and never later, so that its recovery is noticed within one.
/// `down_for` counts the failures since it went down. `chance` is in [0, 1).
pub(crate) fn pause(interval: Duration, down_for: Option<u32>, chance: f64) -> Duration {
    match down_for {
        None => interval.mul_f64(0.9 + 0.2 * chance),
        Some(failures) => {
            let eighths = 2_u32.saturating_pow(failures.saturating_add(1).min(3));
            (interval / 8).saturating_mul(eighths).mul_f64(0.9 + 0.1 * chance)
        }
    }
}

/// Rounds start together, at most this far apart: one wake-up for a hundred costs less than a hundred.
const TICK: Duration = Duration::from_millis(100);

/// The tick at or after a time: a multiple of a hundredth of the interval since the start.
pub(crate) fn on_tick(interval: Duration, began: Instant, at: Instant) -> Instant {
    let tick = (interval / 100).clamp(Duration::from_millis(1), TICK);
    let ticks = at.saturating_duration_since(began).as_nanos().div_ceil(tick.as_nanos());
    began + tick.saturating_mul(u32::try_from(ticks).unwrap_or(u32::MAX))
}

/// The time over which the first rounds of this many servers are spread.
pub(crate) fn spread(interval: Duration, servers: usize) -> Duration {
    let dense = BETWEEN_FIRST.saturating_mul(u32::try_from(servers).unwrap_or(u32::MAX));
    if servers <= 1 { Duration::ZERO } else { dense.min(interval) }
}

/// Which server is checked when. A server is in it several times when it was moved; only the time that its owner holds
/// counts.
#[derive(Debug, Default)]
pub(crate) struct Queue(BinaryHeap<Reverse<(Instant, ServerId)>>);

impl Queue {
    pub(crate) fn push(&mut self, at: Instant, id: ServerId) {
        self.0.push(Reverse((at, id)));
    }

    /// The next time at which a server may be due.
    pub(crate) fn next(&self) -> Option<Instant> {
        self.0.peek().map(|Reverse((at, _))| *at)
    }

    /// A server that is due.
    pub(crate) fn pop(&mut self, now: Instant) -> Option<(Instant, ServerId)> {
        let Reverse((at, _)) = self.0.peek()?;
        if *at > now {
            return None;
        }
        self.0.pop().map(|Reverse(entry)| entry)
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }
}

pub(crate) fn interval(config: &Config) -> Duration {
    let seconds = config.health_monitoring.check_interval.0;
    Duration::try_from_secs_f64(seconds).unwrap_or(Duration::from_secs(30)).max(Duration::from_millis(10))
}

pub(crate) async fn until(at: Option<Instant>) {
    match at {
        Some(at) => sleep_until(at).await,
        None => std::future::pending().await,
    }
}

/// The time on the wall at a moment of the other clock.
pub(crate) fn wall(at: Instant) -> Millis {
    let now = Instant::now();
    let epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let ahead = at.saturating_duration_since(now);
    let behind = now.saturating_duration_since(at);
    Millis::try_from((epoch + ahead).saturating_sub(behind).as_millis()).unwrap_or(Millis::MAX)
}

/// Rounds under way in one lane.
const IN_LANE: usize = 512;

/// Rounds of one lane that began a moment ago on one host.
const ON_HOST: usize = 32;

/// After this time a round is waiting for its server, not working: it gives its place on the host to another.
const MOMENT: Duration = Duration::from_millis(250);

/// When a host has been asked this many different servers' rounds, those at rest are forgotten.
const HOSTS_KEPT: usize = 4_096;

/// The lane of a server.
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
    /// Does the work when there is a place for it. The work is created only then: thousands may wait, and work is large.
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
    use proptest::prelude::*;

    use super::*;

    const INTERVAL: Duration = Duration::from_secs(30);

    proptest! {
        #[test]
        fn a_pause_is_the_interval_give_or_take_a_tenth(chance in 0.0..1.0_f64) {
            let pause = pause(INTERVAL, None, chance);
            prop_assert!(pause >= INTERVAL.mul_f64(0.9) && pause <= INTERVAL.mul_f64(1.1));
        }

        #[test]
        fn a_server_that_is_down_is_asked_at_least_once_an_interval(failures in 0..u32::MAX, chance in 0.0..1.0_f64) {
            let pause = pause(INTERVAL, Some(failures), chance);
            prop_assert!(pause <= INTERVAL && pause >= INTERVAL.mul_f64(0.2));
        }
    }

    #[test]
    fn the_pause_after_going_down_grows_to_the_interval() {
        let tenths = |failures| pause(INTERVAL, Some(failures), 0.999_999).as_millis().div_ceil(100);
        let pauses = [0, 1, 2, 9].map(tenths);
        assert_eq!(pauses, [75, 150, 300, 300]);
    }

    #[test]
    fn few_first_rounds_are_at_once_and_many_fill_the_interval() {
        assert_eq!(spread(INTERVAL, 1), Duration::ZERO);
        assert_eq!(spread(INTERVAL, 20), Duration::from_millis(100));
        assert_eq!(spread(INTERVAL, 100_000), INTERVAL);
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_is_due_first_comes_first() {
        let now = Instant::now();
        let mut queue = Queue::default();
        let [a, b] = ["a", "b"].map(|command| ServerId::for_stdio(command, &[]));
        queue.push(now + INTERVAL, a);
        queue.push(now, b);
        assert_eq!(queue.pop(now), Some((now, b)));
        assert_eq!(queue.pop(now), None);
        assert_eq!(queue.next(), Some(now + INTERVAL));
    }

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
