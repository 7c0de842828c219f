//! Metrics that are not of single servers: their number does not grow with the servers.

use std::collections::{BTreeMap, HashMap};

use api::NAMES;
use metrics::tamed;
use model::config::Metrics;
use model::{Family, FamilyKind, HealthStatus};
use registry::Snapshot;

use super::made::{by_word, count, counter, durations, family, gauge, one};
use super::process;
use crate::App;

/// This many regions have their own series; the others, with the fewest servers, share one.
const REGIONS: usize = 100;
/// The name of that one.
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
            let help = format!("Servers that match the filter {filter}");
            gauge(format!("mcp_discovery_gauge_{name}"), help, [number(found)])
        }));
        families.extend(self.counted(snapshot));
        families.extend(process::figures());
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
                "Addresses that scans probed, by what they found",
                by_word("outcome", counters.scan_probes.read()),
            ),
            counter(
                "mcp_discovery_scans_total",
                "Scans, by how they began and ended",
                by_word("state", counters.scans.read()),
            ),
            counter(
                "mcp_discovery_registry_commits_total",
                "Batches of writes of the registry, by whether they were committed",
                by_word(
                    "outcome",
                    [("kept", counters.commits.get()), ("failed", counters.failed_commits.get())],
                ),
            ),
            seconds(
                "mcp_discovery_registry_commit_duration_seconds",
                "How long it took to commit a batch of writes",
                &counters.commit_duration,
            ),
            gauge(
                "mcp_discovery_registry_waiting_writes",
                "Writes of the registry that wait to be committed",
                [number(self.0.registry.waiting())],
            ),
            gauge(
                "mcp_discovery_registry_revision",
                "The state of the registry; it grows with each change",
                [count(&[], snapshot.revision())],
            ),
            counter(
                "mcp_discovery_events_dropped_total",
                "Events that a subscriber was too slow for; it read the state instead",
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
                "Connections that were accepted",
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

/// How many servers have each status, by region. Without a region every status is exported, so that one without servers
/// reads 0.
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
    // The one without a name is always exported.
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
