//! Clients of the legacy era (MCP 2025-03-26 to 2025-11-25): a handshake, and a session that is named in each request.

use api::raw;
use http::{HeaderValue, Response, StatusCode};
use mcp::List;
use mcp::wire::message::Reply;
use mcp::wire::raw::{members, quoted};
use serde_json::value::RawValue;

use crate::modern::no_method;
use crate::post::{ClientRequest, PostedRequest};
use crate::reply::{Body, Rejected, code, empty, json, result};
use crate::sealed::ClientSession;
use crate::wanted::AskedMethod;
use crate::{Gateway, NAME};

/// The revisions, the newest first.
const VERSIONS: [&str; 3] = ["2025-11-25", "2025-06-18", "2025-03-26"];
const NEWEST: &str = VERSIONS[0];
/// What the gateway offers in this era.
const CAPABILITIES: &str = r#"{"tools":{"listChanged":true},"resources":{"subscribe":true,"listChanged":true},"prompts":{"listChanged":true},"completions":{},"logging":{}}"#;
/// The levels of a log (RFC 5424).
const LEVELS: [&str; 8] = ["debug", "info", "notice", "warning", "error", "critical", "alert", "emergency"];
/// The capabilities that a client can declare.
const ASKABLE: [&str; 3] = ["sampling", "elicitation", "roots"];
/// The longest capabilities that are kept in the id of a session.
const LONGEST_DECLARED: usize = 1024;
const SESSION_ID: &str = "mcp-session-id";
/// The message of the reference SDKs for an unknown session.
const NO_SESSION: i64 = -32001;

impl Gateway {
    pub(crate) async fn legacy(
        &self,
        ask: &PostedRequest,
        question: ClientRequest<'_>,
    ) -> Result<Response<Body>, Rejected> {
        if question.method == "initialize" {
            return self.initialize(ask, &question);
        }
        let session = self.session(ask)?;
        let answer = |text: &str| Ok(json(StatusCode::OK, result(question.id, text)));
        if let Some(list) = List::asked_by(question.method) {
            return match self.passed_list(list.method(), ask, &question, &session).await {
                Some(passed) => answer(&passed),
                None => answer(&format!("{{{}}}", self.listed(list, ask, &question)?)),
            };
        }
        if let Some(method) = AskedMethod::of(question.method) {
            return self.exchange(method, ask, question, Some(session)).await;
        }
        match question.method {
            "ping" => answer("{}"),
            "logging/setLevel" => {
                self.set_level(ask, &session, &question).await?;
                answer("{}")
            }
            other => Err(Rejected::within(code::NO_METHOD, no_method(other))),
        }
    }

    fn initialize(
        &self,
        ask: &PostedRequest,
        question: &ClientRequest<'_>,
    ) -> Result<Response<Body>, Rejected> {
        let wanted = question.text("protocolVersion");
        let Some(wanted) = wanted else {
            return Err(Rejected::within(code::INVALID_PARAMS, "`params.protocolVersion` is needed"));
        };
        let version = VERSIONS.into_iter().find(|known| *known == wanted).unwrap_or(NEWEST);
        let info = self.server_info();
        let text = format!(
            r#"{{"protocolVersion":{},"capabilities":{},"serverInfo":{info}}}"#,
            quoted(version),
            CAPABILITIES
        );
        let mut response = json(StatusCode::OK, result(question.id, &text));
        let id = self.0.seal.begin(&ask.caller.id, version, &declared(question));
        if let Ok(id) = HeaderValue::from_str(&id) {
            response.headers_mut().insert(SESSION_ID, id);
        }
        Ok(response)
    }

    /// The session that a request names. A client without one must start one.
    pub(crate) fn session(&self, ask: &PostedRequest) -> Result<ClientSession, Rejected> {
        if let Some(version) = ask.header("mcp-protocol-version")
            && !VERSIONS.contains(&version)
        {
            let why = format!("`MCP-Protocol-Version` is not one of {}", VERSIONS.join(", "));
            return Err(Rejected::bad(code::INVALID_REQUEST, why));
        }
        let Some(id) = ask.header(SESSION_ID) else {
            let why = "one header `Mcp-Session-Id` is needed: begin with `initialize`";
            return Err(Rejected::bad(code::INVALID_REQUEST, why));
        };
        let session = self.0.seal.open(&ask.caller.id, id);
        session.ok_or_else(|| Rejected::new(StatusCode::NOT_FOUND, NO_SESSION, "Session not found"))
    }

    /// Sets the level of log messages that a client wants: for all servers with a conversation, and for all later ones.
    async fn set_level(
        &self,
        ask: &PostedRequest,
        session: &ClientSession,
        question: &ClientRequest<'_>,
    ) -> Result<(), Rejected> {
        let level = question.text("level").filter(|level| LEVELS.contains(&level.as_str()));
        let Some(level) = level else {
            let why = format!("`params.level` must be one of {}", LEVELS.join(", "));
            return Err(Rejected::within(code::INVALID_PARAMS, why));
        };
        let live = self.0.live.of(session, &self.0.parts.mesh.sessions, &ask.caller.revoked);
        let _in_use = live.begins(false);
        live.tell_level(level).await;
        Ok(())
    }

    /// Notifications of a client.
    pub(crate) fn notified(&self, ask: &PostedRequest, method: &str, params: Option<&RawValue>) {
        if method != "notifications/cancelled" {
            return;
        }
        let id = params.and_then(|params| raw::at(params, &["requestId"]));
        if let (Some(id), Ok(session)) = (id, self.session(ask)) {
            self.0.running.cancel(&session.nonce, id.get());
        }
    }

    /// An answer of a client to a question. An answer without a question is dropped.
    pub(crate) fn replied(&self, ask: &PostedRequest, id: Option<&RawValue>, reply: Reply) {
        let live = self.session(ask).ok().and_then(|session| self.0.live.known(&session.nonce));
        if let (Some(id), Some(live)) = (id, live) {
            live.asked.answered(id, reply);
        }
    }

    /// `DELETE`: a client ends its session.
    pub(crate) fn end_session(&self, ask: &PostedRequest) -> Response<Body> {
        match self.session(ask) {
            Ok(session) => {
                self.0.seal.end(&session);
                self.0.live.end(&session.nonce);
                empty(StatusCode::OK)
            }
            Err(rejected) => rejected.response(None),
        }
    }

    /// Our `serverInfo`, in JSON. The instance in the version distinguishes our own endpoint from another's, also behind a
    /// bridge.
    pub(crate) fn server_info(&self) -> String {
        let (name, version) = (quoted(NAME), quoted(&self.version()));
        format!(r#"{{"name":{name},"title":"MCP Discovery","version":{version}}}"#)
    }
}

/// The capabilities of a client that servers can use, in JSON. What is too long is declared in short.
fn declared(question: &ClientRequest<'_>) -> String {
    let said = question.said.and_then(|said| said.get("capabilities")).and_then(members);
    let said = said.map(|said| said.0).unwrap_or_default();
    let askable: Vec<_> = said.iter().filter(|(key, _)| ASKABLE.contains(&key.as_ref())).collect();
    let whole = askable.iter().map(|(key, raw)| format!("{}:{}", quoted(key), raw.get())).collect::<Vec<_>>();
    let whole = format!("{{{}}}", whole.join(","));
    if whole.len() <= LONGEST_DECLARED {
        return whole;
    }
    let short = askable.iter().map(|(key, _)| format!("{}:{{}}", quoted(key))).collect::<Vec<_>>();
    format!("{{{}}}", short.join(","))
}
