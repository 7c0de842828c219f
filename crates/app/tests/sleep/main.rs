//! Commands that take long to start, and those that sleep since nobody needs them.

#![cfg(target_os = "linux")]
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

mod asleep;
mod slow;

use std::path::PathBuf;
use std::time::Duration;

use futures::StreamExt;
use serde_json::{Value, json};
use support::Core;
use testkit::real::{plain_python, script};
use testkit::served::marked;
use tokio::time::timeout;

/// Longer than anything here takes on a busy machine.
const IN_VAIN: Duration = Duration::from_mins(1);

/// A server that speaks `every` so many seconds until it answers after `seconds`. Its processes bear the mark.
fn slow(seconds: &str, every: &str, mark: &str) -> Vec<String> {
    [plain_python().unwrap().as_str(), &script("slow_stdio.py"), seconds, every, mark]
        .map(str::to_owned)
        .into()
}

/// What tells the processes of one test from those of others.
fn mark(core: &Core) -> String {
    let folder: PathBuf = core.dir.path().to_owned();
    folder.to_string_lossy().into_owned()
}

async fn add(core: &Core, name: &str, command: Vec<String>) -> Value {
    core.perform("add", json!({ "stdio": command, "name": name })).await
}

async fn count(core: &Core, server: &str) -> String {
    let called = core.perform("call", json!({ "capability": "count", "server": server })).await;
    called["result"]["content"][0]["text"].as_str().unwrap().to_owned()
}

async fn health(core: &Core, server: &str) -> Value {
    core.perform("server", json!({ "id": server })).await["server"]["health"].clone()
}

/// Waits until the health of a server is so.
async fn until(core: &Core, server: &str, what: &str, fits: impl Fn(&Value) -> bool) -> Value {
    let mut events = Box::pin(core.app.events());
    let waiting = async {
        loop {
            let health = health(core, server).await;
            if fits(&health) {
                return health;
            }
            events.next().await.expect("the core runs");
        }
    };
    if let Ok(health) = timeout(IN_VAIN, waiting).await {
        return health;
    }
    panic!("waited in vain until {what}: {}", health(core, server).await)
}

/// Waits until so many processes bear the mark.
async fn until_processes(mark: &str, count: usize) {
    let waiting = async {
        while marked(mark).len() != count {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    assert!(timeout(IN_VAIN, waiting).await.is_ok(), "{:?} of {count}", marked(mark));
}
