//! What a kept conversation takes, and how that is measured: many of them in a process of their own, each with a server of its own
//! that was called once.

use std::process::Stdio;
use std::sync::Arc;

use tokio::process::Command;
use tokio::task::JoinSet;
use tokio::time::{Duration, Instant, sleep};

use crate::talker::{Over, Talker, Whose, ourselves};

const SESSIONS: u32 = 1_000;
/// What the first ones need is needed once; and what their connections took is there for those of the others.
const FIRST: u32 = 1_000;
/// Connections that were idle for 4 s are closed when they are looked at, which is every 4 s.
const REST: Duration = Duration::from_secs(9);

pub(crate) async fn all(port: u16) {
    println!(
        "memory of a kept conversation, {SESSIONS} of them after one call each; the aim is 12 KiB or less"
    );
    println!("{:<14} {:<10} {:>11} {:>16}", "over", "whose", "KiB at once", "KiB after a rest");
    let rows = [
        (Over::Modern, Whose::Ours),
        (Over::Modern, Whose::Rmcp),
        (Over::Legacy, Whose::Ours),
        (Over::Legacy, Whose::Rmcp),
        (Over::Sse, Whose::Ours),
    ];
    let mut measures = JoinSet::new();
    for (place, (over, whose)) in rows.into_iter().enumerate() {
        let mut process = Command::new(ourselves());
        process.args(["memory", over.path(), whose.name(), &port.to_string()]);
        measures.spawn(async move {
            let output = process.stderr(Stdio::inherit()).output().await.unwrap();
            assert!(output.status.success(), "{over} {whose}");
            (place, String::from_utf8(output.stdout).unwrap())
        });
    }
    let mut lines = measures.join_all().await;
    lines.sort();
    for (_, line) in lines {
        print!("{line}");
    }
}

pub(crate) async fn measure(over: Over, whose: Whose, port: u16) {
    rlimit::increase_nofile_limit(u64::from(SESSIONS + FIRST) * 2).unwrap();
    let mut kept = Vec::new();
    for place in 0..FIRST {
        kept.push(one(over, whose, port, place).await);
    }
    sleep(REST).await;
    let before = memory();
    for place in FIRST..FIRST + SESSIONS {
        kept.push(one(over, whose, port, place).await);
    }
    let each = |now: u64| now.saturating_sub(before) as f64 / f64::from(SESSIONS) / 1024.0;
    sleep(Duration::from_millis(300)).await;
    let at_once = each(memory());
    sleep(REST).await;
    println!("{over:<14} {whose:<10} {at_once:>11.1} {:>16.1}", each(memory()));
    // Nobody waits for so many goodbyes.
    std::process::exit(0);
}

/// Each at an address of its own, so that nobody shares a connection.
async fn one(over: Over, whose: Whose, port: u16, place: u32) -> Talker {
    let address = std::net::Ipv4Addr::from_bits(0x7f01_0000 + place + 1);
    let talker = Talker::connect(over, whose, &format!("http://{address}:{port}/{}", over.path())).await;
    talker.call().await;
    talker
}

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
