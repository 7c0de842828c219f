//! Places on this computer, a host and a port each. Those that listen are read from the operating system, so that a server on an
//! unusual port is found without probing 65,535 of them.

use std::collections::BTreeMap;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// A port of this computer that accepts connections from this computer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listening {
    /// The address to connect to; always a loopback address.
    pub address: SocketAddr,
    /// The name of the program, when it can be determined.
    pub process: Option<String>,
}

/// Every listening TCP port that loopback reaches, except our own, in order of port. A socket bound to every address counts
/// as loopback; one bound to an outside address only must not be probed without consent.
///
/// Blocking: on Linux it walks `/proc`.
pub fn listening() -> Vec<Listening> {
    let all = match listeners::get_all() {
        Ok(all) => all,
        Err(error) => {
            tracing::warn!(%error, "the list of listening ports could not be read; usual ports are tried alone");
            return Vec::new();
        }
    };
    let own = std::process::id();
    let sockets = all
        .into_iter()
        .filter(|found| found.protocol == listeners::Protocol::TCP)
        .filter(|found| found.state == listeners::SocketState::Listen && found.process.pid != own)
        .map(|found| (found.socket, found.process.name));
    reachable(sockets)
}

/// One row per port and loopback address family; of a dual-stack server, the IPv4 side.
fn reachable(sockets: impl Iterator<Item = (SocketAddr, String)>) -> Vec<Listening> {
    let mut by_address = BTreeMap::new();
    for (socket, process) in sockets {
        if let Some(ip) = loopback(socket.ip()) {
            by_address.insert((socket.port(), ip), process);
        }
    }
    let v4_ports: Vec<u16> =
        by_address.keys().filter(|(_, ip)| ip.is_ipv4()).map(|(port, _)| *port).collect();
    by_address
        .into_iter()
        .filter(|((port, ip), _)| ip.is_ipv4() || !v4_ports.contains(port))
        .map(|((port, ip), process)| Listening {
            address: SocketAddr::new(ip, port),
            process: Some(process).filter(|name| !name.is_empty()),
        })
        .collect()
}

/// The loopback address that reaches a socket bound to `bound`, if any. A socket on `::` accepts IPv4 as well on every
/// system but OpenBSD.
fn loopback(bound: IpAddr) -> Option<IpAddr> {
    match bound {
        IpAddr::V4(ip) if ip.is_unspecified() => Some(Ipv4Addr::LOCALHOST.into()),
        IpAddr::V6(ip) if ip.is_unspecified() => Some(Ipv4Addr::LOCALHOST.into()),
        IpAddr::V4(ip) if ip.is_loopback() => Some(ip.into()),
        IpAddr::V6(ip) if ip.is_loopback() => Some(Ipv6Addr::LOCALHOST.into()),
        _ => None,
    }
}

/// A host and a port. `localhost`, `127.0.0.1` and `::1` are one host, as they are for the id of a server.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct HostAndPort {
    pub(crate) host: HostKey,
    pub(crate) port: u16,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum HostKey {
    Ip(IpAddr),
    Name(String),
}

impl HostKey {
    pub(crate) fn of_ip(ip: IpAddr) -> Self {
        match ip {
            IpAddr::V6(Ipv6Addr::LOCALHOST) => Self::Ip(Ipv4Addr::LOCALHOST.into()),
            ip => Self::Ip(ip),
        }
    }

    pub(crate) fn of(text: &str) -> Self {
        if let Ok(ip) = text.trim_matches(['[', ']']).parse() {
            return Self::of_ip(ip);
        }
        let name = text.trim_end_matches('.').to_ascii_lowercase();
        if name == "localhost" { Self::Ip(Ipv4Addr::LOCALHOST.into()) } else { Self::Name(name) }
    }
}

impl HostAndPort {
    /// The place of an address such as `http://127.0.0.1:3000/mcp`.
    pub fn of(url: &str) -> Option<Self> {
        let (scheme, rest) = url.split_once("://")?;
        let authority = rest.split(['/', '?', '#']).next()?;
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) if !port.ends_with(']') => (host, port.parse().ok()?),
            _ => (authority, if scheme.eq_ignore_ascii_case("https") { 443 } else { 80 }),
        };
        (!host.is_empty()).then(|| Self { host: HostKey::of(host), port })
    }

    pub(crate) fn is_loopback(&self) -> bool {
        self.loopback_address().is_some()
    }

    /// Its address, if it is on this computer.
    pub(crate) fn loopback_address(&self) -> Option<SocketAddr> {
        match self.host {
            HostKey::Ip(ip) if ip.is_loopback() => Some(SocketAddr::new(ip, self.port)),
            HostKey::Ip(_) | HostKey::Name(_) => None,
        }
    }
}

impl fmt::Display for HostAndPort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.host {
            HostKey::Ip(IpAddr::V6(ip)) => write!(f, "[{ip}]:{}", self.port),
            HostKey::Ip(ip) => write!(f, "{ip}:{}", self.port),
            HostKey::Name(name) => write!(f, "{name}:{}", self.port),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(sockets: &[&str]) -> Vec<String> {
        let sockets = sockets.iter().map(|text| (text.parse().unwrap(), "node".to_owned()));
        reachable(sockets).into_iter().map(|row| row.address.to_string()).collect()
    }

    #[test]
    fn a_socket_on_every_address_is_asked_on_loopback() {
        assert_eq!(rows(&["0.0.0.0:3001"]), ["127.0.0.1:3001"]);
        assert_eq!(rows(&["[::]:3001"]), ["127.0.0.1:3001"]);
    }

    #[test]
    fn an_outside_address_is_left_alone() {
        assert!(rows(&["192.168.1.5:3001", "[fe80::1]:3001"]).is_empty());
    }

    #[test]
    fn a_dual_stack_server_is_one_row_and_two_servers_on_one_port_are_two() {
        assert_eq!(rows(&["127.0.0.1:3001", "[::1]:3001"]), ["127.0.0.1:3001"]);
        assert_eq!(rows(&["[::1]:3001"]), ["[::1]:3001"]);
        assert_eq!(rows(&["127.0.0.2:3001", "127.0.0.1:3001"]), ["127.0.0.1:3001", "127.0.0.2:3001"]);
    }

    #[test]
    fn a_port_that_this_test_opens_is_its_own_and_so_not_listed() {
        let socket = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = socket.local_addr().unwrap();
        assert!(listening().iter().all(|row| row.address != address));
    }

    #[test]
    fn the_place_of_an_address_is_its_host_and_port() {
        for (url, place) in [
            ("http://127.0.0.1:3000/mcp", "127.0.0.1:3000"),
            ("http://localhost:3000", "127.0.0.1:3000"),
            ("http://LOCALHOST.:3000/a?b=c:9", "127.0.0.1:3000"),
            ("http://[::1]:3000/sse", "127.0.0.1:3000"),
            ("https://[fd00::7]/mcp", "[fd00::7]:443"),
            ("http://nas.local", "nas.local:80"),
            ("https://Nas.local:8443/x", "nas.local:8443"),
        ] {
            assert_eq!(HostAndPort::of(url).unwrap().to_string(), place, "{url}");
        }
        for none in ["", "stdio", "http://", "http://:80", "http://a:b", "http://a:99999"] {
            assert_eq!(HostAndPort::of(none), None, "{none}");
        }
    }
}
