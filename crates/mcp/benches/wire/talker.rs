//! The contenders: a conversation of ours, one of rmcp's with the same calls, and the floor below both.

use std::fmt;

use mcp::{CallOptions, Session, Target};
use rmcp::RoleClient;
use rmcp::model::{CallToolRequestParams, ProtocolVersion};
use rmcp::service::{ClientLifecycleMode, ClientServiceExt, RunningService};
use rmcp::transport::streamable_http_client::StreamableHttpClientTransportConfig;
use rmcp::transport::{StreamableHttpClientTransport, TokioChildProcess};
use serde_json::{Map, Value, json};
use tokio::time::Duration;

use crate::Floor;

const PATIENCE: Duration = Duration::from_secs(20);
/// As many as the most callers.
const AT_ONCE: usize = 64;

/// Over what.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Over {
    Modern,
    Legacy,
    Sse,
    Stdio,
}

/// Whose conversation.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Whose {
    Ours,
    /// With a pool of connections and without its limit of 16 requests at once.
    Rmcp,
    /// As it comes.
    Bare,
    /// The same bytes, sent and read by who knows nothing of MCP.
    Floor,
}

impl Over {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Modern => "HTTP 2026-07",
            Self::Legacy => "HTTP 2025-11",
            Self::Sse => "HTTP + SSE",
            Self::Stdio => "stdio",
        }
    }

    /// The path of our fake; also its name on the command line.
    pub(crate) const fn path(self) -> &'static str {
        match self {
            Self::Modern => "modern",
            Self::Legacy => "legacy",
            Self::Sse => "sse",
            Self::Stdio => "stdio",
        }
    }

    pub(crate) fn named(path: &str) -> Self {
        [Self::Modern, Self::Legacy, Self::Sse].into_iter().find(|over| over.path() == path).unwrap()
    }

    pub(crate) fn url(self, port: u16) -> String {
        format!("http://127.0.0.1:{port}/{}", self.path())
    }
}

impl Whose {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Ours => "ours",
            Self::Rmcp => "rmcp",
            Self::Bare => "rmcp bare",
            Self::Floor => "floor",
        }
    }

    pub(crate) fn named(name: &str) -> Self {
        match name {
            "ours" => Self::Ours,
            "floor" => Self::Floor,
            _ => Self::Rmcp,
        }
    }
}

impl fmt::Display for Over {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl fmt::Display for Whose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A kept conversation.
pub(crate) enum Talker {
    Ours(Box<Session>),
    Theirs(RunningService<RoleClient, ()>),
    Floor(Floor),
}

impl Talker {
    pub(crate) async fn connect(over: Over, whose: Whose, url: &str) -> Self {
        if whose == Whose::Ours {
            let target = match over {
                Over::Modern | Over::Legacy => Target::http(url),
                Over::Sse => Target::sse(url),
                Over::Stdio => Target::stdio(ourselves().to_string_lossy(), ["serve-stdio"]),
            };
            return Self::Ours(Box::new(Session::connect(&target, PATIENCE).await.unwrap()));
        }
        if whose == Whose::Floor {
            return Self::Floor(if over == Over::Stdio { Floor::stdio() } else { Floor::http(url) });
        }
        let mode = match over {
            Over::Legacy => ClientLifecycleMode::Initialize,
            _ => ClientLifecycleMode::Discover { preferred_versions: vec![ProtocolVersion::V_2026_07_28] },
        };
        if over == Over::Stdio {
            let mut child = tokio::process::Command::new(ourselves());
            child.arg("serve-stdio");
            return Self::Theirs(
                ().serve_with_lifecycle(TokioChildProcess::new(child).unwrap(), mode).await.unwrap(),
            );
        }
        let mut config = StreamableHttpClientTransportConfig::with_uri(url);
        let mut client = reqwest::Client::builder();
        if whose == Whose::Bare {
            client = client.pool_max_idle_per_host(0);
        } else {
            config = config.max_concurrent_requests(AT_ONCE);
        }
        let transport = StreamableHttpClientTransport::with_client(client.build().unwrap(), config);
        Self::Theirs(().serve_with_lifecycle(transport, mode).await.unwrap())
    }

    /// A call with two small arguments.
    pub(crate) async fn call(&self) {
        match self {
            Self::Ours(session) => {
                let result =
                    session.call_tool("forecast", arguments(), CallOptions::default()).await.unwrap();
                assert!(result.to_string().contains(r#""content":["#), "{result}");
            }
            Self::Theirs(service) => {
                let params = CallToolRequestParams::new("forecast").with_arguments(arguments());
                let result = service.call_tool(params).await.unwrap();
                assert!(!result.content.is_empty(), "{result:?}");
            }
            Self::Floor(floor) => floor.call().await,
        }
    }

    pub(crate) async fn close(self) {
        match self {
            Self::Ours(session) => session.close().await,
            Self::Theirs(service) => drop(service.cancel().await),
            Self::Floor(_) => {}
        }
    }
}

fn arguments() -> Map<String, Value> {
    let Value::Object(map) = json!({ "city": "Reykjavík", "days": 3 }) else { return Map::new() };
    map
}

pub(crate) fn ourselves() -> std::path::PathBuf {
    std::env::current_exe().unwrap()
}
