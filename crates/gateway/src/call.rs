//! A client's request on its way: what is sent to each server, and what comes back.

use std::fmt::Write;
use std::sync::Arc;
use std::time::Duration;

use api::raw;
use http::{HeaderName, HeaderValue};
use mcp::wire::Client;
use mcp::wire::raw::{is_object, quoted};
use mcp::{CallOptions, McpError, Session, ToolProgress};
use mesh::{AnswerVerdict, Sessions};
use model::{Era, ServerId, ServerInfo, Tool, Transport};
use serde_json::value::RawValue;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::asked::{ClientRelay, LogListener, Outbox};
use crate::conversations::{LEVEL_LIMIT, LiveSession};
use crate::wanted::{AskedMethod, WantedRequest};

/// The longest time of a call, whatever its server sends meanwhile.
pub(crate) const LONGEST: Duration = Duration::from_hours(1);
/// Results are read by JSON readers that stop at 128 levels, and are within an answer.
const DEEPEST: usize = 120;

/// A result, and the server that sent it.
#[derive(Debug)]
pub(crate) struct ServerAnswer {
    pub(crate) result: Box<RawValue>,
    pub(crate) era: Era,
    pub(crate) server: ServerId,
}

/// A request as each try sends it.
pub(crate) struct GatewayCall<'a> {
    pub(crate) wanted: &'a WantedRequest,
    pub(crate) cancel: &'a CancellationToken,
    /// The channel for messages to its client before the answer.
    pub(crate) outbox: Option<Outbox>,
    /// The session of a legacy client.
    pub(crate) live: Option<&'a LiveSession>,
    /// The state that the server gave the client to send back, in JSON.
    pub(crate) state: Option<String>,
    /// Headers that are passed on to servers.
    pub(crate) passage: &'a [(HeaderName, HeaderValue)],
    /// Servers that run a separate child process for each client, by name or id.
    pub(crate) per_client: &'a [String],
    /// The server or tool that is asked, by its name.
    pub(crate) to: Option<(ServerId, String)>,
    pub(crate) has_progressed: bool,
    pub(crate) is_bounded: bool,
    /// How long a server can be silent in a call that has no timeout by a rule.
    pub(crate) idle: Duration,
}

impl GatewayCall<'_> {
    /// The receiver of the server's messages with the answer.
    fn client(&self, server: ServerId) -> Option<Arc<dyn Client>> {
        let outbox = self.outbox.clone();
        match self.live {
            Some(live) => Some(Arc::new(ClientRelay::of_call(live.asked.clone(), server, outbox))),
            None if self.wanted.wants_logs() => Some(Arc::new(LogListener { outbox: outbox? })),
            None => None,
        }
    }

    /// The client capabilities that a server of the modern era is sent, in JSON: those of its client, never ours.
    fn declared(&self) -> Option<Arc<str>> {
        match self.live {
            Some(live) => Some(live.asked.declared().into()),
            None => self.wanted.capabilities.as_deref().map(Arc::from),
        }
    }

    /// The log level that its client wants is sent to a server once in a conversation.
    async fn tell_level(&self, session: &Session, server: ServerId) {
        let Some(level) = self.live.and_then(|live| live.asked.level_for(server)) else { return };
        let params = RawValue::from_string(format!(r#"{{"level":{}}}"#, quoted(&level)));
        let Ok(params) = params else { return };
        let options = CallOptions { deadline: LEVEL_LIMIT, ..CallOptions::default() };
        // Most servers log nothing, and say so.
        let _ = session.request("logging/setLevel", &params, options).await;
    }

    /// Passes on progress reports, with the client's own token; true when there was one.
    async fn pass_on(&self, mut reports: mpsc::Receiver<ToolProgress>) -> bool {
        let mut has_progressed = false;
        while let Some(one) = reports.recv().await {
            has_progressed = true;
            if let (Some(outbox), Some(token)) = (&self.outbox, &self.wanted.progress_token) {
                // A slow reader loses a report; the next one replaces it.
                let _ = outbox.try_send(report(token, &one));
            }
        }
        has_progressed
    }
}

impl mesh::Sending for GatewayCall<'_> {
    type Answer = ServerAnswer;

    fn goes_to(&mut self, server: &Arc<ServerInfo>, tool: &Arc<Tool>) {
        self.to = Some((server.id, tool.name.clone()));
        self.has_progressed = false;
    }

    fn bounded(&mut self, by_somebody: bool) {
        self.is_bounded = by_somebody;
    }

    fn sessions(&self, server: &ServerInfo) -> Option<&Sessions> {
        self.live.filter(|_| has_own(server, self.per_client)).map(|live| &live.sessions)
    }

    async fn send(&mut self, session: &Session, left: Duration) -> Result<Self::Answer, McpError> {
        let unwritten = || McpError::InvalidTarget { message: "the request cannot be written".to_owned() };
        let era = session.identity().era;
        let (server, own) = self.to.as_ref().ok_or_else(unwritten)?;
        let level = self.live.filter(|_| era == Era::Modern).and_then(|live| live.asked.level());
        let params = self.wanted.params(own, self.state.as_deref(), level.as_deref());
        let params = params.ok_or_else(unwritten)?;
        if era == Era::Legacy {
            self.tell_level(session, *server).await;
        }
        let (progress, reports) = mpsc::channel::<ToolProgress>(64);
        let options = CallOptions {
            deadline: left,
            idle: (!self.is_bounded).then_some(self.idle),
            progress: Some(progress),
            cancel: self.cancel.clone(),
            client: self.client(*server),
            capabilities: self.declared(),
            headers: self.passage.to_vec(),
        };
        let asking = session.request(self.wanted.method.word(), &params, options);
        let (answer, has_progressed) = tokio::join!(asking, self.pass_on(reports));
        let (server, own) = (*server, own.clone());
        self.has_progressed = has_progressed;
        let result = answer?;
        if !is_object(&result) || !raw::nests_within(result.get(), DEEPEST) {
            let message = format!("`{own}` answered with something that is not a result");
            return Err(McpError::NotMcp { field: "result".to_owned(), message });
        }
        Ok(ServerAnswer { result, era, server })
    }

    fn has_progressed(&self) -> bool {
        self.has_progressed
    }

    fn verdict(&self, answer: &Self::Answer) -> AnswerVerdict {
        let is_tool = self.wanted.method == AskedMethod::CallTool;
        if is_tool && raw::says(&answer.result, "isError") {
            AnswerVerdict::ToolError
        } else {
            AnswerVerdict::Fine
        }
    }
}

/// Whether a session of a legacy client has its own conversation with this server: over HTTP, and with a child process where
/// the configuration says so, by name or id.
pub(crate) fn has_own(server: &ServerInfo, per_client: &[String]) -> bool {
    let id = server.id.to_string();
    server.transport != Transport::Stdio || per_client.iter().any(|one| *one == server.name || *one == id)
}

/// A progress report for a client, with its own token.
fn report(token: &str, ToolProgress { progress, total, message }: &ToolProgress) -> String {
    let mut params = format!(r#"{{"progressToken":{token},"progress":{progress}"#);
    if let Some(total) = total {
        // Writing to a text never fails.
        let _ = write!(params, r#","total":{total}"#);
    }
    if let Some(message) = message {
        let _ = write!(params, r#","message":{}"#, quoted(message));
    }
    params.push('}');
    crate::reply::notification("notifications/progress", &params)
}
