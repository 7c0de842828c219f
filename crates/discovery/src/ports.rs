//! The ports that listen on this computer. Read from the operating system, so that a server on an unusual
//! port is found without probing 65,535 of them.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// A port of this computer that accepts connections from this computer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listening {
    /// Where to connect; always a loopback address.
    pub address: SocketAddr,
    /// The name of the program, when we may know.
    pub process: Option<String>,
}

/// Every listening TCP port that loopback reaches, except our own, in order of port. A socket bound to every
/// address counts as loopback; one bound to an outside address only is not ours to ask without consent.
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

/// The loopback address that reaches a socket bound to `bound`, if any. A socket on `::` takes IPv4 as well
/// on every system but OpenBSD.
fn loopback(bound: IpAddr) -> Option<IpAddr> {
    match bound {
        IpAddr::V4(ip) if ip.is_unspecified() => Some(Ipv4Addr::LOCALHOST.into()),
        IpAddr::V6(ip) if ip.is_unspecified() => Some(Ipv4Addr::LOCALHOST.into()),
        IpAddr::V4(ip) if ip.is_loopback() => Some(ip.into()),
        IpAddr::V6(ip) if ip.is_loopback() => Some(Ipv6Addr::LOCALHOST.into()),
        _ => None,
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
}
