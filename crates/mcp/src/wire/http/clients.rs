//! HTTP clients, shared by the conversations that can use the same: one costs as much memory as a few dozen conversations.
//! TLS and proxies use `reqwest`'s; plain HTTP to an address is sent [`direct`](super::direct).

use std::collections::HashMap;
use std::hash::Hash;
use std::net::SocketAddr;
use std::sync::{Arc, LazyLock, Mutex, PoisonError, Weak};
use std::time::Duration;

use reqwest::Client;
use reqwest::redirect::Policy;
use tokio::runtime::{Handle, Id};

use super::direct::DirectClient;
use crate::USER_AGENT;
use crate::wire::answer::NoAnswer;
use crate::wire::tls::{Trust, TrustKey};

/// The time limit of the TCP connect and the TLS handshake.
pub(super) const CONNECT_LIMIT: Duration = Duration::from_secs(10);

/// The properties of a client.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct HttpClientKind {
    /// How long connections can be idle before they are closed; with zero they are not kept at all.
    pub(crate) idle: Duration,
    /// No proxy: private networks are reached directly.
    pub(crate) is_direct: bool,
    /// A name, and the addresses that it stands for here.
    pub(crate) name: Option<(String, Vec<SocketAddr>)>,
    /// The trust.
    pub(crate) trust: TrustKey,
}

/// By the runtime that drives its connections, and by their properties. Its users keep it.
type ClientsByKind<K, C> = LazyLock<Mutex<HashMap<(Id, K), Weak<C>>>>;

static SHARED: ClientsByKind<HttpClientKind, Client> = LazyLock::new(Mutex::default);
static DIRECT: ClientsByKind<Duration, DirectClient> = LazyLock::new(Mutex::default);

/// The client with these properties that is in use, or a new one.
pub(crate) fn client(kind: HttpClientKind, trust: &Trust) -> Result<Arc<Client>, NoAnswer> {
    shared(&SHARED, kind, |kind| build(kind, trust))
}

/// The same for plain HTTP to addresses, whose idle connections are closed after this time.
pub(crate) fn direct(idle: Duration) -> Result<Arc<DirectClient>, NoAnswer> {
    shared(&DIRECT, idle, |idle| Ok(DirectClient::new(*idle)))
}

fn shared<K: Eq + Hash, C>(
    clients: &ClientsByKind<K, C>,
    kind: K,
    make: impl FnOnce(&K) -> Result<C, NoAnswer>,
) -> Result<Arc<C>, NoAnswer> {
    let key = (Handle::current().id(), kind);
    let mut clients = clients.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(client) = clients.get(&key).and_then(Weak::upgrade) {
        return Ok(client);
    }
    clients.retain(|_, client| client.strong_count() > 0);
    let client = Arc::new(make(&key.1)?);
    clients.insert(key, Arc::downgrade(&client));
    Ok(client)
}

fn build(kind: &HttpClientKind, trust: &Trust) -> Result<Client, NoAnswer> {
    let config = trust.strict().map_err(NoAnswer::Tls)?;
    let mut builder = Client::builder()
        .tls_backend_preconfigured((*config).clone())
        .user_agent(USER_AGENT)
        .connect_timeout(CONNECT_LIMIT)
        // Where a redirect may lead is decided elsewhere.
        .redirect(Policy::none())
        .pool_idle_timeout(kind.idle)
        .pool_max_idle_per_host(if kind.idle.is_zero() { 0 } else { usize::MAX });
    if let Some((name, addresses)) = &kind.name {
        builder = builder.resolve_to_addrs(name, addresses);
    }
    if kind.is_direct {
        builder = builder.no_proxy();
    }
    builder.build().map_err(|error| NoAnswer::Unreachable(format!("no HTTP client: {error}")))
}
