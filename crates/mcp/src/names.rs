//! Resolves a name: once, and only if all of its addresses are equally near.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use tokio::time::timeout;
use url::{Host, Url};

use crate::{Lack, range};

/// Resolvers try for half a minute before they give up.
const LOOK_UP_LIMIT: Duration = Duration::from_secs(10);

/// Why a name has no usable address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unresolved {
    /// The message of the resolver.
    #[error("{0}")]
    Unknown(String),
    /// A resource for asking a resolver has run out.
    #[error("{0}")]
    Lacking(Lack),
    /// Some addresses are public and some are not.
    #[error("it has both private and public ones, which looks like DNS rebinding")]
    Mixed,
}

/// Names that are this computer's loopback whatever a resolver would return (RFC 6761).
pub fn is_localhost(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name == "localhost" || name.ends_with(".localhost")
}

/// Whether a URL leads to this computer, by whatever name: `localhost`, `127.0.0.1` and `::1` are one place.
pub(crate) fn leads_here(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => is_localhost(name),
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}

/// The other name of a server at a loopback address for the `Host` header, when it refuses `authority`: servers that check
/// names allow one or the other.
pub(crate) fn other_loopback_name(authority: &str, host: IpAddr) -> Option<String> {
    if !host.is_loopback() {
        return None;
    }
    let (name, port) = authority.rsplit_once(':')?;
    let other = if is_localhost(name) { host.to_string() } else { "localhost".to_owned() };
    let other = if other.contains(':') { format!("[{other}]") } else { other };
    Some(format!("{other}:{port}"))
}

/// The addresses of a name, IPv4 first. `localhost` is both loopback addresses and is not resolved.
pub(crate) async fn look_up(name: &str, port: u16) -> Result<Vec<IpAddr>, Unresolved> {
    if is_localhost(name) {
        return Ok(vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()]);
    }
    let found = timeout(LOOK_UP_LIMIT, tokio::net::lookup_host((name, port))).await;
    let found = found.map_err(|_| {
        Unresolved::Unknown(format!("the resolver did not answer within {} s", LOOK_UP_LIMIT.as_secs()))
    })?;
    let found = found.map_err(|error| match Lack::of(&error).or_else(Lack::now) {
        Some(lack) => Unresolved::Lacking(lack),
        None => Unresolved::Unknown(error.to_string()),
    })?;
    let mut addresses: Vec<IpAddr> = found.map(|address| address.ip()).collect();
    addresses.sort_by_key(IpAddr::is_ipv6);
    addresses.dedup();
    if addresses.is_empty() {
        return Err(Unresolved::Unknown("the resolver returned none".to_owned()));
    }
    if range::is_mixed(&addresses) {
        return Err(Unresolved::Mixed);
    }
    Ok(addresses)
}
