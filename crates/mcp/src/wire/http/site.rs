//! The place of a server over HTTP: certificates are verified, private networks are reached without a proxy, and redirects
//! are followed here by hand, where it is known that no secret can leak.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue, Uri, header};
use url::{Host, Position, Url};

use super::clients::{HttpClientKind, client, direct};
use super::direct::DirectClient;
use crate::names::Unresolved;
use crate::wire::answer::NoAnswer;
use crate::wire::place::ConversationPlace;
use crate::wire::query;
use crate::wire::scrub::Scrub;
use crate::wire::tls::Trust;
use crate::{McpError, Remote, Secret, failure, names, range};

/// Node's and uvicorn's servers close a connection that was idle for 5 s; a request that is written into that moment is
/// lost.
pub(crate) const IDLE: Duration = Duration::from_secs(4);

/// A server behind a URL: its place, and what every request carries.
#[derive(Debug)]
pub(crate) struct Site {
    pub(crate) url: Url,
    addresses: Vec<SocketAddr>,
    trust: Trust,
    pub(crate) headers: HeaderMap,
    /// Keys in the query of requests, and in no URL that is kept here.
    pub(crate) query: Vec<(String, Secret)>,
    /// What is removed from all that is read there.
    pub(crate) secrets: Scrub,
}

impl Site {
    /// Resolves the name, once.
    pub(crate) async fn prepare(remote: &Remote) -> Result<Self, McpError> {
        let url = remote.parsed()?;
        let headers = headers(remote)?;
        let addresses = addresses(&url, remote.address).await?;
        let trust = trust(&url, remote).await?;
        let query = remote.query.clone();
        Ok(Self { url, addresses, trust, headers, query, secrets: Scrub::of_remote(remote) })
    }

    /// The URL of a request, keys included. Only for the request itself.
    pub(crate) fn asked(&self, url: &Url) -> Url {
        let mut asked = url.clone();
        if !self.query.is_empty() {
            let query = url.query().map(|query| format!("?{query}")).unwrap_or_default();
            asked.set_query(query::signed(&query, &self.query).strip_prefix('?'));
        }
        asked
    }

    /// Path and query of a request, keys included.
    pub(crate) fn target(&self, url: &Url) -> Result<Uri, NoAnswer> {
        let parsed = if self.query.is_empty() {
            url[Position::BeforePath..Position::AfterQuery].parse()
        } else {
            self.asked(url)[Position::BeforePath..Position::AfterQuery].parse()
        };
        // What a URL may be and a request may not is not known to be anything; its keys stay unsaid.
        parsed.map_err(|_| NoAnswer::Unreachable("its path cannot be sent over HTTP".to_owned()))
    }

    /// The ways to this place under a name: one for each address, tried in their order. Over plain HTTP to private networks
    /// an address is used directly, and the name is only in the `Host` header; so one client is enough for all.
    pub(crate) fn routes(&self, name: &Url, idle: Duration) -> Result<Arc<[SiteRoute]>, NoAnswer> {
        let is_direct = self.addresses.iter().any(|address| !range::is_public(address.ip()));
        if !is_direct || name.scheme() == "https" {
            let host = match name.host() {
                Some(Host::Domain(host)) => Some((host.to_owned(), self.addresses.clone())),
                _ => None,
            };
            let kind = HttpClientKind { idle, is_direct, name: host, trust: self.trust.key() };
            let client = client(kind, &self.trust)?;
            return Ok(Arc::new([SiteRoute::Named(client)]));
        }
        let host = HeaderValue::from_str(&authority(name))
            .map_err(|_| NoAnswer::Unreachable("its name cannot be sent over HTTP".to_owned()))?;
        let client = direct(idle)?;
        let route = |address: &SocketAddr| SiteRoute::Direct {
            client: client.clone(),
            address: *address,
            host: host.clone(),
        };
        Ok(self.addresses.iter().map(route).collect())
    }

    /// The same place under the other name of this computer, if it is on it.
    pub(crate) fn other_name(&self) -> Option<Url> {
        let host = self.addresses.first()?.ip();
        let port = self.url.port_or_known_default()?;
        let authority = format!("{}:{port}", self.url.host_str()?);
        let other = names::other_loopback_name(&authority, host)?;
        let mut url = self.url.clone();
        url.set_host(Some(other.rsplit_once(':')?.0)).ok()?;
        Some(url)
    }
}

/// A way to a place.
#[derive(Debug, Clone)]
pub(crate) enum SiteRoute {
    /// The client knows the addresses of the name.
    Named(Arc<reqwest::Client>),
    /// To this address, under the name in `Host`.
    Direct { client: Arc<DirectClient>, address: SocketAddr, host: HeaderValue },
}

/// `host:port` as in a URL.
fn authority(url: &Url) -> String {
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    format!("{}{port}", url.host_str().unwrap_or_default())
}

/// The trust of the conversation. Without TLS there is none.
async fn trust(url: &Url, remote: &Remote) -> Result<Trust, McpError> {
    let tls = remote.tls.as_ref().filter(|_| url.scheme() == "https");
    Trust::of(tls).await.map_err(|fault| {
        let place = ConversationPlace::new(url.host_str().unwrap_or_default());
        failure::no_answer(&NoAnswer::Tls(fault), &place)
    })
}

async fn addresses(url: &Url, pinned: Option<IpAddr>) -> Result<Vec<SocketAddr>, McpError> {
    let port = url.port_or_known_default().unwrap_or(80);
    if let Some(ip) = pinned {
        return Ok(vec![SocketAddr::new(ip, port)]);
    }
    match url.host() {
        Some(Host::Ipv4(ip)) => Ok(vec![SocketAddr::new(ip.into(), port)]),
        Some(Host::Ipv6(ip)) => Ok(vec![SocketAddr::new(ip.into(), port)]),
        Some(Host::Domain(name)) => {
            let found = names::look_up(name, port).await.map_err(|unresolved| match unresolved {
                Unresolved::Lacking(lack) => {
                    McpError::Unsent { cause: crate::Unsent::Lacking(lack), message: lack.to_string() }
                }
                unresolved => McpError::Unsent {
                    cause: crate::Unsent::NoAddress,
                    message: format!("no address for `{name}`: {unresolved}"),
                },
            })?;
            Ok(found.into_iter().map(|ip| SocketAddr::new(ip, port)).collect())
        }
        None => Err(McpError::InvalidTarget { message: "the URL has no host".to_owned() }),
    }
}

fn headers(remote: &Remote) -> Result<HeaderMap, McpError> {
    let invalid = |message: String| McpError::InvalidTarget { message };
    let mut headers = HeaderMap::new();
    headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static("identity"));
    for (name, value) in &remote.headers {
        let header = HeaderName::from_bytes(name.as_bytes());
        let header = header.map_err(|_| invalid(format!("`{name}` is not the name of a header")))?;
        let mut value = HeaderValue::from_str(value.expose()).map_err(|_| {
            invalid(format!("the value of `{name}` has characters that a header cannot carry"))
        })?;
        value.set_sensitive(true);
        headers.insert(header, value);
    }
    if let Some(token) = &remote.bearer {
        let mut value = HeaderValue::from_str(&format!("Bearer {}", token.expose()))
            .map_err(|_| invalid("the token has characters that a header cannot carry".to_owned()))?;
        value.set_sensitive(true);
        headers.insert(header::AUTHORIZATION, value);
    }
    Ok(headers)
}
