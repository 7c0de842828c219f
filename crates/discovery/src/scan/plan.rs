use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use model::Endpoint;

use super::PortSet;
use super::run::{AT_ONCE, PER_HOST};
use super::scope::Scope;
use super::targets::{Host, merged, read_target, step};
use crate::ports::Listening;

/// The most probes that one scan can plan. `10.0.0.0/8` × 3 ports is 50 million: refused until it is requested in parts.
const MOST_PROBES: u64 = 4_000_000;

/// The name of a scan of this computer among targets.
pub const THIS_COMPUTER: &str = "this computer";

/// The cost of a closed port of this computer, and of a silent one of the network.
const REFUSED: Duration = Duration::from_micros(100);
const SILENT: Duration = Duration::from_millis(800);

/// Paths that every probe tries.
const GUESSED: [&str; 3] = ["/", "/mcp", "/sse"];

/// Why a scan cannot be planned.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum PlanError {
    /// Not a port.
    #[error("`{0}` is not a port: give numbers from 1 to 65535, such as `8080` or `3000-3010`")]
    BadPorts(String),
    /// Not a target.
    #[error(
        "`{0}` is not a target: give an address (`127.0.0.1`), a range (`127.0.0.1-127.0.0.9`), a network (`192.168.1.0/24`) or a host name"
    )]
    BadTarget(String),
    /// A name that does not resolve.
    #[error("`{host}` could not be resolved: {cause}")]
    Unresolved {
        /// The name.
        host: String,
        /// The error of the resolver.
        cause: String,
    },
    /// Not this computer and not a private network.
    #[error(
        "`{0}` is a public address: only loopback, private, link-local and unique local addresses are scanned"
    )]
    Public(String),
    /// Too much for one scan.
    #[error(
        "{probes} probes are too many for one scan (at most {MOST_PROBES}): scan a smaller network or fewer ports"
    )]
    TooLarge {
        /// Addresses × ports.
        probes: u64,
    },
    /// A whole IPv6 network cannot be swept.
    #[error("`{0}` is too large to sweep: name the IPv6 addresses one by one")]
    WideIpv6(String),
}

/// One address and port to probe.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Probe {
    /// The address to connect to.
    pub address: SocketAddr,
    /// Tried when `address` refuses: the other addresses of `localhost`.
    pub alternatives: Vec<IpAddr>,
    /// The name the person gave; it is resolved once and sent as `Host`.
    pub host_name: Option<String>,
    /// The program that listens there, when known.
    pub process: Option<String>,
    /// Whether the user named this port.
    pub named: bool,
    /// Tried first: a server is known to be there.
    pub path: Option<String>,
}

/// What a scan will probe. Made, and shown, before anything is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProbePlan {
    /// The targets in words.
    pub targets: Vec<String>,
    hosts: Vec<Host>,
    ports: PortSet,
    /// Single probes, for the ports that listen on this computer.
    extra: Vec<Probe>,
    /// Whether the operating system listed the ports.
    listed: bool,
}

impl ProbePlan {
    /// This computer: every port that listens on loopback, and the common ones, since a server of another user may be hidden
    /// from the list; and where servers were seen, to find out whether they are gone.
    pub fn this_computer(listening: Vec<Listening>, own_ports: &[u16], seen: &[SocketAddr]) -> Self {
        let listed = !listening.is_empty();
        let mut extra: Vec<Probe> = listening
            .into_iter()
            .map(|row| Probe { process: row.process, ..Probe::at(row.address) })
            .collect();
        let usual: Vec<u16> = PortSet::usual().iter().collect();
        let usual = usual.into_iter().map(|port| SocketAddr::from((Ipv4Addr::LOCALHOST, port)));
        for address in usual.chain(seen.iter().copied()) {
            if !extra.iter().any(|probe| probe.address == address) {
                extra.push(Probe::at(address));
            }
        }
        extra.retain(|probe| !own_ports.contains(&probe.address.port()));
        let targets = vec![THIS_COMPUTER.to_owned()];
        Self { targets, hosts: Vec::new(), ports: PortSet::usual(), extra, listed }
    }

    /// Probes these addresses of this computer as well, where clients are set up with a server: one may be at a port that is
    /// not in the list, or at an unusual path.
    #[must_use]
    pub fn and_at(mut self, urls: &[String], own_ports: &[u16]) -> Self {
        for url in urls.iter().filter_map(|url| Endpoint::parse(url).ok()).filter(Endpoint::is_loopback) {
            let Some(port) = url.url().port_or_known_default() else { continue };
            let path = Some(url.url().path()).filter(|path| !GUESSED.contains(path)).map(str::to_owned);
            let at_port = self.extra.iter().filter(|probe| probe.address.port() == port);
            let is_asked = at_port.clone().any(|probe| path.is_none() || probe.path == path);
            if is_asked || own_ports.contains(&port) {
                continue;
            }
            let known = at_port.clone().next().cloned();
            let other = vec![IpAddr::V6(Ipv6Addr::LOCALHOST)];
            let new =
                Probe { alternatives: other, ..Probe::at(SocketAddr::from((Ipv4Addr::LOCALHOST, port))) };
            self.extra.push(Probe { path, named: true, ..known.unwrap_or(new) });
        }
        self
    }

    /// Reads the targets that were given. Names are resolved here, once, and their addresses range-checked.
    pub async fn read<T: AsRef<str>>(targets: &[T], ports: PortSet) -> Result<Self, PlanError> {
        let mut hosts = Vec::new();
        for target in targets.iter().map(|target| target.as_ref().trim()) {
            hosts.extend(read_target(target).await?);
        }
        let targets = targets.iter().map(|target| target.as_ref().trim().to_owned()).collect();
        let plan = Self { targets, hosts: merged(hosts), ports, extra: Vec::new(), listed: false };
        if plan.probes() > MOST_PROBES {
            return Err(PlanError::TooLarge { probes: plan.probes() });
        }
        Ok(plan)
    }

    /// What it covers, to be kept with its scan.
    pub fn scope(&self) -> Scope {
        let single = self.extra.iter().map(|probe| probe.address).collect();
        Scope::new(self.listed, single, &self.hosts, self.ports.iter())
    }

    /// How many addresses.
    pub fn addresses(&self) -> u64 {
        let mut single: Vec<IpAddr> = self.extra.iter().map(|probe| probe.address.ip()).collect();
        single.sort_unstable();
        single.dedup();
        self.hosts.iter().map(|host| host.count).fold(0, u64::saturating_add) + single.len() as u64
    }

    /// How many ports on each address.
    pub fn ports(&self) -> u64 {
        if self.hosts.is_empty() { self.extra.len() as u64 } else { self.ports.len() as u64 }
    }

    /// How many probes.
    pub fn probes(&self) -> u64 {
        let swept = self.hosts.iter().map(|host| host.count).fold(0, u64::saturating_add);
        swept.saturating_mul(self.ports.len() as u64).saturating_add(self.extra.len() as u64)
    }

    /// Nothing leaves this computer.
    pub fn is_local(&self) -> bool {
        self.hosts.iter().all(|host| host.first.is_loopback())
    }

    /// About how long it takes when nothing answers: a refused port of this computer costs next to nothing, a silent
    /// one of the network the whole connect time.
    pub fn estimate(&self) -> Duration {
        let slots = self.addresses().saturating_mul(PER_HOST as u64).clamp(1, AT_ONCE as u64);
        let (each, at_once) = if self.is_local() { (REFUSED, 1) } else { (SILENT, slots) };
        let rounds = self.probes().div_ceil(at_once);
        each.saturating_mul(u32::try_from(rounds).unwrap_or(u32::MAX))
    }

    /// The probes, made as they are needed: first the single ones, then port by port over all hosts, so that the first
    /// servers are found early and no host gets all its probes at once.
    pub fn into_probes(self) -> impl Iterator<Item = Probe> + Send {
        let Self { hosts, ports, extra, .. } = self;
        let hosts = Arc::new(hosts);
        let swept = ports.into_iter().flat_map(move |(port, named)| {
            let hosts = hosts.clone();
            (0..hosts.len()).flat_map(move |at| sweep(&hosts, at, port, named))
        });
        extra.into_iter().chain(swept)
    }
}

impl Probe {
    fn at(address: SocketAddr) -> Self {
        Self { address, alternatives: Vec::new(), host_name: None, process: None, named: false, path: None }
    }
}

/// One port of every address of one host entry.
fn sweep(hosts: &[Host], at: usize, port: u16, named: bool) -> impl Iterator<Item = Probe> + use<> {
    let host = hosts.get(at).cloned();
    host.into_iter().flat_map(move |host| {
        (0..host.count).map(move |offset| Probe {
            alternatives: host.alternatives.clone(),
            host_name: host.name.clone(),
            named,
            ..Probe::at(SocketAddr::new(step(host.first, offset), port))
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn plan(targets: &[&str], ports: &str) -> Result<ProbePlan, PlanError> {
        ProbePlan::read(targets, PortSet::parse(&[ports]).unwrap()).await
    }

    #[tokio::test]
    async fn networks_ranges_and_addresses_become_probes() {
        for (target, first, last, count) in [
            ("127.0.0.0/28", "127.0.0.1:80", "127.0.0.14:81", 28),
            ("127.0.0.4/31", "127.0.0.4:80", "127.0.0.5:81", 4),
            ("127.0.0.9", "127.0.0.9:80", "127.0.0.9:81", 2),
            ("127.0.0.1-127.0.0.3", "127.0.0.1:80", "127.0.0.3:81", 6),
            ("127.0.0.1-3", "127.0.0.1:80", "127.0.0.3:81", 6),
            ("::1", "[::1]:80", "[::1]:81", 2),
            ("[::1]", "[::1]:80", "[::1]:81", 2),
            ("localhost", "127.0.0.1:80", "127.0.0.1:81", 2),
        ] {
            let plan = plan(&[target], "80,81").await.unwrap();
            assert_eq!(plan.probes(), count as u64, "{target}");
            let probes: Vec<Probe> = plan.into_probes().collect();
            assert_eq!(probes.len(), count, "{target}");
            assert_eq!(probes[0].address.to_string(), first, "{target}");
            assert_eq!(probes[count - 1].address.to_string(), last, "{target}");
        }
    }

    #[tokio::test]
    async fn an_address_that_is_given_twice_is_asked_once() {
        let twice = ["127.0.0.0/28", "127.0.0.5", "127.0.0.10-127.0.0.20", "127.0.0.9", "::1", "[::1]"];
        let plan = plan(&twice, "80").await.unwrap();
        assert_eq!(plan.addresses(), 21);
        let mut probes: Vec<SocketAddr> = plan.into_probes().map(|probe| probe.address).collect();
        probes.dedup();
        assert_eq!(probes.len(), 21);
    }

    #[tokio::test]
    async fn the_other_address_of_localhost_is_asked_where_the_first_refuses() {
        let probes: Vec<Probe> = plan(&["localhost"], "80").await.unwrap().into_probes().collect();
        assert_eq!(probes.len(), 1);
        assert!(probes[0].alternatives.iter().all(IpAddr::is_loopback));
    }

    #[tokio::test]
    async fn the_time_of_a_plan_knows_that_one_host_is_asked_a_few_questions_at_once() {
        let one = plan(&["192.168.1.9"], "1-65535").await.unwrap();
        assert_eq!(one.estimate().as_secs(), 65_536 / 4 * 8 / 10);
        let many = plan(&["192.168.0.0/20"], "1-4").await.unwrap();
        assert!(many.estimate() < Duration::from_secs(2), "{:?}", many.estimate());
    }

    #[tokio::test]
    async fn what_is_no_target_is_refused_by_name() {
        for bad in ["", "300.1.1.1", "10.0.0.0/40", "10.0.0.9-10.0.0.1", "a b", "http://x/", "1.2.3"] {
            let error = plan(&[bad], "80").await.unwrap_err();
            assert_eq!(error, PlanError::BadTarget(bad.to_owned()));
        }
    }

    #[tokio::test]
    async fn public_and_enormous_targets_are_refused() {
        for public in [
            "8.8.8.8",
            "1.1.1.0/24",
            "2606:4700::1111",
            "::ffff:8.8.8.8",
            "9.255.255.255-10.0.0.1",
            "8.0.0.0/4",
        ] {
            assert_eq!(plan(&[public], "80").await.unwrap_err(), PlanError::Public(public.to_owned()));
        }
        assert_eq!(
            plan(&["10.0.0.0/8"], "1-3").await.unwrap_err(),
            PlanError::TooLarge { probes: 50_331_642 }
        );
        assert_eq!(
            plan(&["fd00::/64"], "80").await.unwrap_err(),
            PlanError::WideIpv6("fd00::/64".to_owned())
        );
    }

    #[test]
    fn where_clients_say_that_a_server_is_is_asked_once_and_at_its_path() {
        let urls = ["http://localhost:41234/mcp", "http://127.0.0.1:41234/team/mcp", "http://10.0.0.1:9/mcp"];
        let urls = urls.map(str::to_owned);
        let plan = ProbePlan::this_computer(Vec::new(), &[], &[]).and_at(&urls, &[]).and_at(&urls, &[]);
        let probes: Vec<Probe> = plan.into_probes().filter(|probe| probe.named).collect();
        let asked: Vec<_> =
            probes.iter().map(|probe| (probe.address.port(), probe.path.as_deref())).collect();
        assert_eq!(asked, [(41234, None), (41234, Some("/team/mcp"))]);
        assert!(probes.iter().all(|probe| probe.address.ip().is_loopback()));
    }

    #[test]
    fn this_computer_is_what_listens_and_the_usual_ports_but_not_ourselves() {
        let listening =
            vec![Listening { address: "127.0.0.1:41234".parse().unwrap(), process: Some("node".to_owned()) }];
        let plan = ProbePlan::this_computer(listening, &[8090], &["127.0.0.1:50999".parse().unwrap()]);
        assert_eq!(plan.addresses(), 1);
        let ports: Vec<u16> = plan.into_probes().map(|probe| probe.address.port()).collect();
        assert!(ports.contains(&41234) && ports.contains(&3000) && !ports.contains(&8090));
    }
}
