//! Metrics of single servers and capabilities: bounded, however many there are. Servers in trouble come first, then those
//! with calls; the rest is left out where there is no room, and counted.

use std::collections::{BTreeMap, HashMap};

use mesh::CountedServer;
use metrics::{CallSeries, Counters, tamed};
use model::{CheckStatus, Family, HealthStatus, Series, Server, ServerId, fold};
use registry::Snapshot;

use super::fixed::value;
use super::made::{count, counter, gauge, one};

/// How many more series are allowed.
#[derive(Debug)]
pub(super) struct Room {
    left: usize,
    /// How many series were left out.
    pub(super) left_out: u64,
}

impl Room {
    pub(super) fn new(left: usize) -> Self {
        Self { left, left_out: 0 }
    }

    /// Reserves room for this many, beyond what is `kept` for others; if there is none, they are left out.
    fn take(&mut self, wanted: usize, kept: usize) -> bool {
        let fits = self.left.saturating_sub(kept) >= wanted;
        if fits {
            self.left -= wanted;
        } else {
            self.left_out += u64::try_from(wanted).unwrap_or(u64::MAX);
        }
        fits
    }

    /// Reserves room for one of those that were left out just now.
    fn take_one_back(&mut self) -> bool {
        let fits = self.left > 0;
        if fits {
            self.left -= 1;
            self.left_out -= 1;
        }
        fits
    }
}

/// The order in which servers are exported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum ServerRank {
    Trouble,
    Called,
    Quiet,
}

/// The series of all servers, by name.
#[derive(Debug, Default)]
struct ToldServers {
    info: Vec<Series>,
    score: Vec<Series>,
    up: Vec<Series>,
    checks: Vec<Series>,
    open: Vec<Series>,
    calls: Vec<Series>,
}

pub(super) fn figures(
    snapshot: &Snapshot,
    counted: &HashMap<ServerId, CountedServer>,
    counters: &Counters,
    room: &mut Room,
) -> Vec<Family> {
    let offered = OfferedNames::of(snapshot);
    let mut told = ToldServers { calls: refused(counters, &offered, room), ..ToldServers::default() };
    let capabilities = offered.told(room);
    let mut ranked: Vec<_> = snapshot
        .find(None, None)
        .map(|server| {
            let counted = counted.get(&server.info.id);
            (rank(server, counted), server, counted)
        })
        .collect();
    // Stable: the worst first among those of one rank.
    ranked.sort_by_key(|(rank, ..)| *rank);
    let mut troubled = ranked.iter().filter(|(rank, ..)| *rank == ServerRank::Trouble).count();
    for (rank, server, counted) in ranked {
        let calls = calls_of(server, counted);
        if rank != ServerRank::Trouble {
            if room.take(all_of(server, &calls), 0) {
                told.tell(server, counted, &calls);
            }
            continue;
        }
        // Each in trouble has its score, whatever there is no room for.
        troubled -= 1;
        let all = all_of(server, &calls);
        if room.take(all, troubled) {
            told.tell(server, counted, &calls);
        } else if room.take_one_back() {
            told.score.push(score(server));
        }
    }
    told.families(capabilities)
}

fn rank(server: &Server, counted: Option<&CountedServer>) -> ServerRank {
    let is_in_trouble = matches!(
        server.health.status,
        HealthStatus::Unhealthy | HealthStatus::Degraded | HealthStatus::Blocked | HealthStatus::NeedsSignIn
    );
    match counted {
        Some(counted) if counted.is_open => ServerRank::Trouble,
        _ if is_in_trouble => ServerRank::Trouble,
        Some(counted) if counted.calls.iter().any(|series| series.read().next().is_some()) => {
            ServerRank::Called
        }
        _ => ServerRank::Quiet,
    }
}

/// The calls of tools that it lists: a tool that it no longer lists has no series.
fn calls_of<'a>(server: &Server, counted: Option<&'a CountedServer>) -> Vec<&'a CallSeries> {
    let all = counted.into_iter().flat_map(|counted| &counted.calls);
    let listed =
        |series: &&CallSeries| server.info.tools.iter().any(|tool| tamed(&tool.name) == series.capability());
    all.map(AsRef::as_ref).filter(|series| series.read().next().is_some()).filter(listed).collect()
}

/// How many series it has.
fn all_of(server: &Server, calls: &[&CallSeries]) -> usize {
    let checks = server.health.checks.iter().filter(|check| check.status != CheckStatus::NotRun).count();
    let calls: usize = calls.iter().map(|series| series.read().count()).sum();
    3 + usize::from(up(server.health.status).is_some()) + checks + calls
}

/// Nothing for a server that was not checked, or whose status is not a failure.
fn up(status: HealthStatus) -> Option<f64> {
    match status {
        HealthStatus::Healthy | HealthStatus::Degraded => Some(1.0),
        HealthStatus::Unhealthy => Some(0.0),
        HealthStatus::Blocked | HealthStatus::NeedsSignIn | HealthStatus::Unknown | HealthStatus::Paused => {
            None
        }
    }
}

fn score(server: &Server) -> Series {
    one(&[("server", &server.info.id.to_string())], server.health.score)
}

impl ToldServers {
    fn tell(&mut self, server: &Server, counted: Option<&CountedServer>, calls: &[&CallSeries]) {
        let (info, health) = (&server.info, &server.health);
        let id = info.id.to_string();
        let is_open = counted.is_some_and(|counted| counted.is_open);
        self.info.push(one(
            &[
                ("server", &id),
                ("name", &tamed(&info.name)),
                ("region", &tamed(info.region().unwrap_or_default())),
                ("source", info.source.word()),
                ("transport", info.transport.word()),
            ],
            1.0,
        ));
        self.score.push(one(&[("server", &id)], health.score));
        self.up.extend(up(health.status).map(|up| one(&[("server", &id)], up)));
        self.open.push(one(&[("server", &id)], f64::from(u8::from(is_open))));
        self.checks.extend(health.checks.iter().filter_map(|check| {
            let value = match check.status {
                CheckStatus::NotRun => return None,
                CheckStatus::Passing => 0.0,
                CheckStatus::Warning => 1.0,
                CheckStatus::Critical => 2.0,
            };
            Some(one(&[("server", &id), ("check", &check.name)], value))
        }));
        for series in calls {
            self.calls.extend(of_calls(series, &id));
        }
    }

    fn families(self, capabilities: Vec<Series>) -> Vec<Family> {
        let Self { info, score, up, checks, open, calls } = self;
        vec![
            gauge("mcp_discovery_server_info", "What each server is; the value is 1", info),
            gauge("mcp_discovery_server_health_score", "The share of checks that pass, from 0 to 1", score),
            gauge(
                "mcp_discovery_server_up",
                "1 while a server is healthy or degraded, 0 while it is down",
                up,
            ),
            gauge(
                "mcp_discovery_check_status",
                "The last result of each check: 0 passing, 1 warning, 2 critical",
                checks,
            ),
            gauge("mcp_discovery_breaker_open", "1 while the breaker keeps calls from a server", open),
            gauge(
                "mcp_discovery_capability_servers",
                "Servers that offer a capability and are healthy or degraded",
                capabilities,
            ),
            counter(
                "mcp_discovery_calls_total",
                "Calls by tool, by the server that was asked last, and by how they ended",
                calls,
            ),
        ]
    }
}

fn of_calls<'a>(series: &'a CallSeries, server: &'a str) -> impl Iterator<Item = Series> + 'a {
    let capability = series.capability();
    series.read().map(move |(outcome, calls)| {
        count(&[("capability", capability), ("server", server), ("outcome", outcome.word())], calls)
    })
}

/// Calls that no server took, of capabilities that a server still offers.
fn refused(counters: &Counters, offered: &OfferedNames<'_>, room: &mut Room) -> Vec<Series> {
    let mut all: Vec<_> = counters.refused.all();
    all.sort_unstable_by(|one, other| one.capability().cmp(other.capability()));
    let known =
        all.iter().filter(|series| series.capability().is_empty() || offered.has(series.capability()));
    // Without these it could not be seen that calls go nowhere: at most a quarter of all.
    let kept = room.left - room.left / 4;
    known.flat_map(|series| of_calls(series, "")).filter(|_| room.take(1, kept)).collect()
}

/// How many servers that are up offer each capability.
struct OfferedNames<'a> {
    by_name: HashMap<&'a str, usize>,
    folded: std::collections::HashSet<String>,
}

impl<'a> OfferedNames<'a> {
    fn of(snapshot: &'a Snapshot) -> Self {
        let mut by_name: HashMap<&str, usize> = HashMap::new();
        for server in snapshot.iter() {
            let is_up = usize::from(up(server.health.status) == Some(1.0));
            let tools = server.info.tools.iter().map(|tool| tool.name.as_str());
            let tags = server.info.capabilities.iter().map(String::as_str);
            let tags = tags.filter(|tag| server.info.tools.iter().all(|tool| tool.name != *tag));
            for name in tools.chain(tags) {
                *by_name.entry(name).or_default() += is_up;
            }
        }
        let folded = by_name.keys().map(|name| fold(&tamed(name))).collect();
        Self { by_name, folded }
    }

    fn has(&self, capability: &str) -> bool {
        self.folded.contains(&fold(capability))
    }

    /// At most a quarter of all series: first what no server offers now, then what most servers offer.
    fn told(self, room: &mut Room) -> Vec<Series> {
        let mut all: BTreeMap<String, usize> = BTreeMap::new();
        for (name, servers) in self.by_name {
            *all.entry(tamed(name).into_owned()).or_default() += servers;
        }
        let mut all: Vec<_> = all.into_iter().collect();
        // Stable: by name among equals.
        all.sort_by_key(|(_, servers)| (*servers > 0, std::cmp::Reverse(*servers)));
        let kept = room.left - room.left / 4;
        let fit = all.into_iter().filter(|_| room.take(1, kept));
        fit.map(|(name, servers)| one(&[("capability", &name)], value(servers))).collect()
    }
}
