//! The calls that were made, as faces have them: told as they come, listed, counted, explained.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test ends where it fails"
)]

mod support;

use std::time::Duration;

use api::ErrorCode;
use futures::StreamExt;
use serde_json::{Value, json};
use support::Core;
use testkit::fake::{Fake, Running};
use testkit::{Act, Persona, PersonaTool, Steps};
use tokio::time::timeout;

const QUIET: &str =
    "health_monitoring:\n  check_interval: 3600\nrouting_rules:\n  say*: { required_regions: [us] }\n";

const GENEROUS: Duration = Duration::from_secs(30);

fn says_no(_: &Value) -> Act {
    Act::Answer(json!({ "content": [{ "type": "text", "text": "no" }], "isError": true }))
}

fn says_yes(_: &Value) -> Act {
    Act::Answer(json!({ "content": [{ "type": "text", "text": "yes" }] }))
}

fn says_long(_: &Value) -> Act {
    let result = json!({ "content": [{ "type": "text", "text": "done" }] });
    Act::Steps(Steps {
        every: Duration::from_millis(5),
        count: 3,
        message: |at| format!("step {at}"),
        result,
    })
}

async fn added(core: &Core, name: &str, region: &str) -> Running {
    let listed = |name: &str| json!({ "name": name, "inputSchema": { "type": "object" } });
    let tool = |name: &'static str, act| PersonaTool { name, listed: Some(listed(name)), act };
    let tools = vec![
        tool("say_yes", says_yes as fn(&Value) -> Act),
        tool("say_no", says_no),
        tool("say_long", says_long),
    ];
    let running = Fake::modern()
        .with_persona(Persona { name: "says", version: "1", tools, ..Persona::default() })
        .start()
        .await;
    core.perform("add", json!({ "url": running.url(), "name": name, "metadata": { "region": region } }))
        .await;
    running
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_are_told_as_they_come_and_counted_by_what_they_are() {
    let core = Core::configured(QUIET).await;
    let (_us, eu) = (added(&core, "west", "us").await, added(&core, "east", "eu").await);
    let mut events = Box::pin(core.app.events());
    for _ in 0..4 {
        core.perform("call", json!({ "capability": "say_yes", "client": "editor" })).await;
    }
    core.perform("call", json!({ "capability": "say_no" })).await;
    core.perform("call", json!({ "capability": "say_yes", "server": "east" })).await;
    assert_eq!(core.refused("call", json!({ "capability": "nothing" })).await.code, ErrorCode::NoServer);

    let mut told = (0, 0, 0);
    let hearing = async {
        while told.1 < 7 {
            let batch = serde_json::to_value(events.next().await.unwrap()).unwrap();
            for event in
                batch["events"].as_array().unwrap().iter().filter(|event| event["type"] == "calls_changed")
            {
                let number = |key: &str| event[key].as_u64().unwrap();
                told = (number("newest"), told.1 + number("calls"), told.2 + number("failed"));
            }
        }
    };
    timeout(GENEROUS, hearing).await.expect("they are told");
    assert_eq!(told, (7, 7, 1));

    let list = core.perform("calls", json!({})).await;
    let outcomes: Vec<&str> =
        list["rows"].as_array().unwrap().iter().map(|row| row["outcome"].as_str().unwrap()).collect();
    assert_eq!(outcomes, ["refused", "ok", "tool_error", "ok", "ok", "ok", "ok"]);
    assert_eq!((&list["total"], &list["recording"], &list["more"]), (&json!(7), &json!(true), &json!(false)));
    let only = |args: Value| async { core.perform("calls", args).await["total"].as_u64().unwrap() };
    assert_eq!(only(json!({ "outcome": "failed" })).await, 1);
    assert_eq!(only(json!({ "outcome": "tool_error" })).await, 1);
    assert_eq!(only(json!({ "outcome": "ok" })).await, 6);
    assert_eq!(only(json!({ "server": "east" })).await, 1);
    assert_eq!(only(json!({ "capability": "SAY_*", "client": "editor" })).await, 4);
    assert_eq!(only(json!({ "capability": "say_?es" })).await, 5);

    let traffic = core.perform("traffic", json!({})).await;
    assert_eq!((&traffic["calls"], &traffic["failed"]), (&json!(7), &json!(1)));
    let buckets = traffic["buckets"].as_array().unwrap();
    assert_eq!(buckets.iter().map(|bucket| bucket["calls"].as_u64().unwrap()).sum::<u64>(), 7);
    assert!((60..=122).contains(&buckets.len()), "{}", buckets.len());
    assert!(buckets.iter().any(|bucket| bucket["p95_ms"].as_f64() >= bucket["p50_ms"].as_f64()));
    let west = &traffic["servers"][0];
    assert_eq!(
        (&west["server"]["name"], &west["calls"], &west["failed"]),
        (&json!("west"), &json!(5), &json!(0))
    );
    assert!((west["share"].as_f64().unwrap() - 5.0 / 6.0).abs() < 1e-9, "{west}");
    let rules: Vec<_> =
        traffic["rules"].as_array().unwrap().iter().map(|rule| (&rule["pattern"], &rule["calls"])).collect();
    assert_eq!(
        rules,
        [(&json!(null), &json!(1)), (&json!("say*"), &json!(5))],
        "who named a server used no rule"
    );

    let record = core.perform("call_record", json!({ "id": 1 })).await;
    assert_eq!((&record["is_exact"], &record["rule"]), (&json!(true), &json!("say*")));
    assert_eq!(record["decision"]["stages"][3]["left_out"][0]["text"], "is in eu, not in us");
    assert_eq!(core.refused("call_record", json!({ "id": 99 })).await.code, ErrorCode::NotFound);

    // Its own rules need not be given.
    let replay = core.perform("replay", json!({})).await;
    assert_eq!((&replay["calls"], &replay["stays"]), (&json!(7), &json!(7)));
    core.perform("remove", json!({ "ids": ["west"] })).await;
    let gone = core.perform("calls", json!({ "limit": 1, "before": 2 })).await;
    assert_eq!(gone["rows"][0]["server"]["name"], "west", "who is gone has the name it had");
    drop(eu);
    core.app.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn progress_is_told_of_calls_that_somebody_can_follow_alone() {
    let core = Core::configured(QUIET).await;
    let _us = added(&core, "west", "us").await;
    let mut events = Box::pin(core.app.events());
    core.perform("call", json!({ "capability": "say_long" })).await;
    core.perform("call", json!({ "capability": "say_long", "call": "mine" })).await;
    let mut heard = Vec::new();
    let hearing = async {
        loop {
            let batch = serde_json::to_value(events.next().await.unwrap()).unwrap();
            for event in batch["events"].as_array().unwrap() {
                match event["type"].as_str().unwrap() {
                    "call_progress" => heard.push(event["call"].as_str().unwrap().to_owned()),
                    "calls_changed" if event["newest"] == 2 => return,
                    _ => {}
                }
            }
        }
    };
    timeout(GENEROUS, hearing).await.expect("both are recorded");
    assert!(!heard.is_empty() && heard.iter().all(|call| call == "mine"), "{heard:?}");
    core.app.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_record_is_told_and_calls_go_on() {
    let core = Core::configured(QUIET).await;
    let _us = added(&core, "west", "us").await;
    core.perform("call", json!({ "capability": "say_yes" })).await;
    core.app.shutdown().await;
    let Core { app, dir } = core;
    drop(app);
    std::fs::write(dir.path().join("data").join(ledger::FILE), "no database".repeat(500)).unwrap();
    let core = Core::at(dir).await;
    core.perform("call", json!({ "capability": "say_yes" })).await;
    assert_eq!(core.perform("calls", json!({})).await["total"], 1);
    let notices = core.perform("status", json!({})).await["notices"].to_string();
    assert!(notices.contains("record of calls was damaged") && notices.contains(".damaged-"), "{notices}");
    core.app.shutdown().await;
}
