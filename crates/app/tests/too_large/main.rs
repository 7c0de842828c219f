//! Servers that say more than is kept: what finds no room is left out and named, the rest can be used, and a server is not ill
//! for it. At first contact, in a round of checks, when the list changes, over every transport; `add`, `check` and `call`
//! agree.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test ends where it fails"
)]

#[path = "../support/mod.rs"]
mod support;

use std::time::Duration;

use serde_json::{Value, json};
use support::Core;
use testkit::odd::Odd;

const QUIET: &str = "health_monitoring:\n  check_interval: 600\n  timeout: 30\n  warn_ms: 20000\n";
/// How a kind is over each transport.
const WAYS: [(&str, &str); 4] =
    [("http", "legacy"), ("http", "modern"), ("sse", "legacy"), ("stdio", "legacy")];

/// What is too large, and the words that say so.
fn kinds() -> Vec<(&'static str, Value, &'static str)> {
    let tool = |name: &str| json!({ "name": name, "description": "d".repeat(4000), "inputSchema": { "type": "object" } });
    let echo = json!({ "name": "echo", "inputSchema": { "type": "object" } });
    let tools: Vec<Value> =
        std::iter::once(echo.clone()).chain((0..1200).map(|n| tool(&format!("t{n}")))).collect();
    let wide: Value =
        (0..15_000).map(|n| (format!("p{n}"), json!({}))).collect::<serde_json::Map<_, _>>().into();
    let deep = (0..60).fold(json!({}), |inner, _| json!({ "x": inner }));
    let with = |schema: Value| json!([echo, { "name": "big", "inputSchema": { "properties": schema } }]);
    let resources: Vec<Value> =
        (0..5_000).map(|n| json!({ "uri": format!("memo://{n}/{}", "r".repeat(60)), "name": "r" })).collect();
    let set = |method: &str, key: &str, value: Value| json!({ method: { "set": { key: value } } });
    vec![
        ("tools", set("tools/list", "tools", json!(tools)), "the list is too large"),
        ("wide", set("tools/list", "tools", with(wide)), "`big` is kept without its description and schema"),
        ("deep", set("tools/list", "tools", with(deep)), "nests too deep"),
        ("resources", set("resources/list", "resources", json!(resources)), "list of resources"),
    ]
}

/// Long instructions stand in another answer in each era.
fn instructions(era: &str) -> Value {
    let method = if era == "modern" { "server/discover" } else { "initialize" };
    json!({ method: { "set": { "instructions": "i".repeat(700_000) } } })
}

/// A core, and a server for each kind over each transport, with the words that say what is missing.
struct Trial {
    core: Core,
    odd: Odd,
    rows: Vec<(String, &'static str, &'static str)>,
    _folder: tempfile::TempDir,
}

impl Trial {
    async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (mut rows, mut table) = (Vec::new(), Vec::new());
        for (over, era) in WAYS {
            let long = ("instructions", instructions(era), "nstructions of 700000 bytes are cut");
            for (kind, odd, words) in kinds().into_iter().chain([long]) {
                let name = format!("{kind}-{over}-{era}");
                table.push(json!({ "name": name, "era": era, "over": over, "odd": odd }));
                rows.push((name, over, words));
            }
        }
        std::fs::write(folder.path().join("rows.json"), json!(table).to_string()).unwrap();
        let (core, odd) = tokio::join!(Core::configured(QUIET), Odd::start(folder.path()));
        Self { core, odd, rows, _folder: folder }
    }

    fn address(&self, name: &str, over: &str) -> Value {
        if over == "stdio" {
            let child = self.odd.child(name);
            let command: Vec<String> = std::iter::once(child.program).chain(child.args).collect();
            return json!({ "stdio": command, "name": name });
        }
        let path = if over == "sse" { "sse" } else { "mcp" };
        json!({ "url": self.odd.url(name, path), "name": name })
    }

    /// It is well, says what is missing, and can be called.
    async fn is_used(&self, when: &str, name: &str, words: &str, health: &Value) -> Option<String> {
        let tools = self.core.perform("tools", json!({ "server": name })).await;
        let has_echo = tools["tools"].as_array().unwrap().iter().any(|tool| tool["name"] == "echo");
        let call = json!({ "capability": "echo", "server": name, "timeout": 20 });
        let called = self.core.app.perform("call", call).await.map(|called| support::read(&called));
        let is_called = called.as_ref().is_ok_and(|called| called["result"]["content"][0]["text"] == "hi");
        let after = self.core.perform("server", json!({ "id": name })).await["server"]["health"].clone();
        let is_well = |health: &Value| {
            let reason = health["reason"].as_str().unwrap_or_default();
            health["status"] == "healthy" && reason.contains(words)
        };
        let is_right = is_well(health) && is_well(&after) && has_echo && is_called;
        (!is_right)
            .then(|| format!("{name} {when}: echo {has_echo}, called {called:?}, {health}, then {after}"))
    }
}

#[tokio::test]
async fn what_is_too_large_is_left_out_and_named_and_costs_nothing_else() {
    let trial = Trial::start().await;
    let mut wrong = Vec::new();
    for (name, over, words) in &trial.rows {
        let added = trial.core.perform("add", trial.address(name, over)).await;
        wrong.extend(trial.is_used("added", name, words, &added["server"]["health"]).await);
        for when in ["checked", "checked again"] {
            let health = trial.core.check(name).await;
            wrong.extend(trial.is_used(when, name, words, &health).await);
        }
    }
    trial.core.app.shutdown().await;
    assert!(wrong.is_empty(), "{} are wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[tokio::test]
async fn what_is_kept_without_a_look_is_met_in_a_round() {
    let trial = Trial::start().await;
    let mut wrong = Vec::new();
    for (name, over, words) in trial.rows.iter().filter(|(name, ..)| !name.starts_with("wide")) {
        let mut add = trial.address(name, over);
        add["no_probe"] = json!(true);
        trial.core.perform("add", add).await;
        let health = trial.core.check(name).await;
        wrong.extend(trial.is_used("met", name, words, &health).await);
    }
    trial.core.app.shutdown().await;
    assert!(wrong.is_empty(), "{} are wrong:\n{}", wrong.len(), wrong.join("\n"));
}

/// A list that grows too large while it is known is told by the next round.
#[tokio::test]
async fn a_list_that_grows_is_told_by_the_next_round_and_forgotten_when_it_shrinks() {
    let config = "health_monitoring:\n  check_interval: 1\n  timeout: 1\n  warn_ms: 20000\n";
    let core = Core::configured(config).await;
    let server = naming(|name| tool(name, 10)).start().await;
    let address = server.address();
    core.perform("add", json!({ "url": server.url(), "name": "grows" })).await;
    server.stop().await;
    let server = naming(|name| tool(name, 500_000)).on_port(address.port()).start().await;
    until(&core, |health| health["reason"].as_str().is_some_and(|why| why.contains("the list is too large")))
        .await;
    server.stop().await;
    let _server = naming(|name| tool(name, 10)).on_port(address.port()).start().await;
    until(&core, |health| health["status"] == "healthy" && health["reason"].is_null()).await;
    core.app.shutdown().await;
}

/// With a description of so many bytes.
fn tool(name: &'static str, bytes: usize) -> testkit::PersonaTool {
    let listed =
        json!({ "name": name, "description": "d".repeat(bytes), "inputSchema": { "type": "object" } });
    testkit::PersonaTool { name, listed: Some(listed), act: |_| testkit::Act::Exactly(r#"{"content":[]}"#) }
}

fn naming(tool: impl Fn(&'static str) -> testkit::PersonaTool) -> testkit::fake::Fake {
    const NAMES: [&str; 8] = ["a", "b", "c", "d", "e", "f", "g", "echo"];
    let persona =
        testkit::Persona { name: "grows", tools: NAMES.map(tool).into(), ..testkit::Persona::default() };
    testkit::fake::Fake::legacy().with_persona(persona)
}

async fn until(core: &Core, is_so: impl Fn(&Value) -> bool) {
    let waiting = async {
        loop {
            let health = core.perform("server", json!({ "id": "grows" })).await["server"]["health"].clone();
            if is_so(&health) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let waited = tokio::time::timeout(Duration::from_secs(30), waiting).await;
    let health = core.perform("server", json!({ "id": "grows" })).await["server"]["health"].clone();
    assert!(waited.is_ok(), "it is {health}");
}
