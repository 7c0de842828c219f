use std::time::Duration;

use model::Tls;
use tokio_util::task::TaskTracker;

use super::{Slow, Spared};
use crate::Credentials;

/// How thorough a probe is about paths.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Depth {
    /// `/mcp`, then `/sse`, and on this computer `/`.
    #[default]
    Usual,
    /// The path that the user typed, exactly, then paths below it, then the common ones, then rarer ones. An event stream
    /// may be at any of them.
    Named,
    /// Also `/`, `/api/mcp`, `/mcp/v1`, `/v1/mcp`, and the advisory documents of the server card draft.
    Deep,
}

/// Which transports a probe looks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Protocols {
    /// Streamable HTTP.
    pub http: bool,
    /// HTTP + SSE of revision 2024-11-05.
    pub sse: bool,
}

impl Default for Protocols {
    fn default() -> Self {
        Self { http: true, sse: true }
    }
}

/// The settings of a probe.
#[derive(Debug, Clone)]
pub struct ProbeOptions {
    /// The time limit of the whole probe of one address and port.
    pub budget: Duration,
    /// The time limit of the TCP connect: 250 ms on loopback and 800 ms elsewhere when absent; at most 1 s counts.
    pub connect: Option<Duration>,
    /// How long to wait whether the other side speaks first, which means that it is not HTTP.
    pub banner: Duration,
    /// The time limit of one request and its answer. A target that was asked for by name can use the whole budget.
    pub exchange: Duration,
    /// The paths.
    pub depth: Depth,
    /// The transports.
    pub protocols: Protocols,
    /// Exchanges that may open a session at the server run here, so that the session is deleted even when the
    /// probe is dropped in the middle. Wait for it at shutdown; it is empty within 3 s.
    pub tasks: TaskTracker,
    /// Known servers that are not asked again.
    pub spared: Spared,
    /// Counts the probes that hang.
    pub slow: Slow,
    /// Credentials for every request. Over TLS the certificate must then be trusted.
    pub credentials: Credentials,
    /// The trust for the certificate; absent means the CAs that this computer trusts.
    pub tls: Option<Tls>,
}

impl Default for ProbeOptions {
    fn default() -> Self {
        Self {
            budget: Duration::from_secs(5),
            connect: None,
            banner: Duration::from_millis(150),
            exchange: Duration::from_secs(2),
            depth: Depth::default(),
            protocols: Protocols::default(),
            tasks: TaskTracker::new(),
            spared: Spared::default(),
            slow: Slow::default(),
            credentials: Credentials::default(),
            tls: None,
        }
    }
}
