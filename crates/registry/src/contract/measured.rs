//! Measurements and changes of servers: reported as events, kept without a commit for each check, bounded, and there after a
//! restart.

use std::sync::Arc;

use CheckStatus::{Critical, Passing};
use HealthStatus::{Degraded, Healthy, Unhealthy, Unknown};
use model::{CheckResult, CheckStatus, Era, HealthStatus, Identity, Millis, Tool};
use serde_json::json;
use tokio::sync::broadcast::error::TryRecvError;

use super::{Bench, Fixture, over_every_backend, seen};
use crate::change::tests::info;
use crate::{
    HealthPolicy, Measure, Observation, Origin, Published, Reason, Round, RoundVerdict, SLICE,
    ServerContents, Tally, Told,
};

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
    a_change_of_status_is_in_the_history_and_stays_there,
    rounds_are_counted_by_slice_and_add_up_over_a_restart,
    a_contact_of_a_round_is_kept,
    a_removed_server_that_comes_back_has_its_history,
    measurements_of_a_server_that_is_gone_are_passed_over,
    what_is_planned_is_visible,
    other_limits_hold_from_the_next_measurement_on,
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

fn round(at: Millis, status: CheckStatus) -> Measure {
    let check = CheckResult {
        name: "endpoint_reachable".into(),
        status,
        ms: Some(2.0),
        evidence: "POST /mcp: 200".to_owned(),
        details: None,
    };
    let is_bad = status == CheckStatus::Critical;
    Measure::Round(Box::new(Round {
        at,
        verdict: RoundVerdict::Checked,
        checks: [check].into(),
        round_trip_ms: (!is_bad).then_some(2.0),
        reason: is_bad.then(|| Reason::new("connection refused", "Connection refused")),
        next_check: Some(at + 30_000),
        news: None,
    }))
}

async fn a_change_of_status_is_in_the_history_and_stays_there<F: Fixture>(bench: Bench<F>) {
    let id = bench.add(&["a"]).await[0];
    let statuses = [Passing, Critical, Critical, Critical, Passing];
    let measures = (1..).zip(statuses).map(|(at, status)| (id, round(at, status))).collect();
    bench.registry.measured(measures).await.unwrap();
    let expected =
        [(5, Unhealthy, Healthy), (4, Degraded, Unhealthy), (2, Healthy, Degraded), (1, Unknown, Healthy)];
    for bench in [bench.reopened().await] {
        let (history, _) = bench.registry.history(id, 0).await.unwrap();
        let lines: Vec<_> = history.transitions.iter().map(|line| (line.at, line.from, line.to)).collect();
        assert_eq!(lines, expected);
        assert_eq!(history.transitions[1].reason.as_deref(), Some("connection refused"));
    }
}

async fn rounds_are_counted_by_slice_and_add_up_over_a_restart<F: Fixture>(bench: Bench<F>) {
    let id = bench.add(&["a"]).await[0];
    let slice = 1_000 * SLICE;
    bench
        .registry
        .measured(vec![(id, round(slice + 1, Passing)), (id, round(slice + 2, Critical))])
        .await
        .unwrap();
    let (history, minutes) = bench.registry.history(id, 0).await.unwrap();
    let tally = Tally { healthy: 1, degraded: 1, ..Tally::default() };
    assert_eq!(history.tallies, [(slice, tally)]);
    assert_eq!((minutes.len(), minutes[0].answered, minutes[0].failed), (1, 1, 1));
    let bench = bench.reopened().await;
    bench
        .registry
        .measured(vec![(id, round(slice + 3, Passing)), (id, round(slice + SLICE, Passing))])
        .await
        .unwrap();
    let (history, _) = bench.registry.history(id, 0).await.unwrap();
    let one = Tally { healthy: 1, ..Tally::default() };
    assert_eq!(
        history.tallies,
        [(slice, Tally { healthy: 2, degraded: 1, ..Tally::default() }), (slice + SLICE, one)]
    );
}

async fn a_contact_of_a_round_is_kept<F: Fixture>(bench: Bench<F>) {
    let id = bench.add(&["a"]).await[0];
    bench.registry.measured(vec![(id, round(70, Passing)), (id, round(90, Critical))]).await.unwrap();
    assert_eq!(bench.reopened().await.info(id).last_seen, Some(70));
}

async fn a_removed_server_that_comes_back_has_its_history<F: Fixture>(bench: Bench<F>) {
    let id = bench.add(&["a"]).await[0];
    bench.registry.measured(vec![(id, round(70, Passing))]).await.unwrap();
    bench.registry.remove(vec![id]).await.unwrap();
    bench.registry.restore(vec![id]).await.unwrap();
    let (history, minutes) = bench.registry.history(id, 0).await.unwrap();
    assert_eq!((history.transitions.len(), minutes.len()), (1, 1));
}

async fn measurements_of_a_server_that_is_gone_are_passed_over<F: Fixture>(bench: Bench<F>) {
    let ids = bench.add(&["a", "b"]).await;
    bench.registry.remove(vec![ids[0]]).await.unwrap();
    bench.registry.measured(vec![(ids[0], round(1, Passing)), (ids[1], round(1, Passing))]).await.unwrap();
    assert_eq!(bench.registry.snapshot().get(ids[1]).unwrap().health.status, Healthy);
    bench.registry.measure(ids[0], round(2, Passing)).await.unwrap_err();
}

async fn what_is_planned_is_visible<F: Fixture>(bench: Bench<F>) {
    let id = bench.add(&["a"]).await[0];
    let shown = bench.registry.measure(id, Measure::Planned(Some(99))).await.unwrap();
    assert_eq!((shown.status, shown.next_check), (Unknown, Some(99)));
    let shown = bench.registry.measure(id, round(10, Passing)).await.unwrap();
    assert_eq!((shown.next_check, shown.last_success), (Some(30_010), Some(10)));
}

async fn other_limits_hold_from_the_next_measurement_on<F: Fixture>(bench: Bench<F>) {
    let id = bench.add(&["a"]).await[0];
    let policy = HealthPolicy { max_failures: 1, ..HealthPolicy::default() };
    bench.registry.set_health_policy(policy).await.unwrap();
    bench.registry.measured(vec![(id, round(1, Passing)), (id, round(2, Critical))]).await.unwrap();
    assert_eq!(bench.registry.snapshot().get(id).unwrap().health.status, Unhealthy);
}
