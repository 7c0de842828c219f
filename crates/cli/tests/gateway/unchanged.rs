//! What a server says of a tool, and what the tool answers, reach clients of both eras as they were sent.

use serde_json::{Value, json};
use testkit::fake::Fake;
use testkit::{Act, Persona, PersonaTool, digits};

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
