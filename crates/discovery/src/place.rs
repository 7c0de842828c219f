//! Where a server is, as far as a scan asks: a host and a port.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

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
