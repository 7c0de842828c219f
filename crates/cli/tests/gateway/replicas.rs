//! Servers that look like replicas to clients: proposed, dismissed, made a group of, and taken apart again.

use serde_json::{Value, json};
use testkit::fake::Fake;
use testkit::real::Peer;

use crate::settings::{names, with_two_servers};
use crate::support::Place;
use crate::wire::Client;
use crate::{add, serving, status, token};

const CONFIG: &str = "# Mine, and it stays.\ngateway:\n  naming: auto # as it is\n";

fn found(place: &Place) -> Value {
    place.run(&["replicas", "--format", "json"]).json()
}

/// The name of the one proposal that there is.
#[track_caller]
fn proposed(place: &Place) -> String {
    let found = found(place);
    assert_eq!(found["proposals"].as_array().unwrap().len(), 1, "{found}");
    found["proposals"][0]["name"].as_str().unwrap().to_owned()
}

#[track_caller]
fn done(place: &Place, args: &[&str]) -> String {
    let ran = place.run(args);
    assert_eq!(ran.code(), 0, "{args:?}: {}", ran.stderr());
    ran.stdout()
}

#[tokio::test(flavor = "multi_thread")]
async fn servers_with_the_same_tools_are_proposed_made_one_and_taken_apart() {
    let place = Place::new();
    std::fs::write(place.config(), CONFIG).unwrap();
    let _serving = serving(&place);
    let _servers = with_two_servers(&place).await;
    let different = Fake::modern().start().await;
    add(&place, &[&different.url(), "--name", "different"]);
    let name = proposed(&place);
    let proposal = found(&place)["proposals"][0].clone();
    assert_eq!(proposal["tools"], json!(["add", "wait"]));
    let mut servers: Vec<&str> =
        proposal["servers"].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap()).collect();
    servers.sort_unstable();
    assert_eq!((servers, &proposal["differ"]), (vec!["one", "other"], &json!(["address"])));
    let before = names(&status(&place));

    let refused = place.run(&["replicas", "accept", &name, "nothing"]);
    refused.refused(1, &["nothing is proposed as `nothing`"]);
    assert_eq!(std::fs::read_to_string(place.config()).unwrap(), CONFIG, "all of it, or none");

    let told = done(&place, &["replicas", "accept", &name, "--format", "table"]);
    assert!(told.contains("+   ") && told.contains("undo"), "{told}");
    let text = std::fs::read_to_string(place.config()).unwrap();
    assert!(text.starts_with(CONFIG) && text.contains("replica_groups:"), "{text}");
    let now = status(&place);
    let of_group: Vec<&Value> =
        now["tools"].as_array().unwrap().iter().filter(|tool| tool["owner"] == *name).collect();
    assert_eq!((of_group.len(), names(&now).len()), (2, before.len() - 2), "{now}");
    let adding = of_group.iter().find(|tool| tool["tool"] == "add").unwrap()["name"].clone();
    let client = Client::new(now["url"].as_str().unwrap(), &token(&place, "a"));
    assert_eq!(client.names().await.len(), before.len() - 2);
    for _ in 0..4 {
        let call = json!({ "name": adding, "arguments": { "a": 2, "b": 3 } });
        let answered = client.modern("tools/call", call).await;
        assert_eq!(answered.message["result"]["content"][0]["text"], "5", "{answered:?}");
    }
    let calls = place.run(&["calls", "--format", "json"]).json();
    for server in ["one", "other"] {
        assert_eq!(calls.as_array().unwrap().iter().filter(|row| row["server"]["name"] == server).count(), 2);
    }
    let made = found(&place);
    assert_eq!((&made["proposals"], &made["groups"][0]["name"]), (&json!([]), &json!(name)));
    assert_eq!(made["groups"][0]["apart"], json!([]));

    done(&place, &["undo"]);
    assert_eq!(std::fs::read_to_string(place.config()).unwrap(), CONFIG);
    assert_eq!(names(&status(&place)), before);
    assert_eq!(proposed(&place), name);

    done(&place, &["redo"]);
    done(&place, &["replicas", "dissolve", &name]);
    assert_eq!(names(&status(&place)), before);
    let checked = place.run(&["config", "check", place.config().to_str().unwrap()]);
    assert_eq!((checked.code(), checked.stderr()), (0, String::new()), "{}", checked.stdout());
    place.run(&["replicas", "dissolve", &name]).refused(3, &["there is no group"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_dismissed_comes_back_with_another_server_alone() {
    let place = Place::new();
    let first = serving(&place);
    let servers = [Fake::modern().start().await, Fake::modern().start().await, Fake::modern().start().await];
    add(&place, &[&servers[0].url(), "--name", "a"]);
    add(&place, &[&servers[1].url(), "--name", "b"]);
    let name = proposed(&place);
    done(&place, &["replicas", "dismiss", &name]);
    let dismissed = |place: &Place| {
        let found = found(place);
        (found["proposals"].as_array().unwrap().len(), found["dismissed"].as_u64().unwrap())
    };
    assert_eq!(dismissed(&place), (0, 1));
    drop(first);
    let _second = serving(&place);
    assert_eq!(dismissed(&place), (0, 1), "after a restart");
    done(&place, &["undo"]);
    assert_eq!(dismissed(&place), (1, 0));
    done(&place, &["redo"]);
    assert_eq!(dismissed(&place), (0, 1));
    add(&place, &[&servers[2].url(), "--name", "c"]);
    assert_eq!(found(&place)["proposals"][0]["servers"].as_array().unwrap().len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_cannot_be_written_is_said_and_a_group_that_falls_apart_too() {
    let place = Place::new();
    let (one, other) = (Fake::modern().start().await, Fake::modern().start().await);
    std::fs::write(place.config(), "# nothing\n").unwrap();
    let _serving = serving(&place);
    add(&place, &[&one.url(), "--name", "a"]);
    add(&place, &[&other.url(), "--name", "b"]);
    let name = proposed(&place);
    let mut permissions = std::fs::metadata(place.config()).unwrap().permissions();
    permissions.set_readonly(true);
    std::fs::set_permissions(place.config(), permissions).unwrap();
    assert!(found(&place)["hindrance"].as_str().unwrap().contains("read-only"));
    place.run(&["replicas", "accept", &name]).refused(1, &["read-only"]);

    let apart = Place::new();
    std::fs::write(apart.config(), "replica_groups:\n  team: [a, b, gone]\n").unwrap();
    let _serving = serving(&apart);
    let different = Peer::Mcp2.http().await.unwrap();
    add(&apart, &[&one.url(), "--name", "a"]);
    add(&apart, &[&different.url, "--name", "b"]);
    let group = found(&apart)["groups"][0].clone();
    assert_eq!((&group["name"], &group["unknown"]), (&json!("team"), &json!(["gone"])));
    let lacking =
        group["servers"].as_array().unwrap().iter().find(|one| one["name"] == "b").unwrap()["id"].clone();
    let of = |tool: &str| group["apart"].as_array().unwrap().iter().find(|one| one["tool"] == tool).unwrap();
    assert_eq!(
        (&of("echo")["lacking"], &of("echo")["differing"]),
        (&json!([lacking]), &json!([])),
        "{group}"
    );
    assert_eq!(of("add")["differing"].as_array().unwrap().len(), 1, "{group}");
    let told = done(&apart, &["replicas", "--format", "table"]);
    assert!(told.contains("`gone` names no server") && told.contains("b lacks `echo`"), "{told}");
}
