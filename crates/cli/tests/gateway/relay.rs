//! What goes back: questions of servers, their news and their states reach the client that they are meant for, and no other.

use futures::future::join_all;
use serde_json::{Value, json};
use testkit::real::Peer;
use testkit::relay::Relay;

use crate::conformance::FixtureServer;
use crate::support::{Place, Serving};
use crate::wire::{Client, Events};
use crate::{add, name_of, serving, status, token};

const WATCHED: &str = "test://watched-resource";

struct Scene {
    place: Place,
    _serving: Serving,
    fixture: FixtureServer,
    url: String,
}

fn scene() -> Scene {
    let place = Place::new();
    let serving = serving(&place);
    let fixture = FixtureServer::start();
    add(&place, &[&fixture.url, "--name", "one"]);
    let url = format!("{}/mcp", serving.url);
    Scene { place, _serving: serving, fixture, url }
}

impl Scene {
    fn client(&self, name: &str) -> Client {
        Client::new(&self.url, &token(&self.place, name))
    }
}

/// Reads until the server asks something: the id of the question, and what is asked.
async fn asked(events: &mut Events) -> (Value, Value) {
    loop {
        let message = events.next().await.unwrap();
        assert!(message["error"].is_null() && message["result"].is_null(), "{message}");
        if message["method"] == "elicitation/create" {
            return (message["id"].clone(), message["params"].clone());
        }
    }
}

async fn answered(events: &mut Events) -> String {
    loop {
        let message = events.next().await.unwrap();
        if let Some(text) = message["result"]["content"][0]["text"].as_str() {
            return text.to_owned();
        }
    }
}

fn saying(name: &str) -> Value {
    json!({ "action": "accept", "content": { "username": name, "email": "a@b.c" } })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_reaches_the_client_whose_call_it_is_and_takes_its_answer_alone() {
    let scene = scene();
    let client = scene.client("all");
    let nonces: Vec<String> = (0..16).map(|n| format!("nonce-{n}")).collect();
    let (client, nonces) = (&client, &nonces);
    let all = nonces.iter().map(|nonce| async move {
        let session = client.session_with(json!({ "elicitation": {} })).await;
        let params = json!({ "name": "test_elicitation", "arguments": { "message": nonce } });
        let mut events = client.legacy_stream(&session, "tools/call", params).await;
        let (id, question) = asked(&mut events).await;
        assert_eq!(question["message"], json!(nonce));
        client.reply(&session, &id, saying(nonce)).await;
        let text = answered(&mut events).await;
        assert!(text.contains(nonce.as_str()), "{text}");
        assert_eq!(nonces.iter().filter(|other| text.contains(&format!("{other}\""))).count(), 1, "{text}");
    });
    join_all(all).await;

    // An answer in another session, of another client even, is nobody's.
    let (one, other) = (scene.client("one"), scene.client("other"));
    let session = one.session_with(json!({ "elicitation": {} })).await;
    let elsewhere = [
        (&one, one.session_with(json!({ "elicitation": {} })).await),
        (&other, other.session_with(json!({ "elicitation": {} })).await),
    ];
    let params = json!({ "name": "test_elicitation", "arguments": { "message": "who" } });
    let mut events = one.legacy_stream(&session, "tools/call", params).await;
    let (id, _) = asked(&mut events).await;
    for (client, session) in &elsewhere {
        client.reply(session, &id, saying("stranger")).await;
    }
    one.reply(&session, &json!(1), saying("guess")).await;
    one.reply(&session, &id, saying("owner")).await;
    let text = answered(&mut events).await;
    assert!(text.contains("owner") && !text.contains("stranger"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_did_not_declare_it_is_not_asked() {
    let scene = scene();
    let client = scene.client("a");
    let session = client.session().await;
    let params = json!({ "name": "test_elicitation", "arguments": { "message": "who" } });
    let mut events = client.legacy_stream(&session, "tools/call", params).await;
    let only = events.next().await.unwrap();
    assert!(only["method"].is_null(), "{only}");
    assert!(only["error"].is_object() || only["result"]["isError"] == true, "{only}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_state_comes_back_from_its_client_for_its_request_alone() {
    let scene = scene();
    let (one, other) = (scene.client("one"), scene.client("other"));
    let tool = "test_input_required_result_request_state";
    let able = json!({ "elicitation": {}, "sampling": {}, "roots": {} });
    let first = one.modern_as(&able, "tools/call", json!({ "name": tool, "arguments": {} })).await;
    let result = &first.message["result"];
    assert_eq!(result["resultType"], "input_required", "{first:?}");
    let state = result["requestState"].as_str().unwrap();
    let yes = json!({ "action": "accept", "content": { "ok": true } });
    let answers: serde_json::Map<String, Value> =
        result["inputRequests"].as_object().unwrap().keys().map(|key| (key.clone(), yes.clone())).collect();
    let retry = |state: &str, tool: &str| json!({ "name": tool, "arguments": {}, "requestState": state, "inputResponses": answers });
    let mut altered = state.to_owned();
    altered.replace_range(4..5, if &state[4..5] == "A" { "B" } else { "A" });
    for (client, params) in [
        (&other, retry(state, tool)),
        (&one, retry(&altered, tool)),
        (&one, retry(&format!("{state}x"), tool)),
        (&one, retry(state, "test_input_required_result_elicitation")),
    ] {
        let refused = client.modern_as(&able, "tools/call", params).await;
        assert_eq!(refused.message["error"]["code"], -32602, "{refused:?}");
    }
    let calls = |place: &Place| place.run(&["calls", "--format", "json"]).json().as_array().unwrap().len();
    assert_eq!(calls(&scene.place), 1, "nothing ran for the others");
    let done = one.modern_as(&able, "tools/call", retry(state, tool)).await;
    assert_eq!(done.message["result"]["resultType"], "complete", "{done:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_resource_is_told_to_those_who_watch_it_and_to_no_other() {
    let scene = scene();
    let (watching, other) = (scene.client("watching"), scene.client("other"));
    let (session, session_of_other) = (watching.session().await, other.session().await);
    let mut events = Events::of(watching.get(&session)).await;
    let mut events_of_other = Events::of(other.get(&session_of_other)).await;
    let subscribed = watching.legacy(&session, "resources/subscribe", json!({ "uri": WATCHED })).await;
    assert!(subscribed.message["result"].is_object(), "{subscribed:?}");
    // So that the other has a conversation with the server as well.
    let trigger = json!({ "name": "test_trigger_resource_change", "arguments": {} });
    other.legacy(&session_of_other, "tools/call", trigger.clone()).await;
    // The lists may be news as well.
    let is_update = |told: &Value| told["method"] == "notifications/resources/updated";
    let told = loop {
        let told = events.next().await.unwrap();
        if is_update(&told) {
            break told;
        }
    };
    assert_eq!(told["params"]["uri"], WATCHED);
    other.end(&session_of_other).await;
    while let Some(told) = events_of_other.next().await {
        assert!(!is_update(&told), "{told}");
    }
    let unknown = watching.legacy(&session, "resources/subscribe", json!({ "uri": "x://nobody" })).await;
    assert_eq!(unknown.message["error"]["code"], -32002, "{unknown:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_modern_client_hears_of_the_resources_that_it_watches_by_its_own_names() {
    let scene = scene();
    // One of either era.
    let second = FixtureServer::legacy();
    add(&scene.place, &[&second.url, "--name", "two"]);
    let client = scene.client("a");
    let apart = format!("mcp-discovery://two/{WATCHED}");
    let wanted = json!({ "notifications": { "resourceSubscriptions": [WATCHED, apart, "x://nobody"] } });
    let mut events =
        Events::of(client.modern_request(&json!({}), "subscriptions/listen", wanted, None)).await;
    let acknowledged = events.next().await.unwrap();
    let granted = &acknowledged["params"]["notifications"]["resourceSubscriptions"];
    assert_eq!(granted, &json!([WATCHED, apart]), "{acknowledged}");
    let told = status(&scene.place);
    for (owner, uri) in [("two", apart.as_str()), ("one", WATCHED)] {
        let name = name_of(&told, owner, "test_trigger_resource_change");
        // What was told of the other before may still be on its way.
        let heard = async {
            loop {
                let told = events.next().await.unwrap();
                assert_eq!(told["method"], "notifications/resources/updated", "{told}");
                assert_eq!(told["params"]["_meta"]["io.modelcontextprotocol/subscriptionId"], 1, "{told}");
                if told["params"]["uri"] == uri {
                    break;
                }
            }
        };
        // The server may not have been asked yet.
        let triggering = async {
            loop {
                client.modern("tools/call", json!({ "name": name, "arguments": {} })).await;
                tokio::time::sleep(std::time::Duration::from_millis(200)).await;
            }
        };
        tokio::select! {
            () = heard => {}
            () = triggering => {}
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_watches_a_resource_of_a_server_that_is_removed_leaves_that_alone() {
    for server in [FixtureServer::start(), FixtureServer::legacy()] {
        let place = Place::new();
        let serving = serving(&place);
        let address = server.url.trim_start_matches("http://").trim_end_matches("/mcp").parse().unwrap();
        let relay = Relay::before(address).await;
        add(&place, &[&format!("http://{}/mcp", relay.address), "--name", "one"]);
        let client = Client::new(&format!("{}/mcp", serving.url), &token(&place, "a"));
        let wanted = json!({ "notifications": { "resourceSubscriptions": [WATCHED] } });
        let mut events =
            Events::of(client.modern_request(&json!({}), "subscriptions/listen", wanted, None)).await;
        assert!(events.next().await.is_some());
        let told = status(&place);
        let name = name_of(&told, "one", "test_trigger_resource_change");
        let triggering = async {
            loop {
                client.modern("tools/call", json!({ "name": name, "arguments": {} })).await;
                tokio::time::sleep(std::time::Duration::from_millis(200)).await;
            }
        };
        tokio::select! {
            told = events.next() => assert_eq!(told.unwrap()["params"]["uri"], WATCHED),
            () = triggering => {}
        }
        assert_eq!(place.run(&["remove", "one"]).code(), 0);
        relay.until_left("a server that was removed").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_two_servers_call_the_same_stays_apart_and_keeps_its_name() {
    let scene = scene();
    let second = FixtureServer::start();
    add(&scene.place, &[&second.url, "--name", "two"]);
    let client = scene.client("a");
    let uri = "test://static-text";
    let apart = "mcp-discovery://two/test://static-text";
    let listed = async || {
        let listed = client.modern("resources/list", json!({})).await;
        let all = listed.message["result"]["resources"].as_array().unwrap().clone();
        let uris: Vec<String> = all.iter().map(|one| one["uri"].as_str().unwrap().to_owned()).collect();
        uris
    };
    let uris = listed().await;
    for wanted in [uri, apart] {
        assert!(uris.iter().any(|uri| uri == wanted), "{wanted} in {uris:?}");
        let read = client.modern_named("resources/read", json!({ "uri": wanted }), Some(wanted)).await;
        assert!(read.message["result"]["contents"][0]["text"].is_string(), "{read:?}");
    }
    let templated = "mcp-discovery://two/test://template/7/data";
    let read = client.modern_named("resources/read", json!({ "uri": templated }), Some(templated)).await;
    assert!(read.message["result"]["contents"][0]["text"].as_str().unwrap().contains('7'), "{read:?}");

    // A server may link to what it lists nowhere; whose it is its like say.
    let unlisted = "test://template/none";
    let read = client.modern_named("resources/read", json!({ "uri": unlisted }), Some(unlisted)).await;
    assert_eq!(read.message["error"]["code"], -32602, "{read:?}");
    assert!(!read.message.to_string().contains("no server is known"), "{read:?}");

    let prompts = client.modern("prompts/list", json!({})).await;
    let prompts = prompts.message["result"]["prompts"].as_array().unwrap().clone();
    let name = |prompt: &Value| prompt["name"].as_str().unwrap().to_owned();
    let names: Vec<String> = prompts.iter().map(name).collect();
    assert!(names.iter().any(|name| name == "two__test_simple_prompt"), "{names:?}");
    let prompt = client.modern("prompts/get", json!({ "name": "two__test_simple_prompt" })).await;
    assert!(prompt.message["result"]["messages"].is_array(), "{prompt:?}");
    let reference = json!({ "type": "ref/prompt", "name": "two__test_prompt_with_arguments" });
    let argument = json!({ "name": "arg1", "value": "par" });
    let completed =
        client.modern("completion/complete", json!({ "ref": reference, "argument": argument })).await;
    assert!(completed.message["result"]["completion"]["values"].is_array(), "{completed:?}");

    // Whoever is away keeps its names: the URI alone does not become the other's.
    let first = scene.fixture.url.clone();
    drop(scene.fixture);
    scene.place.run(&["check", "one"]);
    assert_eq!(listed().await, uris);
    let read = client.modern_named("resources/read", json!({ "uri": uri }), Some(uri)).await;
    assert_eq!(read.message["error"]["code"], -32010, "{read:?} {first}");
}

#[tokio::test(flavor = "multi_thread")]
async fn each_client_has_a_child_of_its_own_where_the_configuration_says_so() {
    let place = Place::new();
    let first = serving(&place);
    let everything = Peer::Everything.stdio(place.dir.path()).unwrap();
    let added = place
        .command(&["add", "--name", "everything", "--format", "json"])
        .args(["--stdio", &everything.program])
        .args(&everything.args)
        .output()
        .unwrap();
    let added: Value = serde_json::from_slice(&added.stdout).unwrap();
    let path = format!("/servers/{}/mcp", added["server"]["id"].as_str().unwrap());
    let token = token(&place, "a");
    let tool = "trigger-elicitation-request";
    // This server has the tool for clients alone that can be asked.
    let asks = async |serving: &Serving| {
        let client = Client::new(&format!("{}{path}", serving.url), &token);
        let session = client.session_with(json!({ "elicitation": {} })).await;
        let listed = client.legacy(&session, "tools/list", json!({})).await;
        let tools = listed.message["result"]["tools"].as_array().unwrap().clone();
        let is_listed = tools.iter().any(|one| one["name"] == tool);
        let params = json!({ "name": tool, "arguments": {} });
        let mut events = client.legacy_stream(&session, "tools/call", params).await;
        (is_listed, events.next().await.unwrap())
    };
    let (is_listed, said) = asks(&first).await;
    assert!(!is_listed && said["method"].is_null(), "a child that all share: {said}");
    drop(first);
    std::fs::write(place.config(), "gateway:\n  per_client: [everything]\n").unwrap();
    let second = serving(&place);
    let (is_listed, said) = asks(&second).await;
    assert!(is_listed && said["method"] == "elicitation/create", "{said}");
}
