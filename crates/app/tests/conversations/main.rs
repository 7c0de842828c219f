//! A conversation is kept from one call to the next: what that costs, and what becomes of it when the server starts anew or
//! closes connections.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test ends where it fails"
)]

#[path = "../support/mod.rs"]
mod support;

mod closing;
mod cost;
mod idle;
mod restarts;

use serde_json::{Value, json};
use support::Core;
use testkit::real::Peer;

/// A core that knows the server at this URL as `it`, and asks it nothing by itself.
async fn knowing(url: &str) -> Core {
    let core = Core::configured("health_monitoring:\n  enabled: false\n").await;
    core.perform("add", json!({ "url": url, "name": "it" })).await;
    core
}

/// A call of a tool that adds two numbers.
fn sum(peer: Peer) -> Value {
    let tool = if peer == Peer::Everything { "get-sum" } else { "add" };
    json!({ "capability": tool, "arguments": { "a": 1, "b": 2 }, "server": "it" })
}
