//! The calls that were made, as faces have them: told as they come, listed, counted, explained, with the text that a tool
//! answered; and who is to blame where a bridge answers for a server that is away.

use std::time::Duration;

use crate::support::Core;
use api::{ErrorCode, raw};
use futures::StreamExt;
use serde_json::{Value, json};
use testkit::fake::{Fake, Running};
use testkit::real::{Peer, bridge_to};
use testkit::{Act, Persona, PersonaTool, Steps, digits};
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

#[tokio::test]
async fn a_result_has_the_digits_and_the_fields_that_the_server_sent() {
    let core = Core::start().await;
    let server = digits::server().start().await;
    core.perform("add", json!({ "url": server.url() })).await;
    let answer = core.app.perform("call", json!({ "capability": "digits" })).await.unwrap();
    assert_eq!(raw::at(&answer, &["result"]).unwrap().get(), digits::RESULT);
    assert_eq!(raw::at(&answer, &["tool"]).unwrap().get(), "\"digits\"");
    core.app.shutdown().await;
}

#[tokio::test]
async fn a_result_that_nests_without_end_is_refused() {
    let core = Core::start().await;
    let nested = |_: &_| {
        let mut list = json!([]);
        for _ in 0..200 {
            list = json!([list]);
        }
        Act::Answer(json!({ "content": [], "structuredContent": { "list": list } }))
    };
    let listed = json!({ "name": "nest", "description": "A tool.", "inputSchema": { "type": "object" } });
    let tools = vec![PersonaTool { name: "nest", listed: Some(listed), act: nested }];
    let persona = Persona { name: "deep", version: "1.0", tools, ..Persona::default() };
    let server = testkit::fake::Fake::legacy().with_persona(persona).start().await;
    core.perform("add", json!({ "url": server.url() })).await;
    let error = core.refused("call", json!({ "capability": "nest" })).await;
    assert_eq!(error.code, api::ErrorCode::TransportFailed, "{error:?}");
    core.app.shutdown().await;
}

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
    assert_eq!(away["summary"], "No server behind the bridge");
    // One that is started while nobody is there ends, and says why.
    let other: Vec<String> = stdio.iter().map(|word| word.replace("/mcp", "/other")).collect();
    let ended = core.refused("add", json!({ "stdio": other })).await;
    assert!(ended.message.contains("behind it does not answer"), "{ended}");
    let _server = Peer::Everything.http_at(address).await.unwrap();
    assert_eq!(core.check("it").await["status"], "healthy");
    core.app.shutdown().await;
}
