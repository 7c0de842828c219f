//! What those take who say nothing, as Linux counts it: connections that are kept open, and sessions of legacy clients.

use std::time::Duration;

use tokio::time::sleep;

use crate::fixture::{Core, FORECAST, Fixture, LEGACY_FORECAST};
use crate::load::{Line, Question, median, turn};
use crate::words::{Era, Way};
use crate::{Pace, verdict};

const CONNECTIONS: usize = 10_000;
const SESSIONS: usize = 1_000;
/// What the first ones need is needed once.
const FIRST: usize = 200;
/// The others, beside whom so many wait.
const OTHERS: u32 = 16;
/// What was freed is given back, and connections to servers that were idle for 4 s are closed.
const REST: Duration = Duration::from_secs(9);

pub(crate) async fn connections(fixture: &Fixture, pace: Pace) {
    rlimit::increase_nofile_limit(20_000).unwrap();
    let core = Core::start(fixture);
    let (way, question) = (core.way(Era::Modern), Question::Call(FORECAST.to_owned()));
    drop(idle(&way, FIRST).await);
    let (mut without, mut beside, mut each) = (Vec::new(), Vec::new(), Vec::new());
    let mut kept = 0;
    for _ in 0..pace.rounds {
        without.push(turn(&way, &question, OTHERS, pace.turn, &[]).await.p99);
        sleep(REST).await;
        let before = memory(core.pid());
        let lines = idle(&way, CONNECTIONS).await;
        sleep(REST).await;
        kept = lines.iter().filter(|line| line.is_open()).count();
        each.push(memory(core.pid()).saturating_sub(before) as f64 / kept as f64 / 1024.0);
        beside.push(turn(&way, &question, OTHERS, pace.turn, &[]).await.p99);
        drop(lines);
    }
    println!("{kept} of {CONNECTIONS} idle connections at /mcp, each after one call, are kept open");
    if kept < CONNECTIONS {
        println!("  the aims are for {CONNECTIONS} of them, which is more than the listener allows");
    }
    // Later rounds find the memory of the first.
    verdict("KiB for each", each[0], "≤", 24.0);
    let (without, beside) = (median(without), median(beside));
    println!("p99 of {OTHERS} others: {without:.0} µs without them, {beside:.0} µs beside them");
    verdict("× their p99 without", beside / without, "<", 2.0);
}

/// Connections that have called once.
async fn idle(way: &Way, many: usize) -> Vec<Line> {
    let call = way.call(1, FORECAST, None);
    let mut lines = Vec::with_capacity(many);
    for _ in 0..many {
        let mut line = Line::open(way.port).await;
        line.exchange(&call).await.unwrap();
        lines.push(line.rests());
    }
    lines
}

pub(crate) async fn sessions(fixture: &Fixture) {
    let core = Core::start(fixture);
    let way = core.way(Era::Legacy);
    let mut line = Line::open(way.port).await;
    for _ in 0..FIRST {
        call(&mut line, &way, None).await;
    }
    sleep(REST).await;
    let before = memory(core.pid());
    let each = |now: u64| now.saturating_sub(before) as f64 / SESSIONS as f64 / 1024.0;
    let mut begun = Vec::with_capacity(SESSIONS);
    for _ in 0..SESSIONS {
        begun.push(line.greet(&way).await.unwrap());
    }
    sleep(REST).await;
    println!("{SESSIONS} idle sessions of legacy clients");
    verdict("KiB for each that was begun", each(memory(core.pid())), "≤", 4.0);
    for session in begun {
        call(&mut line, &way, session).await;
    }
    sleep(REST).await;
    verdict("KiB for each that has called once", each(memory(core.pid())), "≤", 4.0);
}

async fn call(line: &mut Line, way: &Way, session: Option<String>) {
    let session = match session {
        Some(session) => Some(session),
        None => line.greet(way).await.unwrap(),
    };
    line.exchange(&way.call(1, LEGACY_FORECAST, session.as_deref())).await.unwrap();
}

/// The unit in which Linux tells processor times: `getconf CLK_TCK`, 100 on every platform it runs on.
const TICKS: u64 = 100;

/// Processor time of these processes so far, with all their threads, also those that ended.
pub(crate) fn cpu(processes: &[u32]) -> Duration {
    let ticks = processes.iter().map(|pid| {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
        // The name of the program is in brackets and can contain spaces; what follows is numbered from 3 on.
        let (_, fields) = stat.rsplit_once(')').unwrap();
        let times = fields.split_whitespace().skip(11).take(2);
        times.map(|field| field.parse::<u64>().unwrap()).sum::<u64>()
    });
    Duration::from_millis(ticks.sum::<u64>() * 1000 / TICKS)
}

/// Resident memory of a process, in bytes.
pub(crate) fn memory(pid: u32) -> u64 {
    let text = std::fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).unwrap();
    let line = text.lines().find(|line| line.starts_with("Rss:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() * 1024
}

/// The load of the last minute.
pub(crate) fn load() -> f64 {
    let text = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split(' ').next().and_then(|load| load.parse().ok()).unwrap_or(0.0)
}
