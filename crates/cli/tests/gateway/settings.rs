//! What the configuration says of the gateway.

use serde_json::{Value, json};
use testkit::real::Peer;

use crate::support::Place;
use crate::wire::Client;
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
