//! Answers of 15 MB, less than what is accepted, that are nothing but tiny parts: a tree of values would take hundreds of
//! bytes for each.

use std::time::Duration;

use serde_json::{Value, json};
use testkit::plain::Plain;

use crate::api::Api;
use crate::support::Place;
use crate::watch::watched;

/// No rounds but those that a test asks for.
pub(crate) const QUIET: &str = "health_monitoring:\n  check_interval: 600\n  timeout: 30\n";
/// The most memory beyond what it was before, in MB: a few copies of the answer. A tree takes a thousand.
const MOST: u64 = 150;
/// How long others may wait on a machine that does other things too.
const LONGEST: Duration = Duration::from_secs(1);

/// Meets a server and uses it in every way, and holds the core to its limits meanwhile.
async fn is_borne(api: &Api, name: &str, address: Value) -> Value {
    let before = api.memory();
    api.forget_peak();
    let work = async {
        let mut add = address;
        add["name"] = json!(name);
        // What a probe refuses, somebody may keep all the same.
        if api.perform("add", add.clone()).await["server"].is_null() {
            add["no_probe"] = json!(true);
            api.perform("add", add).await;
        }
        let checked = api.perform("check", json!({ "id": name })).await;
        api.perform("call", json!({ "capability": "hit", "server": name, "timeout": 5 })).await;
        checked["health"].clone()
    };
    let (health, latencies) = watched(api, work).await;
    let (peak, worst) = (api.peak(), latencies.worst());
    eprintln!(
        "{name}: {before} MB, then {peak} MB at most; the longest of {} waits {worst:?}",
        latencies.count()
    );
    assert!(peak < before + MOST, "{name} costs {} MB: {health}", peak - before);
    assert!(worst < LONGEST, "{name} lets others wait {worst:?}");
    api.perform("remove", json!({ "ids": [name] })).await;
    health
}

fn name(path: &str) -> String {
    path.replace('/', "-")
}

/// One of each kind of place and of parts, over each transport. The last part of a path says which: `mcp`, `sse`, or a child.
const SOME: [&str; 5] = [
    "tools-list/result/objects/mcp",
    "tools-call/whole/keys/mcp",
    "tools-call/data/objects/sse",
    "tools-call/batch/arrays/sse",
    "initialize/result/arrays",
];
/// The others.
const REST: [&str; 16] = [
    "tools-list/result/deep/mcp",
    "initialize/result/objects/mcp",
    "server-discover/result/objects/mcp",
    "tools-call/result/objects/mcp",
    "tools-call/result/deep/sse",
    "tools-call/whole/objects/mcp",
    "tools-call/result/objects",
    "tools-list/data/objects/mcp",
    "tools-list/message/objects/mcp",
    "initialize/data/arrays/mcp",
    "server-discover/data/objects/mcp",
    "tools-call/data/objects",
    "tools-list/batch/objects/mcp",
    "tools-call/batch/objects",
    "tools-list/result/objects",
    "tools-call/batch/objects/mcp",
];

async fn are_borne(paths: &[&str]) {
    let (place, attack) = (Place::new(), Plain::attack());
    let api = Api::start(&place, QUIET);
    for path in paths {
        let is_url = ["/mcp", "/sse"].iter().any(|end| path.ends_with(end));
        let address =
            if is_url { json!({ "url": attack.url(path) }) } else { json!({ "stdio": attack.child(path) }) };
        is_borne(&api, &name(path), address).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_of_tiny_parts_cost_little_and_delay_nobody() {
    are_borne(&SOME).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "long: every place in which tiny parts can stand"]
async fn tiny_parts_in_every_place_cost_little_and_delay_nobody() {
    are_borne(&REST).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_of_tiny_parts_leaves_a_server_that_can_be_used() {
    let (place, attack) = (Place::new(), Plain::attack());
    let api = Api::start(&place, QUIET);
    let path = "tools-list/result/objects";
    for (kind, address) in [
        ("http", json!({ "url": attack.url(&format!("{path}/mcp")) })),
        ("sse", json!({ "url": attack.url(&format!("{path}/sse")) })),
        ("stdio", json!({ "stdio": attack.child(path) })),
    ] {
        let health = is_borne(&api, kind, address).await;
        let reason = health["reason"].as_str().unwrap_or_default();
        // On a machine that does other things it may be slow as well.
        assert!(health["status"] == "healthy" || reason.contains("slow:"), "{kind}: {health}");
        assert!(
            reason.contains("slow:") || reason.contains("`hit`") && reason.contains("too many parts"),
            "{kind}: {health}"
        );
    }
}
