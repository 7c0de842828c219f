//! What a plan covers, kept with its scan: whether an address was probed can be determined later.

use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};

use serde::{Deserialize, Serialize};

use super::targets::Host;
use super::{Done, PlanError};
use crate::ports::{HostAndPort, HostKey};

/// What a plan covers, in the order of its probes: the single ones, then port by port over all hosts.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scope {
    /// Whether the operating system listed the listening ports of this computer: then all others are known not to listen.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) listed: bool,
    /// Addresses and ports.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) single: Vec<SocketAddr>,
    /// Addresses, each with every port.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    hosts: Vec<Span>,
    /// The ports, as ranges.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    ports: Vec<(u16, u16)>,
}

/// Consecutive addresses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Span {
    first: IpAddr,
    count: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    name: Option<String>,
}

impl Scope {
    pub(super) fn new(
        listed: bool,
        single: Vec<SocketAddr>,
        hosts: &[Host],
        ports: impl Iterator<Item = u16>,
    ) -> Self {
        let span = |host: &Host| Span { first: host.first, count: host.count, name: host.name.clone() };
        let hosts: Vec<Span> = hosts.iter().map(span).collect();
        let mut ranges: Vec<(u16, u16)> = Vec::new();
        if !hosts.is_empty() {
            for port in ports {
                match ranges.last_mut() {
                    Some((_, last)) if last.checked_add(1) == Some(port) => *last = port,
                    _ => ranges.push((port, port)),
                }
            }
        }
        Self { listed, single, hosts, ports: ranges }
    }

    /// Whether this place was probed, when these of its probes were made.
    pub fn has_asked(&self, place: &HostAndPort, done: &Done) -> bool {
        let mut probes = self.probes_of(place).peekable();
        if probes.peek().is_none() {
            return self.listed && place.is_loopback();
        }
        // A name with several addresses is asked at each of them.
        probes.all(|probe| done.has(probe))
    }

    /// The numbers of the probes of this place.
    fn probes_of<'a>(&'a self, place: &'a HostAndPort) -> impl Iterator<Item = u64> + 'a {
        let single = self.single.iter().enumerate().filter(|(_, address)| {
            address.port() == place.port && HostKey::of_ip(address.ip()) == place.host
        });
        let hosts = self.hosts.iter().map(|span| span.count).fold(0, u64::saturating_add);
        let before_ports = self.single.len() as u64;
        let swept = self.port_at(place.port).into_iter().flat_map(move |port| {
            let mut before = 0_u64;
            self.hosts.iter().filter_map(move |span| {
                let first = before;
                before = before.saturating_add(span.count);
                let offset = span.offset_of(&place.host)?;
                Some(before_ports + port.saturating_mul(hosts) + first + offset)
            })
        });
        single.map(|(at, _)| at as u64).chain(swept)
    }

    /// How many ports are probed before this one.
    fn port_at(&self, port: u16) -> Option<u64> {
        let mut before = 0;
        for (first, last) in &self.ports {
            if (*first..=*last).contains(&port) {
                return Some(before + u64::from(port - first));
            }
            before += u64::from(last.saturating_sub(*first)) + 1;
        }
        None
    }
}

impl Span {
    /// The index of this host among its addresses.
    fn offset_of(&self, host: &HostKey) -> Option<u64> {
        if let Some(name) = &self.name {
            return (HostKey::of(name) == *host).then_some(0);
        }
        match host {
            HostKey::Name(_) => None,
            HostKey::Ip(ip) if HostKey::of_ip(self.first) == HostKey::Ip(*ip) => Some(0),
            HostKey::Ip(IpAddr::V4(ip)) => {
                let IpAddr::V4(first) = self.first else { return None };
                let offset = u64::from(u32::from(*ip).checked_sub(u32::from(first))?);
                (offset < self.count).then_some(offset)
            }
            HostKey::Ip(IpAddr::V6(ip)) => {
                let IpAddr::V6(first) = self.first else { return None };
                let offset = u64::try_from(u128::from(*ip).checked_sub(u128::from(first))?).ok()?;
                (offset < self.count).then_some(offset)
            }
        }
    }
}

/// Which ports to probe, and which of them the user named. A named port is probed even if it is one that a scan skips by
/// itself (printers, databases); one within a range is not named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PortSet {
    ports: BTreeSet<u16>,
    named: BTreeSet<u16>,
}

impl PortSet {
    /// [`mcp::USUAL_PORTS`].
    pub fn usual() -> Self {
        Self { ports: mcp::USUAL_PORTS.iter().copied().collect(), named: BTreeSet::new() }
    }

    /// Reads `8080`, `3000-3010`, each also as a comma-separated list.
    pub fn parse<T: AsRef<str>>(words: &[T]) -> Result<Self, PlanError> {
        let (mut ports, mut named) = (BTreeSet::new(), BTreeSet::new());
        for part in words.iter().flat_map(|word| word.as_ref().split(',')).map(str::trim) {
            let range = range(part)?;
            named.extend(Some(*range.start()).filter(|first| first == range.end()));
            ports.extend(range);
        }
        Ok(Self { ports, named })
    }

    /// In ascending order.
    pub fn iter(&self) -> impl Iterator<Item = u16> + '_ {
        self.ports.iter().copied()
    }

    /// In ascending order, and whether the user named each.
    pub(super) fn into_iter(self) -> impl Iterator<Item = (u16, bool)> + Send {
        let Self { ports, named } = self;
        ports.into_iter().map(move |port| (port, named.contains(&port)))
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.ports.len()
    }

    /// None.
    pub fn is_empty(&self) -> bool {
        self.ports.is_empty()
    }
}

fn range(part: &str) -> Result<std::ops::RangeInclusive<u16>, PlanError> {
    let (first, last) = part.split_once('-').unwrap_or((part, part));
    match (port(first), port(last)) {
        (Some(first), Some(last)) if first <= last => Ok(first..=last),
        _ => Err(PlanError::BadPorts(part.to_owned())),
    }
}

fn port(text: &str) -> Option<u16> {
    text.trim().parse().ok().filter(|&port| port != 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ports::Listening;
    use crate::scan::{PortSet, ProbePlan};

    /// A plan's scope numbers its probes as the plan does.
    #[tokio::test]
    async fn the_numbers_of_probes_are_those_of_the_plan() {
        let targets = ["127.0.0.4-9", "127.0.0.0/30", "localhost", "fd00::1", "10.0.0.7"];
        let plan = ProbePlan::read(&targets, PortSet::parse(&["80,90-92,7"]).unwrap()).await.unwrap();
        let (scope, probes) = (plan.scope(), plan.probes());
        let mut made = 0;
        for (at, probe) in plan.into_probes().enumerate() {
            let host =
                probe.host_name.as_deref().map_or_else(|| HostKey::of_ip(probe.address.ip()), HostKey::of);
            let place = HostAndPort { host, port: probe.address.port() };
            assert!(scope.probes_of(&place).any(|number| number == at as u64), "{place} is not {at}");
            assert!(
                scope.has_asked(&place, &Done::all(probes)) && !scope.has_asked(&place, &Done::default())
            );
            made += 1;
        }
        assert_eq!(made, probes);
        for other in ["http://127.0.0.1:81", "http://10.0.0.8:80", "http://[fd00::2]:80", "http://other:80"] {
            let place = HostAndPort::of(other).unwrap();
            assert!(!scope.has_asked(&place, &Done::all(probes)), "{other}");
        }
        let text = serde_json::to_string(&scope).unwrap();
        assert_eq!(serde_json::from_str::<Scope>(&text).unwrap(), scope);
    }

    #[test]
    fn of_this_computer_a_port_that_does_not_listen_was_asked() {
        let listening = vec![Listening { address: "127.0.0.1:50123".parse().unwrap(), process: None }];
        let plan = |listening| ProbePlan::this_computer(listening, &[], &[]);
        let asked = |plan: ProbePlan, url: &str, done: &Done| {
            plan.scope().has_asked(&HostAndPort::of(url).unwrap(), done)
        };
        let none = Done::default();
        assert!(asked(plan(listening.clone()), "http://127.0.0.1:50124/mcp", &none));
        assert!(!asked(plan(listening.clone()), "http://127.0.0.1:50123/mcp", &none));
        assert!(asked(plan(listening), "http://127.0.0.1:50123/mcp", &Done::all(1)));
        assert!(!asked(plan(Vec::new()), "http://127.0.0.1:50124", &none), "no list, no knowledge");
    }

    #[test]
    fn ports_and_ranges_are_read_once_each_and_in_order() {
        let set = PortSet::parse(&["8080,3000-3002", "3001"]).unwrap();
        assert_eq!(set.iter().collect::<Vec<_>>(), [3000, 3001, 3002, 8080]);
    }

    #[test]
    fn a_port_in_a_range_is_not_named() {
        let set = PortSet::parse(&["9099-9101,9101", "515-515"]).unwrap();
        let named: Vec<_> = set.into_iter().collect();
        assert_eq!(named, [(515, true), (9099, false), (9100, false), (9101, true)]);
    }

    #[test]
    fn what_is_no_port_is_named() {
        for bad in ["0", "65536", "http", "3010-3000", "", "80-"] {
            let error = PortSet::parse(&[bad]).unwrap_err();
            assert!(error.to_string().contains(&format!("`{bad}`")), "{error}");
        }
    }
}
