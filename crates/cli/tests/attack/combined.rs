//! All attacks at once against one core, and answers of 15 MB that are nothing but tiny parts: a tree of values would take hundreds of
//! bytes for each.

use std::time::Duration;

use futures::future::join_all;
use serde_json::{Value, json};
use testkit::plain::Plain;
use tokio::time::Instant;

use crate::api::Api;
use crate::support::Place;
use crate::{Latencies, watched};

/// Rounds as often as they can be, so that the lists are asked for again and again.
const BUSY: &str = "health_monitoring:\n  check_interval: 5\n  timeout: 5\n";
/// How many servers list 15 MB of tiny parts.
const TINY: usize = 4;

/// What is aimed at; a test fails at twice these, since the machine does other things too.
const MOST_MB: u64 = 200;
const MOST_WAIT: Duration = Duration::from_millis(100);
const SLACK: u64 = 2;

struct Figures {
    before: u64,
    peak: u64,
    latencies: Latencies,
    floods: usize,
}

async fn add(api: &Api, name: &str, address: Value) {
    let mut address = address;
    address["name"] = json!(name);
    address["no_probe"] = json!(true);
    let added = api.perform("add", address).await;
    assert_eq!(added["server"]["name"], name, "{added}");
}

/// Four that list tiny parts, one that floods, one that tells of its progress.
async fn besieged(api: &Api, attack: &Plain) {
    for number in 0..TINY {
        let path = ["tools-list/result/objects/mcp", "tools-list/result/objects/sse"][number % 2];
        add(api, &format!("tiny-{number}"), json!({ "url": attack.url(path) })).await;
    }
    add(api, "flood", json!({ "url": attack.url("tools-call/flood/sampling-createMessage/mcp") })).await;
    add(api, "flood-pipe", json!({ "stdio": attack.child("tools-call/flood/roots-list") })).await;
    for reports in ["10", "100"] {
        let path = format!("tools-call/progress/{reports}/mcp");
        add(api, &format!("progress-{reports}"), json!({ "url": attack.url(&path) })).await;
    }
    for server in ["flood", "flood-pipe", "progress-10", "progress-100"] {
        let checked = api.perform("check", json!({ "id": server })).await;
        assert!(checked["health"]["status"] != "unknown", "{checked}");
    }
}

/// Calls the server that floods as often as it is cut off, for so long.
async fn flooded(api: &Api, server: &str, time: Duration) -> usize {
    let (until, mut floods) = (Instant::now() + time, 0);
    while Instant::now() < until {
        let called =
            api.perform("call", json!({ "capability": "hit", "server": server, "timeout": 20 })).await;
        assert!(called["result"].is_null(), "{called}");
        floods += 1;
    }
    floods
}

/// All at once, for so long.
async fn attacked(api: &Api, attack: &Plain, time: Duration, reports: &str) -> Figures {
    let before = api.memory();
    eprintln!("before: {} MB not the program's text", api.own_memory());
    api.forget_peak();
    besieged(api, attack).await;
    let lists = (0..TINY).map(|number| async move {
        let until = Instant::now() + time;
        while Instant::now() < until {
            api.perform("check", json!({ "id": format!("tiny-{number}") })).await;
        }
    });
    let server = format!("progress-{reports}");
    let progress = api.perform("call", json!({ "capability": "hit", "server": server, "timeout": 120 }));
    let work = async {
        tokio::join!(join_all(lists), flooded(api, "flood", time), flooded(api, "flood-pipe", time), progress)
    };
    let ((_, one, two, told), latencies) = watched(api, work).await;
    assert_eq!(told["result"]["content"][0]["text"], "ok", "{told}");
    Figures { before, peak: api.peak(), latencies, floods: one + two }
}

impl Figures {
    fn print(&self) {
        let Self { before, peak, latencies, floods } = self;
        eprintln!(
            "memory: {before} MB before, {peak} MB at most (+{}); {floods} floods cut off",
            peak - before
        );
        let (p99, worst, count) = (latencies.p99(), latencies.worst(), latencies.count());
        eprintln!("status: 99 of 100 within {p99:?}, the longest of {count} took {worst:?}");
    }

    fn hold(&self) {
        let grown = self.peak - self.before;
        assert!(grown <= SLACK * MOST_MB, "it took {grown} MB more than before");
        let p99 = self.latencies.p99();
        assert!(p99 <= MOST_WAIT * u32::try_from(SLACK).unwrap(), "99 of 100 within {p99:?}");
        assert!(self.floods >= 2, "a flood is cut off");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_attack_at_once_for_a_moment() {
    let (place, attack) = (Place::new(), Plain::attack());
    let api = Api::start(&place, BUSY);
    let figures = attacked(&api, &attack, Duration::from_secs(2), "10").await;
    figures.print();
    figures.hold();
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "long: a minute of rest after the attack"]
async fn every_attack_at_once_and_a_minute_of_rest() {
    let (place, attack) = (Place::new(), Plain::attack());
    let api = Api::start(&place, BUSY);
    let figures = attacked(&api, &attack, Duration::from_secs(10), "100").await;
    figures.print();
    // They are gone, and asked again and again all the same.
    drop(attack);
    let rest = Duration::from_mins(1);
    let began = Instant::now();
    while began.elapsed() < rest {
        tokio::time::sleep(Duration::from_secs(5)).await;
        let (memory, own) = (api.memory(), api.own_memory());
        eprintln!(
            "after {} s: {memory} MB, {own} MB of it not the program's text",
            began.elapsed().as_secs()
        );
    }
    figures.hold();
    let (before, after) = (figures.before, api.memory());
    assert!(after <= SLACK * before * 3 / 2, "{before} MB before, {after} MB a minute later");
}

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
