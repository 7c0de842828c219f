use std::net::IpAddr;

use ipnet::IpNet;
use serde::{Serialize, Serializer};

use super::describe::{Branch, KeyDoc, KeyKind, leaf};
use super::section::Section;
use super::tree::{Node, Yaml};
use super::values::Seconds;
use crate::Transport;

/// Ports from `first` to `last`, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PortRange {
    /// At least 1.
    pub first: u16,
    /// At least `first`.
    pub last: u16,
}

/// As the file has it: `8080`, or `"3000-3010"`.
impl Serialize for PortRange {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.first == self.last {
            return serializer.serialize_u16(self.first);
        }
        serializer.collect_str(&format_args!("{}-{}", self.first, self.last))
    }
}

/// What is scanned, and how often. Nothing leaves this computer unless it is enabled here or the user asks for it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct NetworkDiscovery {
    /// Whether to scan on a schedule.
    pub enabled: bool,
    /// Absent: the common MCP ports.
    pub scan_ports: Option<Vec<PortRange>>,
    /// The time from the end of one scan to the next.
    pub scan_interval: Seconds,
    /// Ranges of addresses.
    pub networks: Vec<IpNet>,
    /// Single hosts, by name or address.
    pub hosts: Vec<String>,
    /// The time limit of one host and port.
    pub timeout: Seconds,
    /// The transports: `http`, `sse`.
    pub protocols: Vec<Transport>,
    /// Whether the user agrees to a schedule of millions of probes.
    pub confirm_large: bool,
}

impl Default for NetworkDiscovery {
    fn default() -> Self {
        Self {
            enabled: false,
            scan_ports: None,
            scan_interval: Seconds(60.0),
            networks: Vec::new(),
            hosts: Vec::new(),
            timeout: Seconds(5.0),
            protocols: vec![Transport::Http, Transport::Sse],
            confirm_large: false,
        }
    }
}

/// Every key of the section.
pub(super) const KEYS: &[Branch] = &[
    leaf(KeyDoc::new("enabled", KeyKind::Truth, "false", "Scan on a schedule")),
    leaf(KeyDoc::new(
        "scan_ports",
        KeyKind::List(&KeyKind::Ports),
        "[8080, \"3000-3010\"]",
        "Which ports; absent means the usual ones of MCP servers",
    )),
    leaf(KeyDoc::new(
        "scan_interval",
        KeyKind::Seconds(1.0),
        "60",
        "The time from the end of one scan to the next",
    )),
    leaf(KeyDoc::new(
        "networks",
        KeyKind::List(&KeyKind::Network),
        "[\"192.168.1.0/24\"]",
        "Ranges of addresses",
    )),
    leaf(KeyDoc::new(
        "hosts",
        KeyKind::List(&KeyKind::Text),
        "[build-box]",
        "Single hosts, by name or address",
    )),
    leaf(KeyDoc::new("timeout", KeyKind::Seconds(0.1), "5", "The time limit of one host and port")),
    leaf(KeyDoc::new(
        "protocols",
        KeyKind::List(&KeyKind::Word(&["http", "sse"])),
        "[http, sse]",
        "Which transports are tried",
    )),
    leaf(KeyDoc::new(
        "confirm_large",
        KeyKind::Truth,
        "false",
        "You agree to a schedule of millions of probes",
    )),
];

pub(super) fn read(mut section: Section<'_>) -> NetworkDiscovery {
    let default = NetworkDiscovery::default();
    let read = NetworkDiscovery {
        enabled: section.truth("enabled").unwrap_or(default.enabled),
        scan_ports: ports(&mut section),
        scan_interval: section.seconds("scan_interval", 1.0).unwrap_or(default.scan_interval),
        networks: networks(&mut section),
        hosts: section.texts("hosts").unwrap_or_default(),
        timeout: section.seconds("timeout", 0.1).unwrap_or(default.timeout),
        protocols: protocols(&mut section).unwrap_or(default.protocols),
        confirm_large: section.truth("confirm_large").unwrap_or(default.confirm_large),
    };
    section.finish();
    read
}

fn ports(section: &mut Section<'_>) -> Option<Vec<PortRange>> {
    let items = section.list("scan_ports")?;
    Some(
        items
            .iter()
            .enumerate()
            .filter_map(|(i, item)| port(section, item, &format!("scan_ports[{i}]")))
            .collect(),
    )
}

fn port(section: &Section<'_>, node: &Node, key: &str) -> Option<PortRange> {
    let range = match &node.value {
        Yaml::Number(number) => {
            number.as_u64().and_then(|port| u16::try_from(port).ok()).map(|port| (port, port))
        }
        Yaml::Text(text) => {
            let (first, last) = text.split_once('-').unwrap_or((text, text));
            first.trim().parse().ok().zip(last.trim().parse().ok())
        }
        _ => None,
    };
    match range {
        Some((first, last)) if first >= 1 && first <= last => Some(PortRange { first, last }),
        _ => {
            let message = format!(
                "{} is not a port: write one from 1 to 65535, or a range as `\"3000-3010\"`",
                node.kind()
            );
            section.error(node.place, key, message);
            None
        }
    }
}

fn networks(section: &mut Section<'_>) -> Vec<IpNet> {
    let items = section.list("networks").unwrap_or_default();
    items
        .iter()
        .enumerate()
        .filter_map(|(i, item)| network(section, item, &format!("networks[{i}]")))
        .collect()
}

fn network(section: &Section<'_>, node: &Node, key: &str) -> Option<IpNet> {
    let text = section.text_of(node, key)?;
    let read =
        text.parse::<IpNet>().or_else(|error| text.parse::<IpAddr>().map(IpNet::from).map_err(|_| error));
    let Ok(network) = read else {
        let message = format!("`{text:.60}` is not a range of addresses: write one such as `192.168.1.0/24`");
        section.error(node.place, key, message);
        return None;
    };
    let network = network.trunc();
    if network.addr().is_ipv6() && network.prefix_len() < 112 {
        let message = format!("`{network}` is too large to be swept: list the addresses under `hosts`");
        section.warn(node.place, key, message);
    } else if !is_private(network) {
        let message =
            format!("`{network}` reaches into the public internet: it is not scanned until you agree");
        section.warn(node.place, key, message);
    }
    Some(network)
}

/// Loopback, private, link-local and ULA ranges.
fn is_private(network: IpNet) -> bool {
    const RANGES: [&str; 7] = [
        "127.0.0.0/8",
        "10.0.0.0/8",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "169.254.0.0/16",
        "fc00::/7",
        "fe80::/10",
    ];
    let loopback = network.addr().is_loopback();
    loopback
        || RANGES.iter().filter_map(|range| range.parse::<IpNet>().ok()).any(|range| range.contains(&network))
}

fn protocols(section: &mut Section<'_>) -> Option<Vec<Transport>> {
    let items = section.list("protocols")?;
    let words = [("http", Transport::Http), ("sse", Transport::Sse)];
    let read = items
        .iter()
        .enumerate()
        .filter_map(|(i, item)| section.one_of_node(item, &format!("protocols[{i}]"), &words));
    Some(read.collect())
}
