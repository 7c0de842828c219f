//! A slow model of an endpoint that keeps every sample and derives status and score from all of them, each time from the
//! start.

use model::{Allowed, CheckResult, CheckStatus, HealthStatus, Millis, RESPONSE_TIME};
use proptest::prelude::*;

use super::window::{FEWEST, LENGTH, width};
use super::{CallsEnded, Ended, HealthPolicy, HealthState, Measure, Round, RoundVerdict};
use crate::change::tests::info;

/// Everything that ever happened to one server, oldest first.
#[derive(Debug, Clone)]
enum Sample {
    Round { at: Millis, verdict: RoundVerdict, reachable: CheckStatus, slow: CheckStatus, tools: CheckStatus },
    Call { at: Millis, ended: Ended },
}

use Sample::{Call, Round as Checks};

fn at(sample: &Sample) -> Millis {
    match sample {
        Checks { at, .. } | Call { at, .. } => *at,
    }
}

fn worst(sample: &Sample) -> Option<CheckStatus> {
    match sample {
        Checks { reachable, slow, tools, .. } => [*reachable, *slow, *tools].into_iter().max(),
        Call { .. } => None,
    }
}

fn is_good(sample: &Sample) -> bool {
    match sample {
        Checks { verdict, .. } => {
            *verdict == RoundVerdict::Checked && worst(sample) != Some(CheckStatus::Critical)
        }
        Call { ended, .. } => *ended == Ended::Answered,
    }
}

fn is_bad(sample: &Sample) -> bool {
    match sample {
        Checks { verdict, .. } => {
            *verdict == RoundVerdict::Checked && worst(sample) == Some(CheckStatus::Critical)
        }
        Call { ended, .. } => *ended == Ended::Failed,
    }
}

fn asks_who_we_are(sample: &Sample) -> bool {
    matches!(
        sample,
        Checks { verdict: RoundVerdict::NeedsSignIn, .. } | Call { ended: Ended::NeedsSignIn, .. }
    )
}

/// How many of the last samples match, in a row.
fn run(samples: &[Sample], fits: impl Fn(&Sample) -> bool) -> u32 {
    u32::try_from(samples.iter().rev().take_while(|sample| fits(sample)).count()).unwrap()
}

/// The status after all of them.
fn status(samples: &[Sample], policy: &HealthPolicy) -> HealthStatus {
    let Some((last, before)) = samples.split_last() else { return HealthStatus::Unknown };
    let failures = run(samples, is_bad);
    let is_proven = run(samples, is_good) >= policy.min_successes;
    let passes = samples.iter().rev().find_map(worst).unwrap_or(CheckStatus::Passing) == CheckStatus::Passing;
    let was = status(before, policy);
    if asks_who_we_are(last) {
        return HealthStatus::NeedsSignIn;
    }
    if is_bad(last) {
        let decides = matches!(was, HealthStatus::Unknown | HealthStatus::Unhealthy);
        return match was {
            _ if decides || failures >= policy.max_failures => HealthStatus::Unhealthy,
            HealthStatus::NeedsSignIn => HealthStatus::NeedsSignIn,
            _ => HealthStatus::Degraded,
        };
    }
    if !is_good(last) {
        return HealthStatus::Unknown;
    }
    let counts_at_once =
        matches!(was, HealthStatus::Unknown | HealthStatus::NeedsSignIn | HealthStatus::Healthy);
    match was {
        HealthStatus::Unhealthy if !is_proven => HealthStatus::Unhealthy,
        _ if passes && (counts_at_once || is_proven) => HealthStatus::Healthy,
        _ => HealthStatus::Degraded,
    }
}

/// `C`: the mean of the last round's checks without `response_time`.
fn checks(samples: &[Sample]) -> f64 {
    let last = samples.iter().rev().find_map(|sample| match sample {
        Checks { reachable, tools, .. } => {
            Some(f64::midpoint(reachable.points().unwrap(), tools.points().unwrap()))
        }
        Call { .. } => None,
    });
    last.unwrap_or(1.0)
}

/// `S`: successes of all rounds and calls in the window, which moves by a thirtieth of its length.
fn successes(samples: &[Sample], policy: &HealthPolicy) -> f64 {
    let slice = |sample: &Sample| at(sample).div_euclid(width(policy.window));
    let mut counted: Vec<&Sample> = Vec::new();
    for sample in samples.iter().filter(|sample| is_good(sample) || is_bad(sample)) {
        let newest = counted.iter().map(|sample| slice(sample)).max();
        // The clock was set back: what was counted lies in the future.
        if newest.is_some_and(|newest| slice(sample) <= newest - LENGTH) {
            counted.clear();
        }
        counted.push(sample);
        let newest = counted.iter().map(|sample| slice(sample)).max().unwrap();
        counted.retain(|sample| slice(sample) > newest - LENGTH);
    }
    let all = u32::try_from(counted.len()).unwrap();
    let goods = u32::try_from(counted.iter().filter(|sample| is_good(sample)).count()).unwrap();
    if all < FEWEST { 1.0 } else { f64::from(goods) / f64::from(all) }
}

fn score(samples: &[Sample], policy: &HealthPolicy) -> f64 {
    match status(samples, policy) {
        HealthStatus::Unknown => 0.5,
        HealthStatus::Healthy | HealthStatus::Degraded => checks(samples) * successes(samples, policy),
        _ => 0.0,
    }
}

fn measure(sample: &Sample) -> Measure {
    let check = |name: &'static str, status: CheckStatus| CheckResult {
        name: name.into(),
        status,
        ms: None,
        evidence: String::new(),
        details: None,
    };
    match sample {
        Call { at, ended } => Measure::Calls(CallsEnded { at: *at, ended: *ended, reason: None, times: 1 }),
        Checks { at, verdict, reachable, slow, tools } => Measure::Round(Box::new(Round {
            at: *at,
            verdict: *verdict,
            checks: [
                check("endpoint_reachable", *reachable),
                check(RESPONSE_TIME, *slow),
                check("tool_availability", *tools),
            ]
            .into(),
            round_trip_ms: None,
            reason: None,
            next_check: None,
            news: None,
        })),
    }
}

fn any_status() -> impl Strategy<Value = CheckStatus> {
    prop_oneof![6 => Just(CheckStatus::Passing), 2 => Just(CheckStatus::Warning), 4 => Just(CheckStatus::Critical)]
}

fn any_kind() -> impl Strategy<Value = Sample> {
    let verdict = prop_oneof![
        12 => Just(RoundVerdict::Checked),
        2 => Just(RoundVerdict::NeedsSignIn),
        1 => Just(RoundVerdict::NotChecked),
    ];
    let slow = prop_oneof![3 => Just(CheckStatus::Passing), 1 => Just(CheckStatus::Warning)];
    let ended =
        prop_oneof![5 => Just(Ended::Answered), 5 => Just(Ended::Failed), 1 => Just(Ended::NeedsSignIn)];
    prop_oneof![
        2 => (verdict, any_status(), slow, any_status())
            .prop_map(|(verdict, reachable, slow, tools)| Checks { at: 0, verdict, reachable, slow, tools }),
        1 => ended.prop_map(|ended| Call { at: 0, ended }),
    ]
}

/// Mostly forward by less than a window, sometimes far ahead, sometimes a clock that is set back.
fn any_step() -> impl Strategy<Value = Millis> {
    prop_oneof![
        12 => 0..400_i64,
        4 => 0..4_000_i64,
        1 => 0..100_000_i64,
        1 => -3_000..0_i64,
        1 => -200_000..0_i64,
    ]
}

fn placed(steps: Vec<(Sample, Millis)>) -> Vec<Sample> {
    let mut clock = 1_700_000_000_000;
    let place = |(sample, step)| {
        clock += step;
        match sample {
            Checks { verdict, reachable, slow, tools, .. } => {
                Checks { at: clock, verdict, reachable, slow, tools }
            }
            Call { ended, .. } => Call { at: clock, ended },
        }
    };
    steps.into_iter().map(place).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn status_and_score_are_those_of_a_model_that_keeps_every_sample(
        steps in proptest::collection::vec((any_kind(), any_step()), 1..80),
        max_failures in 1..5_u32,
        min_successes in 1..4_u32,
        window in 1_000..20_000_i64,
    ) {
        let policy = HealthPolicy { max_failures, min_successes, window };
        let samples = placed(steps);
        let mut endpoint = HealthState::new();
        for count in 1..=samples.len() {
            let so_far = &samples[..count];
            let before = status(&so_far[..count - 1], &policy);
            let flip = endpoint.measure(&measure(&so_far[count - 1]), &policy);
            let shown = endpoint.shown(&info("a"), &Allowed::default());
            let expected = status(so_far, &policy);
            prop_assert_eq!(shown.status, expected);
            prop_assert!((shown.score - score(so_far, &policy)).abs() < 1e-9, "{} of {:?}", shown.score, so_far);
            prop_assert_eq!(shown.consecutive_failures, run(so_far, is_bad));
            prop_assert_eq!(flip.map(|flip| (flip.from, flip.to)), (before != expected).then_some((before, expected)));
        }
    }
}
