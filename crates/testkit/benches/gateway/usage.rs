//! What processes take, as Linux counts it.

use std::time::Duration;

/// The unit in which Linux tells processor times: `getconf CLK_TCK`, 100 on every platform it runs on.
const TICKS: u64 = 100;

/// Processor time of these processes so far, with all their threads, also those that ended.
pub(crate) fn cpu(processes: &[u32]) -> Duration {
    let ticks = processes.iter().map(|pid| {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
        // The name of the program stands in brackets and may hold spaces; what follows is numbered from 3 on.
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
