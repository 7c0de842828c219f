//! What is not of single servers: its number does not grow with them.
//! Names and series, made in a few words.
//! What the operating system says of this process, by the names that Prometheus' own libraries have.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

use api::NAMES;
use metrics::{Histogram, tamed};
use model::config::Metrics;
use model::{Family, FamilyKind, HealthStatus, Series};
use registry::Snapshot;

use crate::App;

/// So many regions have series of their own; the rest, with the fewest servers, are one.
const REGIONS: usize = 100;
/// What that one is called.
const OTHERS: &str = "(others)";

impl App {
    pub(super) fn fixed_figures(&self, snapshot: &Snapshot, config: &Metrics) -> Vec<Family> {
        let mut families = vec![gauge(
            "mcp_discovery_build_info",
            "The version that runs; the value is 1",
            [one(&[("version", env!("CARGO_PKG_VERSION"))], 1.0)],
        )];
        families.push(servers(snapshot));
        families.extend(config.gauges.iter().map(|(name, filter)| {
            let found = snapshot.find(None, Some(filter)).count();
            let help = format!("Servers that pass the filter {filter}");
            gauge(format!("mcp_discovery_gauge_{name}"), help, [number(found)])
        }));
        families.extend(self.counted(snapshot));
        families.extend(figures());
        families
    }

    fn counted(&self, snapshot: &Snapshot) -> Vec<Family> {
        let counters = self.0.registry.counters();
        let seconds =
            |name, help, histogram| family(name, help, FamilyKind::Histogram, [durations(&[], histogram)]);
        let operations = NAMES.iter().zip(&self.0.exports.operations).filter(|(_, all)| all.count() > 0);
        let sessions = self.0.gateway.as_ref().map_or(0, gateway::Gateway::sessions);
        vec![
            seconds(
                "mcp_discovery_call_duration_seconds",
                "How long calls took, with their retries",
                &counters.call_duration,
            ),
            counter(
                "mcp_discovery_retries_total",
                "Tries after the first one of a call",
                [count(&[], counters.retries.get())],
            ),
            family(
                "mcp_discovery_request_duration_seconds",
                "How long operations took, by operation",
                FamilyKind::Histogram,
                operations.map(|(name, histogram)| durations(&[("operation", name)], histogram)),
            ),
            counter(
                "mcp_discovery_probes_total",
                "Rounds of checks of servers, by how they ended",
                by_word("outcome", counters.rounds.read()),
            ),
            seconds(
                "mcp_discovery_probe_duration_seconds",
                "How long rounds of checks took",
                &counters.round_duration,
            ),
            counter(
                "mcp_discovery_scan_probes_total",
                "Addresses that scans asked, by what they found",
                by_word("outcome", counters.scan_probes.read()),
            ),
            counter(
                "mcp_discovery_scans_total",
                "Scans, by how they began and ended",
                by_word("state", counters.scans.read()),
            ),
            counter(
                "mcp_discovery_registry_commits_total",
                "Groups of writes of the registry, by whether they were kept",
                by_word(
                    "outcome",
                    [("kept", counters.commits.get()), ("failed", counters.failed_commits.get())],
                ),
            ),
            seconds(
                "mcp_discovery_registry_commit_duration_seconds",
                "How long it took to keep a group of writes",
                &counters.commit_duration,
            ),
            gauge(
                "mcp_discovery_registry_waiting_writes",
                "Writes that wait for the registry",
                [number(self.0.registry.waiting())],
            ),
            gauge(
                "mcp_discovery_registry_revision",
                "The state of the registry; it grows with each change",
                [count(&[], snapshot.revision())],
            ),
            counter(
                "mcp_discovery_events_dropped_total",
                "Events that a part or a face was too slow for; it read the state instead",
                by_word(
                    "channel",
                    [
                        ("states", counters.dropped_states.get()),
                        ("activities", counters.dropped_activities.get()),
                    ],
                ),
            ),
            gauge(
                "mcp_discovery_http_connections",
                "Connections that are open to this listener",
                [count(&[], counters.connections.get())],
            ),
            counter(
                "mcp_discovery_http_connections_total",
                "Connections that were taken",
                [count(&[], counters.accepted.get())],
            ),
            counter(
                "mcp_discovery_gateway_requests_total",
                "Requests of AI clients, by the status of the answer",
                by_word("code", counters.gateway_requests.read()),
            ),
            gauge(
                "mcp_discovery_gateway_requests",
                "Requests of AI clients that are under way",
                [count(&[], counters.gateway_under_way.get())],
            ),
            gauge(
                "mcp_discovery_gateway_sessions",
                "Sessions of AI clients that have conversations with servers",
                [number(sessions)],
            ),
        ]
    }
}

fn number(count: usize) -> model::Series {
    one(&[], value(count))
}

pub(super) fn value(count: usize) -> f64 {
    metrics::exact(u64::try_from(count).unwrap_or(u64::MAX))
}

/// How many are in each state, by region. Without a region every state is told, so that one without servers reads 0.
fn servers(snapshot: &Snapshot) -> Family {
    let mut regions: HashMap<&str, [usize; HealthStatus::ALL.len()]> = HashMap::new();
    regions.insert("", Default::default());
    for server in snapshot.iter() {
        let by_status = regions.entry(server.info.region().unwrap_or_default()).or_default();
        for (status, count) in HealthStatus::ALL.iter().zip(by_status) {
            *count += usize::from(*status == server.health.status);
        }
    }
    let mut regions: Vec<_> = regions.into_iter().collect();
    let size = |counts: &[usize]| counts.iter().sum::<usize>();
    // The one without a name is always told.
    regions.sort_unstable_by(|(one, a), (other, b)| {
        (!one.is_empty()).cmp(&!other.is_empty()).then(size(b).cmp(&size(a))).then(one.cmp(other))
    });
    let mut told: BTreeMap<String, [usize; HealthStatus::ALL.len()]> = BTreeMap::new();
    for (at, (region, counts)) in regions.into_iter().enumerate() {
        let name = if at <= REGIONS { tamed(region).into_owned() } else { OTHERS.to_owned() };
        let sum = told.entry(name).or_default();
        sum.iter_mut().zip(counts).for_each(|(sum, count)| *sum += count);
    }
    let series = told.iter().flat_map(|(region, counts)| {
        let all = HealthStatus::ALL.iter().zip(counts);
        all.filter(|(_, count)| region.is_empty() || **count > 0)
            .map(|(status, count)| one(&[("region", region), ("status", status.word())], value(*count)))
    });
    gauge("mcp_discovery_servers", "Servers, by status and region", series)
}

pub(super) type LabelPair<'a> = (&'static str, &'a str);

pub(super) fn family(
    name: impl Into<Cow<'static, str>>,
    help: impl Into<Cow<'static, str>>,
    kind: FamilyKind,
    series: impl IntoIterator<Item = Series>,
) -> Family {
    Family { name: name.into(), help: help.into(), kind, series: series.into_iter().collect() }
}

pub(super) fn gauge(
    name: impl Into<Cow<'static, str>>,
    help: impl Into<Cow<'static, str>>,
    series: impl IntoIterator<Item = Series>,
) -> Family {
    family(name, help, FamilyKind::Gauge, series)
}

pub(super) fn counter(
    name: &'static str,
    help: &'static str,
    series: impl IntoIterator<Item = Series>,
) -> Family {
    family(name, help, FamilyKind::Counter, series)
}

/// A series of these labels, whose values are fit for it.
pub(super) fn one(labels: &[LabelPair<'_>], value: f64) -> Series {
    let labels = labels.iter().map(|(name, value)| (Cow::Borrowed(*name), Cow::Owned((*value).to_owned())));
    Series { labels: labels.collect(), value, buckets: None }
}

pub(super) fn count(labels: &[LabelPair<'_>], value: u64) -> Series {
    one(labels, metrics::exact(value))
}

/// Of each word how many.
pub(super) fn by_word(
    label: &'static str,
    words: impl IntoIterator<Item = (&'static str, u64)>,
) -> impl Iterator<Item = Series> {
    words.into_iter().map(move |(word, value)| count(&[(label, word)], value))
}

pub(super) fn durations(labels: &[LabelPair<'_>], histogram: &Histogram) -> Series {
    let (value, buckets) = histogram.read();
    Series { buckets: Some(buckets), ..one(labels, value) }
}

/// How many series Prometheus makes of it.
pub(super) fn lines(family: &Family) -> usize {
    family.series.iter().map(|series| series.buckets.as_ref().map_or(1, |buckets| buckets.len() + 2)).sum()
}

/// Nothing where the operating system does not say it in files.
#[cfg(target_os = "linux")]
pub(super) fn figures() -> Vec<Family> {
    let mut families = Vec::new();
    let Some(stat) = std::fs::read_to_string("/proc/self/stat").ok() else { return families };
    // The name of the program stands in parentheses and may hold blanks.
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
        families.push(gauge("process_start_time_seconds", "When the core began", [one(&[], at)]));
    }
    if let Ok(open) = std::fs::read_dir("/proc/self/fd") {
        let open = u64::try_from(open.count()).unwrap_or(u64::MAX);
        families.push(gauge("process_open_fds", "Files that are open", [one(&[], metrics::exact(open))]));
    }
    if let Some(most) = rustix::process::getrlimit(rustix::process::Resource::Nofile).current {
        families.push(gauge("process_max_fds", "Files that may be open", [one(&[], metrics::exact(most))]));
    }
    families
}

/// When the computer began, in seconds since 1970.
#[cfg(target_os = "linux")]
fn booted() -> Option<f64> {
    let stat = std::fs::read_to_string("/proc/stat").ok()?;
    stat.lines().find_map(|line| line.strip_prefix("btime "))?.trim().parse().ok()
}

#[cfg(not(target_os = "linux"))]
pub(super) fn figures() -> Vec<Family> {
    Vec::new()
}
