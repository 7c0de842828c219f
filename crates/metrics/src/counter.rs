use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use model::Bucket;

/// Counts. It never wraps in the life of a process.
#[derive(Debug, Default)]
pub struct Counter(AtomicU64);

impl Counter {
    /// Adds one.
    pub fn one(&self) {
        self.more(1);
    }

    /// Adds this many.
    pub fn more(&self, count: u64) {
        self.0.fetch_add(count, Ordering::Relaxed);
    }

    /// The count.
    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// A gauge.
#[derive(Debug, Default)]
pub struct Gauge(AtomicU64);

impl Gauge {
    /// One more, until it [leaves](Self::leaves).
    pub fn enters(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    /// Subtracts one.
    pub fn leaves(&self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }

    /// The current value.
    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// The limits of the buckets, in seconds: from an answer within the computer to the longest possible call.
pub const LIMITS: [f64; 12] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 2.5, 10.0, 30.0];

/// A histogram of durations.
#[derive(Debug, Default)]
pub struct Histogram {
    /// One for each limit, and one for longer durations; each counts what no smaller one has.
    buckets: [AtomicU64; LIMITS.len() + 1],
    /// In nanoseconds: 584 years.
    sum: AtomicU64,
}

impl Histogram {
    /// Adds a duration.
    pub fn observe(&self, took: Duration) {
        let seconds = took.as_secs_f64();
        let place = LIMITS.iter().position(|limit| seconds <= *limit).unwrap_or(LIMITS.len());
        if let Some(bucket) = self.buckets.get(place) {
            bucket.fetch_add(1, Ordering::Relaxed);
        }
        self.sum.fetch_add(u64::try_from(took.as_nanos()).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    /// The number of observations.
    pub fn count(&self) -> u64 {
        self.buckets.iter().map(|bucket| bucket.load(Ordering::Relaxed)).sum()
    }

    /// The sum in seconds, and the cumulative counts of the buckets.
    pub fn read(&self) -> (f64, Vec<Bucket>) {
        let limits = LIMITS.iter().copied().map(Some).chain([None]);
        let mut count = 0;
        let buckets = limits.zip(&self.buckets).map(|(at_most, bucket)| {
            count += bucket.load(Ordering::Relaxed);
            Bucket { at_most, count }
        });
        let buckets = buckets.collect();
        (Duration::from_nanos(self.sum.load(Ordering::Relaxed)).as_secs_f64(), buckets)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_counts_all_that_took_at_most_so_long() {
        let histogram = Histogram::default();
        for ms in [0, 1, 2, 50, 51, 40_000] {
            histogram.observe(Duration::from_millis(ms));
        }
        let (sum, buckets) = histogram.read();
        let count = |limit| buckets.iter().find(|bucket| bucket.at_most == limit).map(|bucket| bucket.count);
        assert_eq!(
            [count(Some(0.001)), count(Some(0.05)), count(Some(30.0)), count(None)],
            [Some(2), Some(4), Some(5), Some(6)]
        );
        assert_eq!((histogram.count(), (sum * 1000.0).round()), (6, 40_104.0));
    }

    #[test]
    fn nothing_is_lost_among_threads() {
        let (histogram, counter) = (Histogram::default(), Counter::default());
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    for _ in 0..10_000 {
                        counter.one();
                        histogram.observe(Duration::from_micros(1));
                    }
                });
            }
        });
        assert_eq!((counter.get(), histogram.count()), (80_000, 80_000));
    }
}
