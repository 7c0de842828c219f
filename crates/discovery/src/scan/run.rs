use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use futures::stream::Stream;
use futures::{StreamExt, stream};
use mcp::{Contents, ProbeOptions, ProbeReport, ProbeTarget};
use model::{Outcome, ScanRow, ServerId, Transport};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use super::{Probe, ProbePlan};
use crate::Definition;

/// Probes under way at once. Ports that accept and send nothing hold their place for the whole budget, so there must be room
/// besides them for those that answer.
pub(super) const AT_ONCE: usize = 8_192;

/// Files left to the rest of the program when the limit of open files is the bound.
const SPARE_FILES: u64 = 256;

/// Probes under way at once on one address of this computer, and on any other.
const PER_HOST_LOCAL: usize = 64;
pub(super) const PER_HOST: usize = 4;

/// The settings of a run.
#[derive(Debug, Clone)]
pub struct Run {
    /// The settings of each probe.
    pub options: ProbeOptions,
    /// Ends the scan: no new probe is started and those under way are dropped.
    pub cancel: CancellationToken,
    /// What all scans of this process share.
    pub caps: Caps,
}

/// Bounds of all scans together: on the probes under way, and on those of one host.
#[derive(Clone)]
pub struct Caps {
    all: Arc<Semaphore>,
    hosts: HostSlots,
}

impl Default for Caps {
    fn default() -> Self {
        Self { all: Arc::new(Semaphore::new(at_once())), hosts: HostSlots::default() }
    }
}

impl std::fmt::Debug for Caps {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Caps").field("all", &self.all).finish_non_exhaustive()
    }
}

/// Counters of a scan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ScanCounters {
    /// Probes made.
    pub done: u64,
    /// Connections accepted.
    pub open: u64,
    /// MCP servers, sign-in ones included.
    pub found: u64,
}

/// One made probe: the counters after it, and a row when something answered.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// Its place in the plan.
    pub probe: u64,
    /// After this probe.
    pub progress: ScanCounters,
    /// Absent when nothing accepted the connection.
    pub row: Option<ScanRow>,
    /// Everything that the server of this row offers, if it was read.
    pub contents: Option<Box<Contents>>,
    /// Its tools as a hash, then.
    pub definition: Option<Definition>,
}

/// Makes the probes of `plan` and yields each as it ends. Ends early when cancelled. Spawns nothing: dropping the stream
/// ends everything that is under way.
pub fn run(plan: ProbePlan, how: Run) -> impl Stream<Item = Found> + Send + 'static {
    let Run { options, cancel, caps } = how;
    let options = Arc::new(options);
    let mut progress = ScanCounters::default();
    stream::iter((0..).zip(plan.into_probes()))
        .map(move |(probe, at)| ask(probe, at, caps.clone(), options.clone()))
        .buffer_unordered(at_once())
        .take_until(cancel.cancelled_owned())
        .map(move |(probe, at, mut report)| {
            let contents = report.contents.take();
            let definition = contents.as_ref().map(|contents| Definition::of(&contents.tools));
            progress.done += 1;
            progress.open += u64::from(report.open);
            progress.found += u64::from(matches!(report.outcome, Outcome::Mcp | Outcome::NeedsSignIn));
            let row = report.open.then(|| row(&at, report, definition.as_ref()));
            Found { probe, progress, row, contents, definition }
        })
}

async fn ask(probe: u64, at: Probe, caps: Caps, options: Arc<ProbeOptions>) -> (u64, Probe, ProbeReport) {
    let slots = caps.hosts.of(at.address.ip());
    let _slot = slots.acquire().await;
    let _one_of_all = caps.all.acquire().await;
    let mut target = ProbeTarget::new(at.address.ip(), at.address.port());
    target.host_name.clone_from(&at.host_name);
    target.alternatives.clone_from(&at.alternatives);
    target.asked_by_name = at.named;
    target.path.clone_from(&at.path);
    let report = mcp::probe(&target, &options).await;
    (probe, at, report)
}

fn row(at: &Probe, report: ProbeReport, definition: Option<&Definition>) -> ScanRow {
    let transport = report.transport.unwrap_or(Transport::Http);
    let url = report.endpoint.unwrap_or_else(|| format!("http://{}", at.address));
    let identity = report.identity;
    ScanRow {
        id: ServerId::for_url(transport, &url).unwrap_or_else(|_| ServerId::mint(&url)),
        name: identity.as_ref().map_or_else(|| at.address.to_string(), |said| said.name.clone()),
        url,
        transport,
        era: report.era,
        protocol_version: identity.as_ref().map(|said| said.protocol_version.clone()),
        server_version: identity.and_then(|said| said.version),
        auth_required: report.auth_required,
        tools: report.tools,
        latency_ms: report.latency_ms,
        outcome: report.outcome,
        certificate: report.untrusted,
        reason: report.reason,
        known: false,
        process: at.process.clone(),
        definition: definition.map(|definition| definition.hash.clone()),
    }
}

/// As many as the operating system lets us open files, after the soft limit was raised to the hard one.
fn at_once() -> usize {
    let files = rlimit::increase_nofile_limit(AT_ONCE as u64 + SPARE_FILES).unwrap_or(1_024);
    usize::try_from(files.saturating_sub(SPARE_FILES)).unwrap_or(AT_ONCE).clamp(64, AT_ONCE)
}

/// The slots of each host that is being probed; dropped when unused.
#[derive(Clone, Default)]
struct HostSlots(Arc<Mutex<HashMap<IpAddr, Weak<Semaphore>>>>);

/// How many hosts are remembered before unused ones are dropped.
const REMEMBERED: usize = 4 * AT_ONCE;

impl HostSlots {
    fn of(&self, ip: IpAddr) -> Arc<Semaphore> {
        let mut hosts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(slots) = hosts.get(&ip).and_then(Weak::upgrade) {
            return slots;
        }
        if hosts.len() >= REMEMBERED {
            hosts.retain(|_, slots| slots.strong_count() > 0);
        }
        let size = if ip.is_loopback() { PER_HOST_LOCAL } else { PER_HOST };
        let slots = Arc::new(Semaphore::new(size));
        hosts.insert(ip, Arc::downgrade(&slots));
        slots
    }
}

/// A set of probes, by their place in the plan.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Done {
    /// The last of each range, by its first.
    ranges: BTreeMap<u64, u64>,
}

impl Done {
    /// Every probe of a plan with this many.
    pub fn all(probes: u64) -> Self {
        Self { ranges: probes.checked_sub(1).map(|last| (0, last)).into_iter().collect() }
    }

    /// A probe was made, and its result is recorded.
    pub fn add(&mut self, probe: u64) {
        if self.has(probe) {
            return;
        }
        let first = match self.before(probe) {
            Some((first, last)) if last.checked_add(1) == Some(probe) => first,
            _ => probe,
        };
        let next = probe.checked_add(1).and_then(|next| self.ranges.remove(&next));
        self.ranges.insert(first, next.unwrap_or(probe));
    }

    /// Whether it was made.
    pub fn has(&self, probe: u64) -> bool {
        self.before(probe).is_some_and(|(_, last)| last >= probe)
    }

    /// The range that starts last, up to here.
    fn before(&self, probe: u64) -> Option<(u64, u64)> {
        self.ranges.range(..=probe).next_back().map(|(first, last)| (*first, *last))
    }
}

impl Serialize for Done {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(&self.ranges)
    }
}

impl<'de> Deserialize<'de> for Done {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let pairs = Vec::<(u64, u64)>::deserialize(deserializer)?;
        let mut ranges: BTreeMap<u64, u64> = BTreeMap::new();
        // A file of another computer may say anything: ranges that meet or overlap are one.
        let mut pairs: Vec<_> = pairs.into_iter().filter(|(first, last)| first <= last).collect();
        pairs.sort_unstable();
        for (first, last) in pairs {
            match ranges.last_entry() {
                Some(mut before) if before.get().saturating_add(1) >= first => {
                    let end = (*before.get()).max(last);
                    before.insert(end);
                }
                _ => drop(ranges.insert(first, last)),
            }
        }
        Ok(Self { ranges })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn it_is_a_set_and_survives_its_text(probes in prop::collection::vec(0_u64..60, 0..80)) {
            let mut done = Done::default();
            for probe in &probes {
                done.add(*probe);
            }
            let naive: BTreeSet<u64> = probes.into_iter().collect();
            for probe in 0..62 {
                prop_assert_eq!(done.has(probe), naive.contains(&probe));
            }
            let gaps = naive.iter().filter(|probe| !naive.contains(&(*probe + 1))).count();
            prop_assert_eq!(done.ranges.len(), gaps, "ranges that meet are one");
            let text = serde_json::to_string(&done).unwrap();
            prop_assert_eq!(serde_json::from_str::<Done>(&text).unwrap(), done);
        }
    }

    #[test]
    fn what_a_file_says_in_disorder_is_one_set() {
        let done: Done = serde_json::from_str("[[9,3],[5,7],[0,5],[8,8]]").unwrap();
        assert_eq!(done, Done::all(9));
        assert_eq!(Done::all(0), Done::default());
        let mut end = Done::default();
        end.add(u64::MAX);
        end.add(u64::MAX - 1);
        assert!(end.has(u64::MAX) && end.ranges.len() == 1);
    }
}
