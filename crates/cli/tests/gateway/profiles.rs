//! What single clients see: what rules and profiles leave out is in no list, and nothing that calls it gets there.

use serde_json::{Value, json};

use crate::conformance::FixtureServer;
use crate::support::{Place, Serving};
use crate::wire::{Client, Events};
use crate::{add, serving, token};

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
