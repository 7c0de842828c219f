//! What became of servers: kept without a commit for each check, bounded, and there after a restart.

use model::{CheckResult, CheckStatus, HealthStatus, Millis};

use super::{Bench, Fixture, over_every_backend};
use crate::{HealthPolicy, Measure, Reason, Round, RoundVerdict, SLICE, Tally};

over_every_backend!(
    a_change_of_status_is_in_the_history_and_stays_there,
    rounds_are_counted_by_slice_and_add_up_over_a_restart,
    a_contact_of_a_round_is_kept,
    a_removed_server_that_comes_back_has_its_history,
    measurements_of_a_server_that_is_gone_are_passed_over,
    what_is_planned_is_visible,
    other_limits_hold_from_the_next_measurement_on,
);

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

use CheckStatus::{Critical, Passing};
use HealthStatus::{Degraded, Healthy, Unhealthy, Unknown};

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
