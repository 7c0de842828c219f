//! The record stays within its bounds, says for how many calls a row stands, and can be switched off.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test ends where it fails"
)]

mod support;

use std::sync::Arc;

use api::CallOutcome;
use mesh::{FinishedCall, SeenEnd, Witness};
use model::{HealthStatus, Millis};
use serde_json::json;
use support::{Meets, World, config};
use tokio::sync::broadcast::error::RecvError;
use tokio_util::sync::CancellationToken;

const DAY: Millis = 24 * 60 * 60 * 1_000;

fn now() -> Millis {
    registry::now()
}

/// A call that ended then, and is kept in any case.
fn seen(world: &World, at: Millis, reason: &str) -> FinishedCall {
    let info = world.info("a", [support::plain("echo")], &json!({}));
    let named = Some((Arc::new(info), Arc::new(support::plain("echo"))));
    let end = SeenEnd::Unusable(reason.to_owned());
    FinishedCall { at, ms: 1.0, client: None, named, decisions: Vec::new(), tries: Vec::new(), end }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_oldest_rows_make_room_by_number_by_age_and_by_size() {
    let world = World::new("call_log: { rows: 100 }").await;
    for _ in 0..1_000 {
        world.ledger.saw(seen(&world, now(), "x"));
    }
    let list = world.calls(1_000).await;
    assert!((90..=100).contains(&list.total), "{}", list.total);
    assert_eq!((list.rows[0].id, list.rows.len() as u64), (1_000, list.total), "the newest are kept");
    world.close().await;

    let world = World::new("call_log: { days: 4 }").await;
    world.ledger.saw(seen(&world, now() - 3 * DAY, "old"));
    world.ledger.saw(seen(&world, now(), "new"));
    assert_eq!(world.calls(10).await.total, 2);
    world.config.send_replace(config("call_log: { days: 2 }"));
    world.ledger.saw(seen(&world, now(), "new"));
    let list = world.calls(10).await;
    assert_eq!(list.total, 2);
    assert!(
        list.rows.iter().all(|row| row.reason.as_deref() == Some("new")),
        "the other is older than two days"
    );
    world.close().await;

    let world = World::new("call_log: { megabytes: 1 }").await;
    for _ in 0..20 {
        for _ in 0..500 {
            world.ledger.saw(seen(&world, now(), &"x".repeat(300)));
        }
        let size = std::fs::metadata(world.dir.path().join(ledger::FILE)).unwrap().len();
        assert!(size <= 1024 * 1024, "{size}");
        assert_eq!(world.calls(1).await.rows.len(), 1);
    }
    let list = world.calls(1_000).await;
    assert!(list.total > 1_000 && list.total < 4_000, "{}", list.total);
    assert_eq!(list.rows[0].id, 10_000);
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_no_row_refers_to_goes_with_the_rows() {
    let world = World::new("call_log: { rows: 40 }").await;
    let (id, _) = (world.add("a", "echo", &json!({})).await, world.add("b", "echo", &json!({})).await);
    for ms in 0..300_u16 {
        // Each call has a frame of its own, and every tenth a record of its own.
        world.measure(id, HealthStatus::Healthy, f64::from(ms)).await;
        if ms % 10 == 0 {
            world.add("a", "echo", &json!({ "capacity": ms })).await;
        }
        world.call("echo", None, Meets::Answer).await;
    }
    let list = world.calls(100).await;
    assert!(list.total <= 40, "{}", list.total);
    for row in &list.rows {
        assert!(world.record(row.id).await.is_exact, "what is left can be decided again");
    }
    let file = rusqlite::Connection::open(world.dir.path().join(ledger::FILE)).unwrap();
    let count = |table: &str| {
        let query = format!("SELECT count(*) FROM {table}");
        file.query_row(&query, [], |row| row.get::<_, i64>(0)).unwrap()
    };
    assert!(count("frames") <= 41 && count("facts") <= 8, "{} {}", count("frames"), count("facts"));
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_recorded_where_it_is_switched_off() {
    let world = World::new("call_log: { enabled: false }").await;
    world.add("a", "echo", &json!({})).await;
    world.call("echo", None, Meets::Answer).await;
    let list = world.calls(10).await;
    assert_eq!((list.total, list.recording), (0, false));
    assert!(!world.dir.path().join(ledger::FILE).exists(), "there is no file either");
    world.config.send_replace(config(""));
    world.call("echo", None, Meets::Answer).await;
    let list = world.calls(10).await;
    assert_eq!((list.total, list.recording), (1, true), "and from then on where it is on again");
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_calls_at_once_a_row_says_for_how_many_it_stands() {
    let world = World::new("").await;
    world.add("a", "echo", &json!({})).await;
    for _ in 0..5_000 {
        world.call("echo", None, Meets::Answer).await;
    }
    for _ in 0..20 {
        world.call("echo", None, Meets::ToolError).await;
    }
    let lost = world.call("echo", None, Meets::Lost).await;
    assert!(matches!(lost.end, mesh::End::Failed(_)));
    let all = world.calls(1_000_000).await;
    let calls: u64 = all.rows.iter().map(|row| row.stands_for).sum();
    assert_eq!(calls, 5_021);
    let failed: Vec<_> = all.rows.iter().filter(|row| row.outcome == CallOutcome::Failed).collect();
    assert_eq!((failed.len(), failed[0].stands_for), (1, 1));
    let told = |heard: &support::Heard| (heard.calls, heard.failed);
    assert_eq!(told(&world.heard.lock()), (5_021, 1), "and is told so");
    world.close().await;
}

/// As many calls as this computer makes, for a minute: in an optimised build that is more than 40,000 a second.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "long: a minute of calls"]
async fn a_flood_of_calls_stays_within_the_bounds_and_is_counted_whole() {
    let world = World::new("call_log: { rows: 20000, megabytes: 16 }").await;
    for name in ["a", "b", "c"] {
        world.add(name, "echo", &json!({})).await;
    }
    // What calls tell goes to the registry, and a face follows it: neither falls behind.
    let (stop, cells) = (CancellationToken::new(), world.mesh.cells.clone());
    let until = stop.clone();
    let reporting = world.tasks.spawn(async move { cells.report(until).await });
    let mut news = world.registry.subscribe();
    let following = world.tasks.spawn(async move {
        let mut lost = 0;
        loop {
            match news.recv().await {
                Ok(_) => {}
                Err(RecvError::Lagged(count)) => lost += count,
                Err(RecvError::Closed) => return lost,
            }
        }
    });
    let (began, mut calls, mut queued) = (tokio::time::Instant::now(), 0_u64, 0);
    while began.elapsed() < std::time::Duration::from_mins(1) {
        for _ in 0..1_000 {
            world.call("echo", Some("editor"), Meets::Answer).await;
        }
        calls += 1_000;
        queued = queued.max(world.registry.waiting());
        if calls.is_multiple_of(100_000) {
            let list = world.calls(1).await;
            assert!(list.total <= 20_000, "{}", list.total);
            let size = std::fs::metadata(world.dir.path().join(ledger::FILE)).unwrap().len();
            assert!(size <= 16 * 1024 * 1024, "{size}");
        }
    }
    world.calls(1).await;
    let (heard, batches, notices) = {
        let heard = world.heard.lock();
        (heard.calls, heard.batches, heard.notices.len())
    };
    println!("{calls} calls in {:?}, told in {batches} batches", began.elapsed());
    assert_eq!((heard, notices), (calls, 0), "each is counted once");
    assert!(
        batches <= 4 * 62 + calls / 100_000 + 2,
        "{batches} batches: four a second, and one for each that looked"
    );
    assert!(queued < 100, "{queued} writes waited for the registry");
    stop.cancel();
    reporting.await.unwrap();
    world.close().await;
    assert_eq!(following.await.unwrap(), 0, "a face is told all of it");
}
