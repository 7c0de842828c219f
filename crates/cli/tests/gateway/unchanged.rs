//! What a server says of a tool and what the tool answers reach clients of both eras as they were sent, also when many call their
//! requests and their reports of progress the same.

use std::time::Duration;

use serde_json::{Value, json};
use testkit::fake::Fake;
use testkit::real::Peer;
use testkit::{Act, Persona, PersonaTool, digits};
use tokio::time::Instant;

use crate::support::Place;
use crate::wire::Client;
use crate::{add, add_stdio, name_of, serving, status, token};

/// Much of it is what a gateway with types of its own would drop.
fn definition() -> Value {
    json!({
        "name": "odd",
        "title": "Odd",
        "description": "A tool.",
        "icons": [{ "src": "data:image/png;base64,AAAA", "mimeType": "image/png", "sizes": ["48x48"], "theme": "dark" }],
        "inputSchema": { "type": "object", "properties": {}, "x-later": [1, null] },
        "outputSchema": { "type": "object", "x-later": true },
        "annotations": { "readOnlyHint": true, "laterHint": "x" },
        "execution": { "taskSupport": "forbidden" },
        "_meta": { "example.org/trace": { "a": [1, null] } },
        "laterField": { "b": [] },
    })
}

fn server(fake: Fake) -> Fake {
    let tool = PersonaTool { name: "odd", listed: Some(definition()), act: |_| Act::Exactly(digits::RESULT) };
    fake.with_persona(Persona { name: "odd", version: "1.0", tools: vec![tool], ..Persona::default() })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tool_and_its_result_arrive_as_they_were_sent() {
    let place = Place::new();
    let _serving = serving(&place);
    let (legacy, modern) = (server(Fake::legacy()).start().await, server(Fake::modern()).start().await);
    add(&place, &[&legacy.url(), "--name", "legacy"]);
    add(&place, &[&modern.url(), "--name", "modern"]);
    let status = status(&place);
    let client = Client::new(status["url"].as_str().unwrap(), &token(&place, "a"));
    let session = client.session().await;
    let lists = [
        client.modern("tools/list", json!({})).await,
        client.legacy(&session, "tools/list", json!({})).await,
    ];
    // A result may be told apart by its era beside what the server says.
    let members = digits::RESULT.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')).unwrap();
    for owner in ["legacy", "modern"] {
        let name = name_of(&status, owner, "odd");
        let mut expected = definition();
        expected["name"] = json!(name);
        for listed in &lists {
            let tools = listed.message["result"]["tools"].as_array().unwrap();
            let tool = tools.iter().find(|tool| tool["name"] == name.as_str());
            assert_eq!(tool, Some(&expected), "{owner}");
        }
        let call = json!({ "name": name });
        let answers = [
            client.modern("tools/call", call.clone()).await,
            client.legacy(&session, "tools/call", call).await,
        ];
        for answered in answers {
            assert!(answered.text.contains(members), "{owner}: {answered:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_server_learns_is_listed_and_its_tools_once_they_are_accepted() {
    let place = Place::new();
    let serving = serving(&place);
    add_stdio(&place, "learner", &testkit::real::learning().unwrap());
    let client = Client::new(&format!("{}/mcp", serving.url), &token(&place, "a"));
    let listed = async |method: &str, key: &str| -> Vec<String> {
        let listed = client.modern(method, json!({})).await;
        let list = key.split_once('/').unwrap();
        let rows = listed.message["result"][list.0].as_array().unwrap().clone();
        rows.iter().map(|row| row[list.1].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(listed("tools/list", "tools/name").await, ["learn"]);
    assert!(listed("resources/list", "resources/uri").await.is_empty());
    let learned =
        client.modern("tools/call", json!({ "name": "learn", "arguments": { "word": "tea" } })).await;
    assert_eq!(learned.message["result"]["content"][0]["text"], "tea", "{learned:?}");
    let soon = tokio::time::timeout(std::time::Duration::from_secs(20), async {
        while listed("resources/list", "resources/uri").await != ["memo://tea"]
            || listed("prompts/list", "prompts/name").await != ["say_tea"]
        {
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
    });
    soon.await.expect("it is listed without a round");
    assert_eq!(listed("tools/list", "tools/name").await, ["learn"], "nobody accepted it");
    let owners = std::fs::read_to_string(place.data().join("owner.token")).unwrap();
    let adopt = Client::new(&format!("{}/api/v1/adopt", serving.url), owners.trim());
    let asked = adopt.post().body(json!({ "id": "learner" }).to_string());
    while listed("tools/list", "tools/name").await.len() == 1 {
        let adopted = crate::wire::answer(asked.try_clone().unwrap()).await;
        assert_eq!(adopted.status, 200, "{adopted:?}");
    }
    assert_eq!(listed("tools/list", "tools/name").await, ["learn", "tea"]);
}

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
