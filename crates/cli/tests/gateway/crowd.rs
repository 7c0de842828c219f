//! Many clients at once, all of which call their requests and their reports of progress the same.

use std::time::Duration;

use serde_json::json;
use testkit::real::Peer;
use tokio::time::Instant;

use crate::support::Place;
use crate::wire::Client;
use crate::{add, add_stdio, name_of, serving, status, token};

const CLIENTS: u64 = 64;

/// Each client of one shared child and one legacy server over HTTP gets its own answers back, and its own reports: how many steps a
/// call has tells whose a report is. How many calls there were.
async fn crowd(lasting: Duration) -> u64 {
    let place = Place::new();
    let serving = serving(&place);
    let over_http = Peer::Everything.http().await.unwrap();
    add(&place, &[over_http.url.as_str(), "--name", "http"]);
    add_stdio(&place, "stdio", &Peer::Everything.stdio(place.dir.path()).unwrap());
    let status = status(&place);
    let names = ["http", "stdio"].map(|owner| {
        let name = |tool| name_of(&status, owner, tool);
        (name("echo"), name("trigger-long-running-operation"))
    });
    let client = Client::new(&format!("{}/mcp", serving.url), &token(&place, "all"));
    let began = Instant::now();
    let (client, names) = (&client, &names);
    let asking = (0..CLIENTS).map(async |nonce| {
        let session = client.session().await;
        let mut turns = 0_u64;
        while turns == 0 || began.elapsed() < lasting {
            for (echo, long) in names {
                let message = format!("{nonce} {turns}");
                let params = json!({ "name": echo, "arguments": { "message": message }, "_meta": { "progressToken": 1 } });
                let echoed = client.legacy(&session, "tools/call", params).await;
                let text = echoed.message["result"]["content"][0]["text"].as_str();
                assert!(text.is_some_and(|text| text.ends_with(&message)), "{echoed:?}");
                own_reports(client, &session, long, nonce + 2).await;
            }
            turns += 1;
        }
        turns
    });
    let turns: u64 = futures::future::join_all(asking).await.iter().sum();
    turns * 4
}

/// A call of this many steps, and whose reports come.
async fn own_reports(client: &Client, session: &str, tool: &str, steps: u64) {
    let arguments = json!({ "duration": 0.2, "steps": steps });
    let params = json!({ "name": tool, "arguments": arguments, "_meta": { "progressToken": 1 } });
    let mut events = client.legacy_stream(session, "tools/call", params).await;
    let mut reports = 0;
    loop {
        let message = events.next().await.expect("an answer");
        if message["method"] == "notifications/progress" {
            let report = &message["params"];
            assert_eq!((&report["progressToken"], &report["total"]), (&json!(1), &json!(steps)), "{message}");
            reports += 1;
            continue;
        }
        assert_eq!(message["id"], 1, "{message}");
        assert!(message["result"].is_object(), "{message}");
        break;
    }
    assert!(reports > 0, "a call of {steps} steps reported nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn each_of_a_crowd_gets_its_own_answers_and_reports() {
    println!("{CLIENTS} clients, {} calls", crowd(Duration::from_secs(2)).await);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "long: a minute"]
async fn each_of_a_crowd_gets_its_own_for_a_minute() {
    println!("{CLIENTS} clients, {} calls", crowd(Duration::from_mins(1)).await);
}
