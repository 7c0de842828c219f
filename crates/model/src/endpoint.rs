use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};

use url::{Host, Url};

use crate::secrets;
use crate::{ServerId, Transport};

/// Why an address cannot be used for a server. Each says what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EndpointError {
    /// Nothing was given.
    #[error("the address is empty: give one such as `http://localhost:8080`")]
    Empty,
    /// A host without `http://` before it.
    #[error("`{0}` has no scheme: write `http://{0}`")]
    NoScheme(String),
    /// Not a URL.
    #[error("`{given}` is not a URL ({reason}): give one such as `http://localhost:8080/mcp`")]
    Malformed {
        /// What was given, without secrets.
        given: String,
        /// The message of the parser.
        reason: String,
    },
    /// A scheme other than http and https.
    #[error("the scheme `{0}` is not supported: use `http` or `https`")]
    Scheme(String),
    /// A user or password before the host.
    #[error(
        "the address holds a user name or password: leave it out, and name a variable that holds the token instead"
    )]
    Credentials,
    /// A query parameter that looks like a credential.
    #[error(
        "the parameter `{0}` looks like a secret: leave it out, and name a variable that holds the token instead"
    )]
    SecretInQuery(String),
    /// A part after `#`, which is never sent and may hold a token.
    #[error("the address has a part after `#`, which no server receives: leave it out")]
    Fragment,
    /// An address to listen on, not to connect to.
    #[error(
        "`{0}` means every address of a computer and cannot be called: use `127.0.0.1` or the computer's name"
    )]
    Unspecified(String),
    /// Port 0.
    #[error("port 0 cannot be called: give the port the server listens on")]
    PortZero,
    /// Too long to be an address.
    #[error("the address is longer than {} characters", LONGEST)]
    TooLong,
}

const LONGEST: usize = 2048;

/// The address of a server that is reached over HTTP, checked: http or https, no credentials, no fragment. It stays as it
/// was given, since `localhost` may be reachable where `127.0.0.1` is not; [`Endpoint::key`] is what two spellings of one
/// server have in common.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Endpoint(Url);

impl Endpoint {
    /// Reads an address that a user or a file gave.
    pub fn parse(text: &str) -> Result<Self, EndpointError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(EndpointError::Empty);
        }
        if text.len() > LONGEST {
            return Err(EndpointError::TooLong);
        }
        if !text.contains("://") && !text.starts_with("http:") && !text.starts_with("https:") {
            return Err(without_scheme(text));
        }
        let url = Url::parse(text).map_err(|error| EndpointError::Malformed {
            given: secrets::redact_url(text),
            reason: error.to_string(),
        })?;
        check(&url)?;
        Ok(Self(url))
    }

    /// The address.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// The address, taken apart.
    pub fn url(&self) -> &Url {
        &self.0
    }

    /// Scheme, host and port: what a credential is bound to.
    pub fn origin(&self) -> String {
        self.0.origin().ascii_serialization()
    }

    /// Whether it is on this computer's loopback.
    pub fn is_loopback(&self) -> bool {
        match self.0.host() {
            Some(Host::Domain(name)) => is_localhost(name),
            Some(Host::Ipv4(ip)) => ip.is_loopback(),
            Some(Host::Ipv6(ip)) => {
                ip.is_loopback() || ip.to_ipv4_mapped().is_some_and(|ip| ip.is_loopback())
            }
            None => false,
        }
    }

    /// What the id is computed from. `localhost`, `127.0.0.1` and `::1` are one host, a default port counts as no port, and
    /// the last segment of the path is left out when it is empty, `mcp` or `sse`: a user registers `http://localhost:8080`,
    /// a probe finds `http://127.0.0.1:8080/mcp`, and both must be one record.
    pub fn key(&self) -> String {
        let port = self.0.port().map(|port| format!(":{port}")).unwrap_or_default();
        let query = sorted_query(&self.0);
        format!("{}://{}{port}{}{query}", self.0.scheme(), host_key(&self.0), path_key(self.0.path()))
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl std::str::FromStr for Endpoint {
    type Err = EndpointError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

impl ServerId {
    /// The id of a server at a URL, by [`Endpoint::key`] and the transport: `/mcp` and `/sse` of one server are two
    /// records with two ids, which [`same_server`] brings together.
    pub fn for_url(transport: Transport, url: &str) -> Result<Self, EndpointError> {
        Ok(Self::for_endpoint(transport, &Endpoint::parse(url)?))
    }

    /// Like [`ServerId::for_url`], for an address that was read already.
    pub fn for_endpoint(transport: Transport, endpoint: &Endpoint) -> Self {
        Self::mint(&format!("{} {}", transport.word(), endpoint.key()))
    }

    /// The id of a record that has no address.
    pub(crate) fn for_name(transport: Transport, name: &str) -> Self {
        Self::mint(&format!("{} named {name}", transport.word()))
    }

    /// The id of a stdio server: its program and every argument as given. Arguments that look like secrets count, since they
    /// may be the only difference between two accounts of one program; the id does not reveal them.
    pub fn for_stdio(command: &str, args: &[String]) -> Self {
        let mut key = format!("stdio {command}");
        for arg in args {
            key.push('\0');
            key += arg;
        }
        Self::mint(&key)
    }
}

/// Whether two addresses lead to one server: the same key, whatever the transport. An address that cannot be read only
/// equals itself.
pub fn same_server(a: &str, b: &str) -> bool {
    match (Endpoint::parse(a), Endpoint::parse(b)) {
        (Ok(a), Ok(b)) => a.key() == b.key(),
        _ => a == b,
    }
}

fn without_scheme(text: &str) -> EndpointError {
    match text.split_once(':') {
        Some((scheme, rest)) if is_scheme(scheme) && !rest.starts_with(|c: char| c.is_ascii_digit()) => {
            EndpointError::Scheme(scheme.to_owned())
        }
        _ => EndpointError::NoScheme(secrets::redact_url(text)),
    }
}

fn is_scheme(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '+')
}

fn check(url: &Url) -> Result<(), EndpointError> {
    if !matches!(url.scheme(), "http" | "https") {
        return Err(EndpointError::Scheme(url.scheme().to_owned()));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(EndpointError::Credentials);
    }
    if url.fragment().is_some() {
        return Err(EndpointError::Fragment);
    }
    if url.port() == Some(0) {
        return Err(EndpointError::PortZero);
    }
    if let Some((name, _)) = url.query_pairs().find(|(name, value)| secrets::is_secret_pair(name, value)) {
        return Err(EndpointError::SecretInQuery(name.into_owned()));
    }
    if host_key(url).is_empty() {
        return Err(EndpointError::Malformed { given: url.to_string(), reason: "empty host".into() });
    }
    match url.host() {
        Some(Host::Ipv4(Ipv4Addr::UNSPECIFIED)) => Err(EndpointError::Unspecified("0.0.0.0".into())),
        Some(Host::Ipv6(Ipv6Addr::UNSPECIFIED)) => Err(EndpointError::Unspecified("[::]".into())),
        _ => Ok(()),
    }
}

fn is_localhost(name: &str) -> bool {
    name.trim_end_matches('.').eq_ignore_ascii_case("localhost")
}

fn host_key(url: &Url) -> String {
    match url.host() {
        Some(Host::Domain(name)) if is_localhost(name) => "127.0.0.1".into(),
        Some(Host::Domain(name)) => name.trim_end_matches('.').to_owned(),
        Some(Host::Ipv4(ip)) => ip.to_string(),
        Some(Host::Ipv6(Ipv6Addr::LOCALHOST)) => "127.0.0.1".into(),
        Some(Host::Ipv6(ip)) => ip.to_ipv4_mapped().map_or_else(|| format!("[{ip}]"), |ip| ip.to_string()),
        None => String::new(),
    }
}

fn path_key(path: &str) -> &str {
    let path = path.trim_end_matches('/');
    let path = ["/mcp", "/sse"].iter().find_map(|known| path.strip_suffix(known)).unwrap_or(path);
    path.trim_end_matches('/')
}

/// The query with its parameters in order: they name different servers on some hosts (`?profile=a`).
fn sorted_query(url: &Url) -> String {
    let mut pairs: Vec<&str> =
        url.query().unwrap_or_default().split('&').filter(|pair| !pair.is_empty()).collect();
    pairs.sort_unstable();
    if pairs.is_empty() { String::new() } else { format!("?{}", pairs.join("&")) }
}

#[cfg(test)]
mod tests;
