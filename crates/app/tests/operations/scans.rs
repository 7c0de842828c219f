//! Scans beside what is known, and beside others who use real servers that bear little: they add to it, and disturb nobody.

use std::net::SocketAddr;
use std::time::Duration;

use crate::support::Core;
use futures::StreamExt;
use serde_json::{Value, json};
use testkit::fake::{Fake, Fault, Running, SignIn};
use testkit::neighbour::Neighbour;
use testkit::real::{Peer, bridge_to};

async fn scanned(core: &Core, servers: &[&Running], register: bool) -> Value {
    let ports: Vec<String> = servers.iter().map(|server| server.address().port().to_string()).collect();
    let scan = json!({ "targets": ["127.0.0.1"], "ports": ports, "register": register });
    core.scanned(async { drop(core.perform("scan_start", scan).await) }).await
}

async fn status(core: &Core, id: &str) -> Value {
    core.perform("server", json!({ "id": id })).await["server"]["health"]["status"].clone()
}

#[tokio::test]
async fn a_scan_does_not_know_better_than_a_check() {
    let core = Core::start().await;
    let locked = Fake::modern().sign_in(SignIn::Token("let-me-in".to_owned())).start().await;
    let open = Fake::modern().start().await;
    let add = json!({ "url": locked.url(), "name": "locked", "token": "let-me-in", "token_place": "file" });
    assert_eq!(core.perform("add", add).await["server"]["health"]["status"], "healthy");
    core.perform("add", json!({ "url": open.url(), "name": "open", "no_probe": true })).await;

    let report = scanned(&core, &[&locked, &open], false).await;
    assert_eq!(report["scan"]["found"], 2, "{report}");
    assert_eq!(status(&core, "locked").await, "healthy", "the scan had no token");
    assert_eq!(status(&core, "open").await, "healthy", "it was not measured before");
    core.app.shutdown().await;
}

#[tokio::test]
async fn a_server_that_hangs_when_it_is_met_hides_no_other_and_does_not_outlive_a_cancel() {
    let core = Core::start().await;
    let hanging = Fake::modern().failing(Fault::Hang, "resources/list").start().await;
    let good = Fake::modern().start().await;
    let ports = [&hanging, &good].map(|server| server.address().port().to_string());
    let mut events = Box::pin(core.app.events());
    let scan = json!({ "targets": ["127.0.0.1"], "ports": ports, "register": true });
    core.perform("scan_start", scan).await;
    while core.perform("scan", json!({})).await["rows"] == json!([]) {
        events.next().await.unwrap();
    }
    let report = core.perform("scan", json!({})).await;
    assert_eq!(report["scan"]["state"], "running", "one is still asked: {report}");
    assert_eq!((&report["rows"][0]["url"], &report["rows"][0]["known"]), (&json!(good.url()), &json!(true)));

    let cancelled = core.scanned(async { drop(core.perform("scan_cancel", json!({})).await) });
    let report = tokio::time::timeout(Duration::from_secs(8), cancelled).await.expect("less than it hangs");
    assert_eq!((&report["scan"]["state"], &report["scan"]["found"]), (&json!("cancelled"), &json!(1)));
    assert_eq!(report["rows"].as_array().unwrap().len(), 1, "what was found is shown");
    core.app.shutdown().await;
}

#[tokio::test]
async fn a_server_that_keeps_every_session_is_met_once_and_shown_as_known() {
    let core = Core::start().await;
    let server = Fake::legacy().frail().start().await;
    let first = scanned(&core, &[&server], true).await;
    assert_eq!((&first["rows"][0]["known"], &first["rows"][0]["reason"]), (&json!(true), &Value::Null));
    let opened = server.opened_sessions();

    for target in ["127.0.0.1", "localhost", "127.0.0.1"] {
        let ports = [server.address().port().to_string()];
        let scan = json!({ "targets": [target], "ports": ports, "register": true });
        let again = core.scanned(async { drop(core.perform("scan_start", scan).await) }).await;
        let (row, before) = (&again["rows"][0], &first["rows"][0]);
        assert!(row["reason"].as_str().unwrap().starts_with("as known"), "{row}");
        for same in
            ["id", "name", "url", "era", "protocol_version", "server_version", "tools", "outcome", "known"]
        {
            assert_eq!(row[same], before[same], "{same}");
        }
        assert!(row["latency_ms"].is_number(), "{row}");
    }
    assert_eq!(server.opened_sessions(), opened, "nobody greeted it again");
    assert!(server.seen().iter().all(|seen| seen.http_method != "DELETE"), "it would break");

    let address = server.address();
    server.stop().await;
    let other = Fake::legacy().on_port(address.port()).start().await;
    let other_row = &scanned(&core, &[&other], false).await["rows"][0];
    assert_eq!((&other_row["protocol_version"], &other_row["reason"]), (&json!("2025-11-25"), &Value::Null));
    core.app.shutdown().await;
    assert_eq!(other.open_sessions(), 0);
}

#[tokio::test]
async fn an_answer_does_not_wait_for_the_goodbye() {
    let core = Core::start().await;
    let server = Fake::legacy().silent_at_goodbye().start().await;
    core.perform("add", json!({ "url": server.url(), "name": "mute" })).await;
    let call = json!({ "capability": "add", "arguments": { "a": 1, "b": 2 } });
    let called = core.perform("call", call).await;
    assert!(called["elapsed_ms"].as_f64().unwrap() < 4_000.0, "a goodbye is given up after 5 s: {called}");
    core.app.shutdown().await;
    assert_eq!(server.open_sessions(), 0);
}

#[tokio::test]
async fn the_server_hears_of_a_call_whose_caller_went_away() {
    for fake in [Fake::legacy(), Fake::sse()] {
        let core = Core::start().await;
        let server = fake.start().await;
        core.perform("add", json!({ "url": server.url() })).await;
        let call = core.app.perform("call", json!({ "capability": "wait" }));
        let under_way = server.until("the call is under way", |server| server.calls() == ["wait"]);
        tokio::select! {
            called = call => panic!("{called:?}"),
            () = under_way => {}
        }
        server.until("it was told", |server| server.cancelled() == 1).await;
        core.app.shutdown().await;
    }
}

#[tokio::test]
async fn two_profiles_of_one_host_are_two_servers() {
    let core = Core::start().await;
    let server = Fake::modern().start().await;
    for profile in ["a", "b"] {
        let added =
            core.perform("add", json!({ "url": format!("{}?profile={profile}", server.url()) })).await;
        assert_eq!(added["server"]["url"], format!("{}?profile={profile}", server.url()), "{added}");
    }
    assert_eq!(core.perform("servers", json!({})).await["total"], 2);
    core.app.shutdown().await;
}

async fn found_by_scan(core: &Core, address: SocketAddr) -> Value {
    let scan = json!({ "targets": ["127.0.0.1"], "ports": [address.port().to_string()] });
    let report = core.scanned(async { drop(core.perform("scan_start", scan).await) }).await;
    report["rows"][0].clone()
}

async fn echoed(core: &Core, words: &str) -> Value {
    let call = json!({ "capability": "echo", "arguments": { "message": words } });
    core.perform("call", call).await["result"]["content"][0]["text"].clone()
}

/// Everybody at this bridge hears all answers.
#[tokio::test]
async fn a_neighbour_at_a_bridge_is_not_disturbed_and_we_get_our_own_answers() {
    let core = Core::start().await;
    let bridge = Peer::Bridge.sse().await.unwrap();
    let tool = "trigger-long-running-operation";
    let long = json!({ "duration": 2, "steps": 10 });
    let mut neighbour = Neighbour::over_sse(&bridge.url, tool, &long).await;
    core.perform("add", json!({ "url": bridge.url })).await;
    for turn in 0..20 {
        let row = found_by_scan(&core, bridge.address).await;
        // What it lists depends on what the last client declared.
        assert!(row["outcome"] == "mcp" && row["tools"].as_u64().unwrap() > 10, "scan {turn}: {row}");
        let words = format!("ours, {turn}");
        assert_eq!(echoed(&core, &words).await, format!("Echo: {words}"));
    }
    let first = neighbour.next().await.unwrap();
    let mut calls = neighbour.finish().await;
    calls.push(first);
    let expected = "Long running operation completed. Duration: 2 seconds, Steps: 10.";
    for call in &calls {
        assert!(!call.starts_with("0 ") && call.contains(expected), "{calls:#?}");
    }
    core.app.shutdown().await;
}

#[tokio::test]
async fn what_a_neighbour_is_asked_is_not_refused_by_us() {
    let core = Core::start().await;
    let bridge = Peer::Bridge.sse().await.unwrap();
    core.perform("add", json!({ "url": bridge.url, "name": "bridge" })).await;
    assert_eq!(core.check("bridge").await["status"], "healthy", "from now on we listen");
    let asking = json!({ "prompt": "what?", "maxTokens": 9 });
    let mut neighbour = Neighbour::over_sse(&bridge.url, "trigger-sampling-request", &asking).await;
    for _ in 0..3 {
        let call = neighbour.next().await.unwrap();
        assert!(call.contains("sampled"), "{call}");
    }
    core.app.shutdown().await;
}

#[tokio::test]
async fn a_bridge_that_breaks_on_a_question_it_does_not_know_is_started_afresh() {
    let core = Core::start().await;
    let server = Peer::Everything.http().await.unwrap();
    let bridge = bridge_to(&server.url).unwrap();
    let command: Vec<String> = [bridge.program].into_iter().chain(bridge.args).collect();
    let added = core.perform("add", json!({ "stdio": command, "name": "bridge" })).await;
    assert_eq!(added["server"]["era"], "legacy", "{added}");
    assert_eq!(core.check("bridge").await["status"], "healthy");
    assert_eq!(echoed(&core, "hello").await, "Echo: hello");
    core.app.shutdown().await;
}

#[tokio::test]
async fn a_server_that_wants_to_be_called_localhost_is_found_added_and_checked() {
    let core = Core::start().await;
    let server = Peer::Playwright.http().await.unwrap();
    let row = found_by_scan(&core, server.address).await;
    assert_eq!((&row["outcome"], &row["name"]), (&json!("mcp"), &json!("Playwright")), "{row}");
    assert!(row["tools"].as_u64().unwrap() > 5, "{row}");
    // Whoever writes the number means the same place.
    core.perform("add", json!({ "url": server.url, "name": "browser" })).await;
    assert_eq!(core.check("browser").await["status"], "healthy");
    assert!(core.perform("tools", json!({})).await.to_string().contains("browser_navigate"));
    core.app.shutdown().await;
}

/// After one DELETE it would answer 500 to everybody.
#[tokio::test]
async fn a_server_that_does_not_bear_the_end_of_a_session_outlives_us() {
    let core = Core::start().await;
    let server = Peer::Mcp19.http().await.unwrap();
    let sum = async |core: &Core| {
        let call = json!({ "capability": "add", "arguments": { "a": 1, "b": 2 } });
        core.perform("call", call).await["result"]["content"][0]["text"].clone()
    };
    let found = found_by_scan(&core, server.address).await;
    assert_eq!((&found["outcome"], &found["tools"]), (&json!("mcp"), &json!(2)), "{found}");
    core.perform("add", json!({ "url": server.url, "name": "old" })).await;
    for _ in 0..3 {
        assert_eq!(core.check("old").await["status"], "healthy");
    }
    assert_eq!(sum(&core).await, "3");
    for _ in 0..2 {
        let row = found_by_scan(&core, server.address).await;
        assert!(row["reason"].as_str().unwrap().starts_with("as known"), "{row}");
        assert_eq!((&row["url"], &row["tools"]), (&found["url"], &found["tools"]));
    }
    let core = core.restart().await;
    assert_eq!(sum(&core).await, "3");
    assert_eq!(core.check("old").await["status"], "healthy");
    core.app.shutdown().await;
}
