//! Metrics of this process from the operating system, by the names that Prometheus' own libraries use.

use model::Family;

use super::made::{counter, gauge, one};

/// Nothing where the operating system does not provide files for it.
#[cfg(target_os = "linux")]
pub(super) fn figures() -> Vec<Family> {
    let mut families = Vec::new();
    let Some(stat) = std::fs::read_to_string("/proc/self/stat").ok() else { return families };
    // The name of the program is in parentheses and can contain blanks.
    let fields: Vec<&str> = stat.rsplit(") ").next().unwrap_or_default().split(' ').collect();
    let field = |at: usize| fields.get(at).and_then(|text| text.parse::<f64>().ok());
    let ticks = metrics::exact(rustix::param::clock_ticks_per_second());
    let page = metrics::exact(u64::try_from(rustix::param::page_size()).unwrap_or(4_096));
    if let (Some(user), Some(system)) = (field(11), field(12)) {
        let seconds = (user + system) / ticks;
        families.push(counter(
            "process_cpu_seconds_total",
            "Processor time of the core",
            [one(&[], seconds)],
        ));
    }
    if let Some(threads) = field(17) {
        families.push(gauge("process_threads", "Threads of the core", [one(&[], threads)]));
    }
    if let Some(bytes) = field(20) {
        families.push(gauge("process_virtual_memory_bytes", "Address space of the core", [one(&[], bytes)]));
    }
    if let Some(pages) = field(21) {
        families.push(gauge("process_resident_memory_bytes", "Memory of the core", [one(&[], pages * page)]));
    }
    if let (Some(started), Some(booted)) = (field(19), booted()) {
        let at = booted + started / ticks;
        families.push(gauge("process_start_time_seconds", "When the core started", [one(&[], at)]));
    }
    if let Some(open) = open_files() {
        families.push(gauge("process_open_fds", "Files that are open", [one(&[], metrics::exact(open))]));
    }
    if let Some(most) = rustix::process::getrlimit(rustix::process::Resource::Nofile).current {
        families.push(gauge(
            "process_max_fds",
            "The most files that can be open",
            [one(&[], metrics::exact(most))],
        ));
    }
    families
}

/// How many files are open. Since Linux 6.2 the folder has that as its size; older ones say 0, and each file is listed,
/// which with thousands of connections takes as long as the rest of a scrape.
#[cfg(target_os = "linux")]
fn open_files() -> Option<u64> {
    const OPEN: &str = "/proc/self/fd";
    let size = std::fs::metadata(OPEN).ok()?.len();
    if size > 0 {
        return Some(size);
    }
    u64::try_from(std::fs::read_dir(OPEN).ok()?.count()).ok()
}

/// When the computer was started, in seconds since 1970.
#[cfg(target_os = "linux")]
fn booted() -> Option<f64> {
    let stat = std::fs::read_to_string("/proc/stat").ok()?;
    stat.lines().find_map(|line| line.strip_prefix("btime "))?.trim().parse().ok()
}

#[cfg(not(target_os = "linux"))]
pub(super) fn figures() -> Vec<Family> {
    Vec::new()
}
