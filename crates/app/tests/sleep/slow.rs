//! Starts that take long: seen, cancelled, kept.

use std::time::Duration;

use api::ErrorCode;
use futures::StreamExt;
use serde_json::{Value, json};
use testkit::served::marked;
use tokio::time::{Instant, timeout};

use crate::support::Core;
use crate::{IN_VAIN, count, health, mark, slow, until, until_processes};

/// The first `starting` with a line of the child's.
async fn starting(core: &Core) -> Value {
    let mut events = Box::pin(core.app.events());
    let waiting = async {
        loop {
            let batch = serde_json::to_value(events.next().await.expect("the core runs")).unwrap();
            let all = batch["events"].as_array().unwrap().iter();
            let found = all
                .filter(|event| event["type"] == "starting")
                .find(|event| !event["start"]["line"].is_null());
            if let Some(event) = found {
                return event["start"].clone();
            }
        }
    };
    timeout(IN_VAIN, waiting).await.expect("a start is told")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_start_is_told_with_its_newest_line_and_cancelled_within_a_second() {
    let core = Core::start().await;
    let mark = mark(&core);
    let env = json!({ "SECRET": "hunter2-of-the-start" });
    let adding =
        core.app.perform("add", json!({ "stdio": slow("300", "1", &mark), "env": env, "call": "me" }));
    let cancelling = async {
        let start = starting(&core).await;
        assert_eq!(start["call"], "me");
        let line = start["line"].as_str().unwrap();
        assert!(line.starts_with("fetching part ") && !line.contains("hunter2"), "{line}");
        assert!(start["command"].as_str().unwrap().contains("slow_stdio.py"), "{start}");
        let listed = core.perform("starts", json!({})).await["starts"].clone();
        assert_eq!((listed.as_array().unwrap().len(), &listed[0]["id"]), (1, &start["id"]));
        let cancelled = core.perform("cancel", json!({ "call": "me" })).await;
        assert_eq!(cancelled["cancelled"], true);
        Instant::now()
    };
    let (added, cancelled) = tokio::join!(adding, cancelling);
    let error = added.unwrap_err();
    assert_eq!(error.code, ErrorCode::Cancelled, "{error}");
    until_processes(&mark, 0).await;
    println!("nothing left {:?} after Cancel", cancelled.elapsed());
    assert!(cancelled.elapsed() < Duration::from_secs(1), "{:?}", cancelled.elapsed());
    assert_eq!(core.perform("servers", json!({})).await["total"], 0);
    assert_eq!(core.perform("starts", json!({})).await["starts"], json!([]));
    core.app.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_that_is_kept_while_it_starts_is_well_by_itself() {
    let core = Core::configured("health_monitoring:\n  check_interval: 60\n  timeout: 1\n").await;
    let mark = mark(&core);
    let adding =
        core.app.perform("add", json!({ "stdio": slow("8", "1", &mark), "name": "it", "call": "me" }));
    let keeping = async {
        starting(&core).await;
        assert_eq!(core.perform("keep_starting", json!({ "call": "me" })).await["kept"], true);
    };
    let (added, ()) = tokio::join!(adding, keeping);
    let added = crate::support::read(&added.unwrap());
    assert_eq!(added["server"]["health"]["status"], "unknown");
    let shown = until(&core, "it", "starting", |health| !health["starting"].is_null()).await;
    assert_eq!((&shown["status"], &shown["consecutive_failures"]), (&json!("unknown"), &json!(0)));
    let well = until(&core, "it", "healthy", |health| health["status"] == "healthy").await;
    assert!(
        well["starting"].is_null()
            || until(&core, "it", "over", |health| health["starting"].is_null()).await.is_object()
    );
    assert_eq!(marked(&mark).len(), 1, "it was started once");
    assert_eq!(count(&core, "it").await, "1");
    assert_eq!(core.perform("keep_starting", json!({ "call": "me" })).await["kept"], false);
    core.app.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_start_that_a_person_cancels_is_not_repeated_at_once() {
    let core = Core::configured("health_monitoring:\n  check_interval: 1\n  timeout: 1\n").await;
    let mark = mark(&core);
    core.perform("add", json!({ "stdio": slow("300", "1", &mark), "name": "it", "no_probe": true })).await;
    until(&core, "it", "starting", |health| !health["starting"].is_null()).await;
    assert_eq!(core.perform("start_cancel", json!({ "id": "it" })).await["cancelled"], true);
    until_processes(&mark, 0).await;
    let over = until(&core, "it", "over", |health| {
        health["starting"].is_null() && health["summary"] == "Start cancelled"
    });
    let over = over.await;
    assert_eq!(over["status"], "unknown");
    let ahead = over["next_check"].as_i64().unwrap() - over["checked_at"].as_i64().unwrap();
    assert!(ahead > 3_000_000, "{over}");
    assert_eq!(core.perform("start_cancel", json!({ "id": "it" })).await["cancelled"], false);
    core.perform("remove", json!({ "ids": ["it"] })).await;
    core.app.shutdown().await;
    assert_eq!(marked(&mark), Vec::<u32>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_that_is_over_before_its_server_has_started_says_so_and_the_start_goes_on() {
    let core =
        Core::configured("health_monitoring:\n  check_interval: 1\n  timeout: 1\n  idle_after: 1\n").await;
    let mark = mark(&core);
    core.perform("add", json!({ "stdio": slow("6", "1", &mark), "name": "it" })).await;
    until(&core, "it", "asleep", |health| !health["asleep"].is_null()).await;
    let call = json!({ "capability": "count", "server": "it", "timeout": 3 });
    let error = core.refused("call", call).await;
    assert_eq!(error.code, ErrorCode::Timeout);
    assert!(error.message.contains("still starting, and writes `fetching part "), "{error}");
    assert_eq!(count(&core, "it").await, "1");
    core.app.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_goes_away_ends_the_start_and_so_does_the_end_of_the_core() {
    let core = Core::start().await;
    let mark = mark(&core);
    let adding = core.app.perform("add", json!({ "stdio": slow("300", "1", &mark) }));
    let gone = timeout(IN_VAIN, async {
        tokio::select! {
            added = adding => panic!("{added:?}"),
            start = starting(&core) => start,
        }
    });
    gone.await.unwrap();
    until_processes(&mark, 0).await;
    core.perform("add", json!({ "stdio": slow("300", "1", &mark), "name": "it", "no_probe": true })).await;
    until(&core, "it", "starting", |health| !health["starting"].is_null()).await;
    assert_eq!(health(&core, "it").await["status"], "unknown");
    core.app.shutdown().await;
    until_processes(&mark, 0).await;
}
