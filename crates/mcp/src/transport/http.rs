//! The HTTP client of sessions: certificates are verified, no proxy for our own networks, redirects only
//! where nothing of ours can leak.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use http::{HeaderName, HeaderValue};
use reqwest::redirect::{Attempt, Policy};
use rmcp::transport::StreamableHttpClientTransport;
use rmcp::transport::streamable_http_client::StreamableHttpClientTransportConfig;
use url::{Host, Url};

use super::Place;
use super::noting::NotingClient;
use crate::names;
use crate::{McpError, Remote, Secret, range};

/// The most of one answer that is taken, in bytes.
pub(crate) const ANSWER_LIMIT: usize = 16 * 1024 * 1024;
/// For the TCP connect and the TLS handshake.
const CONNECT_LIMIT: Duration = Duration::from_secs(10);

/// A server behind a URL, with a client that connects to it and to nothing else.
#[derive(Debug, Clone)]
pub(crate) struct Site {
    pub(crate) url: Url,
    pub(crate) client: reqwest::Client,
    pub(crate) bearer: Option<Secret>,
    pub(crate) headers: HashMap<HeaderName, HeaderValue>,
}

impl Site {
    /// Resolves the name (once) and prepares the client.
    pub(crate) async fn prepare(remote: &Remote) -> Result<Self, McpError> {
        let url = parse(&remote.url)?;
        let addresses = addresses(&url, remote.address).await?;
        let client = client(&url, &addresses)?;
        let bearer = remote.bearer.clone();
        if bearer.as_ref().is_some_and(|token| HeaderValue::from_str(token.expose()).is_err()) {
            return Err(invalid("the token has characters that a header cannot carry"));
        }
        Ok(Self { url, client, bearer, headers: headers(remote)? })
    }

    /// rmcp's Streamable HTTP over this client.
    pub(crate) fn streamable(&self, place: &Place) -> StreamableHttpClientTransport<NotingClient> {
        let mut config = StreamableHttpClientTransportConfig::with_uri(self.url.as_str())
            .custom_headers(self.headers.clone());
        config.auth_header = self.bearer.as_ref().map(|token| token.expose().to_owned());
        config.max_sse_event_size = ANSWER_LIMIT;
        config.max_json_response_size = ANSWER_LIMIT;
        StreamableHttpClientTransport::with_client(
            NotingClient::new(self.client.clone(), place.clone()),
            config,
        )
    }
}

fn parse(text: &str) -> Result<Url, McpError> {
    let url = Url::parse(text).map_err(|error| invalid(&format!("the URL cannot be read: {error}")))?;
    if !matches!(url.scheme(), "http" | "https") || url.host().is_none() {
        return Err(invalid("the URL is not `http` or `https`"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(invalid("the URL has a user name or password in it; use a token"));
    }
    Ok(url)
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
            let found = names::look_up(name, port).await.map_err(|unresolved| McpError::Transport {
                message: format!("no address for `{name}`: {unresolved}"),
            })?;
            Ok(found.into_iter().map(|ip| SocketAddr::new(ip, port)).collect())
        }
        None => Err(invalid("the URL has no host")),
    }
}

fn client(url: &Url, addresses: &[SocketAddr]) -> Result<reqwest::Client, McpError> {
    crate::install_crypto();
    let mut builder = reqwest::Client::builder()
        .user_agent(concat!("mcp-discovery/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(CONNECT_LIMIT)
        .redirect(Policy::custom(same_origin))
        // An unread rest of an answer stalls a reused connection by 40 ms (delayed ACK).
        .pool_max_idle_per_host(0);
    if let Some(Host::Domain(name)) = url.host() {
        builder = builder.resolve_to_addrs(name, addresses);
    }
    if addresses.iter().any(|address| !range::is_public(address.ip())) {
        builder = builder.no_proxy();
    }
    builder.build().map_err(|error| McpError::Transport { message: format!("no HTTP client: {error}") })
}

/// Follows only redirects that keep the body and the origin: anything else could carry the token elsewhere.
fn same_origin(attempt: Attempt<'_>) -> reqwest::redirect::Action {
    let keeps_body = matches!(attempt.status().as_u16(), 307 | 308);
    let first = attempt.previous().first();
    let stays = first.is_some_and(|first| first.origin() == attempt.url().origin());
    if keeps_body && stays && attempt.previous().len() <= 3 { attempt.follow() } else { attempt.stop() }
}

fn headers(remote: &Remote) -> Result<HashMap<HeaderName, HeaderValue>, McpError> {
    let mut headers = HashMap::new();
    for (name, value) in &remote.headers {
        let header = HeaderName::from_bytes(name.as_bytes());
        let header = header.map_err(|_| invalid(&format!("`{name}` is no name of a header")))?;
        let mut value = HeaderValue::from_str(value.expose()).map_err(|_| {
            invalid(&format!("the value of `{name}` has characters that a header cannot carry"))
        })?;
        value.set_sensitive(true);
        headers.insert(header, value);
    }
    Ok(headers)
}

fn invalid(message: &str) -> McpError {
    McpError::InvalidTarget { message: message.to_owned() }
}
