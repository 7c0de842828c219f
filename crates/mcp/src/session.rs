//! A conversation with one server, whatever its transport and era.

mod brief;
mod call;
mod connect;
mod handler;
mod list;
mod sign;

use std::pin::pin;
use std::time::Duration;

use model::{Identity, Tool};
use rmcp::RoleClient;
use rmcp::model::{ClientRequest, ServerResult};
use rmcp::service::{Peer, RunningService};
use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Map, Value};
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::transport::Place;
use crate::{McpError, Target, failure};
pub use brief::Brief;
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) use connect::begin;
use handler::Handler;
pub(crate) use list::{distinct, size};

/// How long [`Session::close`] waits for the server.
const CLOSE_LIMIT: Duration = Duration::from_secs(8);
/// How long a connect goes on when nobody waits for it any more.
const CONNECT_GRACE: Duration = Duration::from_secs(2);

/// A conversation with one server. Dropping it ends the conversation as well (the server's session is
/// deleted, a child is killed with its tree), only nobody waits for the end; [`Session::close`] does.
pub struct Session {
    identity: Identity,
    service: RunningService<RoleClient, Handler>,
    place: Place,
    /// Calls run here, so that the server is told when a caller goes away.
    calls: TaskTracker,
    /// Ends the calls with the session.
    over: CancellationToken,
}

/// What a server offers, all pages of it.
#[derive(Debug, Clone)]
pub struct Contents {
    /// What the server says of itself.
    pub identity: Identity,
    /// Its tools.
    pub tools: Vec<Tool>,
    /// The URIs of its resources.
    pub resources: Vec<String>,
    /// The names of its prompts.
    pub prompts: Vec<String>,
}

/// How far a call is, in the server's words.
#[derive(Debug, Clone, PartialEq)]
pub struct Progress {
    /// Only grows.
    pub progress: f64,
    /// Of how much, when known.
    pub total: Option<f64>,
    /// For people.
    pub message: Option<String>,
}

/// How a call is made.
#[derive(Debug)]
pub struct CallOptions {
    /// For the whole call. When it passes, the server is told to stop.
    pub deadline: Duration,
    /// Where progress goes. A full channel loses reports, never blocks the call.
    pub progress: Option<mpsc::Sender<Progress>>,
    /// Ends the call; the server is told. Dropping the call's future does the same.
    pub cancel: CancellationToken,
}

impl Default for CallOptions {
    fn default() -> Self {
        Self { deadline: Duration::from_secs(30), progress: None, cancel: CancellationToken::new() }
    }
}

impl Session {
    /// Connects, agrees on an era and a revision. When the deadline passes, or the future is dropped, a
    /// session that the server is just opening is still closed.
    pub async fn connect(target: &Target, deadline: Duration) -> Result<Self, McpError> {
        let (target, place) = (target.clone(), connect::place(target));
        let unwanted = CancellationToken::new();
        let _on_drop = unwanted.clone().drop_guard();
        let connecting = connect::connect(target, place.clone(), deadline);
        let connecting = TaskTracker::new().spawn(or_close(connecting, unwanted));
        match timeout(deadline, connecting).await {
            Ok(Ok(Some(connected))) => connected,
            Ok(_) => {
                Err(McpError::Transport { message: "connecting broke down; a defect of ours".to_owned() })
            }
            // A child that writes junk never answers: the junk is the better reason.
            Err(_) => Err(place.last_words().unwrap_or(McpError::Timeout { after: deadline })),
        }
    }

    /// The same conversation, for one purpose: it ends on these tasks when it is dropped.
    pub fn brief(self, tasks: &TaskTracker) -> Brief {
        Brief::new(self, tasks.clone())
    }

    /// What the server says of itself.
    pub fn identity(&self) -> &Identity {
        &self.identity
    }

    /// The server hung up, the child died, or the session was closed: connect again.
    pub fn is_closed(&self) -> bool {
        self.service.is_closed() || self.service.peer().is_transport_closed()
    }

    /// The last lines a child wrote to its standard error, oldest first; empty for other transports.
    pub fn stderr(&self) -> Vec<String> {
        self.place.stderr()
    }

    /// Lists tools, resources and prompts, all pages within bounds (100 pages, 10,000 entries each). What a
    /// server does not declare, or does not know, is empty.
    pub async fn contents(&self, deadline: Duration) -> Result<Contents, McpError> {
        timeout(deadline, list::contents(self)).await.map_err(|_| McpError::Timeout { after: deadline })?
    }

    /// Calls a tool. The result is MCP's `CallToolResult` in the server's own text; `isError: true` is an
    /// answer, not an error.
    pub async fn call_tool(
        &self,
        name: &str,
        arguments: Map<String, Value>,
        options: CallOptions,
    ) -> Result<Box<RawValue>, McpError> {
        let result = call::call_tool(self, name, arguments, options).await?;
        to_raw_value(&result).map_err(|error| McpError::Transport {
            message: format!("the server's answer cannot be kept: {error}"),
        })
    }

    /// Ends the conversation: deletes the server's session, or ends the child with its tree. Waits at most 8
    /// s.
    pub async fn close(mut self) {
        self.over.cancel();
        self.calls.close();
        self.calls.wait().await;
        if let Err(error) = self.service.close_with_timeout(CLOSE_LIMIT).await {
            tracing::debug!(%error, "a session ended badly");
        }
    }

    fn peer(&self) -> &Peer<RoleClient> {
        self.service.peer()
    }

    async fn ask(&self, request: ClientRequest) -> Result<Value, McpError> {
        let answer = self.peer().send_request(request).await;
        answer.map_err(|error| failure::of_request(&error, &self.place)).and_then(as_value)
    }
}

/// Goes on for a moment when nobody waits any more, to close what comes of it.
async fn or_close(
    connecting: impl Future<Output = Result<Session, McpError>>,
    unwanted: CancellationToken,
) -> Option<Result<Session, McpError>> {
    let mut connecting = pin!(connecting);
    tokio::select! {
        connected = &mut connecting => return Some(connected),
        () = unwanted.cancelled() => {}
    }
    if let Ok(Ok(session)) = timeout(CONNECT_GRACE, connecting).await {
        session.close().await;
    }
    None
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session").field("identity", &self.identity).finish_non_exhaustive()
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.over.cancel();
    }
}

/// A result as JSON. What rmcp does not know comes through unchanged.
pub(crate) fn as_value(result: ServerResult) -> Result<Value, McpError> {
    serde_json::to_value(result).map_err(|error| McpError::Transport {
        message: format!("the server's answer cannot be read: {error}"),
    })
}
