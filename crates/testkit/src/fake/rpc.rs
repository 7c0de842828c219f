//! What a server answers to JSON-RPC.

use std::sync::Arc;
use std::time::Duration;

use async_stream::stream;
use futures::stream::BoxStream;
use futures::{StreamExt, stream};
use serde_json::{Value, json};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use super::state::State;
use super::{Eras, Refusal};

const MODERN: &str = "2026-07-28";

/// One JSON-RPC message and where it came from.
pub(crate) struct Request {
    pub(crate) state: Arc<State>,
    pub(crate) session: Option<String>,
    pub(crate) message: Value,
}

/// The answer: a status and the messages to send.
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) messages: BoxStream<'static, Value>,
    /// The session that `initialize` opened.
    pub(crate) opened: Option<String>,
}

impl Reply {
    fn one(status: u16, message: Value) -> Self {
        Self { status, messages: stream::iter([message]).boxed(), opened: None }
    }

    fn error(status: u16, id: &Value, code: i64, text: &str, data: &Value) -> Self {
        let error = json!({ "code": code, "message": text, "data": data });
        Self::one(status, json!({ "jsonrpc": "2.0", "id": id, "error": error }))
    }
}

impl Request {
    pub(crate) fn method(&self) -> Option<&str> {
        self.message.get("method").and_then(Value::as_str)
    }

    fn id(&self) -> Value {
        self.message.get("id").cloned().unwrap_or_default()
    }

    fn param(&self, key: &str) -> Value {
        self.message.pointer(&format!("/params/{key}")).cloned().unwrap_or_default()
    }

    fn is_modern(&self) -> bool {
        self.message.pointer("/params/_meta/io.modelcontextprotocol~1protocolVersion").is_some()
    }

    fn lacks_session(&self) -> bool {
        self.state.fake.sessions && self.session.is_none()
    }

    fn result(&self, mut result: Value) -> Reply {
        if self.is_modern() {
            insert(&mut result, "resultType", json!("complete"));
        }
        Reply::one(200, json!({ "jsonrpc": "2.0", "id": self.id(), "result": result }))
    }

    /// Notifications have no answer.
    pub(crate) fn answer(self) -> Option<Reply> {
        let method = self.method()?.to_owned();
        if self.id().is_null() {
            if method == "notifications/cancelled" {
                self.state.cancel_call(self.session.as_deref(), &self.param("requestId"));
            }
            return None;
        }
        if self.state.fake.eras == Eras::Legacy && method != "initialize" && self.lacks_session() {
            return Some(Reply::error(
                400,
                &Value::Null,
                -32600,
                "Bad Request: Missing session ID",
                &Value::Null,
            ));
        }
        Some(match method.as_str() {
            "server/discover" if self.state.fake.eras != Eras::Legacy => self.discover(),
            "initialize" if self.state.fake.eras != Eras::Modern => self.initialize(),
            "ping" => self.result(json!({})),
            "tools/list" => self.tools(),
            "tools/call" => self.call(),
            "resources/list" => self.result(json!({ "resources": [{ "uri": "memo://one", "name": "one" }] })),
            "prompts/list" => self.result(json!({ "prompts": [{ "name": "greet" }] })),
            _ if self.is_modern() && self.state.fake.eras != Eras::Legacy => {
                Reply::error(404, &self.id(), -32601, "Method not found", &Value::Null)
            }
            _ => Reply::error(400, &self.id(), -32600, "Bad Request: server not initialized", &Value::Null),
        })
    }

    fn discover(&self) -> Reply {
        let id = self.id();
        match self.state.fake.refusal {
            Some(Refusal::HeaderMismatch) => Reply::error(400, &id, -32020, "Header mismatch", &Value::Null),
            Some(Refusal::MissingCapability) => {
                Reply::error(400, &id, -32021, "Missing capability", &Value::Null)
            }
            Some(Refusal::UnknownMethod) => Reply::error(404, &id, -32601, "Method not found", &Value::Null),
            Some(Refusal::OtherVersions(supported)) => {
                Reply::error(400, &id, -32022, "Unsupported version", &json!({ "supported": supported }))
            }
            None => self.result(json!({
                "supportedVersions": [MODERN],
                "capabilities": { "tools": {}, "resources": {}, "prompts": {} },
                "instructions": "A server for tests.",
                "ttlMs": 0,
                "cacheScope": "private",
                "_meta": { "io.modelcontextprotocol/serverInfo": { "name": "fake", "version": "1.0" } },
            })),
        }
    }

    fn initialize(&self) -> Reply {
        let asked = self.param("protocolVersion");
        let version = asked.as_str().filter(|version| *version < MODERN).unwrap_or("2025-11-25");
        let mut reply = self.result(json!({
            "protocolVersion": version,
            "capabilities": { "tools": {}, "resources": {}, "prompts": {} },
            "serverInfo": { "name": "fake", "title": "Fake", "version": "1.0" },
            "instructions": "A server for tests.",
        }));
        if self.lacks_session() {
            reply.opened = Some(self.state.open_session());
        }
        reply
    }

    fn tools(&self) -> Reply {
        let all = ["add", "echo", "wait", "refuse", "explode"];
        let from: usize = self.param("cursor").as_str().and_then(|cursor| cursor.parse().ok()).unwrap_or(0);
        let tool = |name: &&str| json!({ "name": name, "description": "A tool.", "inputSchema": { "type": "object" } });
        let page: Vec<Value> = all.iter().skip(from).take(self.state.fake.page).map(tool).collect();
        let next = from.saturating_add(self.state.fake.page);
        let mut result = json!({ "tools": page });
        if next < all.len() {
            insert(&mut result, "nextCursor", json!(next.to_string()));
        }
        self.result(result)
    }

    fn call(self) -> Reply {
        let name = self.param("name").as_str().unwrap_or_default().to_owned();
        self.state.note_call(&name);
        let text = |text: String| json!({ "content": [{ "type": "text", "text": text }], "isError": false });
        let argument = |key: &str| self.param(&format!("arguments/{key}"));
        match name.as_str() {
            "add" => {
                let sum = argument("a").as_i64().unwrap_or(0) + argument("b").as_i64().unwrap_or(0);
                self.result(text(sum.to_string()))
            }
            "echo" => self.result(text(argument("text").as_str().unwrap_or_default().to_owned())),
            "refuse" => {
                self.result(json!({ "content": [{ "type": "text", "text": "no" }], "isError": true }))
            }
            "explode" => Reply::error(200, &self.id(), -32000, "it exploded", &json!({ "crater": 3 })),
            "flood" => {
                let bytes = argument("bytes").as_u64().and_then(|bytes| usize::try_from(bytes).ok());
                self.result(text("x".repeat(bytes.unwrap_or(0))))
            }
            "wait" => self.wait(),
            _ => Reply::error(200, &self.id(), -32602, "Unknown tool", &Value::Null),
        }
    }

    /// Reports progress every 20 ms for 30 s, or until it is cancelled: by a notification, or by the end of
    /// its stream.
    fn wait(self) -> Reply {
        let cancel = self.state.begin_call(self.session.as_deref(), &self.id());
        let token = self.param("_meta/progressToken");
        let done =
            self.result(json!({ "content": [{ "type": "text", "text": "waited" }], "isError": false }));
        let messages = stream! {
            let mut running = Waiting { request: self, cancel: cancel.clone(), over: false };
            for step in 0..1500 {
                tokio::select! {
                    () = cancel.cancelled() => return,
                    () = sleep(Duration::from_millis(20)) => {}
                }
                let params = json!({ "progressToken": token, "progress": step, "total": 1500, "message": "waiting" });
                yield json!({ "jsonrpc": "2.0", "method": "notifications/progress", "params": params });
            }
            running.over = true;
            let mut last = done.messages;
            while let Some(message) = last.next().await {
                yield message;
            }
        };
        Reply { status: 200, messages: messages.boxed(), opened: None }
    }
}

fn insert(object: &mut Value, key: &str, value: Value) {
    if let Some(map) = object.as_object_mut() {
        map.insert(key.to_owned(), value);
    }
}

/// Notes the cancel when the call ends before its time.
struct Waiting {
    request: Request,
    cancel: CancellationToken,
    over: bool,
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.request.state.end_call(self.request.session.as_deref(), &self.request.id());
        let ended_by_client = self.cancel.is_cancelled() || self.request.is_modern();
        if !self.over && ended_by_client {
            self.request.state.note_cancelled();
        }
    }
}
