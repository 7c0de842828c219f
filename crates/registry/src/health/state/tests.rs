use model::RESPONSE_TIME;

use super::*;
use crate::change::tests::info;

fn seen(status: HealthStatus, at: Millis) -> Observation {
    Observation { status, reason: None, response_time_ms: None, at, contents: None }
}

fn observe(endpoint: &mut HealthState, observation: &Observation) -> Option<Flip> {
    endpoint.observe(observation, &HealthPolicy::default())
}

#[test]
fn one_measurement_decides_and_only_a_change_is_a_flip() {
    let mut endpoint = HealthState::new();
    let flip = observe(&mut endpoint, &seen(HealthStatus::Healthy, 10));
    assert_eq!(flip, Some(Flip { from: HealthStatus::Unknown, to: HealthStatus::Healthy }));
    assert_eq!(observe(&mut endpoint, &seen(HealthStatus::Healthy, 20)), None);
    let health = endpoint.shown(&info("a"), &Allowed::default());
    assert_eq!((health.since, health.checked_at), (Some(10), Some(20)), "healthy since the first of the two");
}

#[test]
fn a_pause_wins_over_measurements_that_go_on_beneath_it() {
    let mut endpoint = HealthState::new();
    let mut server = info("a");
    server.paused = true;
    let good = Observation { response_time_ms: Some(5.0), ..seen(HealthStatus::Healthy, 10) };
    observe(&mut endpoint, &good);
    let shown = endpoint.shown(&server, &Allowed::default());
    assert_eq!((shown.status, shown.checked_at), (HealthStatus::Paused, Some(10)));
    server.paused = false;
    assert_eq!(endpoint.shown(&server, &Allowed::default()).status, HealthStatus::Healthy);
}

#[test]
fn a_failure_keeps_the_last_round_trip_in_sight() {
    let mut endpoint = HealthState::new();
    let good = Observation { response_time_ms: Some(5.0), ..seen(HealthStatus::Healthy, 10) };
    observe(&mut endpoint, &good);
    observe(&mut endpoint, &seen(HealthStatus::Unhealthy, 20));
    assert_eq!(endpoint.shown(&info("a"), &Allowed::default()).response_time_ms, Some(5.0));
}

fn check(name: &'static str, status: CheckStatus) -> CheckResult {
    CheckResult { name: name.into(), status, ms: None, evidence: String::new(), details: None }
}

fn round(at: Millis, reachable: CheckStatus, tools: CheckStatus) -> Measure {
    let checks = [
        check("endpoint_reachable", reachable),
        check(RESPONSE_TIME, CheckStatus::Warning),
        check("tool_availability", tools),
    ];
    let reason = Some(Reason::new("connection refused: nothing listens there", "Connection refused"));
    let round = Round {
        at,
        verdict: RoundVerdict::Checked,
        checks: checks.into(),
        round_trip_ms: Some(1.0),
        reason,
        next_check: None,
        news: None,
    };
    Measure::Round(Box::new(round))
}

fn after(measures: &[Measure]) -> Health {
    let mut endpoint = HealthState::new();
    for measure in measures {
        endpoint.measure(measure, &HealthPolicy::default());
    }
    endpoint.shown(&info("a"), &Allowed::default())
}

use CheckStatus::{Critical, Passing, Warning};

#[test]
fn a_missing_tool_scores_three_quarters_and_slowness_costs_nothing() {
    let shown = after(&[round(1, Passing, Warning)]);
    assert_eq!((shown.status, shown.score), (HealthStatus::Degraded, 0.75));
    let slow_only = after(&[round(1, Passing, Passing)]).score;
    assert!((slow_only - 1.0).abs() < 1e-9, "{slow_only}");
}

#[test]
fn one_failure_in_ten_scores_nine_tenths() {
    let mut measures: Vec<Measure> = (0..10).map(|at| round(at, Passing, Passing)).collect();
    measures[4] = round(4, Critical, Critical);
    assert!((after(&measures).score - 0.9).abs() < 1e-9);
}

#[test]
fn the_third_failure_in_a_row_is_down_and_the_first_two_are_degraded() {
    let mut measures = vec![round(1, Passing, Passing)];
    for (failures, expected) in
        [(1, HealthStatus::Degraded), (2, HealthStatus::Degraded), (3, HealthStatus::Unhealthy)]
    {
        measures.push(round(i64::from(failures) + 1, Critical, Critical));
        let shown = after(&measures);
        assert_eq!((shown.status, shown.consecutive_failures), (expected, failures));
        assert_eq!(shown.summary.as_deref(), Some("Connection refused"));
    }
}

#[test]
fn a_call_that_fails_counts_like_a_round() {
    let failed = |at| Measure::Calls(CallsEnded { at, ended: Ended::Failed, reason: None, times: 1 });
    let shown = after(&[round(1, Passing, Passing), failed(2), failed(3), failed(4)]);
    assert_eq!((shown.status, shown.score), (HealthStatus::Unhealthy, 0.0));
    let answered = Measure::Calls(CallsEnded { at: 5, ended: Ended::Answered, reason: None, times: 1 });
    let shown = after(&[round(1, Critical, Critical), answered]);
    assert_eq!(shown.status, HealthStatus::Degraded, "the checks still say something else");
}

#[test]
fn calls_in_a_row_count_like_one_after_the_other() {
    let calls = |at, ended, times| Measure::Calls(CallsEnded { at, ended, reason: None, times });
    let together = [round(1, Passing, Passing), calls(4, Ended::Failed, 3), calls(6, Ended::Answered, 2)];
    let mut one_by_one = vec![round(1, Passing, Passing)];
    one_by_one.extend([4, 4, 4].map(|at| calls(at, Ended::Failed, 1)));
    one_by_one.extend([6, 6].map(|at| calls(at, Ended::Answered, 1)));
    assert_eq!(after(&together), after(&one_by_one));
}

#[test]
fn a_child_that_starts_or_sleeps_is_as_it_was_before() {
    let Measure::Round(mut starting) = round(2, Critical, Critical) else { unreachable!() };
    (starting.verdict, starting.next_check) = (RoundVerdict::Starting, Some(7));
    let mut endpoint = HealthState::new();
    observe(&mut endpoint, &seen(HealthStatus::Healthy, 1));
    let mut after = |measure| {
        endpoint.measure(&measure, &HealthPolicy::default());
        let shown = endpoint.shown(&info("a"), &Allowed::default());
        (shown.label(), shown.status, shown.checked_at)
    };
    let healthy = (HealthStatus::Healthy, Some(1));
    let with = |label| (label, healthy.0, healthy.1);
    assert_eq!(after(Measure::Asleep(Some(2))), with("Healthy, asleep"));
    assert_eq!(after(Measure::Starting(Some(3))), with("Starting"));
    assert_eq!(after(Measure::Round(starting)), with("Starting"));
    assert_eq!(after(Measure::Asleep(None)), with("Starting"));
    assert_eq!(after(Measure::Starting(None)), with("Healthy"));
    assert_eq!(endpoint.shown(&info("a"), &Allowed::default()).next_check, Some(7));
}

#[test]
fn a_list_that_fails_is_no_minute_without_an_answer_and_neither_is_a_sign_in() {
    let mut endpoint = HealthState::new();
    endpoint.measure(&round(1, Passing, Critical), &HealthPolicy::default());
    let answered: Vec<_> = endpoint.minutes().iter().map(|minute| (minute.answered, minute.failed)).collect();
    assert_eq!(answered, [(1, 0)]);
    let Measure::Round(mut asked) = round(2, Passing, CheckStatus::NotRun) else { unreachable!() };
    (asked.verdict, asked.round_trip_ms) = (RoundVerdict::NeedsSignIn, None);
    let mut endpoint = HealthState::new();
    endpoint.measure(&Measure::Round(asked), &HealthPolicy::default());
    assert!(endpoint.minutes().is_empty());
}

#[test]
fn a_single_look_is_shown_as_the_checks_that_it_stands_for() {
    let checks = |status, reason: Option<&str>| {
        let mut endpoint = HealthState::new();
        observe(&mut endpoint, &Observation { reason: reason.map(str::to_owned), ..seen(status, 1) });
        let checks = endpoint.shown(&info("a"), &Allowed::default()).checks;
        checks.iter().map(|check| (check.status, check.evidence.clone())).collect::<Vec<_>>()
    };
    let down = checks(HealthStatus::Unhealthy, Some("connection refused"));
    assert_eq!(down.first(), Some(&(Critical, "connection refused".to_owned())));
    assert_eq!(down.get(1), Some(&(CheckStatus::NotRun, "not run: it does not answer".to_owned())));
    let asks = checks(HealthStatus::NeedsSignIn, Some("HTTP 401"));
    assert_eq!(asks.first(), Some(&(Passing, "answers, asks for a token".to_owned())));
    assert_eq!(asks.get(2), Some(&(CheckStatus::NotRun, "not run: sign in first".to_owned())));
}

#[test]
fn sign_in_is_seen_at_once_and_is_no_failure() {
    let Measure::Round(mut asked) = round(2, Critical, Critical) else { unreachable!() };
    asked.verdict = RoundVerdict::NeedsSignIn;
    let shown = after(&[round(1, Passing, Passing), Measure::Round(asked)]);
    assert_eq!((shown.status, shown.consecutive_failures), (HealthStatus::NeedsSignIn, 0));
}
