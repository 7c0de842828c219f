//! What a probe asks. Never `tools/call`, never an `Origin`, never credentials.

use http::Method;
use serde_json::{Value, json};

use crate::{CLIENT_NAME, CLIENT_VERSION};

/// The revision we speak with modern servers.
pub(crate) const MODERN: &str = "2026-07-28";
/// The revision we offer to legacy servers; they answer with the one they want.
pub(crate) const LEGACY: &str = "2025-11-25";
/// The id of every request of a probe: each exchange carries one.
pub(crate) const ID: u64 = 1;

/// One request of a probe.
#[derive(Debug, Clone)]
pub(crate) struct Question {
    /// GET, POST or DELETE.
    pub(crate) method: Method,
    /// Besides those that every request has.
    pub(crate) headers: Vec<(&'static str, String)>,
    /// The JSON-RPC message.
    pub(crate) body: Option<Value>,
    /// For the evidence.
    pub(crate) name: &'static str,
}

impl Question {
    /// `server/discover` of the modern era.
    pub(crate) fn discover(version: &str) -> Self {
        Self::modern("server/discover", version, None)
    }

    /// `tools/list` of the modern era.
    pub(crate) fn modern_tools(version: &str, cursor: Option<&str>) -> Self {
        Self::modern("tools/list", version, cursor)
    }

    fn modern(method: &'static str, version: &str, cursor: Option<&str>) -> Self {
        let meta = json!({
            "io.modelcontextprotocol/protocolVersion": version,
            "io.modelcontextprotocol/clientCapabilities": {},
            "io.modelcontextprotocol/clientInfo": client_info(),
        });
        let params = match cursor {
            Some(cursor) => json!({ "cursor": cursor, "_meta": meta }),
            None => json!({ "_meta": meta }),
        };
        let mut question = Self::request(method, &params);
        question.headers.push(("mcp-protocol-version", version.to_owned()));
        question.headers.push(("mcp-method", method.to_owned()));
        question
    }

    /// `initialize` of the legacy era.
    pub(crate) fn initialize(version: &str) -> Self {
        let params = json!({ "protocolVersion": version, "capabilities": {}, "clientInfo": client_info() });
        Self::request("initialize", &params)
    }

    /// The notification that ends a legacy handshake.
    pub(crate) fn initialized(version: &str, session: Option<&str>) -> Self {
        let method = "notifications/initialized";
        Self::post(method, json!({ "jsonrpc": "2.0", "method": method })).in_session(version, session)
    }

    /// `tools/list` of the legacy era.
    pub(crate) fn legacy_tools(version: &str, session: Option<&str>, cursor: Option<&str>) -> Self {
        let params = cursor.map_or_else(|| json!({}), |cursor| json!({ "cursor": cursor }));
        Self::request("tools/list", &params).in_session(version, session)
    }

    /// A sign of life of the legacy era.
    pub(crate) fn ping(version: &str, session: Option<&str>) -> Self {
        Self::request("ping", &json!({})).in_session(version, session)
    }

    /// The end of a session that a server opened for us.
    pub(crate) fn delete(session: &str) -> Self {
        let headers = vec![("mcp-session-id", session.to_owned())];
        Self { method: Method::DELETE, headers, body: None, name: "end of session" }
    }

    /// The event stream of revision 2024-11-05.
    pub(crate) fn event_stream() -> Self {
        let headers = vec![("accept", "text/event-stream".to_owned())];
        Self { method: Method::GET, headers, body: None, name: "event stream" }
    }

    /// A small JSON document.
    pub(crate) fn document(name: &'static str) -> Self {
        let headers = vec![("accept", "application/json".to_owned())];
        Self { method: Method::GET, headers, body: None, name }
    }

    fn request(method: &'static str, params: &Value) -> Self {
        Self::post(method, json!({ "jsonrpc": "2.0", "id": ID, "method": method, "params": params }))
    }

    fn post(method: &'static str, body: Value) -> Self {
        let headers = vec![
            ("accept", "application/json, text/event-stream".to_owned()),
            ("content-type", "application/json".to_owned()),
        ];
        Self { method: Method::POST, headers, body: Some(body), name: method }
    }

    fn in_session(mut self, version: &str, session: Option<&str>) -> Self {
        self.headers.push(("mcp-protocol-version", version.to_owned()));
        if let Some(session) = session {
            self.headers.push(("mcp-session-id", session.to_owned()));
        }
        self
    }
}

fn client_info() -> Value {
    json!({ "name": CLIENT_NAME, "version": CLIENT_VERSION })
}
