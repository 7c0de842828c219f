//! Where calls go: rules, strategies, tries and breakers, with servers of both eras that count what they are asked.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test ends where it fails"
)]

#[path = "../support/mod.rs"]
mod support;

mod breaker;
mod killed;
mod rules;
mod tries;

use serde_json::{Value, json};
use support::Core;
use testkit::fake::{Fake, Running};
use testkit::{Act, Persona, PersonaTool};

/// Nobody is checked while a test counts.
const QUIET: &str = "health_monitoring:\n  check_interval: 3600\n";

fn answer(_: &Value) -> Act {
    Act::Answer(json!({ "content": [{ "type": "text", "text": "done" }] }))
}

/// One tool, with these annotations.
fn persona(tool: &'static str, annotations: &Value) -> Persona {
    let listed = json!({
        "name": tool, "description": "A tool.", "inputSchema": { "type": "object" }, "annotations": annotations,
    });
    Persona {
        name: "routed",
        version: "1.0",
        tools: vec![PersonaTool { name: tool, listed: Some(listed), act: answer }],
        ..Persona::default()
    }
}

fn read_only(tool: &'static str) -> Persona {
    persona(tool, &json!({ "readOnlyHint": true }))
}

/// Adds a server by this name, with this data.
async fn added(core: &Core, name: &str, fake: Fake, metadata: Value) -> Running {
    let running = fake.start().await;
    core.perform("add", json!({ "url": running.url(), "name": name, "metadata": metadata })).await;
    running
}

/// Who answers a call.
async fn answered_by(core: &Core, args: Value) -> String {
    core.perform("call", args).await["server"]["name"].as_str().unwrap().to_owned()
}

/// How many of the calls of this tool arrived there.
fn arrived(server: &Running) -> usize {
    server.seen().iter().filter(|seen| seen.rpc_method.as_deref() == Some("tools/call")).count()
}

/// Each server that takes no part, with its reason as a sentence.
fn reasons(error: &api::ApiError) -> Vec<String> {
    let rows = error.detail["servers"].as_array().unwrap();
    let said = |row: &Value| {
        format!("{} {}", row["server"]["name"].as_str().unwrap(), row["text"].as_str().unwrap())
    };
    let mut reasons: Vec<String> = rows.iter().map(said).collect();
    reasons.sort();
    reasons
}
