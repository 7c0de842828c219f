//! Servers close connections that nobody uses; no call is written into that moment. Time is real here: it is what is tested.

use std::time::Duration;

use futures::future::join_all;
use serde_json::json;
use testkit::real::Peer;
use tokio::time::sleep;

use crate::idle::{IdleServer, Keeps, Speaks};
use crate::{knowing, sum};

const ALL: [Speaks; 3] = [Speaks::Legacy, Speaks::Modern, Speaks::Stream];

/// Calls with these pauses in between.
async fn calls(speaks: Speaks, keeps: Keeps, pauses: &[u64]) {
    let server = IdleServer::start(speaks, keeps).await;
    let core = knowing(&server.url).await;
    core.perform("call", sum(Peer::Mcp1)).await;
    for pause in pauses {
        sleep(Duration::from_millis(*pause)).await;
        let called = core.app.perform("call", sum(Peer::Mcp1)).await;
        assert!(called.is_ok(), "{speaks:?} {keeps:?} after {pause} ms: {called:?}");
    }
    assert!(server.is_up());
    core.app.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_that_says_how_long_it_keeps_them_is_heard() {
    let one = |told| Keeps { idle: Duration::from_secs(1), told: Some(told) };
    let two = Keeps { idle: Duration::from_secs(2), told: Some("max=100, timeout=2") };
    let pauses = [800, 1_300, 1_000, 1_100, 950];
    let of_one = ALL.map(|speaks| calls(speaks, one("timeout=1"), &pauses));
    let otherwise = ["timeout=1, max=7", "max=100,timeout=1", "Timeout=1", " timeout = 1 "]
        .map(|told| calls(Speaks::Legacy, one(told), &pauses));
    let of_two = ALL.map(|speaks| calls(speaks, two, &[900, 1_200, 2_100]));
    tokio::join!(join_all(of_one), join_all(otherwise), join_all(of_two));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_that_closes_them_after_five_seconds_is_not_asked_too_late() {
    let keeps = Keeps { idle: Duration::from_secs(5), told: None };
    let told = Keeps { told: Some("timeout=5"), ..keeps };
    let pauses = [4_500, 4_900, 5_050, 5_500];
    let all = pauses.into_iter().flat_map(|pause| {
        ALL.map(|speaks| [(speaks, keeps, [pause]), (speaks, told, [pause])]).into_iter().flatten()
    });
    join_all(all.map(async |(speaks, keeps, pauses)| calls(speaks, keeps, &pauses).await)).await;
}

#[tokio::test]
async fn one_that_closes_every_connection_without_a_word_can_still_be_met() {
    // Only a call is not repeated: whoever hangs up may have run it.
    let keeps = Keeps { idle: Duration::ZERO, told: None };
    for speaks in [Speaks::Legacy, Speaks::Modern] {
        let server = IdleServer::start(speaks, keeps).await;
        let core = knowing(&server.url).await;
        let known = core.perform("server", json!({ "id": "it" })).await["server"].clone();
        assert_eq!(
            (&known["health"]["status"], &known["tools"]),
            (&json!("healthy"), &json!(1)),
            "{speaks:?}: {known}"
        );
        core.app.shutdown().await;
    }
}
