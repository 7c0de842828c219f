//! A server dies while many call: what may be asked elsewhere is, what may have run says so, and nothing runs twice.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use api::{ApiError, ErrorCode};
use futures::future::join_all;
use serde_json::json;
use testkit::plain::Plain;
use tokio::time::Instant;

use super::QUIET;
use crate::support::Core;

const CALLERS: usize = 64;

/// How long they call; the server dies in the middle.
const SPAN: Duration = Duration::from_secs(10);

struct Scene {
    core: Core,
    servers: Vec<Plain>,
    runs: std::path::PathBuf,
}

impl Drop for Scene {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.runs);
    }
}

impl Scene {
    async fn new(name: &str) -> Self {
        let file = format!("mcp-discovery-runs-{name}-{}", std::process::id());
        let runs = std::env::temp_dir().join(&file);
        let core = Core::configured(QUIET).await;
        let servers: Vec<Plain> = (0..3).map(|_| Plain::counting()).collect();
        for (at, server) in servers.iter().enumerate() {
            let url = server.url(&format!("{file}/mcp"));
            core.perform("add", json!({ "url": url, "name": format!("s{at}") })).await;
        }
        Self { core, servers, runs }
    }

    /// Everybody calls until the time is over; the second server dies in the middle. The calls that failed, and how many were
    /// made.
    async fn called(&mut self, tool: &str) -> (Vec<(String, ApiError)>, usize) {
        let (over, next) = (AtomicBool::new(false), AtomicUsize::new(0));
        let Self { core, servers, .. } = self;
        let callers = (0..CALLERS).map(|_| async {
            let mut failed = Vec::new();
            while !over.load(Ordering::Relaxed) {
                let id = next.fetch_add(1, Ordering::Relaxed).to_string();
                let call = json!({ "capability": tool, "arguments": { "id": &id } });
                if let Err(error) = core.app.perform("call", call).await {
                    failed.push((id, error));
                }
            }
            failed
        });
        let begun = Instant::now();
        let killing = async {
            tokio::time::sleep(SPAN / 2).await;
            servers[1].kill();
            tokio::time::sleep(SPAN.saturating_sub(begun.elapsed())).await;
            over.store(true, Ordering::Relaxed);
        };
        let (failed, ()) = tokio::join!(join_all(callers), killing);
        (failed.concat(), next.into_inner())
    }

    /// How often each call ran.
    fn runs(&self) -> HashMap<String, usize> {
        let text = std::fs::read_to_string(&self.runs).unwrap();
        text.lines().fold(HashMap::new(), |mut runs, id| {
            *runs.entry(id.to_owned()).or_default() += 1;
            runs
        })
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_call_of_a_tool_that_changes_nothing_fails() {
    let mut scene = Scene::new("look").await;
    let (failed, made) = scene.called("look").await;
    assert!(failed.is_empty(), "{} of {made}: {:?}", failed.len(), failed.first());
    assert!(made > CALLERS, "{made}");
    scene.core.app.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_calls_that_were_sent_to_it_fail_each_says_so_and_nothing_runs_twice() {
    let mut scene = Scene::new("work").await;
    let (failed, made) = scene.called("work").await;
    assert!(failed.len() <= CALLERS, "{} of {made}", failed.len());
    for (_, error) in &failed {
        assert_eq!(error.code, ErrorCode::TransportFailed, "{error:?}");
        assert!(error.message.contains("may have run"), "{}", error.message);
        assert_eq!(error.detail["server"]["name"], "s1");
    }
    let runs = scene.runs();
    assert!(runs.values().all(|times| *times == 1), "a call ran twice");
    let answered = made - failed.len();
    assert!(
        runs.len() >= answered && runs.len() <= made,
        "{} runs of {made} calls, {answered} answered",
        runs.len()
    );
    scene.core.app.shutdown().await;
}
