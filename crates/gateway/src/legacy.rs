//! Clients of the legacy era (MCP 2025-03-26 to 2025-11-25): a handshake, and a session that is named in each request.

use api::raw;
use http::{HeaderValue, Response, StatusCode};
use mcp::wire::raw::quoted;
use serde_json::value::RawValue;

use crate::modern::no_method;
use crate::post::{ClientRequest, PostedRequest};
use crate::reply::{Body, Rejected, code, empty, json, result};
use crate::sealed::ClientSession;
use crate::{Gateway, NAME};

/// The revisions, the newest first.
const VERSIONS: [&str; 3] = ["2025-11-25", "2025-06-18", "2025-03-26"];
const NEWEST: &str = VERSIONS[0];
const SESSION_ID: &str = "mcp-session-id";
/// What the reference SDKs say of a session that they do not know.
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
        match question.method {
            "ping" => answer("{}"),
            "tools/list" => {
                let (tools, next) = self.tool_list(ask, &question)?;
                let next = next.map(|next| format!(r#","nextCursor":{}"#, quoted(&next))).unwrap_or_default();
                answer(&format!(r#"{{"tools":{tools}{next}}}"#))
            }
            "tools/call" => self.call_tool(ask, question, Some(session)).await,
            other => Err(Rejected::within(code::NO_METHOD, no_method(other))),
        }
    }

    fn initialize(
        &self,
        ask: &PostedRequest,
        question: &ClientRequest<'_>,
    ) -> Result<Response<Body>, Rejected> {
        let wanted = question.text(&["protocolVersion"]);
        let Some(wanted) = wanted else {
            return Err(Rejected::within(code::INVALID_PARAMS, "`params.protocolVersion` is needed"));
        };
        let version = VERSIONS.into_iter().find(|known| *known == wanted).unwrap_or(NEWEST);
        let info = self.server_info();
        let text = format!(
            r#"{{"protocolVersion":{},"capabilities":{{"tools":{{"listChanged":true}}}},"serverInfo":{info}}}"#,
            quoted(version)
        );
        let mut response = json(StatusCode::OK, result(question.id, &text));
        let id = self.0.seal.begin(&ask.caller.id, version);
        if let Ok(id) = HeaderValue::from_str(&id) {
            response.headers_mut().insert(SESSION_ID, id);
        }
        Ok(response)
    }

    /// The session that a request names. Whoever has none must begin one.
    pub(crate) fn session(&self, ask: &PostedRequest) -> Result<ClientSession, Rejected> {
        if let Some(version) = ask.header("mcp-protocol-version")
            && !VERSIONS.contains(&version)
        {
            let why = format!("`MCP-Protocol-Version` is none of {}", VERSIONS.join(", "));
            return Err(Rejected::bad(code::INVALID_REQUEST, why));
        }
        let Some(id) = ask.header(SESSION_ID) else {
            let why = "one header `Mcp-Session-Id` is needed: begin with `initialize`";
            return Err(Rejected::bad(code::INVALID_REQUEST, why));
        };
        let session = self.0.seal.open(&ask.caller.id, id);
        session.ok_or_else(|| Rejected::new(StatusCode::NOT_FOUND, NO_SESSION, "Session not found"))
    }

    /// What a client says without wanting an answer.
    pub(crate) fn notified(&self, ask: &PostedRequest, method: &str, params: Option<&RawValue>) {
        if method != "notifications/cancelled" {
            return;
        }
        let id = params.and_then(|params| raw::at(params, &["requestId"]));
        if let (Some(id), Ok(session)) = (id, self.session(ask)) {
            self.0.running.cancel(&session.nonce, id.get());
        }
    }

    /// `DELETE`: a client ends its session.
    pub(crate) fn end_session(&self, ask: &PostedRequest) -> Response<Body> {
        match self.session(ask) {
            Ok(session) => {
                self.0.seal.end(&session);
                empty(StatusCode::OK)
            }
            Err(rejected) => rejected.response(None),
        }
    }

    /// What we call ourselves, in JSON. The instance in the version tells our own endpoint from another's, also behind a bridge.
    pub(crate) fn server_info(&self) -> String {
        let (name, version) = (quoted(NAME), quoted(&self.version()));
        format!(r#"{{"name":{name},"title":"MCP Discovery","version":{version}}}"#)
    }
}
