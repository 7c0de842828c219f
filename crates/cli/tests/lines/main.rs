//! Stdio servers by the lines that their pages print, in a core of their own process: what they cost while nobody calls, and
//! where the values of their environments are.

#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test ends where it fails"
)]

#[path = "../support/api.rs"]
mod api;
#[path = "../support/mod.rs"]
mod support;

mod canaries;
mod idle;

use std::time::Duration;

use api::Api;
use serde_json::{Value, json};
use support::Place;
use testkit::packages::lines::{PackageLine, environment};
use tokio::time::{Instant, sleep, timeout};

/// Longer than anything here takes on a busy machine.
const IN_VAIN: Duration = Duration::from_mins(2);

/// A core that finds what the lines start.
fn start(place: &Place, config: &str, args: &[&str]) -> Api {
    let environment = environment().unwrap();
    let env: Vec<(&str, &str)> =
        environment.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    Api::start_with(place, config, args, &env)
}

/// The words of a line.
fn words(line: &PackageLine, folder: &str) -> Vec<String> {
    line.line.split(' ').map(|word| word.replace("$FOLDER", folder)).collect()
}

async fn call(api: &Api, server: &str, tool: &str, arguments: Value) -> Value {
    api.perform(
        "call",
        json!({ "capability": tool, "server": server, "arguments": arguments, "timeout": 90 }),
    )
    .await
}

/// Waits until it is so. How long that took.
async fn until(what: &str, is_so: impl AsyncFn() -> bool) -> Duration {
    let began = Instant::now();
    let waiting = async {
        while !is_so().await {
            sleep(Duration::from_millis(100)).await;
        }
    };
    assert!(timeout(IN_VAIN, waiting).await.is_ok(), "waited in vain until {what}");
    began.elapsed()
}
