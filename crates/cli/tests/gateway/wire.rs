//! A client that says exactly what a test wants it to; and a gateway that leads back to itself, which is refused by name.

use std::time::Duration;

use reqwest::RequestBuilder;
use reqwest::header::HeaderMap;
use serde_json::{Value, json};
use testkit::fake::Fake;
use testkit::real::bridge_to;

use crate::support::{Place, Serving};
use crate::{add, serving};

const MODERN: &str = "2026-07-28";

/// A client of the gateway.
#[derive(Clone)]
pub(crate) struct Client {
    http: reqwest::Client,
    pub(crate) url: String,
    pub(crate) token: String,
}

/// What was answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    /// The last message, of a body or of a stream.
    pub(crate) message: Value,
    /// The same as it came.
    pub(crate) text: String,
}

impl Client {
    pub(crate) fn new(url: &str, token: &str) -> Self {
        mcp::install_crypto();
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        Self { http, url: url.to_owned(), token: token.to_owned() }
    }

    pub(crate) fn post(&self) -> RequestBuilder {
        let mut asked = self.http.post(&self.url).timeout(Duration::from_mins(1));
        if !self.token.is_empty() {
            asked = asked.bearer_auth(&self.token);
        }
        asked
            .header("content-type", "application/json")
            .header("accept", "application/json, text/event-stream")
    }

    pub(crate) fn get(&self, session: &str) -> RequestBuilder {
        let asked = self.http.get(&self.url).bearer_auth(&self.token);
        asked.header("accept", "text/event-stream").header("mcp-session-id", session)
    }

    /// A request of the modern era, with all that it needs.
    pub(crate) async fn modern(&self, method: &str, params: Value) -> Answer {
        let name = params["name"].as_str().map(str::to_owned);
        self.modern_named(method, params, name.as_deref()).await
    }

    /// The same where the header names something else.
    pub(crate) async fn modern_named(&self, method: &str, params: Value, name: Option<&str>) -> Answer {
        self.modern_said(&json!({}), method, params, name).await
    }

    /// The same where the core may be away.
    pub(crate) async fn try_modern(&self, method: &str, params: Value) -> Option<Answer> {
        let name = params["name"].as_str().map(str::to_owned);
        let asked = self.modern_request(&json!({}), method, params, name.as_deref());
        try_answer(asked).await
    }

    /// A request of the modern era of a client that can be asked.
    pub(crate) async fn modern_as(&self, capabilities: &Value, method: &str, params: Value) -> Answer {
        let name = params["name"].as_str().map(str::to_owned);
        self.modern_said(capabilities, method, params, name.as_deref()).await
    }

    async fn modern_said(
        &self,
        capabilities: &Value,
        method: &str,
        params: Value,
        name: Option<&str>,
    ) -> Answer {
        answer(self.modern_request(capabilities, method, params, name)).await
    }

    pub(crate) fn modern_request(
        &self,
        capabilities: &Value,
        method: &str,
        mut params: Value,
        name: Option<&str>,
    ) -> RequestBuilder {
        params["_meta"] = json!({
            "io.modelcontextprotocol/protocolVersion": MODERN,
            "io.modelcontextprotocol/clientCapabilities": capabilities,
        });
        let body = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
        let mut asked = self.post().header("mcp-protocol-version", MODERN).header("mcp-method", method);
        if let Some(name) = name {
            asked = asked.header("mcp-name", name);
        }
        asked.body(body.to_string())
    }

    /// Begins a session of the legacy era.
    pub(crate) async fn session(&self) -> String {
        self.session_with(json!({})).await
    }

    /// The same as a client that can be asked.
    pub(crate) async fn session_with(&self, capabilities: Value) -> String {
        let params = json!({ "protocolVersion": "2025-06-18", "capabilities": capabilities, "clientInfo": { "name": "t", "version": "1" } });
        let body = json!({ "jsonrpc": "2.0", "id": 1, "method": "initialize", "params": params });
        let met = answer(self.post().body(body.to_string())).await;
        assert_eq!(met.status, 200, "{met:?}");
        met.headers["mcp-session-id"].to_str().unwrap().to_owned()
    }

    /// A request within it.
    pub(crate) async fn legacy(&self, session: &str, method: &str, params: Value) -> Answer {
        let body = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
        answer(self.post().header("mcp-session-id", session).body(body.to_string())).await
    }

    /// The same, where more may come than the answer.
    pub(crate) async fn legacy_stream(&self, session: &str, method: &str, params: Value) -> Events {
        let body = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
        Events::of(self.post().header("mcp-session-id", session).body(body.to_string())).await
    }

    /// Answers what it was asked.
    pub(crate) async fn reply(&self, session: &str, id: &Value, result: Value) {
        let body = json!({ "jsonrpc": "2.0", "id": id, "result": result });
        let taken = answer(self.post().header("mcp-session-id", session).body(body.to_string())).await;
        assert_eq!(taken.status, 202, "{taken:?}");
    }

    /// Ends a session.
    pub(crate) async fn end(&self, session: &str) {
        let asked = self.http.delete(&self.url).bearer_auth(&self.token).header("mcp-session-id", session);
        assert_eq!(asked.send().await.unwrap().status(), 200);
    }

    /// The names of the tools that it sees.
    pub(crate) async fn names(&self) -> Vec<String> {
        let listed = self.modern("tools/list", json!({})).await;
        let tools =
            listed.message["result"]["tools"].as_array().unwrap_or_else(|| panic!("{listed:?}")).clone();
        tools.iter().map(|tool| tool["name"].as_str().unwrap().to_owned()).collect()
    }
}

/// A stream of messages, or one.
pub(crate) struct Events {
    response: reqwest::Response,
    text: String,
}

impl Events {
    pub(crate) async fn of(asked: RequestBuilder) -> Self {
        let response = asked.send().await.unwrap();
        assert_eq!(response.status(), 200);
        Self { response, text: String::new() }
    }

    /// The next message; nothing at the end.
    pub(crate) async fn next(&mut self) -> Option<Value> {
        loop {
            if let Some((line, _)) = self.text.split_once('\n') {
                let message = line.strip_prefix("data: ").map(|data| serde_json::from_str(data).unwrap());
                let length = line.len() + 1;
                self.text.drain(..length);
                if message.is_some() {
                    return message;
                }
                continue;
            }
            match self.response.chunk().await.unwrap() {
                Some(chunk) => self.text.push_str(std::str::from_utf8(&chunk).unwrap()),
                // An answer in one piece.
                None => return serde_json::from_str(&std::mem::take(&mut self.text)).ok(),
            }
        }
    }
}

pub(crate) async fn answer(asked: RequestBuilder) -> Answer {
    try_answer(asked).await.expect("an answer")
}

/// `None` when the connection broke, or there was none.
async fn try_answer(asked: RequestBuilder) -> Option<Answer> {
    let response = asked.send().await.ok()?;
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let text = response.text().await.ok()?;
    let last = text.lines().rev().find_map(|line| line.strip_prefix("data: ")).unwrap_or(&text);
    let message = serde_json::from_str(last).unwrap_or(Value::Null);
    Some(Answer { status, headers, message, text: last.to_owned() })
}

fn open() -> (Place, Serving) {
    let place = Place::new();
    std::fs::write(place.config(), "gateway:\n  auth: none\n").unwrap();
    let serving = serving(&place);
    (place, serving)
}

fn id_of(place: &Place, name: &str) -> String {
    let servers = place.run(&["servers", "--format", "json"]).json();
    let row = servers.as_array().unwrap().iter().find(|row| row["name"] == name).unwrap();
    row["id"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn two_cores_that_lead_to_each_other_are_found_at_the_first_return() {
    let ((one, at_one), (other, at_other)) = (open(), open());
    let server = Fake::modern().start().await;
    add(&one, &[&server.url(), "--name", "adder"]);
    let adder = format!("{}/servers/{}/mcp", at_one.url, id_of(&one, "adder"));
    add(&other, &[&adder, "--name", "there"]);
    let there = format!("{}/servers/{}/mcp", at_other.url, id_of(&other, "there"));
    // By way of the other core it is asked as before.
    let call = json!({ "name": "add", "arguments": { "a": 2, "b": 3 } });
    let answered = Client::new(&there, "").modern("tools/call", call.clone()).await;
    assert_eq!(answered.message["result"]["content"][0]["text"], "5", "{answered:?}");
    let seen = server.seen();
    let via = seen.iter().rev().find(|seen| seen.rpc_method.as_deref() == Some("tools/call")).unwrap();
    let via = via.headers["via"].to_str().unwrap().to_owned();
    assert_eq!(via.matches("mcp-discovery-").count(), 2, "{via}");
    // The server's place is taken by the way back.
    let edited = one.run(&["edit", "adder", "--url", &there]);
    assert_eq!(edited.code(), 0, "{}", edited.stderr());
    let looped = Client::new(&there, "").modern("tools/call", call).await;
    let error = &looped.message["error"];
    assert!(error["message"].as_str().unwrap_or_default().contains("loop"), "{looped:?}");
    let hops = error["message"].as_str().unwrap().matches("mcp-discovery-").count();
    assert!(hops >= 2, "{error}");
    assert_eq!(server.calls().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn our_own_endpoint_behind_a_bridge_is_refused_when_it_is_met() {
    let (place, serving) = open();
    let url = format!("{}/mcp", serving.url);
    let mut bridges = vec![bridge_to(&url).unwrap()];
    bridges.push(testkit::real::remote_bridge_to(&url).unwrap());
    for bridge in bridges {
        let mut add = place.command(&["add", "--name", "bridge"]);
        let ran = add.args(["--stdio", &bridge.program]).args(&bridge.args).output().unwrap();
        let said = String::from_utf8_lossy(&ran.stderr).into_owned();
        assert!(!ran.status.success() && said.contains("own gateway"), "{bridge:?}: {said}");
    }
}
