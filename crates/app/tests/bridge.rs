//! A bridge is a command that leads to somebody else: when that is away, the bridge is not to blame.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test ends where it fails"
)]

mod support;

use serde_json::json;
use support::Core;
use testkit::real::{Peer, bridge_to};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bridge_says_that_nobody_is_behind_it_and_works_when_somebody_is_again() {
    let core = Core::configured("health_monitoring:\n  enabled: false\n").await;
    let server = Peer::Everything.http().await.unwrap();
    let (address, url) = (server.address, server.url.clone());
    let bridge = bridge_to(&url).unwrap();
    let stdio: Vec<String> = [bridge.program].into_iter().chain(bridge.args).collect();
    core.perform("add", json!({ "stdio": stdio, "name": "it" })).await;
    assert_eq!(core.check("it").await["status"], "healthy");
    server.stop().await;
    let expected = format!("the bridge runs, `{url}` behind it does not answer");
    let refused = core
        .refused("call", json!({ "capability": "echo", "server": "it", "arguments": { "message": "x" } }));
    let refused = refused.await;
    assert!(refused.message.starts_with(&expected), "{refused}");
    let away = core.check("it").await;
    assert!(away["reason"].as_str().unwrap().starts_with(&expected), "{away}");
    assert_eq!(away["summary"], "Nobody behind the bridge");
    // One that is started while nobody is there ends, and says why.
    let other: Vec<String> = stdio.iter().map(|word| word.replace("/mcp", "/other")).collect();
    let ended = core.refused("add", json!({ "stdio": other })).await;
    assert!(ended.message.contains("behind it does not answer"), "{ended}");
    let _server = Peer::Everything.http_at(address).await.unwrap();
    assert_eq!(core.check("it").await["status"], "healthy");
    core.app.shutdown().await;
}
