//! The targets that the user gives, as addresses.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use ipnet::IpNet;

use super::PlanError;

/// The longest time to resolve a name.
const RESOLVE_WITHIN: Duration = Duration::from_secs(5);

/// Consecutive addresses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Host {
    pub(super) first: IpAddr,
    pub(super) count: u64,
    pub(super) name: Option<String>,
    pub(super) alternatives: Vec<IpAddr>,
}

/// Addresses that were given twice are probed once. What was given by name stays separate: the name is what is sent there.
pub(super) fn merged(hosts: Vec<Host>) -> Vec<Host> {
    let (mut ranges, named): (Vec<Host>, Vec<Host>) = hosts.into_iter().partition(|host| host.name.is_none());
    ranges.sort_by_key(|host| host.first);
    let mut apart: Vec<Host> = Vec::new();
    for host in ranges {
        match apart.last_mut() {
            Some(before) if before.last() >= host.first => before.reach_to(host.last()),
            _ => apart.push(host),
        }
    }
    apart.extend(named);
    apart.dedup();
    apart
}

impl Host {
    fn last(&self) -> IpAddr {
        step(self.first, self.count.saturating_sub(1))
    }

    fn reach_to(&mut self, last: IpAddr) {
        let number = |ip: IpAddr| match ip {
            IpAddr::V4(ip) => u128::from(u32::from(ip)),
            IpAddr::V6(ip) => u128::from(ip),
        };
        let count = number(last).saturating_sub(number(self.first)).saturating_add(1);
        self.count = self.count.max(u64::try_from(count).unwrap_or(u64::MAX));
    }
}

/// The address at this index.
pub(super) fn step(first: IpAddr, offset: u64) -> IpAddr {
    match first {
        IpAddr::V4(ip) => {
            let offset = u32::try_from(offset).unwrap_or(u32::MAX);
            Ipv4Addr::from(u32::from(ip).saturating_add(offset)).into()
        }
        IpAddr::V6(ip) => Ipv6Addr::from(u128::from(ip).saturating_add(u128::from(offset))).into(),
    }
}

pub(super) async fn read_target(target: &str) -> Result<Vec<Host>, PlanError> {
    if let Ok(ip) = target.trim_matches(['[', ']']).parse::<IpAddr>() {
        return Ok(vec![host(target, ip, 1)?]);
    }
    if target.contains('/') {
        return network(target).map(|host| vec![host]);
    }
    if let Some(host) = range(target)? {
        return Ok(vec![host]);
    }
    named(target).await
}

fn host(target: &str, first: IpAddr, count: u64) -> Result<Host, PlanError> {
    let last = step(first, count.saturating_sub(1));
    if mcp::is_public(first) || mcp::is_public(last) {
        return Err(PlanError::Public(target.to_owned()));
    }
    Ok(Host { first, count, name: None, alternatives: Vec::new() })
}

fn network(target: &str) -> Result<Host, PlanError> {
    let net: IpNet = target.parse().map_err(|_| PlanError::BadTarget(target.to_owned()))?;
    let bits = u32::from(net.max_prefix_len() - net.prefix_len());
    match net {
        // Network and broadcast addresses are no hosts, except in the two smallest networks (RFC 3021).
        IpNet::V4(v4) if bits >= 2 => host(target, step(v4.network().into(), 1), (1_u64 << bits) - 2),
        IpNet::V4(v4) => host(target, v4.network().into(), 1 << bits),
        IpNet::V6(v6) if bits <= 12 => host(target, v6.network().into(), 1 << bits),
        IpNet::V6(_) => Err(PlanError::WideIpv6(target.to_owned())),
    }
}

fn range(target: &str) -> Result<Option<Host>, PlanError> {
    let Some((first, last)) = target.split_once('-') else { return Ok(None) };
    let Ok(first) = first.trim().parse::<Ipv4Addr>() else { return Ok(None) };
    let last = last.trim();
    // `10.0.0.1-9` is short for `10.0.0.1-10.0.0.9`.
    let last = match last.parse::<u8>() {
        Ok(octet) => {
            let [a, b, c, _] = first.octets();
            Ok(Ipv4Addr::new(a, b, c, octet))
        }
        Err(_) => last.parse::<Ipv4Addr>(),
    };
    let last = last.map_err(|_| PlanError::BadTarget(target.to_owned()))?;
    if last < first {
        return Err(PlanError::BadTarget(target.to_owned()));
    }
    let count = u64::from(u32::from(last) - u32::from(first)) + 1;
    host(target, first.into(), count).map(Some)
}

async fn named(target: &str) -> Result<Vec<Host>, PlanError> {
    let legal = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_');
    let numeric_end =
        target.rsplit('.').next().is_some_and(|label| label.bytes().all(|byte| byte.is_ascii_digit()));
    if target.is_empty() || !target.bytes().all(legal) || numeric_end {
        return Err(PlanError::BadTarget(target.to_owned()));
    }
    let mut ips = addresses_of(target).await?;
    ips.sort_unstable();
    ips.dedup();
    // `localhost` is one computer: ::1 is asked where 127.0.0.1 refuses, or each dual-stack server would be listed twice.
    let is_here = !ips.is_empty() && ips.iter().all(IpAddr::is_loopback);
    let alternatives = if is_here { ips.split_off(1) } else { Vec::new() };
    ips.into_iter()
        .map(|ip| {
            let (name, alternatives) = (Some(target.to_owned()), alternatives.clone());
            Ok(Host { name, alternatives, ..host(target, ip, 1)? })
        })
        .collect()
}

async fn addresses_of(name: &str) -> Result<Vec<IpAddr>, PlanError> {
    // This computer whatever a resolver would say (RFC 6761), and some name only one of its addresses.
    if mcp::is_localhost(name) {
        return Ok(vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()]);
    }
    let unresolved = |cause: String| PlanError::Unresolved { host: name.to_owned(), cause };
    let lookup = tokio::time::timeout(RESOLVE_WITHIN, tokio::net::lookup_host((name, 0)));
    let found = lookup.await.map_err(|_| unresolved("no answer in 5 s".to_owned()))?;
    Ok(found.map_err(|error| unresolved(error.to_string()))?.map(|found| found.ip()).collect())
}
