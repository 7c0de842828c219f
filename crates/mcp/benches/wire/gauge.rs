//! What is measured, and how.

use std::sync::Arc;

use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::talker::Talker;

/// One turn, in microseconds.
#[derive(Debug, Clone)]
pub(crate) struct Sample {
    pub(crate) p50: f64,
    pub(crate) p99: f64,
    /// Of this process, for each call.
    pub(crate) cpu: f64,
}

/// So many calls, by so many callers.
pub(crate) async fn calls(talker: &Arc<Talker>, callers: usize, total: usize) -> Sample {
    let before = cpu();
    let mut tasks = JoinSet::new();
    for _ in 0..callers {
        let talker = talker.clone();
        tasks.spawn(async move {
            let mut took = Vec::with_capacity(total / callers);
            for _ in 0..total / callers {
                let began = Instant::now();
                talker.call().await;
                took.push(began.elapsed().as_secs_f64() * 1e6);
            }
            took
        });
    }
    let mut took: Vec<f64> = tasks.join_all().await.into_iter().flatten().collect();
    let cpu = cpu().saturating_sub(before) as f64 / 1e3 / took.len() as f64;
    took.sort_by(f64::total_cmp);
    Sample { p50: took[took.len() / 2], p99: took[took.len() * 99 / 100], cpu }
}

/// Each figure's own median.
pub(crate) fn middle(samples: &[Sample]) -> Sample {
    let median = |of: fn(&Sample) -> f64| {
        let mut values: Vec<f64> = samples.iter().map(of).collect();
        values.sort_by(f64::total_cmp);
        values[values.len() / 2]
    };
    Sample { p50: median(|one| one.p50), p99: median(|one| one.p99), cpu: median(|one| one.cpu) }
}

/// CPU time of our threads so far, in nanoseconds: `/proc/PID/stat` counts in steps of 10 ms. The threads of a runtime stay.
fn cpu() -> u64 {
    let threads = std::fs::read_dir("/proc/self/task").unwrap();
    let times = threads.map(|thread| {
        let text = std::fs::read_to_string(thread.unwrap().path().join("schedstat")).unwrap_or_default();
        text.split_whitespace().next().and_then(|first| first.parse::<u64>().ok()).unwrap_or(0)
    });
    times.sum()
}

/// Resident memory of this process, in bytes.
pub(crate) fn memory() -> u64 {
    let text = std::fs::read_to_string("/proc/self/smaps_rollup").unwrap();
    let line = text.lines().find(|line| line.starts_with("Rss:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() * 1024
}
