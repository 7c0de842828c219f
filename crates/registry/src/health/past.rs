//! The history of an endpoint: the last hour by the minute, in memory only, and what was not written yet.

use std::collections::VecDeque;

use model::{HealthStatus, Millis, Transition};
use serde::Serialize;
use store::{SLICE, Tally};

/// How many minutes are remembered.
const MINUTES: i32 = 60;

/// How many round trips of one minute are remembered: all of them with an interval of 5 s and more, else a fair sample.
const SAMPLES: usize = 12;

const MINUTE: Millis = 60_000;

/// Transitions that wait to be written, at most: the newest are kept.
const UNSAVED: usize = 64;

/// The round trips of checks in one minute.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Minute {
    /// When it began.
    pub at: Millis,
    /// Rounds with an answer.
    pub answered: u32,
    /// Rounds without.
    pub failed: u32,
    /// Half of the round trips were at most this long, in milliseconds.
    pub p50_ms: Option<f64>,
    /// 95 % of the round trips were at most this long, in milliseconds.
    pub p95_ms: Option<f64>,
}

/// The last hour. A minute that is over is summed up, since there may be thousands of servers, each copied for every round.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Hour {
    over: VecDeque<MinuteSum>,
    now: Rounds,
}

/// A minute that is over.
#[derive(Debug, Clone, Copy, PartialEq)]
struct MinuteSum {
    /// Since 1970, in minutes.
    minute: i32,
    answered: u32,
    failed: u32,
    /// In milliseconds; without a meaning when nothing was answered.
    p50: f32,
    p95: f32,
}

/// The current minute, or the last with a round.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
struct Rounds {
    minute: i32,
    answered: u32,
    failed: u32,
    samples: [f32; SAMPLES],
}

impl Hour {
    /// Records a round and its round trip, if it had one.
    pub(crate) fn note(&mut self, at: Millis, round_trip_ms: Option<f64>) {
        let minute = i32::try_from(at.div_euclid(MINUTE)).unwrap_or_default();
        // A clock that was set back begins again.
        if self.now.minute > minute {
            *self = Self::default();
        }
        if self.now.minute < minute {
            self.begin(minute);
        }
        self.now.note(round_trip_ms);
    }

    fn begin(&mut self, minute: i32) {
        if !self.now.is_empty() {
            self.over.push_back(self.now.summed_up());
        }
        while self.over.front().is_some_and(|first| first.minute <= minute - MINUTES) {
            self.over.pop_front();
        }
        self.now = Rounds { minute, ..Rounds::default() };
    }

    /// The minutes that had a round, oldest first.
    pub(crate) fn minutes(&self) -> Vec<Minute> {
        let now = (!self.now.is_empty()).then(|| self.now.summed_up());
        self.over.iter().copied().chain(now).map(Minute::from).collect()
    }
}

impl Rounds {
    fn is_empty(&self) -> bool {
        self.answered == 0 && self.failed == 0
    }

    fn note(&mut self, round_trip_ms: Option<f64>) {
        let Some(ms) = round_trip_ms else {
            self.failed = self.failed.saturating_add(1);
            return;
        };
        #[expect(clippy::cast_possible_truncation, reason = "milliseconds with seven digits are enough")]
        let ms = ms as f32;
        let place = self.answered as usize;
        self.answered = self.answered.saturating_add(1);
        let place = if place < SAMPLES { place } else { scattered(self.answered) };
        if let Some(sample) = self.samples.get_mut(place) {
            *sample = ms;
        }
    }

    fn summed_up(&self) -> MinuteSum {
        let kept = (self.answered as usize).min(SAMPLES);
        let mut samples: Vec<f32> = self.samples.iter().take(kept).copied().collect();
        samples.sort_by(f32::total_cmp);
        let at_percent = |percent: usize| {
            let rank = (kept * percent).div_ceil(100).saturating_sub(1);
            samples.get(rank).copied().unwrap_or_default()
        };
        let Self { minute, answered, failed, .. } = *self;
        MinuteSum { minute, answered, failed, p50: at_percent(50), p95: at_percent(95) }
    }
}

impl From<MinuteSum> for Minute {
    fn from(sum: MinuteSum) -> Self {
        let trip = |ms: f32| (sum.answered > 0).then(|| f64::from(ms));
        Self {
            at: Millis::from(sum.minute) * MINUTE,
            answered: sum.answered,
            failed: sum.failed,
            p50_ms: trip(sum.p50),
            p95_ms: trip(sum.p95),
        }
    }
}

/// An index in `0..count`, or beyond the samples, as reservoir sampling needs it; reproducible.
fn scattered(count: u32) -> usize {
    let mixed = u64::from(count).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    (mixed >> 33) as usize % count.max(1) as usize
}

/// What was not written yet.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Unsaved {
    pub(crate) transitions: Vec<Transition>,
    /// By slice; two when a slice ended in between.
    pub(crate) tallies: Vec<(Millis, Tally)>,
    /// The last contact.
    pub(crate) seen: Option<Millis>,
}

impl Unsaved {
    pub(crate) fn is_empty(&self) -> bool {
        self.transitions.is_empty() && self.tallies.is_empty() && self.seen.is_none()
    }

    pub(crate) fn turned(&mut self, transition: Transition) {
        if self.transitions.len() >= UNSAVED {
            self.transitions.remove(0);
        }
        self.transitions.push(transition);
    }

    /// Counts a round that ended in this status.
    pub(crate) fn count(&mut self, at: Millis, status: HealthStatus) {
        let slice = at.div_euclid(SLICE) * SLICE;
        if self.tallies.last().is_none_or(|(last, _)| *last != slice) {
            self.tallies.push((slice, Tally::default()));
        }
        let Some((_, tally)) = self.tallies.last_mut() else { return };
        let count = match status {
            HealthStatus::Healthy => &mut tally.healthy,
            HealthStatus::Degraded => &mut tally.degraded,
            HealthStatus::Unhealthy => &mut tally.unhealthy,
            HealthStatus::NeedsSignIn => &mut tally.needs_sign_in,
            HealthStatus::Unknown | HealthStatus::Paused | HealthStatus::Blocked => return,
        };
        *count = count.saturating_add(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_hour_holds_sixty_minutes_and_their_percentiles() {
        let mut hour = Hour::default();
        for round in 0..2 * 60 * 6_i64 {
            hour.note(round * 10_000, Some(f64::from(i32::try_from(round % 6).unwrap()) + 1.0));
        }
        let minutes = hour.minutes();
        assert_eq!(minutes.len(), 60);
        assert_eq!((minutes[0].at, minutes[59].at), (60 * MINUTE, 119 * MINUTE));
        assert_eq!((minutes[0].p50_ms, minutes[0].p95_ms, minutes[0].answered), (Some(3.0), Some(6.0), 6));
    }

    #[test]
    fn a_minute_without_an_answer_has_no_latency() {
        let mut hour = Hour::default();
        hour.note(0, None);
        let expected = Minute { at: 0, answered: 0, failed: 1, p50_ms: None, p95_ms: None };
        assert_eq!(hour.minutes(), [expected]);
    }

    #[test]
    fn a_minute_of_many_rounds_keeps_a_sample_of_bounded_size() {
        let mut hour = Hour::default();
        (0..10_000).for_each(|_| hour.note(5, Some(2.0)));
        hour.note(-MINUTE, Some(9.0));
        assert_eq!(hour.minutes().len(), 1, "the clock was set back");
    }

    #[test]
    fn a_gap_longer_than_an_hour_leaves_nothing_of_before() {
        let mut hour = Hour::default();
        hour.note(0, Some(1.0));
        hour.note(61 * MINUTE, Some(2.0));
        assert_eq!(hour.minutes().len(), 1);
    }
}
