//! Real servers that bear little, and the others who use them: found, added, checked and called, and nobody is disturbed.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test ends where it fails"
)]

mod support;

use std::net::SocketAddr;

use serde_json::{Value, json};
use support::Core;
use testkit::neighbour::Neighbour;
use testkit::real::{Peer, bridge_to};

async fn scanned(core: &Core, address: SocketAddr) -> Value {
    let scan = json!({ "targets": ["127.0.0.1"], "ports": [address.port().to_string()] });
    let report = core.scanned(async { drop(core.perform("scan_start", scan).await) }).await;
    report["rows"][0].clone()
}

async fn echoed(core: &Core, words: &str) -> Value {
    let call = json!({ "capability": "echo", "arguments": { "message": words } });
    core.perform("call", call).await["result"]["content"][0]["text"].clone()
}

/// Everybody at this bridge hears all answers.
#[tokio::test]
async fn a_neighbour_at_a_bridge_is_not_disturbed_and_we_get_our_own_answers() {
    let core = Core::start().await;
    let bridge = Peer::Bridge.sse().await.unwrap();
    let tool = "trigger-long-running-operation";
    let long = json!({ "duration": 2, "steps": 10 });
    let mut neighbour = Neighbour::over_sse(&bridge.url, tool, &long).await;
    core.perform("add", json!({ "url": bridge.url })).await;
    for turn in 0..20 {
        let row = scanned(&core, bridge.address).await;
        // What it lists depends on what the last client declared.
        assert!(row["outcome"] == "mcp" && row["tools"].as_u64().unwrap() > 10, "scan {turn}: {row}");
        let words = format!("ours, {turn}");
        assert_eq!(echoed(&core, &words).await, format!("Echo: {words}"));
    }
    let first = neighbour.next().await.unwrap();
    let mut calls = neighbour.finish().await;
    calls.push(first);
    let expected = "Long running operation completed. Duration: 2 seconds, Steps: 10.";
    for call in &calls {
        assert!(!call.starts_with("0 ") && call.contains(expected), "{calls:#?}");
    }
    core.app.shutdown().await;
}

#[tokio::test]
async fn what_a_neighbour_is_asked_is_not_refused_by_us() {
    let core = Core::start().await;
    let bridge = Peer::Bridge.sse().await.unwrap();
    core.perform("add", json!({ "url": bridge.url, "name": "bridge" })).await;
    assert_eq!(core.check("bridge").await["status"], "healthy", "from now on we listen");
    let asking = json!({ "prompt": "what?", "maxTokens": 9 });
    let mut neighbour = Neighbour::over_sse(&bridge.url, "trigger-sampling-request", &asking).await;
    for _ in 0..3 {
        let call = neighbour.next().await.unwrap();
        assert!(call.contains("sampled"), "{call}");
    }
    core.app.shutdown().await;
}

#[tokio::test]
async fn a_bridge_that_breaks_on_a_question_it_does_not_know_is_started_afresh() {
    let core = Core::start().await;
    let server = Peer::Everything.http().await.unwrap();
    let bridge = bridge_to(&server.url).unwrap();
    let command: Vec<String> = [bridge.program].into_iter().chain(bridge.args).collect();
    let added = core.perform("add", json!({ "stdio": command, "name": "bridge" })).await;
    assert_eq!(added["server"]["era"], "legacy", "{added}");
    assert_eq!(core.check("bridge").await["status"], "healthy");
    assert_eq!(echoed(&core, "hello").await, "Echo: hello");
    core.app.shutdown().await;
}

#[tokio::test]
async fn a_server_that_wants_to_be_called_localhost_is_found_added_and_checked() {
    let core = Core::start().await;
    let server = Peer::Playwright.http().await.unwrap();
    let row = scanned(&core, server.address).await;
    assert_eq!((&row["outcome"], &row["name"]), (&json!("mcp"), &json!("Playwright")), "{row}");
    assert!(row["tools"].as_u64().unwrap() > 5, "{row}");
    // Whoever writes the number means the same place.
    core.perform("add", json!({ "url": server.url, "name": "browser" })).await;
    assert_eq!(core.check("browser").await["status"], "healthy");
    assert!(core.perform("tools", json!({})).await.to_string().contains("browser_navigate"));
    core.app.shutdown().await;
}

/// After one DELETE it would answer 500 to everybody.
#[tokio::test]
async fn a_server_that_does_not_bear_the_end_of_a_session_outlives_us() {
    let core = Core::start().await;
    let server = Peer::Mcp19.http().await.unwrap();
    let sum = async |core: &Core| {
        let call = json!({ "capability": "add", "arguments": { "a": 1, "b": 2 } });
        core.perform("call", call).await["result"]["content"][0]["text"].clone()
    };
    let found = scanned(&core, server.address).await;
    assert_eq!((&found["outcome"], &found["tools"]), (&json!("mcp"), &json!(2)), "{found}");
    core.perform("add", json!({ "url": server.url, "name": "old" })).await;
    for _ in 0..3 {
        assert_eq!(core.check("old").await["status"], "healthy");
    }
    assert_eq!(sum(&core).await, "3");
    for _ in 0..2 {
        let row = scanned(&core, server.address).await;
        assert!(row["reason"].as_str().unwrap().starts_with("as known"), "{row}");
        assert_eq!((&row["url"], &row["tools"]), (&found["url"], &found["tools"]));
    }
    let core = core.restart().await;
    assert_eq!(sum(&core).await, "3");
    assert_eq!(core.check("old").await["status"], "healthy");
    core.app.shutdown().await;
}
