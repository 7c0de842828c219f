//! When a server is asked again. Pure: chance and the clock are given.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Duration;

use model::ServerId;
use tokio::time::Instant;

/// First checks come at most this densely, so that a start with many servers is no burst.
const BETWEEN_FIRST: Duration = Duration::from_millis(5);

/// From the beginning of one round to that of the next: the interval, give or take 10 %. A server that is down is asked a
/// little sooner at first, then again at every interval and never later, so that it is seen to be back within one. `down_for` counts
/// the failures since it went down. `chance` is in [0, 1).
pub(crate) fn pause(interval: Duration, down_for: Option<u32>, chance: f64) -> Duration {
    match down_for {
        None => interval.mul_f64(0.9 + 0.2 * chance),
        Some(failures) => {
            let eighths = 2_u32.saturating_pow(failures.saturating_add(1).min(3));
            (interval / 8).saturating_mul(eighths).mul_f64(0.9 + 0.1 * chance)
        }
    }
}

/// Rounds begin together, at most this far apart: one awakening for a hundred costs less than a hundred.
const TICK: Duration = Duration::from_millis(100);

/// The tick at or after a time: so many hundredths of an interval since the beginning.
pub(crate) fn on_tick(interval: Duration, began: Instant, at: Instant) -> Instant {
    let tick = (interval / 100).clamp(Duration::from_millis(1), TICK);
    let ticks = at.saturating_duration_since(began).as_nanos().div_ceil(tick.as_nanos());
    began + tick.saturating_mul(u32::try_from(ticks).unwrap_or(u32::MAX))
}

/// How long the first rounds of so many servers are spread over.
pub(crate) fn spread(interval: Duration, servers: usize) -> Duration {
    let dense = BETWEEN_FIRST.saturating_mul(u32::try_from(servers).unwrap_or(u32::MAX));
    if servers <= 1 { Duration::ZERO } else { dense.min(interval) }
}

/// Who is asked when. A server stands in it several times when it was moved; only the time that its owner holds counts.
#[derive(Debug, Default)]
pub(crate) struct Queue(BinaryHeap<Reverse<(Instant, ServerId)>>);

impl Queue {
    pub(crate) fn push(&mut self, at: Instant, id: ServerId) {
        self.0.push(Reverse((at, id)));
    }

    /// The next time at which somebody may be due.
    pub(crate) fn next(&self) -> Option<Instant> {
        self.0.peek().map(|Reverse((at, _))| *at)
    }

    /// Somebody whose time has come.
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

#[cfg(test)]
mod tests {
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
}
