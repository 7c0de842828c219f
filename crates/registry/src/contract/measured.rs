//! Measurements and events.

use std::sync::Arc;

use model::{Era, HealthStatus, Identity, Tool};
use serde_json::json;
use tokio::sync::broadcast::error::TryRecvError;

use super::{Bench, Fixture, over_every_backend, seen};
use crate::change::tests::info;
use crate::{Observation, Origin, Published, ServerContents, Told};

over_every_backend!(
    health_is_measured_and_dies_with_the_process,
    the_last_contact_and_what_it_told_are_kept,
    a_failure_is_no_contact,
    a_pause_wins_and_the_measurement_goes_on_beneath_it,
    counts_follow_every_change,
    lists_show_the_worst_first,
    each_change_is_told_once_with_the_revision_that_shows_it,
    what_changes_nothing_is_not_told,
    more_than_a_reader_can_follow_is_one_revision_without_its_changes,
);

fn contents(tool: &str) -> ServerContents {
    let tool: Tool =
        serde_json::from_value(json!({"name": tool, "input_schema": {"type": "object"}})).unwrap();
    let identity = Identity {
        name: "said".to_owned(),
        title: None,
        version: Some("1".to_owned()),
        protocol_version: "2026-07-28".to_owned(),
        era: Era::Modern,
        instructions: None,
    };
    ServerContents {
        identity,
        tools: [tool].into(),
        resources: vec!["file:///x".to_owned()],
        prompts: Vec::new(),
        definitions: Arc::default(),
        left_out: None,
    }
}

async fn health_is_measured_and_dies_with_the_process<F: Fixture>(bench: Bench<F>) {
    let id = bench.add(&["a"]).await[0];
    let observation = Observation {
        reason: Some("refused".to_owned()),
        response_time_ms: Some(3.0),
        ..seen(HealthStatus::Unhealthy, 40)
    };
    let answered = bench.registry.observe(id, observation).await.unwrap();
    let shown = bench.registry.snapshot().get(id).unwrap().health.clone();
    assert_eq!(shown, answered);
    assert_eq!((shown.status, shown.checked_at, shown.since), (HealthStatus::Unhealthy, Some(40), Some(40)));
    assert_eq!((shown.score, shown.reason.as_deref()), (0.0, Some("refused")));
    let bench = bench.reopened().await;
    assert_eq!(bench.registry.snapshot().get(id).unwrap().health, model::Health::unknown());
}

async fn the_last_contact_and_what_it_told_are_kept<F: Fixture>(bench: Bench<F>) {
    let id = bench.add(&["a"]).await[0];
    let told = Observation { contents: Some(contents("weather_now")), ..seen(HealthStatus::Healthy, 40) };
    bench.registry.observe(id, told.clone()).await.unwrap();
    let later = Observation { at: 90, ..told };
    bench.registry.observe(id, later).await.unwrap();
    bench.registry.observe(id, seen(HealthStatus::Healthy, 60)).await.unwrap();
    let bench = bench.reopened().await;
    let kept = bench.info(id);
    assert_eq!((kept.last_seen, kept.tools.len(), kept.resources.len()), (Some(90), 1, 1));
    let pattern = model::CapabilityPattern::parse("weather.now").unwrap();
    assert_eq!(bench.registry.snapshot().by_capability(&pattern).ids().collect::<Vec<_>>(), [id]);
}

async fn a_failure_is_no_contact<F: Fixture>(bench: Bench<F>) {
    let id = bench.add(&["a"]).await[0];
    bench.registry.observe(id, seen(HealthStatus::NeedsSignIn, 10)).await.unwrap();
    bench.registry.observe(id, seen(HealthStatus::Unhealthy, 50)).await.unwrap();
    assert_eq!(bench.reopened().await.info(id).last_seen, Some(10));
}

async fn a_pause_wins_and_the_measurement_goes_on_beneath_it<F: Fixture>(bench: Bench<F>) {
    let ids = bench.add(&["a"]).await;
    let status = |bench: &Bench<F>| bench.registry.snapshot().get(ids[0]).unwrap().health.status;
    bench.registry.pause(ids.clone()).await.unwrap();
    let shown = bench.registry.observe(ids[0], seen(HealthStatus::Healthy, 10)).await.unwrap();
    assert_eq!((shown.status, status(&bench)), (HealthStatus::Paused, HealthStatus::Paused));
    bench.registry.resume(ids.clone()).await.unwrap();
    assert_eq!(status(&bench), HealthStatus::Healthy);
    bench.registry.pause(ids.clone()).await.unwrap();
    assert_eq!(status(&bench.reopened().await), HealthStatus::Paused, "a pause is kept");
}

async fn counts_follow_every_change<F: Fixture>(bench: Bench<F>) {
    let ids = bench.add(&["a", "b", "c"]).await;
    let count = |bench: &Bench<F>, status| bench.registry.snapshot().counts().of(status);
    assert_eq!(count(&bench, HealthStatus::Unknown), 3);
    bench.registry.observe(ids[0], seen(HealthStatus::Healthy, 1)).await.unwrap();
    bench.registry.pause(vec![ids[1]]).await.unwrap();
    bench.registry.remove(vec![ids[2]]).await.unwrap();
    for (status, expected) in [
        (HealthStatus::Healthy, 1),
        (HealthStatus::Paused, 1),
        (HealthStatus::Unknown, 0),
        (HealthStatus::Unhealthy, 0),
    ] {
        assert_eq!(count(&bench, status), expected, "{status:?}");
    }
}

async fn lists_show_the_worst_first<F: Fixture>(bench: Bench<F>) {
    let ids = bench.add(&["d", "c", "b", "a"]).await;
    bench.registry.observe(ids[0], seen(HealthStatus::Unhealthy, 1)).await.unwrap();
    bench.registry.observe(ids[1], seen(HealthStatus::Healthy, 1)).await.unwrap();
    assert_eq!(bench.names(), ["d", "a", "b", "c"]);
}

async fn each_change_is_told_once_with_the_revision_that_shows_it<F: Fixture>(bench: Bench<F>) {
    let mut events = bench.registry.subscribe();
    let ids = bench.add(&["a"]).await;
    let told = events.recv().await.unwrap();
    assert_eq!(told.revision, bench.registry.snapshot().revision());
    assert!(matches!(told.told.as_deref(), Some([Told::Changed(server)]) if server.info.name == "a"));
    bench.registry.observe(ids[0], seen(HealthStatus::Healthy, 1)).await.unwrap();
    let told = events.recv().await.unwrap();
    assert!(matches!(told.told.as_deref(), Some([Told::Measured(server)]) if server.info.name == "a"));
    bench.registry.remove(ids.clone()).await.unwrap();
    let told = events.recv().await.unwrap();
    assert_eq!((told.revision, told.told.as_deref()), (3, Some(&[Told::Removed(ids[0])][..])));
    assert!(matches!(events.try_recv(), Err(TryRecvError::Empty)));
}

async fn what_changes_nothing_is_not_told<F: Fixture>(bench: Bench<F>) {
    bench.registry.upsert(vec![info("a")], Origin::Automatic).await.unwrap();
    let mut events = bench.registry.subscribe();
    bench.registry.upsert(vec![info("a")], Origin::Automatic).await.unwrap();
    bench.registry.pause(vec![info("nobody").id]).await.unwrap_err();
    assert!(matches!(events.try_recv(), Err(TryRecvError::Empty)));
}

async fn more_than_a_reader_can_follow_is_one_revision_without_its_changes<F: Fixture>(bench: Bench<F>) {
    let mut events = bench.registry.subscribe();
    let servers = (0..1_500).map(|n| info(&format!("server {n}"))).collect();
    bench.add_all(servers).await;
    assert_eq!(events.recv().await.unwrap(), Published { revision: 1, told: None });
    assert!(matches!(events.try_recv(), Err(TryRecvError::Empty)));
}
