//! What a try that fails means for the call: another server, or an error that says what may have happened. Also while many call and a
//! server dies: nothing runs twice.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use api::{ApiError, ErrorCode};
use futures::future::join_all;
use serde_json::{Value, json};
use testkit::fake::{Fake, Fault, SignIn};
use testkit::plain::Plain;
use tokio::time::Instant;

use super::{QUIET, added, answered_by, arrived, persona, read_only};
use crate::support::Core;

const TOOL: &str = "look";

fn call() -> Value {
    json!({ "capability": TOOL })
}

/// How each try ended.
fn outcomes(attempts: &Value) -> Vec<&str> {
    attempts.as_array().unwrap().iter().map(|attempt| attempt["outcome"].as_str().unwrap()).collect()
}

/// Two calls, of which at least one meets the server that is asked first.
async fn two_calls(core: &Core) -> Vec<Result<Value, api::ApiError>> {
    let mut results = Vec::new();
    for _ in 0..2 {
        let result = core.app.perform("call", call()).await;
        results.push(result.map(|answer| crate::support::read(&answer)));
    }
    results
}

#[tokio::test]
async fn a_server_that_is_gone_costs_no_call() {
    let core = Core::configured(QUIET).await;
    let gone = added(&core, "gone", Fake::modern().with_persona(persona(TOOL, &json!({}))), json!({})).await;
    let _there =
        added(&core, "there", Fake::legacy().with_persona(persona(TOOL, &json!({}))), json!({})).await;
    gone.stop().await;
    for result in two_calls(&core).await {
        let result = result.unwrap();
        assert_eq!(result["server"]["name"], "there");
        let tried = outcomes(&result["attempts"]);
        assert!(tried == ["answered"] || tried == ["unsent", "answered"], "{tried:?}");
    }
    core.app.shutdown().await;
}

#[tokio::test]
async fn a_call_that_was_sent_and_lost_is_tried_elsewhere_only_where_that_does_no_harm() {
    for (annotations, is_harmless) in [
        (json!({ "readOnlyHint": true }), true),
        (json!({ "idempotentHint": true }), true),
        (json!({}), false),
    ] {
        let core = Core::configured(QUIET).await;
        let persona = || persona(TOOL, &annotations);
        let breaking = Fake::modern().with_persona(persona()).failing(Fault::HalfAnswer, "tools/call");
        let broken = added(&core, "broken", breaking, json!({})).await;
        let well = added(&core, "well", Fake::modern().with_persona(persona()), json!({})).await;
        let results = two_calls(&core).await;
        let failed: Vec<_> = results.iter().filter_map(|result| result.as_ref().err()).collect();
        assert_eq!(arrived(&broken), 1, "one of two turns");
        if is_harmless {
            assert!(failed.is_empty(), "{failed:?}");
            assert_eq!(arrived(&well), 2);
        } else {
            assert_eq!((failed.len(), arrived(&well)), (1, 1));
            assert_eq!(failed[0].code, ErrorCode::TransportFailed);
            assert!(failed[0].message.contains("may have run"), "{}", failed[0].message);
            assert_eq!(outcomes(&failed[0].detail["attempts"]), ["lost"]);
        }
        core.app.shutdown().await;
    }
}

#[tokio::test]
async fn another_server_is_asked_only_where_the_rule_lets_it() {
    let core = Core::configured(&format!("{QUIET}defaults:\n  auto_retry: false\n")).await;
    let gone = added(&core, "gone", Fake::modern().with_persona(read_only(TOOL)), json!({})).await;
    let _there = added(&core, "there", Fake::modern().with_persona(read_only(TOOL)), json!({})).await;
    gone.stop().await;
    let results = two_calls(&core).await;
    assert_eq!(results.iter().filter(|result| result.is_err()).count(), 1);
    core.app.shutdown().await;
}

#[tokio::test]
async fn a_server_that_declines_is_passed_over_and_left_alone_as_long_as_it_asks() {
    for status in [503, 429] {
        let core = Core::configured(QUIET).await;
        let busy = Fake::modern()
            .with_persona(persona(TOOL, &json!({})))
            .failing(Fault::Busy(status, 2), "tools/call");
        let busy = added(&core, "busy", busy, json!({})).await;
        let _free =
            added(&core, "free", Fake::modern().with_persona(persona(TOOL, &json!({}))), json!({})).await;
        let begun = Instant::now();
        let results = two_calls(&core).await;
        assert!(
            results
                .iter()
                .all(|result| result.as_ref().is_ok_and(|result| result["server"]["name"] == "free"))
        );
        assert_eq!(arrived(&busy), 1, "{status}");
        let rests = core.perform("breakers", json!({})).await;
        let row = rests["breakers"]
            .as_array()
            .unwrap()
            .iter()
            .find(|row| row["server"]["name"] == "busy")
            .unwrap()
            .clone();
        assert!(row["set_aside_for"].as_f64().unwrap() <= 2.0, "{row}");
        while begun.elapsed() < Duration::from_millis(1_500) {
            assert_eq!(answered_by(&core, call()).await, "free");
        }
        assert_eq!(arrived(&busy), 1, "nothing for two seconds");
        busy.heal();
        let back = async { while answered_by(&core, call()).await != "busy" {} };
        tokio::time::timeout(Duration::from_secs(20), back).await.expect("it is asked again");
        core.app.shutdown().await;
    }
}

#[tokio::test]
async fn a_server_that_asks_who_we_are_is_passed_over_and_says_so() {
    let core = Core::configured(QUIET).await;
    let guarded =
        Fake::modern().with_persona(persona(TOOL, &json!({}))).sign_in(SignIn::Token("s3cret".to_owned()));
    let running = guarded.start().await;
    core.perform(
        "add",
        json!({ "url": running.url(), "name": "guarded", "token": "s3cret", "token_place": "file" }),
    )
    .await;
    let _open = added(&core, "open", Fake::modern().with_persona(persona(TOOL, &json!({}))), json!({})).await;
    core.perform("secret_forget", json!({ "id": "guarded" })).await;
    for result in two_calls(&core).await {
        assert_eq!(result.unwrap()["server"]["name"], "open");
    }
    core.app.shutdown().await;
}

#[tokio::test]
async fn a_rule_bounds_the_call_and_each_try() {
    let rules = "defaults:\n  timeout: 20\n  per_try_timeout: 0.3\nrouting_rules:\n  hang:\n    timeout: 0.4\n    per_try_timeout: 0.4\n";
    let core = Core::configured(&format!("{QUIET}{rules}")).await;
    let hanging = |tool| Fake::modern().with_persona(read_only(tool)).failing(Fault::Hang, "tools/call");
    let _hangs = added(&core, "hangs", hanging(TOOL), json!({})).await;
    let _answers = added(&core, "answers", Fake::modern().with_persona(read_only(TOOL)), json!({})).await;
    for result in two_calls(&core).await {
        let result = result.unwrap();
        assert_eq!(result["server"]["name"], "answers");
        let tried = outcomes(&result["attempts"]);
        assert!(tried == ["answered"] || tried == ["timed_out", "answered"], "{tried:?}");
    }
    let _other = added(&core, "other", hanging("hang"), json!({})).await;
    let refused = core.refused("call", json!({ "capability": "hang" })).await;
    assert_eq!(refused.code, ErrorCode::Timeout);
    assert!(refused.message.contains("0.4 s"), "{}", refused.message);
    core.app.shutdown().await;
}

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
