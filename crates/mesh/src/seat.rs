//! How busy one server is, and the state of its breaker: what every call reads and writes, without a lock.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

use metrics::CallCounters;
use parking_lot::Mutex;
use registry::CallsEnded;
use tokio::time::Instant;

use crate::decide::{Breaker, Load};

/// The weight of the newest duration in the average.
const NEWEST: f64 = 0.2;

/// A time of the mesh's own clock, in microseconds; 0 is none.
type Moment = u64;

/// The clock of the seats.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Clock(Instant);

impl Clock {
    pub(crate) fn start() -> Self {
        Self(Instant::now())
    }

    pub(crate) fn now(self) -> Moment {
        micros(self.0.elapsed()).saturating_add(1)
    }
}

fn micros(span: Duration) -> u64 {
    u64::try_from(span.as_micros()).unwrap_or(u64::MAX)
}

/// When a breaker opens, and for how long.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct BreakerLimits {
    pub(crate) failures: u32,
    pub(crate) open: Duration,
}

/// What the end of a try says about its server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BreakerSign {
    /// It answered.
    Success,
    /// It failed.
    Failure,
    /// Nothing.
    Nothing,
}

/// The seat of one server.
#[derive(Debug)]
pub(crate) struct Seat {
    in_flight: AtomicU32,
    /// The bits of an `f64`; not a number before the first.
    latency: AtomicU64,
    failures: AtomicU32,
    open_until: AtomicU64,
    /// Whether one call tries whether it works again.
    trial: AtomicBool,
    aside_until: AtomicU64,
    /// Outcomes of calls that were not sent to the registry yet, in their order; a row of equal ones is one.
    untold: Mutex<Vec<CallsEnded>>,
    /// How its calls ended.
    pub(crate) calls: CallCounters,
}

impl Default for Seat {
    fn default() -> Self {
        Self {
            in_flight: AtomicU32::new(0),
            latency: AtomicU64::new(f64::NAN.to_bits()),
            failures: AtomicU32::new(0),
            open_until: AtomicU64::new(0),
            trial: AtomicBool::new(false),
            aside_until: AtomicU64::new(0),
            untold: Mutex::default(),
            calls: CallCounters::default(),
        }
    }
}

/// A call under way at a server. Dropped, it is over: without an outcome by then, there is none.
#[derive(Debug)]
pub(crate) struct HeldPlace {
    seat: Arc<Seat>,
    is_trial: bool,
}

impl Seat {
    /// The number of calls under way.
    pub(crate) fn in_flight(&self) -> u32 {
        self.in_flight.load(Ordering::Relaxed)
    }

    /// Failures in a row.
    pub(crate) fn failures(&self) -> u32 {
        self.failures.load(Ordering::Relaxed)
    }

    /// The moving average of the durations of its answered calls, in milliseconds.
    pub(crate) fn latency_ms(&self) -> Option<f64> {
        let ms = f64::from_bits(self.latency.load(Ordering::Relaxed));
        (!ms.is_nan()).then_some(ms)
    }

    /// Whether its breaker is open.
    pub(crate) fn is_open(&self, now: Moment) -> bool {
        self.load(now).breaker == Breaker::Open
    }

    /// How long it gets no calls, by its breaker and by its own request.
    pub(crate) fn rests(&self, now: Moment) -> (Duration, Duration) {
        let left =
            |until: &AtomicU64| Duration::from_micros(until.load(Ordering::Relaxed).saturating_sub(now));
        (left(&self.open_until), left(&self.aside_until))
    }

    pub(crate) fn load(&self, now: Moment) -> Load {
        let open_until = self.open_until.load(Ordering::Relaxed);
        let breaker = match open_until {
            0 => Breaker::Closed,
            until if now < until || self.trial.load(Ordering::Relaxed) => Breaker::Open,
            _ => Breaker::HalfOpen,
        };
        Load {
            in_flight: self.in_flight(),
            latency_ms: self.latency_ms(),
            breaker,
            is_set_aside: now < self.aside_until.load(Ordering::Relaxed),
        }
    }

    /// Takes part in its calls under way; nothing when there are `most` by now, or another call is its trial.
    pub(crate) fn enter(self: &Arc<Self>, most: Option<u32>, heeds_breaker: bool) -> Option<HeldPlace> {
        let room = |now: u32| (most.is_none_or(|most| now < most)).then(|| now.saturating_add(1));
        self.in_flight.try_update(Ordering::Relaxed, Ordering::Relaxed, room).ok()?;
        let mut in_flight = HeldPlace { seat: self.clone(), is_trial: false };
        if heeds_breaker && self.open_until.load(Ordering::Relaxed) != 0 {
            in_flight.is_trial = !self.trial.swap(true, Ordering::AcqRel);
            // Dropped without a result, it leaves the breaker as it is.
            return Some(in_flight).filter(|in_flight| in_flight.is_trial);
        }
        Some(in_flight)
    }

    /// It asked for a pause of this length.
    pub(crate) fn set_aside(&self, now: Moment, span: Duration) {
        self.aside_until.fetch_max(now.saturating_add(micros(span)), Ordering::Relaxed);
    }

    /// A call was answered after this many milliseconds.
    pub(crate) fn answered(&self, ms: f64) {
        let next = |bits: u64| {
            let before = f64::from_bits(bits);
            let average = if before.is_nan() { ms } else { before + NEWEST * (ms - before) };
            Some(average.to_bits())
        };
        let _ = self.latency.try_update(Ordering::Relaxed, Ordering::Relaxed, next);
    }

    /// Records how a call ended; returns how many changes wait to be sent.
    pub(crate) fn note(&self, outcome: CallsEnded) -> usize {
        let mut untold = self.untold.lock();
        match untold.last_mut() {
            Some(last) if last.ended == outcome.ended => {
                *last = CallsEnded { times: last.times.saturating_add(outcome.times), ..outcome };
            }
            _ => untold.push(outcome),
        }
        untold.len()
    }

    /// The recorded outcomes to send.
    pub(crate) fn take_untold(&self) -> Vec<CallsEnded> {
        std::mem::take(&mut self.untold.lock())
    }

    /// Whether there are outcomes to send.
    pub(crate) fn has_untold(&self) -> bool {
        !self.untold.lock().is_empty()
    }

    fn told(&self, told: BreakerSign, is_trial: bool, now: Moment, limits: BreakerLimits) {
        match told {
            BreakerSign::Nothing => {}
            BreakerSign::Success => {
                self.failures.store(0, Ordering::Relaxed);
                self.open_until.store(0, Ordering::Relaxed);
            }
            BreakerSign::Failure => {
                let failures = self.failures.fetch_add(1, Ordering::Relaxed).saturating_add(1);
                if is_trial || failures >= limits.failures {
                    self.open_until.store(now.saturating_add(micros(limits.open)), Ordering::Relaxed);
                }
            }
        }
    }
}

impl HeldPlace {
    /// The server's place.
    pub(crate) fn seat(&self) -> &Seat {
        &self.seat
    }

    /// Its server asked for a pause of this length.
    pub(crate) fn set_aside(&self, clock: Clock, span: Duration) {
        self.seat.set_aside(clock.now(), span);
    }

    /// The call is over, with this outcome.
    pub(crate) fn end(self, told: BreakerSign, clock: Clock, limits: BreakerLimits) {
        self.seat.told(told, self.is_trial, clock.now(), limits);
    }
}

impl Drop for HeldPlace {
    fn drop(&mut self) {
        if self.is_trial {
            self.seat.trial.store(false, Ordering::Release);
        }
        self.seat.in_flight.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: BreakerLimits = BreakerLimits { failures: 2, open: Duration::from_secs(30) };

    fn fail(seat: &Arc<Seat>, clock: Clock) {
        seat.enter(None, true).unwrap().end(BreakerSign::Failure, clock, LIMITS);
    }

    #[test]
    fn a_cap_is_never_exceeded_by_many_threads() {
        let seat = Arc::new(Seat::default());
        let most = std::sync::atomic::AtomicU32::new(0);
        std::thread::scope(|scope| {
            for _ in 0..64 {
                scope.spawn(|| {
                    for _ in 0..200 {
                        if let Some(_held) = seat.enter(Some(3), true) {
                            most.fetch_max(seat.in_flight(), Ordering::Relaxed);
                            std::thread::yield_now();
                        }
                    }
                });
            }
        });
        assert!((1..=3).contains(&most.into_inner()));
        assert_eq!(seat.in_flight(), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn a_breaker_opens_after_failures_in_a_row_and_one_call_tries_it() {
        let (seat, clock) = (Arc::new(Seat::default()), Clock::start());
        let state = |seat: &Seat| seat.load(clock.now()).breaker;
        fail(&seat, clock);
        seat.enter(None, true).unwrap().end(BreakerSign::Success, clock, LIMITS);
        fail(&seat, clock);
        assert_eq!(state(&seat), Breaker::Closed, "not in a row");
        fail(&seat, clock);
        assert_eq!(state(&seat), Breaker::Open);

        tokio::time::advance(Duration::from_secs(31)).await;
        assert_eq!(state(&seat), Breaker::HalfOpen);
        let trial = seat.enter(None, true).unwrap();
        assert_eq!(state(&seat), Breaker::Open, "one call tries it");
        assert!(seat.enter(None, true).is_none());
        assert_eq!(seat.in_flight(), 1);
        drop(trial);
        assert_eq!(state(&seat), Breaker::HalfOpen, "a trial that was cancelled says nothing");

        seat.enter(None, true).unwrap().end(BreakerSign::Failure, clock, LIMITS);
        assert_eq!(state(&seat), Breaker::Open);
        tokio::time::advance(Duration::from_secs(31)).await;
        seat.enter(None, true).unwrap().end(BreakerSign::Success, clock, LIMITS);
        assert_eq!(state(&seat), Breaker::Closed);
    }

    #[tokio::test(start_paused = true)]
    async fn a_server_that_wants_a_rest_has_it() {
        let (seat, clock) = (Seat::default(), Clock::start());
        seat.set_aside(clock.now(), Duration::from_secs(2));
        seat.set_aside(clock.now(), Duration::from_secs(1));
        assert!(seat.load(clock.now()).is_set_aside);
        tokio::time::advance(Duration::from_millis(2_001)).await;
        assert!(!seat.load(clock.now()).is_set_aside);
    }
}
