//! A gateway that leads back to itself is refused, and the loop is named.

use serde_json::json;
use testkit::fake::Fake;
use testkit::real::bridge_to;

use crate::support::{Place, Serving};
use crate::wire::Client;
use crate::{add, serving};

fn open() -> (Place, Serving) {
    let place = Place::new();
    std::fs::write(place.config(), "gateway:\n  auth: none\n").unwrap();
    let serving = serving(&place);
    (place, serving)
}

fn id_of(place: &Place, name: &str) -> String {
    let servers = place.run(&["servers", "--format", "json"]).json();
    let row = servers.as_array().unwrap().iter().find(|row| row["name"] == name).unwrap();
    row["id"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn two_cores_that_lead_to_each_other_are_found_at_the_first_return() {
    let ((one, at_one), (other, at_other)) = (open(), open());
    let server = Fake::modern().start().await;
    add(&one, &[&server.url(), "--name", "adder"]);
    let adder = format!("{}/servers/{}/mcp", at_one.url, id_of(&one, "adder"));
    add(&other, &[&adder, "--name", "there"]);
    let there = format!("{}/servers/{}/mcp", at_other.url, id_of(&other, "there"));
    // By way of the other core it is asked as before.
    let call = json!({ "name": "add", "arguments": { "a": 2, "b": 3 } });
    let answered = Client::new(&there, "").modern("tools/call", call.clone()).await;
    assert_eq!(answered.message["result"]["content"][0]["text"], "5", "{answered:?}");
    let seen = server.seen();
    let via = seen.iter().rev().find(|seen| seen.rpc_method.as_deref() == Some("tools/call")).unwrap();
    let via = via.headers["via"].to_str().unwrap().to_owned();
    assert_eq!(via.matches("mcp-discovery-").count(), 2, "{via}");
    // The server's place is taken by the way back.
    let edited = one.run(&["edit", "adder", "--url", &there]);
    assert_eq!(edited.code(), 0, "{}", edited.stderr());
    let looped = Client::new(&there, "").modern("tools/call", call).await;
    let error = &looped.message["error"];
    assert!(error["message"].as_str().unwrap_or_default().contains("loop"), "{looped:?}");
    let hops = error["message"].as_str().unwrap().matches("mcp-discovery-").count();
    assert!(hops >= 2, "{error}");
    assert_eq!(server.calls().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn our_own_endpoint_behind_a_bridge_is_refused_when_it_is_met() {
    let (place, serving) = open();
    let url = format!("{}/mcp", serving.url);
    let mut bridges = vec![bridge_to(&url).unwrap()];
    bridges.push(testkit::real::remote_bridge_to(&url).unwrap());
    for bridge in bridges {
        let mut add = place.command(&["add", "--name", "bridge"]);
        let ran = add.args(["--stdio", &bridge.program]).args(&bridge.args).output().unwrap();
        let said = String::from_utf8_lossy(&ran.stderr).into_owned();
        assert!(!ran.status.success() && said.contains("own gateway"), "{bridge:?}: {said}");
    }
}
