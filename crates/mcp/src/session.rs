//! A conversation with one server, whatever its transport and era.

mod begin;
mod brief;
mod call;
mod lists;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use http::{HeaderName, HeaderValue};
use model::{Definitions, Identity, Tool};
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use tokio::runtime::Handle;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::wire::http::Http;
use crate::wire::list::in_short;
use crate::wire::mirror::Mirrored;
use crate::wire::patience::Patience;
use crate::wire::pipe::Pipe;
use crate::wire::place::ConversationPlace;
use crate::wire::request::{Again, ProgressListener, Request, Wait};
use crate::wire::terms::Params;
use crate::wire::verdict::DeclaredLists;
use crate::wire::{BoundedClient, Client, Nobody};
use crate::{McpError, Target};

#[cfg(any(test, feature = "fuzzing"))]
pub(crate) use begin::told;
pub use brief::Brief;

/// How long [`Session::close`] waits for the server.
const CLOSE_LIMIT: Duration = Duration::from_secs(8);

/// A conversation with one server. Dropping it ends the conversation as well (the server's session is
/// deleted, a child is killed with its tree), only without waiting for the end; [`Session::close`] does.
pub struct Session {
    identity: Identity,
    offers: DeclaredLists,
    /// What of its instructions is not kept.
    left_out: Option<String>,
    channel: Channel,
    place: ConversationPlace,
    answers: Arc<BoundedClient>,
    /// Work beside the answers: goodbyes, rests of streams, answers to the server's requests.
    tasks: TaskTracker,
    /// Ends the calls with the session.
    over: CancellationToken,
    /// The arguments that each tool requires in headers; unknown until requested.
    mirrored: Mutex<Option<Arc<Headers>>>,
    is_left: bool,
}

type Headers = std::collections::HashMap<String, Vec<Mirrored>>;

/// The transport of a conversation.
enum Channel {
    Http(Arc<Http>),
    Pipe(Arc<Pipe>),
}

/// What a server offers, all pages of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Contents {
    /// What the server reports about itself.
    pub identity: Identity,
    /// Its tools.
    pub tools: Vec<Tool>,
    /// The URIs of its resources.
    pub resources: Vec<String>,
    /// The names of its prompts.
    pub prompts: Vec<String>,
    /// Their definitions, and those of its resource templates, as much as a record has room for.
    pub definitions: Definitions,
    /// Which of the tools could not be read or used, a sentence each; it never costs the rest.
    pub left_out: Vec<String>,
    /// The same for everything else.
    pub left_out_beside: Vec<String>,
    /// How long the first page of tools took, in milliseconds.
    pub round_trip_ms: f64,
}

impl Contents {
    /// What is missing of it, in one sentence; nothing when nothing is.
    pub fn missing(&self) -> Option<String> {
        in_short(&[&*self.left_out, &*self.left_out_beside].concat())
    }

    /// What is missing of its resources, prompts and instructions.
    pub fn missing_beside_tools(&self) -> Option<String> {
        in_short(&self.left_out_beside)
    }
}

/// The settings of a call.
pub struct CallOptions {
    /// The time limit of the whole call. When it passes, the call is cancelled at the server.
    pub deadline: Duration,
    /// Cancels the call as well when nothing was received for this long; progress counts as received.
    pub idle: Option<Duration>,
    /// Receives the progress of the call.
    pub progress: Option<Arc<dyn ProgressListener>>,
    /// Cancels the call, also at the server. Dropping the call's future does the same.
    pub cancel: CancellationToken,
    /// Receives and answers the server's messages with this call's answer; absent means the client of the conversation.
    pub client: Option<Arc<dyn Client>>,
    /// The capabilities that this request declares in place of the conversation's, in JSON (MCP 2026-07-28,
    /// `clientCapabilities`).
    pub capabilities: Option<Arc<str>>,
    /// Sent with it over HTTP.
    pub headers: Vec<(HeaderName, HeaderValue)>,
}

impl std::fmt::Debug for CallOptions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CallOptions").field("deadline", &self.deadline).finish_non_exhaustive()
    }
}

impl Default for CallOptions {
    fn default() -> Self {
        let deadline = Duration::from_secs(30);
        let cancel = CancellationToken::new();
        Self {
            deadline,
            idle: None,
            progress: None,
            cancel,
            client: None,
            capabilities: None,
            headers: Vec::new(),
        }
    }
}

impl Session {
    /// Connects, agrees on an era and a revision. When the deadline passes, or the future is dropped, a
    /// session that the server is just opening is still closed.
    pub async fn connect(target: &Target, deadline: Duration) -> Result<Self, McpError> {
        Self::connect_as(target, deadline, Arc::new(Nobody)).await
    }

    /// The same as a client that answers the server's requests.
    pub async fn connect_as(
        target: &Target,
        deadline: Duration,
        client: Arc<dyn Client>,
    ) -> Result<Self, McpError> {
        begin::connect(target, Patience::within(deadline), client, &TaskTracker::new()).await
    }

    /// The same for one purpose: work that continues when nothing waits any more runs among these tasks, and so does its
    /// end.
    pub async fn connect_briefly(
        target: &Target,
        deadline: Duration,
        tasks: &TaskTracker,
    ) -> Result<Brief, McpError> {
        Self::begin_briefly(target, Patience::within(deadline), tasks, Arc::new(Nobody)).await
    }

    /// The same as a client that answers the server's requests, where a child process that writes output is waited for
    /// longer.
    pub async fn begin_briefly(
        target: &Target,
        patience: Patience,
        tasks: &TaskTracker,
        client: Arc<dyn Client>,
    ) -> Result<Brief, McpError> {
        let session = begin::connect(target, patience, client, tasks).await?;
        Ok(Brief::new(session, tasks.clone()))
    }

    /// What the server reports about itself.
    pub fn identity(&self) -> &Identity {
        &self.identity
    }

    /// Whether the server closed the connection, the child process ended, or the session was closed: connect again.
    pub fn is_closed(&self) -> bool {
        match &self.channel {
            Channel::Http(_) => self.over.is_cancelled(),
            Channel::Pipe(pipe) => self.over.is_cancelled() || pipe.is_closed(),
        }
    }

    /// The last lines of standard error of a child process, oldest first; empty for other transports.
    pub fn stderr(&self) -> Vec<String> {
        self.place.stderr()
    }

    /// Lists tools, resources and prompts, all pages within bounds (100 pages, 10,000 entries each). What a server does not
    /// declare, or does not know, is empty; a list of resources or prompts that fails or hangs never costs the tools.
    pub async fn contents(&self, deadline: Duration) -> Result<Contents, McpError> {
        lists::contents(self, deadline).await
    }

    /// Lists the tools alone, all pages.
    pub async fn tools(&self, deadline: Duration) -> Result<Vec<Tool>, McpError> {
        lists::tools(self, deadline).await.map(|listed| listed.tools)
    }

    /// The same, and what of the list is not kept, in one sentence.
    pub async fn tools_and_missing(
        &self,
        deadline: Duration,
    ) -> Result<(Vec<Tool>, Option<String>), McpError> {
        let listed = lists::tools(self, deadline).await?;
        let missing = in_short(&listed.left_out);
        Ok((listed.tools, missing))
    }

    /// Requests a sign of life: `ping`, which the modern era does not have, so there it is `server/discover`. Any JSON-RPC
    /// answer is one.
    pub async fn ping(&self, deadline: Duration) -> Result<(), McpError> {
        let method = match self.identity.era {
            model::Era::Legacy => "ping",
            model::Era::Modern => "server/discover",
        };
        let wait = Wait::at_most(deadline);
        let request = Request { method, params: Params::default(), again: Again::Harmless, wait };
        match self.ask(request).await {
            Ok(_) | Err(McpError::Protocol { .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Calls a tool. The result is MCP's `CallToolResult` as it came; `isError: true` is an answer, not an
    /// error.
    pub async fn call_tool(
        &self,
        name: &str,
        arguments: Map<String, Value>,
        options: CallOptions,
    ) -> Result<Box<RawValue>, McpError> {
        call::call_tool(self, name, arguments, options).await
    }

    /// Any other request; the result is as it came.
    pub async fn request(
        &self,
        method: &'static str,
        params: &RawValue,
        options: CallOptions,
    ) -> Result<Box<RawValue>, McpError> {
        call::request(self, method, params, options).await
    }

    /// Ends the conversation: deletes the server's session, or ends the child with its tree. Waits at most 8
    /// s.
    pub async fn close(mut self) {
        self.is_left = true;
        self.over.cancel();
        self.tasks.close();
        let leaving = async {
            // The former caller is still sending the cancellation.
            if matches!(self.channel, Channel::Http(_)) {
                self.tasks.wait().await;
            }
            self.channel.leave().await;
            self.tasks.wait().await;
        };
        if timeout(CLOSE_LIMIT, leaving).await.is_err() {
            tracing::debug!(server = self.place.name(), "a session ended badly");
        }
    }

    fn mirrored(&self) -> Option<Arc<Headers>> {
        self.mirrored.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn mirror(&self, headers: Headers) {
        *self.mirrored.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(headers));
    }

    /// One request with everything that can end it.
    async fn ask(&self, request: Request<'_>) -> Result<Box<RawValue>, McpError> {
        tokio::select! {
            answer = self.channel.request(&request) => answer,
            why = request.wait.over() => Err(why),
            () = self.over.cancelled() => Err(McpError::Cancelled),
        }
    }
}

impl Channel {
    async fn request(&self, request: &Request<'_>) -> Result<Box<RawValue>, McpError> {
        match self {
            Self::Http(http) => http.request(request).await,
            Self::Pipe(pipe) => pipe.request(request).await,
        }
    }

    async fn leave(&self) {
        match self {
            Self::Http(http) => http.leave().await,
            Self::Pipe(pipe) => pipe.leave().await,
        }
    }
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session").field("identity", &self.identity).finish_non_exhaustive()
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.over.cancel();
        if self.is_left {
            return;
        }
        match &self.channel {
            Channel::Pipe(pipe) => pipe.let_go(),
            Channel::Http(http) => {
                let Ok(runtime) = Handle::try_current() else { return };
                let http = http.clone();
                self.tasks.spawn_on(async move { http.leave().await }, &runtime);
            }
        }
    }
}
