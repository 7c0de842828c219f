//! The answers of a server to JSON-RPC.

use std::sync::Arc;

use async_stream::stream;
use futures::stream::BoxStream;
use futures::{StreamExt, stream};
use serde_json::{Value, json};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use super::state::FakeState;
use super::{DiscoverRefusal, Eras};
use crate::persona::{Act, Persona, Steps};

const MODERN: &str = "2026-07-28";

/// One JSON-RPC message and where it came from.
pub(crate) struct RpcRequest {
    pub(crate) state: Arc<FakeState>,
    pub(crate) session: Option<String>,
    pub(crate) message: Value,
}

/// The answer: a status and the messages to send.
pub(crate) struct RpcReply {
    pub(crate) status: u16,
    pub(crate) messages: BoxStream<'static, String>,
    /// The session that `initialize` opened.
    pub(crate) opened: Option<String>,
    /// There are messages before the answer, so it needs an event stream.
    pub(crate) takes_long: bool,
}

impl RpcReply {
    fn one(status: u16, message: String) -> Self {
        Self { status, messages: stream::iter([message]).boxed(), opened: None, takes_long: false }
    }

    fn error(status: u16, id: &Value, code: i64, text: &str, data: &Value) -> Self {
        let error = json!({ "code": code, "message": text, "data": data });
        Self::one(status, json!({ "jsonrpc": "2.0", "id": id, "error": error }).to_string())
    }
}

impl RpcRequest {
    pub(crate) fn method(&self) -> Option<&str> {
        self.message.get("method").and_then(Value::as_str)
    }

    fn persona(&self) -> &Persona {
        &self.state.fake.persona
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

    fn result(&self, mut result: Value) -> RpcReply {
        if self.is_modern() {
            insert(&mut result, "resultType", json!("complete"));
        }
        self.result_text(&result.to_string())
    }

    fn result_text(&self, result: &str) -> RpcReply {
        RpcReply::one(200, format!(r#"{{"jsonrpc":"2.0","id":{},"result":{result}}}"#, self.id()))
    }

    /// Notifications have no answer.
    pub(crate) fn answer(self) -> Option<RpcReply> {
        let method = self.method()?.to_owned();
        if self.id().is_null() {
            if method == "notifications/cancelled" {
                self.state.cancel_call(self.session.as_deref(), &self.param("requestId"));
            }
            return None;
        }
        if self.state.fake.eras == Eras::Legacy && method != "initialize" && self.lacks_session() {
            return Some(RpcReply::error(
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
            "resources/list" => self.resources(),
            "resources/templates/list" => self.result(json!({ "resourceTemplates": [] })),
            "resources/read" => self.resource(),
            "prompts/list" => self.prompts(),
            "prompts/get" => self.prompt(),
            _ if self.is_modern() && self.state.fake.eras != Eras::Legacy => {
                RpcReply::error(404, &self.id(), -32601, "Method not found", &Value::Null)
            }
            _ => {
                RpcReply::error(400, &self.id(), -32600, "Bad Request: server not initialized", &Value::Null)
            }
        })
    }

    fn discover(&self) -> RpcReply {
        let id = self.id();
        match self.state.fake.refusal {
            Some(DiscoverRefusal::HeaderMismatch) => {
                RpcReply::error(400, &id, -32020, "Header mismatch", &Value::Null)
            }
            Some(DiscoverRefusal::MissingCapability) => {
                RpcReply::error(400, &id, -32021, "Missing capability", &Value::Null)
            }
            Some(DiscoverRefusal::UnknownMethod) => {
                RpcReply::error(404, &id, -32601, "Method not found", &Value::Null)
            }
            Some(DiscoverRefusal::OtherVersions(supported)) => {
                RpcReply::error(400, &id, -32022, "Unsupported version", &json!({ "supported": supported }))
            }
            None => self.result(json!({
                "supportedVersions": [MODERN],
                "capabilities": { "tools": {}, "resources": {}, "prompts": {} },
                "instructions": self.persona().instructions,
                "ttlMs": 0,
                "cacheScope": "private",
                "_meta": { "io.modelcontextprotocol/serverInfo": self.persona().server_info() },
            })),
        }
    }

    fn initialize(&self) -> RpcReply {
        let asked = self.param("protocolVersion");
        let newest = if self.state.fake.is_frail { "2025-03-26" } else { "2025-11-25" };
        let is_spoken = |version: &&str| *version <= newest;
        let version = asked.as_str().filter(is_spoken).unwrap_or(newest);
        let mut reply = self.result(json!({
            "protocolVersion": version,
            "capabilities": { "tools": {}, "resources": {}, "prompts": {} },
            "serverInfo": self.persona().server_info(),
            "instructions": self.persona().instructions,
        }));
        if self.lacks_session() {
            reply.opened = Some(self.state.open_session());
        }
        reply
    }

    fn tools(&self) -> RpcReply {
        let all: Vec<&Value> = self.persona().tools.iter().filter_map(|tool| tool.listed.as_ref()).collect();
        let from: usize = self.param("cursor").as_str().and_then(|cursor| cursor.parse().ok()).unwrap_or(0);
        let page: Vec<&Value> = all.iter().copied().skip(from).take(self.state.fake.page).collect();
        let next = from.saturating_add(self.state.fake.page);
        let mut result = json!({ "tools": page });
        if next < all.len() {
            insert(&mut result, "nextCursor", json!(next.to_string()));
        }
        self.result(result)
    }

    fn resources(&self) -> RpcReply {
        let listed = self.persona().resources.iter();
        let rows: Vec<Value> = listed
            .map(|resource| json!({ "uri": resource.uri, "name": resource.name, "mimeType": "text/plain" }))
            .collect();
        self.result(json!({ "resources": rows }))
    }

    fn resource(&self) -> RpcReply {
        let uri = self.param("uri");
        match self.persona().resources.iter().find(|resource| uri == resource.uri) {
            Some(found) => self.result(json!({
                "contents": [{ "uri": found.uri, "mimeType": "text/plain", "text": found.text }],
            })),
            None => RpcReply::error(200, &self.id(), -32002, "Resource not found", &json!({ "uri": uri })),
        }
    }

    fn prompts(&self) -> RpcReply {
        let listed = self.persona().prompts.iter();
        let rows: Vec<Value> =
            listed.map(|prompt| json!({ "name": prompt.name, "description": prompt.description })).collect();
        self.result(json!({ "prompts": rows }))
    }

    fn prompt(&self) -> RpcReply {
        let name = self.param("name");
        match self.persona().prompts.iter().find(|prompt| name == prompt.name) {
            Some(found) => {
                let content = json!({ "type": "text", "text": found.text });
                self.result(json!({ "messages": [{ "role": "user", "content": content }] }))
            }
            None => RpcReply::error(200, &self.id(), -32602, "Unknown prompt", &Value::Null),
        }
    }

    fn call(self) -> RpcReply {
        let name = self.param("name").as_str().unwrap_or_default().to_owned();
        self.state.note_call(&name);
        let Some(tool) = self.persona().tool(&name) else {
            return RpcReply::error(200, &self.id(), -32602, "Unknown tool", &Value::Null);
        };
        match (tool.act)(&self.param("arguments")) {
            Act::Answer(result) => self.result(result),
            Act::Exactly(text) => self.result_text(text),
            Act::Fail { code, message, data } => RpcReply::error(200, &self.id(), code, message, &data),
            Act::Steps(steps) => self.work(steps),
        }
    }

    /// Reports progress to a client that asked for it, until the work is done or cancelled: by a notification, or by the end
    /// of its stream.
    fn work(self, steps: Steps) -> RpcReply {
        let cancel = self.state.begin_call(self.session.as_deref(), &self.id());
        let over = self.state.over.clone();
        let token = self.param("_meta/progressToken");
        let done = self.result(steps.result);
        let messages = stream! {
            let mut running = Working { request: self, cancel: cancel.clone(), over: false };
            for step in 0..steps.count {
                tokio::select! {
                    () = cancel.cancelled() => return,
                    () = over.cancelled() => return,
                    () = sleep(steps.every) => {}
                }
                if token.is_null() {
                    continue;
                }
                let message = (steps.message)(step);
                let params =
                    json!({ "progressToken": token, "progress": step, "total": steps.count, "message": message });
                yield json!({ "jsonrpc": "2.0", "method": "notifications/progress", "params": params }).to_string();
            }
            running.over = true;
            let mut last = done.messages;
            while let Some(message) = last.next().await {
                yield message;
            }
        };
        RpcReply { status: 200, messages: messages.boxed(), opened: None, takes_long: true }
    }
}

fn insert(object: &mut Value, key: &str, value: Value) {
    if let Some(map) = object.as_object_mut() {
        map.insert(key.to_owned(), value);
    }
}

/// Notes the cancel when the call ends before its time.
struct Working {
    request: RpcRequest,
    cancel: CancellationToken,
    over: bool,
}

impl Drop for Working {
    fn drop(&mut self) {
        self.request.state.end_call(self.request.session.as_deref(), &self.request.id());
        let ended_by_client = self.cancel.is_cancelled() || self.request.is_modern();
        if !self.over && ended_by_client {
            self.request.state.note_cancelled();
        }
    }
}
