//! Commands that take long to start, and those that sleep since nobody needs them: which, and what wakes them.

#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test ends where it fails"
)]

use std::path::PathBuf;
use std::time::Duration;

use futures::StreamExt;
use serde_json::{Value, json};
use support::Core;
use testkit::real::{plain_python, script};
use testkit::served::marked;
use tokio::time::timeout;

#[path = "../support/mod.rs"]
mod support;

mod slow;

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

const SHORT: &str = "health_monitoring:\n  check_interval: 1\n  timeout: 1\n  idle_after: 2\n";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_nobody_calls_sleeps_and_wakes_when_it_is_used_and_what_was_called_remembers() {
    let core = Core::configured(SHORT).await;
    let mark = mark(&core);
    for name in ["a", "b", "c"] {
        add(&core, name, slow("0", "1", &format!("{mark}/{name}"))).await;
    }
    assert_eq!(count(&core, "c").await, "1");
    for name in ["a", "b"] {
        let asleep = until(&core, name, "asleep", |health| !health["asleep"].is_null()).await;
        assert_eq!(asleep["status"], "healthy");
        let ahead = asleep["next_check"].as_i64().unwrap_or_default() - asleep["asleep"].as_i64().unwrap();
        let planned = until(&core, name, "planned", |health| {
            health["next_check"].as_i64() > health["asleep"].as_i64().map(|at| at + 3_000_000)
        });
        assert!(ahead > 3_000_000 || planned.await.is_object());
        until_processes(&format!("{mark}/{name}"), 0).await;
    }
    assert_eq!(count(&core, "a").await, "1", "it wakes for a call");
    until(&core, "a", "awake", |health| health["asleep"].is_null()).await;
    assert_eq!(health(&core, "b").await["status"], "healthy");
    // It was called: it stays, and has its count.
    assert_eq!(count(&core, "c").await, "2");
    assert!(health(&core, "c").await["asleep"].is_null());
    // Whoever asks how it is wakes it.
    let checked = core.check("b").await;
    assert_eq!(checked["status"], "healthy");
    until(&core, "b", "awake", |health| health["asleep"].is_null()).await;
    core.app.shutdown().await;
    assert_eq!(marked(&mark), Vec::<u32>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_person_keeps_running_does_not_sleep_and_the_wish_can_be_taken_back() {
    let core = Core::configured(SHORT).await;
    let mark = mark(&core);
    add(&core, "it", slow("0", "1", &mark)).await;
    until(&core, "it", "asleep", |health| !health["asleep"].is_null()).await;
    until_processes(&mark, 0).await;
    let edited = core.perform("edit", json!({ "id": "it", "keep_running": true })).await;
    until(&core, "it", "awake", |health| health["asleep"].is_null()).await;
    until_processes(&mark, 1).await;
    let before = health(&core, "it").await["checked_at"].clone();
    until(&core, "it", "checked again", |health| health["checked_at"].as_i64() > before.as_i64()).await;
    core.perform("undo", json!({ "undo": edited["undo"] })).await;
    assert_eq!(core.perform("server", json!({ "id": "it" })).await["keep_running"], false);
    until(&core, "it", "asleep", |health| !health["asleep"].is_null()).await;
    let kept =
        json!({ "stdio": slow("0", "1", &format!("{mark}/other")), "name": "other", "keep_running": true });
    core.perform("add", kept).await;
    assert_eq!(core.perform("server", json!({ "id": "other" })).await["keep_running"], true);
    let refused = core.refused("add", json!({ "url": "http://127.0.0.1:1", "keep_running": true })).await;
    assert!(refused.message.contains("only a stdio server"), "{refused}");
    core.app.shutdown().await;
    assert_eq!(marked(&mark), Vec::<u32>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pause_ends_a_child_and_no_round_wakes_it() {
    let core =
        Core::configured("health_monitoring:\n  check_interval: 1\n  timeout: 1\n  idle_after: 3\n").await;
    let mark = mark(&core);
    add(&core, "it", slow("0", "1", &mark)).await;
    core.perform("pause", json!({ "ids": ["it"] })).await;
    until_processes(&mark, 0).await;
    let resumed = async {
        until(&core, "it", "planned in an hour", |health| {
            health["next_check"].as_i64() > health["checked_at"].as_i64().map(|at| at + 3_000_000)
        })
        .await;
        assert_eq!(health(&core, "it").await["status"], "paused");
        assert_eq!(marked(&mark), Vec::<u32>::new());
        core.perform("resume", json!({ "ids": ["it"] })).await;
        until(&core, "it", "asleep", |health| !health["asleep"].is_null()).await
    };
    assert_eq!(resumed.await["status"], "healthy");
    core.app.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_idle_children_are_watched_they_go_on_and_a_change_wakes_those_that_sleep() {
    let core = Core::configured(SHORT).await;
    let mark = mark(&core);
    add(&core, "it", slow("0", "1", &mark)).await;
    until(&core, "it", "asleep", |health| !health["asleep"].is_null()).await;
    let watch = SHORT.replace("idle_after: 2", "idle_stdio: watch");
    std::fs::write(core.dir.path().join("mcp-discovery.yaml"), watch).unwrap();
    until(&core, "it", "awake", |health| health["asleep"].is_null()).await;
    until_processes(&mark, 1).await;
    core.app.shutdown().await;
    assert_eq!(marked(&mark), Vec::<u32>::new());
}
