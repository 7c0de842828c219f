//! HTTP clients, shared by the conversations that can use the same: one costs as much memory as a few dozen conversations.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, LazyLock, Mutex, PoisonError, Weak};
use std::time::Duration;

use reqwest::Client;
use reqwest::redirect::Policy;
use tokio::runtime::{Handle, Id};

use crate::USER_AGENT;
use crate::wire::answer::NoAnswer;
use crate::wire::tls::{Trust, TrustKey};

/// For the TCP connect and the TLS handshake.
const CONNECT_LIMIT: Duration = Duration::from_secs(10);

/// What a client is like.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct HttpClientKind {
    /// Connections that were idle for so long are closed; after no time they are not kept at all.
    pub(crate) idle: Duration,
    /// No proxy: our own networks are reached directly.
    pub(crate) is_direct: bool,
    /// A name, and the addresses that it stands for here. Without one the client is for addresses alone, and any
    /// conversation may use it.
    pub(crate) name: Option<(String, Vec<SocketAddr>)>,
    /// Whom it trusts.
    pub(crate) trust: TrustKey,
}

/// By the runtime that drives its connections. Whoever uses one keeps it.
type ClientsByRuntime = HashMap<(Id, HttpClientKind), Weak<Client>>;

static SHARED: LazyLock<Mutex<ClientsByRuntime>> = LazyLock::new(Mutex::default);

/// The client of this kind that is in use, or a new one.
pub(crate) fn client(kind: HttpClientKind, trust: &Trust) -> Result<Arc<Client>, NoAnswer> {
    let key = (Handle::current().id(), kind);
    let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(client) = shared.get(&key).and_then(Weak::upgrade) {
        return Ok(client);
    }
    shared.retain(|_, client| client.strong_count() > 0);
    let client = Arc::new(build(&key.1, trust)?);
    shared.insert(key, Arc::downgrade(&client));
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
