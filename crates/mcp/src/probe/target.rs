use std::net::{IpAddr, SocketAddr};

/// The start of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Scheme {
    /// TLS on the ports that are known for it and when the other side requires it, plain HTTP elsewhere.
    #[default]
    Unknown,
    /// Plain HTTP.
    Http,
    /// TLS.
    Https,
}

/// One address and port to probe.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProbeTarget {
    /// The address that is connected to, and no other.
    pub host: IpAddr,
    /// Tried when `host` refuses; only ever other loopback addresses of the same name (`localhost`).
    pub alternatives: Vec<IpAddr>,
    /// The port.
    pub port: u16,
    /// The name the user gave; it goes into the `Host` header and the endpoint. Never resolved again.
    pub host_name: Option<String>,
    /// TLS or not.
    pub scheme: Scheme,
    /// A path the user gave; tried first.
    pub path: Option<String>,
    /// Whether the user named exactly this address and port: the port gate does not apply, and a slow answer can use the
    /// whole budget.
    pub asked_by_name: bool,
}

impl ProbeTarget {
    /// An address and port of a scan.
    pub fn new(host: IpAddr, port: u16) -> Self {
        Self {
            host,
            alternatives: Vec::new(),
            port,
            host_name: None,
            scheme: Scheme::default(),
            path: None,
            asked_by_name: false,
        }
    }

    /// `host:port` as in a URL: the name when there is one, IPv6 in brackets.
    pub fn authority(&self) -> String {
        match &self.host_name {
            Some(name) => format!("{name}:{}", self.port),
            None => SocketAddr::new(self.host, self.port).to_string(),
        }
    }
}
