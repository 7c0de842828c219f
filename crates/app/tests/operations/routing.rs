//! Where calls go: rules, strategies, tries and breakers, with servers of both eras that count what they are asked.

use crate::support::Core;
use api::ErrorCode;
use futures::future::join_all;
use serde_json::{Value, json};
use testkit::fake::{Fake, Fault, Running};
use testkit::{Act, Persona, PersonaTool};

mod rules;
mod tries;

/// Nobody is checked while a test counts.
const QUIET: &str = "health_monitoring:\n  check_interval: 3600\n";

fn answer(_: &Value) -> Act {
    Act::Answer(json!({ "content": [{ "type": "text", "text": "done" }] }))
}

/// One tool, with these annotations.
fn persona(tool: &'static str, annotations: &Value) -> Persona {
    let listed = json!({
        "name": tool, "description": "A tool.", "inputSchema": { "type": "object" }, "annotations": annotations,
    });
    Persona {
        name: "routed",
        version: "1.0",
        tools: vec![PersonaTool { name: tool, listed: Some(listed), act: answer }],
        ..Persona::default()
    }
}

fn read_only(tool: &'static str) -> Persona {
    persona(tool, &json!({ "readOnlyHint": true }))
}

/// Adds a server by this name, with this data.
async fn added(core: &Core, name: &str, fake: Fake, metadata: Value) -> Running {
    let running = fake.start().await;
    core.perform("add", json!({ "url": running.url(), "name": name, "metadata": metadata })).await;
    running
}

/// Who answers a call.
async fn answered_by(core: &Core, args: Value) -> String {
    core.perform("call", args).await["server"]["name"].as_str().unwrap().to_owned()
}

/// How many of the calls of this tool arrived there.
fn arrived(server: &Running) -> usize {
    server.seen().iter().filter(|seen| seen.rpc_method.as_deref() == Some("tools/call")).count()
}

/// Each server that takes no part, with its reason as a sentence.
fn reasons(error: &api::ApiError) -> Vec<String> {
    let rows = error.detail["servers"].as_array().unwrap();
    let said = |row: &Value| {
        format!("{} {}", row["server"]["name"].as_str().unwrap(), row["text"].as_str().unwrap())
    };
    let mut reasons: Vec<String> = rows.iter().map(said).collect();
    reasons.sort();
    reasons
}

const TOOL: &str = "work";

#[tokio::test]
async fn a_server_that_never_answers_is_given_a_rest() {
    let limits = |failures: u32, open: f64| {
        format!(
            "{QUIET}load_balancing:\n  config: {{ breaker_failures: {failures}, breaker_open: {open} }}\n"
        )
    };
    let core = Core::configured(&limits(5, 30.0)).await;
    let hanging = Fake::modern().with_persona(persona(TOOL, &json!({}))).failing(Fault::Hang, "tools/call");
    let server = added(&core, "hangs", hanging, json!({})).await;
    let call = json!({ "capability": TOOL, "timeout": 0.2 });
    for _ in 0..5 {
        assert_eq!(core.refused("call", call.clone()).await.code, ErrorCode::Timeout);
    }
    let refused = core.refused("call", call.clone()).await;
    assert_eq!(refused.code, ErrorCode::NoHealthyServer, "{refused:?}");
    assert_eq!(reasons(&refused), ["hangs failed several times in a row: its breaker is open"]);
    assert_eq!(arrived(&server), 5);
    let row = core.perform("breakers", json!({})).await["breakers"][0].clone();
    assert_eq!((&row["state"], &row["failures"]), (&json!("open"), &json!(5)), "{row}");
    assert!(row["open_for"].as_f64().unwrap() > 20.0, "{row}");

    // A person who names it is let through, and an answer closes it.
    server.heal();
    core.perform("call", json!({ "capability": TOOL, "server": "hangs" })).await;
    core.perform("call", call).await;
    core.app.shutdown().await;

    // A rule may pay no heed to breakers.
    let heedless = format!("{}defaults:\n  circuit_breaker: false\n", limits(1, 60.0));
    let core = Core::configured(&heedless).await;
    let hanging = Fake::modern().with_persona(persona(TOOL, &json!({}))).failing(Fault::Hang, "tools/call");
    let _server = added(&core, "hangs", hanging, json!({})).await;
    for _ in 0..3 {
        let call = json!({ "capability": TOOL, "timeout": 0.2 });
        assert_eq!(core.refused("call", call).await.code, ErrorCode::Timeout);
    }
    core.app.shutdown().await;
}

#[tokio::test]
async fn one_call_tries_a_server_that_had_its_rest() {
    let config = format!("{QUIET}load_balancing:\n  config: {{ breaker_failures: 1, breaker_open: 0.5 }}\n");
    let core = Core::configured(&config).await;
    let hanging = Fake::modern().with_persona(persona(TOOL, &json!({}))).failing(Fault::Hang, "tools/call");
    let server = added(&core, "hangs", hanging, json!({})).await;
    let call = json!({ "capability": TOOL, "timeout": 0.2 });
    assert_eq!(core.refused("call", call.clone()).await.code, ErrorCode::Timeout);
    let half_open = async {
        while core.perform("breakers", json!({})).await["breakers"][0]["state"] != "half_open" {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(20), half_open).await.expect("its rest ends");
    let both = join_all([0, 1].map(|_| core.app.perform("call", call.clone()))).await;
    let codes: Vec<_> = both.into_iter().map(|result| result.unwrap_err().code).collect();
    assert!(codes.contains(&ErrorCode::Timeout) && codes.contains(&ErrorCode::NoHealthyServer), "{codes:?}");
    assert_eq!(arrived(&server), 2);
    core.app.shutdown().await;
}

#[tokio::test]
async fn a_server_takes_no_more_calls_than_it_may() {
    let core = Core::configured(QUIET).await;
    let hanging = Fake::modern().with_persona(persona(TOOL, &json!({}))).failing(Fault::Hang, "tools/call");
    let server = added(&core, "small", hanging, json!({ "max_concurrent": 2 })).await;
    let calls = (0..8).map(|_| core.app.perform("call", json!({ "capability": TOOL, "timeout": 1.0 })));
    let codes: Vec<_> = join_all(calls).await.into_iter().map(|result| result.unwrap_err().code).collect();
    assert_eq!(codes.iter().filter(|code| **code == ErrorCode::Overloaded).count(), 6, "{codes:?}");
    assert_eq!(arrived(&server), 2);
    let named = core.refused("call", json!({ "capability": TOOL, "server": "small", "timeout": 0.2 })).await;
    assert_eq!(named.code, ErrorCode::Timeout, "both places are free again");
    core.app.shutdown().await;
}
