//! What the configuration says of the gateway: where it is, and what single clients see. What is left out is in no list, and nothing
//! that calls it gets there.

use serde_json::{Value, json};
use testkit::real::Peer;

use crate::conformance::FixtureServer;
use crate::support::{Place, Serving};
use crate::wire::{Client, Events};
use crate::{add, serving, status, token};

pub(crate) async fn with_two_servers(place: &Place) -> [testkit::real::RealServer; 2] {
    let (one, other) = (Peer::Mcp2.http().await.unwrap(), Peer::Mcp2.http().await.unwrap());
    add(place, &[&one.url, "--name", "one"]);
    add(place, &[&other.url, "--name", "other"]);
    [one, other]
}

pub(crate) fn names(status: &Value) -> Vec<String> {
    let tools = status["tools"].as_array().unwrap().iter();
    tools.map(|tool| tool["name"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_that_is_switched_off_serves_nobody() {
    let place = Place::new();
    std::fs::write(place.config(), "gateway:\n  enabled: false\n").unwrap();
    let serving = serving(&place);
    let client = Client::new(&format!("{}/mcp", serving.url), &token(&place, "a"));
    let refused = client.modern("tools/list", json!({})).await;
    assert_eq!((refused.status, &refused.message["error"]["code"]), (404, &json!(-32010)));
    let told = status(&place);
    assert_eq!((&told["url"], &told["reason"]), (&Value::Null, &json!("`gateway.enabled` is `false`")));
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_token_only_where_the_configuration_says_so() {
    let place = Place::new();
    let serving = serving(&place);
    let nobody = Client::new(&format!("{}/mcp", serving.url), "");
    assert_eq!(nobody.modern("server/discover", json!({})).await.status, 401);
    std::fs::write(place.config(), "gateway:\n  auth: none\n").unwrap();
    let open = Place::new();
    std::fs::write(open.config(), "gateway:\n  auth: none\n").unwrap();
    let serving = crate::serving(&open);
    let anybody = Client::new(&format!("{}/mcp", serving.url), "");
    let met = anybody.modern("server/discover", json!({})).await;
    assert_eq!((met.status, &met.message["result"]["supportedVersions"]), (200, &json!(["2026-07-28"])));
    assert_eq!(status(&open)["needs_token"], false);
}

#[tokio::test(flavor = "multi_thread")]
async fn tools_are_named_as_the_configuration_says() {
    for (naming, expected) in [
        ("auto", ["one__add", "one__wait", "other__add", "other__wait"]),
        ("always", ["one__add", "one__wait", "other__add", "other__wait"]),
    ] {
        let place = Place::new();
        let _serving = serving(&place);
        // Both at once: with the file, since each `add` would name its tools before the other comes.
        std::fs::write(place.config(), format!("gateway:\n  naming: {naming}\n")).unwrap();
        let _servers = with_two_servers(&place).await;
        assert_eq!(names(&status(&place)), expected, "{naming}");
    }
    let place = Place::new();
    std::fs::write(place.config(), "gateway:\n  naming: never\n").unwrap();
    let _serving = serving(&place);
    let server = Peer::Mcp2.http().await.unwrap();
    add(&place, &[&server.url, "--name", "one"]);
    assert_eq!(names(&status(&place)), ["add", "wait"]);
    // The first keeps its names when another comes.
    let other = Peer::Mcp2.http().await.unwrap();
    add(&place, &[&other.url, "--name", "other"]);
    let both = names(&status(&place));
    assert!(
        both.len() == 4 && both.contains(&"add".to_owned()) && both.contains(&"wait".to_owned()),
        "{both:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_of_replicas_is_one_tool_and_its_calls_are_balanced() {
    let place = Place::new();
    std::fs::write(place.config(), "replica_groups:\n  adders: [one, other]\n").unwrap();
    let _serving = serving(&place);
    let servers = with_two_servers(&place).await;
    let told = status(&place);
    assert_eq!(names(&told), ["add", "wait"]);
    assert_eq!(told["tools"][0]["owner"], "adders");
    let client = Client::new(told["url"].as_str().unwrap(), &token(&place, "a"));
    let call = json!({ "name": "add", "arguments": { "a": 2, "b": 3 } });
    for _ in 0..10 {
        let answered = client.modern("tools/call", call.clone()).await;
        assert_eq!(answered.message["result"]["content"][0]["text"], "5", "{answered:?}");
    }
    let calls = place.run(&["calls", "--format", "json"]).json();
    let of =
        |name: &str| calls.as_array().unwrap().iter().filter(|row| row["server"]["name"] == name).count();
    assert_eq!((of("one"), of("other")), (5, 5));
    // One of them is gone: the other takes all, and clients see no difference.
    let [one, _other] = servers;
    drop(one);
    let mut lost = 0;
    for _ in 0..6 {
        let answered = client.modern("tools/call", call.clone()).await;
        // What was on its way when it ended may have run, so it is not sent again.
        lost += usize::from(answered.message["error"]["data"]["code"] == "transport_failed");
        let is_answered = answered.message["result"]["content"][0]["text"] == "5";
        assert!(
            is_answered || answered.message["error"]["data"]["code"] == "transport_failed",
            "{answered:?}"
        );
    }
    assert!(lost <= 1, "{lost} of six calls were lost");
    assert_eq!(client.names().await, ["add", "wait"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn where_the_address_is_taken_all_else_is_served_and_who_has_it_is_told() {
    let place = Place::new();
    let held = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = held.local_addr().unwrap();
    std::fs::write(place.config(), format!("gateway:\n  listen: {address}\n")).unwrap();
    let token = token(&place, "a");
    let serving = place.serving(&["serve", "--no-local-discovery"], &[]);
    assert_ne!(serving.url, format!("http://{address}"));
    let told = status(&place);
    let reason = told["reason"].as_str().unwrap();
    assert!(told["url"].is_null() && reason.contains(&format!("listens on {address}")), "{told}");
    let client = Client::new(&format!("{}/mcp", serving.url), &token);
    assert_ne!(client.modern("tools/list", json!({})).await.status, 200);
}

struct Scene {
    place: Place,
    serving: Serving,
    _servers: [FixtureServer; 2],
}

/// Two servers with the same tools, under this configuration.
fn scene(config: &str) -> Scene {
    let place = Place::new();
    std::fs::write(place.config(), config).unwrap();
    let serving = serving(&place);
    let servers = [FixtureServer::start(), FixtureServer::start()];
    add(&place, &[&servers[0].url, "--name", "one"]);
    add(&place, &[&servers[1].url, "--name", "two"]);
    Scene { place, serving, _servers: servers }
}

impl Scene {
    fn client(&self, name: &str, path: &str) -> Client {
        Client::new(&format!("{}{path}", self.serving.url), &token(&self.place, name))
    }
}

/// What a client lists, by method: their names or URIs.
async fn listed(client: &Client, method: &str, key: &str, name: &str) -> Vec<String> {
    let listed = client.modern(method, json!({})).await;
    let entries = listed.message["result"][key].as_array().unwrap_or_else(|| panic!("{listed:?}")).clone();
    entries.iter().map(|entry| entry[name].as_str().unwrap().to_owned()).collect()
}

async fn code(client: &Client, method: &str, params: Value) -> Value {
    let name = params["name"].as_str().or_else(|| params["uri"].as_str()).map(str::to_owned);
    client.modern_named(method, params, name.as_deref()).await.message["error"]["code"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_see_and_call_what_the_rules_let_them() {
    let scene = scene(
        "gateway:\n  deny: ['two.*', '*template*']\n  clients:\n    careful: { allow: [test_simple_text, 'prompt:*'], deny: ['prompt:*image'] }\n",
    );
    let (any, careful) = (scene.client("any", "/mcp"), scene.client("careful", "/mcp"));
    let tools = any.names().await;
    assert!(tools.len() > 10 && tools.iter().all(|name| !name.starts_with("two__")), "{tools:?}");
    assert_eq!(careful.names().await, ["one__test_simple_text"]);
    assert_eq!(listed(&careful, "resources/list", "resources", "uri").await, Vec::<String>::new());
    let prompts = listed(&careful, "prompts/list", "prompts", "name").await;
    assert!(!prompts.is_empty() && prompts.iter().all(|name| !name.contains("image")), "{prompts:?}");

    let call = |name: &str| json!({ "name": name, "arguments": {} });
    assert_eq!(code(&any, "tools/call", call("one__test_image_content")).await, Value::Null);
    for (client, name) in [(&any, "two__test_simple_text"), (&careful, "one__test_image_content")] {
        assert_eq!(code(client, "tools/call", call(name)).await, -32602, "{name}");
    }
    // Judged on the body: a header that names what is allowed does not help.
    let renamed =
        careful.modern_named("tools/call", call("one__test_image_content"), Some("one__test_simple_text"));
    assert_eq!(renamed.await.message["error"]["code"], -32020);
    assert_eq!(code(&careful, "resources/read", json!({ "uri": "test://static-text" })).await, -32602);
    assert_eq!(code(&any, "resources/read", json!({ "uri": "test://template/1/data" })).await, -32602);
    assert_eq!(code(&careful, "prompts/get", call("one__test_prompt_with_image")).await, -32602);
    let calls = scene.place.run(&["calls", "--format", "json"]).json();
    assert_eq!(calls.as_array().unwrap().len(), 1, "nothing else ran: {calls}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_hears_that_the_configuration_lets_it_see_less() {
    let Scene { place, serving: first, _servers } = scene("gateway: {}\n");
    // Begun again, it knows its servers: nothing but the configuration changes what is seen.
    drop(first);
    let serving = serving(&place);
    let client = Client::new(&format!("{}/mcp", serving.url), &token(&place, "a"));
    let before = client.names().await;
    let session = client.session().await;
    let mut events = Events::of(client.get(&session)).await;
    std::fs::write(place.config(), "gateway:\n  deny: ['two.*']\n").unwrap();
    while events.next().await.unwrap()["method"] != "notifications/tools/list_changed" {}
    let after = client.names().await;
    assert!(after.len() < before.len(), "{before:?} {after:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_profile_is_a_part_of_it_at_a_path_of_its_own() {
    let scene = scene(
        "gateway:\n  profiles:\n    second: { servers: [two], deny: ['*image*'] }\n  clients:\n    bound: { profile: second }\n    lost: { profile: nowhere }\n",
    );
    let at_profile = scene.client("a", "/profiles/second/mcp");
    let of_profile = at_profile.names().await;
    assert!(of_profile.len() > 10, "{of_profile:?}");
    assert!(
        of_profile.iter().all(|name| name.starts_with("two__") && !name.contains("image")),
        "{of_profile:?}"
    );
    // The names are the same as for all.
    let all = scene.client("b", "/mcp").names().await;
    assert!(all.len() > of_profile.len() && of_profile.iter().all(|name| all.contains(name)));
    // Whoever is bound to a profile sees no more elsewhere.
    assert_eq!(scene.client("bound", "/mcp").names().await, of_profile);
    assert_eq!(scene.client("lost", "/mcp").names().await, Vec::<String>::new());
    let session = at_profile.session().await;
    let listed = at_profile.legacy(&session, "tools/list", json!({})).await;
    assert_eq!(listed.message["result"]["tools"].as_array().unwrap().len(), of_profile.len());
    let call = json!({ "name": "one__test_simple_text", "arguments": {} });
    assert_eq!(code(&at_profile, "tools/call", call).await, -32602);
    let unknown = scene.client("c", "/profiles/third/mcp").modern("tools/list", json!({})).await;
    assert_eq!((unknown.status, &unknown.message["error"]["code"]), (404, &json!(-32010)), "{unknown:?}");
}
