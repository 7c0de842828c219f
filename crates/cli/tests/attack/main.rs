//! Servers that attack the core that asks them, against the built program: what it costs in memory, and how long others
//! wait.

#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "a test ends where it fails, and prints what it measured"
)]

use std::time::Duration;

use futures::StreamExt;
use serde_json::{Value, json};
use testkit::plain::Plain;
use tokio::time::Instant;

use crate::api::Api;
use crate::combined::QUIET;
use crate::support::Place;

#[path = "../support/api.rs"]
mod api;
#[path = "../support/mod.rs"]
mod support;

mod combined;

/// The most memory that a flood may cost, in MB.
const MOST: u64 = 60;
/// Ways and requests of a flood: over a stream of its own, the event stream, and a pipe.
const FLOODS: [(&str, &str); 4] = [
    ("tools-call/flood/sampling-createMessage", "mcp"),
    ("tools-call/flood/roots-list", "sse"),
    ("tools-call/flood/ping", "stdio"),
    ("tools-call/flood/elicitation-create", "stdio"),
];

fn address(attack: &Plain, path: &str, way: &str) -> Value {
    match way {
        "stdio" => json!({ "stdio": attack.child(path), "name": "flood" }),
        way => json!({ "url": attack.url(&format!("{path}/{way}")), "name": "flood" }),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_requests_ends_the_call_and_costs_nothing() {
    let (place, attack) = (Place::new(), Plain::attack());
    let api = Api::start(&place, QUIET);
    for (path, way) in FLOODS {
        let added = api.perform("add", address(&attack, path, way)).await;
        assert_eq!(added["server"]["health"]["status"], "healthy", "{way}: {added}");
        let before = api.memory();
        api.forget_peak();
        let call = api.perform("call", json!({ "capability": "hit", "server": "flood", "timeout": 20 }));
        let (called, latencies) = watched(&api, call).await;
        let message = called["message"].as_str().unwrap_or_default();
        assert!(message.contains("more than a thousand requests a second"), "{way}: {called}");
        let (peak, worst) = (api.peak(), latencies.worst());
        eprintln!("{way} {path}: {before} MB, then {peak} MB; the longest wait {worst:?}");
        assert!(
            peak < before + MOST && worst < Duration::from_secs(1),
            "{way}: {before} to {peak} MB, {worst:?}"
        );
        // It asked us too much once; it is not punished for it.
        let checked = api.perform("check", json!({ "id": "flood" })).await;
        assert_eq!(checked["health"]["status"], "healthy", "{way}: {checked}");
        api.perform("remove", json!({ "ids": ["flood"] })).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_instead_of_a_list_is_told_as_one() {
    let (place, attack) = (Place::new(), Plain::attack());
    let api = Api::start(&place, QUIET);
    for way in ["mcp", "sse", "stdio"] {
        let mut address = address(&attack, "tools-list/flood/sampling-createMessage", way);
        let before = api.memory();
        api.forget_peak();
        let refused = api.perform("add", address.clone()).await;
        if refused["server"].is_null() {
            address["no_probe"] = json!(true);
            api.perform("add", address).await;
        }
        let health = api.perform("check", json!({ "id": "flood" })).await["health"].clone();
        assert_eq!(health["status"], "unhealthy", "{way}: {refused} {health}");
        let reason = health["reason"].as_str().unwrap_or_default();
        assert!(!reason.contains("no answer within"), "{way}: it is not waited for: {health}");
        let peak = api.peak();
        eprintln!("list over {way}: {before} MB, then {peak} MB: {reason}");
        assert!(peak < before + MOST, "{way}: {before} to {peak} MB");
        api.perform("remove", json!({ "ids": ["flood"] })).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn long_words_of_progress_are_cut_and_do_not_pile_up() {
    let (place, attack) = (Place::new(), Plain::attack());
    let api = Api::start(&place, QUIET);
    for way in ["mcp", "sse", "stdio"] {
        api.perform("add", address(&attack, "tools-call/progress/10", way)).await;
        let mut events = api.get("/api/v1/events").await.bytes_stream();
        // It stands when it says so.
        events.next().await.unwrap().unwrap();
        let listening = async {
            let mut heard = Vec::new();
            while let Some(Ok(bytes)) = events.next().await {
                heard.extend_from_slice(&bytes);
                if String::from_utf8_lossy(&heard).contains("\"progress\":9") {
                    break;
                }
            }
            heard
        };
        let before = api.memory();
        api.forget_peak();
        let call = json!({ "capability": "hit", "server": "flood", "timeout": 60, "call": "mine" });
        let (called, heard) =
            tokio::join!(api.perform("call", call), tokio::time::timeout(Duration::from_mins(1), listening));
        assert_eq!(called["result"]["content"][0]["text"], "ok", "{way}: {called}");
        let heard = heard.expect("the last report is told");
        let peak = api.peak();
        eprintln!("progress over {way}: {before} MB, then {peak} MB; {} bytes of events", heard.len());
        assert!(heard.len() < 100_000, "{way}: {} bytes of events", heard.len());
        assert!(peak < before + 2 * MOST, "{way}: {before} to {peak} MB");
        api.perform("remove", json!({ "ids": ["flood"] })).await;
    }
}

/// Between two questions.
const EACH: Duration = Duration::from_millis(20);

/// How long each question for the core's status took while something went on.
#[derive(Debug, Default)]
pub(crate) struct Latencies(Vec<Duration>);

impl Latencies {
    /// The longest of the quickest 99 of a hundred.
    pub(crate) fn p99(&self) -> Duration {
        let mut sorted = self.0.clone();
        sorted.sort();
        sorted[(sorted.len() * 99 / 100).min(sorted.len() - 1)]
    }

    pub(crate) fn worst(&self) -> Duration {
        self.0.iter().max().copied().unwrap()
    }

    pub(crate) fn count(&self) -> usize {
        self.0.len()
    }
}

/// Asks for the status again and again until `work` is done.
pub(crate) async fn watched<T>(api: &Api, work: impl Future<Output = T>) -> (T, Latencies) {
    let mut latencies = Latencies::default();
    let asking = async {
        loop {
            let began = Instant::now();
            api.perform("status", json!({})).await;
            latencies.0.push(began.elapsed());
            tokio::time::sleep(EACH).await;
        }
    };
    tokio::select! {
        done = work => (done, latencies),
        () = asking => unreachable!("it is asked for ever"),
    }
}
