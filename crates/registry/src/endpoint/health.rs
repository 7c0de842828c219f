//! The pure health of one endpoint: measurements in, flips out.

use std::sync::Arc;

use model::{CheckResult, CheckStatus, Health, HealthStatus, Millis, ServerInfo, Transition, moving_average};

use super::judge::{Judge, Sign};
use super::look::{checks_of, mean, recovering, short};
use super::past::{Hour, Minute, Unsaved};
use super::window::{Good, Window};
use super::{Contents, Ended, HealthPolicy, Measure, Observation, Outcome, Reason, Round, Verdict};

/// A status that became another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Flip {
    pub(crate) from: HealthStatus,
    pub(crate) to: HealthStatus,
}

/// What is known of one endpoint at this moment.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Endpoint {
    judge: Judge,
    window: Window,
    hour: Hour,
    checks: Arc<[CheckResult]>,
    /// The mean of the checks of the last round: `C` of the score.
    checks_mean: f64,
    average_ms: Option<f64>,
    /// Why the last outcome was bad.
    failure: Option<Reason>,
    /// What the last round found to complain of.
    complaint: Option<Reason>,
    /// What the last round, which found nothing to complain of, found worth knowing.
    note: Option<Reason>,
    checked_at: Option<Millis>,
    since: Option<Millis>,
    last_success: Option<Millis>,
    next_check: Option<Millis>,
    asleep: Option<Millis>,
    starting: Option<Millis>,
    /// What the server lists, where that differs from what it is known for.
    pub(crate) listed: Option<Arc<Contents>>,
    /// What is to be kept and was not written yet.
    pub(crate) unsaved: Unsaved,
}

impl Endpoint {
    /// Before the first measurement.
    pub(crate) fn new() -> Self {
        Self {
            judge: Judge::new(),
            window: Window::new(HealthPolicy::default().window),
            hour: Hour::default(),
            checks: Arc::from([]),
            checks_mean: 1.0,
            average_ms: None,
            failure: None,
            complaint: None,
            note: None,
            checked_at: None,
            since: None,
            last_success: None,
            next_check: None,
            asleep: None,
            starting: None,
            listed: None,
            unsaved: Unsaved::default(),
        }
    }

    /// Takes what was measured; tells when the status became another.
    pub(crate) fn measure(&mut self, measure: &Measure, policy: &HealthPolicy) -> Option<Flip> {
        match measure {
            Measure::Round(round) => self.round(round, policy),
            Measure::Calls(outcome) => self.calls(outcome, policy),
            Measure::Planned(at) => {
                self.next_check = *at;
                None
            }
            Measure::Starting(since) => {
                self.starting = *since;
                None
            }
            Measure::Asleep(since) => {
                self.asleep = *since;
                None
            }
        }
    }

    /// Takes a single verdict.
    pub(crate) fn observe(&mut self, observation: &Observation, policy: &HealthPolicy) -> Option<Flip> {
        let sign = match observation.status {
            HealthStatus::Healthy | HealthStatus::Degraded => Sign::Good,
            HealthStatus::Unhealthy => Sign::Bad,
            HealthStatus::NeedsSignIn => Sign::NeedsSignIn,
            HealthStatus::Unknown | HealthStatus::Paused | HealthStatus::Blocked => Sign::Nothing,
        };
        self.judge.level = match observation.status {
            HealthStatus::Degraded => CheckStatus::Warning,
            _ => CheckStatus::Passing,
        };
        self.checks = checks_of(observation);
        self.checks_mean = self.judge.level.points().unwrap_or(1.0);
        self.checked_at = Some(observation.at);
        let reason = observation
            .reason
            .as_ref()
            .map(|text| Reason::new(text.clone(), short(observation.status, text)));
        self.note = reason.clone().filter(|_| observation.status == HealthStatus::Healthy);
        self.complaint.clone_from(&reason);
        self.round_trip(observation.response_time_ms);
        let from = self.judge.status;
        self.count(sign, observation.at, reason, policy);
        self.judge.take(sign, policy);
        self.judge.decide(observation.status, policy);
        self.flip_from(from, observation.at)
    }

    fn round(&mut self, round: &Round, policy: &HealthPolicy) -> Option<Flip> {
        if round.verdict == Verdict::Starting {
            self.next_check = round.next_check;
            return None;
        }
        let worst = round.checks.iter().map(|check| check.status).max().unwrap_or(CheckStatus::Passing);
        let sign = match round.verdict {
            Verdict::Checked if worst == CheckStatus::Critical => Sign::Bad,
            Verdict::Checked => Sign::Good,
            Verdict::NeedsSignIn => Sign::NeedsSignIn,
            Verdict::NotChecked | Verdict::Starting => Sign::Nothing,
        };
        self.judge.level = worst;
        self.checks_mean = mean(&round.checks);
        self.checks = round.checks.clone();
        self.checked_at = Some(round.at);
        self.next_check = round.next_check;
        let is_well = sign == Sign::Good && worst == CheckStatus::Passing;
        self.note = round.reason.clone().filter(|_| is_well);
        self.complaint.clone_from(&round.reason);
        let tells = sign != Sign::NeedsSignIn || round.round_trip_ms.is_some();
        if sign != Sign::Nothing && tells {
            // A question about what it lists may fail where the server itself answered.
            self.hour.note(round.at, round.round_trip_ms);
        }
        self.round_trip(round.round_trip_ms);
        let from = self.judge.status;
        self.count(sign, round.at, round.reason.clone(), policy);
        self.judge.take(sign, policy);
        let flip = self.flip_from(from, round.at);
        self.unsaved.count(round.at, self.judge.status);
        flip
    }

    fn calls(&mut self, outcome: &Outcome, policy: &HealthPolicy) -> Option<Flip> {
        let sign = match outcome.ended {
            Ended::Answered => Sign::Good,
            Ended::Failed => Sign::Bad,
            Ended::NeedsSignIn => Sign::NeedsSignIn,
        };
        let first = self.judge.status;
        for _ in 0..outcome.times {
            let from = self.judge.status;
            self.count(sign, outcome.at, outcome.reason.clone(), policy);
            self.judge.take(sign, policy);
            self.flip_from(from, outcome.at);
        }
        let to = self.judge.status;
        (first != to).then_some(Flip { from: first, to })
    }

    fn round_trip(&mut self, newest: Option<f64>) {
        if let Some(newest) = newest {
            self.average_ms = Some(moving_average(self.average_ms, newest));
        }
    }

    /// Takes an outcome into the counters.
    fn count(&mut self, sign: Sign, at: Millis, reason: Option<Reason>, policy: &HealthPolicy) {
        match sign {
            Sign::Good => {
                self.window.note(policy.window, at, Good::Yes);
                self.last_success = self.last_success.max(Some(at));
                self.unsaved.seen = self.unsaved.seen.max(Some(at));
            }
            Sign::Bad => {
                self.window.note(policy.window, at, Good::No);
                self.failure = reason;
            }
            // A server that asks who we are was reached as well.
            Sign::NeedsSignIn => {
                self.failure = reason;
                self.unsaved.seen = self.unsaved.seen.max(Some(at));
            }
            Sign::Nothing => self.failure = reason,
        }
    }

    /// What became of the status.
    fn flip_from(&mut self, from: HealthStatus, at: Millis) -> Option<Flip> {
        let flip = Flip { from, to: self.judge.status };
        if flip.from == flip.to {
            self.since = self.since.or(Some(at));
            return None;
        }
        self.since = Some(at);
        let reason = self.reason().map(|reason| reason.sentence);
        self.unsaved.turned(Transition { at, from: flip.from, to: flip.to, reason });
        Some(flip)
    }

    /// `H = C × S` where the status leaves it open.
    fn score(&self) -> f64 {
        match self.judge.status {
            HealthStatus::Healthy | HealthStatus::Degraded => self.checks_mean * self.window.successes(),
            HealthStatus::Unknown => 0.5,
            HealthStatus::Unhealthy
            | HealthStatus::NeedsSignIn
            | HealthStatus::Paused
            | HealthStatus::Blocked => 0.0,
        }
    }

    fn reason(&self) -> Option<Reason> {
        match self.judge.status {
            // Something worth knowing that is no fault: that not all it lists is kept.
            HealthStatus::Healthy => self.note.clone(),
            HealthStatus::Degraded if self.judge.failures == 0 => {
                self.complaint.clone().or_else(|| Some(recovering(self.judge.successes)))
            }
            _ => self.failure.clone(),
        }
    }

    /// What is shown of this record. A person's drain wins over any measurement, which goes on beneath it.
    pub(crate) fn shown(&self, info: &ServerInfo) -> Health {
        let reason = self.reason();
        let measured = Health {
            status: self.judge.status,
            score: self.score(),
            summary: reason.as_ref().map(|reason| reason.summary.clone()),
            certificate: reason.as_ref().and_then(|reason| reason.certificate.clone()),
            reason: reason.map(|reason| reason.sentence),
            response_time_ms: self.average_ms,
            checked_at: self.checked_at,
            asleep: self.asleep,
            starting: self.starting,
            since: self.since,
            consecutive_failures: self.judge.failures,
            next_check: self.next_check,
            last_success: self.last_success,
            checks: self.checks.clone(),
        };
        if !info.paused {
            return measured;
        }
        Health {
            status: HealthStatus::Paused,
            score: 0.0,
            reason: Some("paused by a person: no call goes to it until it is resumed".to_owned()),
            summary: Some("No call goes to it".to_owned()),
            // The nearest we know: a later edit makes the pause look younger, never older.
            since: Some(info.updated_at),
            starting: None,
            ..measured
        }
    }

    /// The last hour, oldest minute first.
    pub(crate) fn minutes(&self) -> Vec<Minute> {
        self.hour.minutes()
    }
}

#[cfg(test)]
mod tests {
    use model::RESPONSE_TIME;

    use super::*;
    use crate::change::tests::info;

    fn seen(status: HealthStatus, at: Millis) -> Observation {
        Observation { status, reason: None, response_time_ms: None, at, contents: None }
    }

    fn observe(endpoint: &mut Endpoint, observation: &Observation) -> Option<Flip> {
        endpoint.observe(observation, &HealthPolicy::default())
    }

    #[test]
    fn one_measurement_decides_and_only_a_change_is_a_flip() {
        let mut endpoint = Endpoint::new();
        let flip = observe(&mut endpoint, &seen(HealthStatus::Healthy, 10));
        assert_eq!(flip, Some(Flip { from: HealthStatus::Unknown, to: HealthStatus::Healthy }));
        assert_eq!(observe(&mut endpoint, &seen(HealthStatus::Healthy, 20)), None);
        let health = endpoint.shown(&info("a"));
        assert_eq!(
            (health.since, health.checked_at),
            (Some(10), Some(20)),
            "healthy since the first of the two"
        );
    }

    #[test]
    fn a_pause_wins_over_measurements_that_go_on_beneath_it() {
        let mut endpoint = Endpoint::new();
        let mut server = info("a");
        server.paused = true;
        let good = Observation { response_time_ms: Some(5.0), ..seen(HealthStatus::Healthy, 10) };
        observe(&mut endpoint, &good);
        let shown = endpoint.shown(&server);
        assert_eq!((shown.status, shown.checked_at), (HealthStatus::Paused, Some(10)));
        server.paused = false;
        assert_eq!(endpoint.shown(&server).status, HealthStatus::Healthy);
    }

    #[test]
    fn a_failure_keeps_the_last_round_trip_in_sight() {
        let mut endpoint = Endpoint::new();
        let good = Observation { response_time_ms: Some(5.0), ..seen(HealthStatus::Healthy, 10) };
        observe(&mut endpoint, &good);
        observe(&mut endpoint, &seen(HealthStatus::Unhealthy, 20));
        assert_eq!(endpoint.shown(&info("a")).response_time_ms, Some(5.0));
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
            verdict: Verdict::Checked,
            checks: checks.into(),
            round_trip_ms: Some(1.0),
            reason,
            next_check: None,
            news: None,
        };
        Measure::Round(Box::new(round))
    }

    fn after(measures: &[Measure]) -> Health {
        let mut endpoint = Endpoint::new();
        for measure in measures {
            endpoint.measure(measure, &HealthPolicy::default());
        }
        endpoint.shown(&info("a"))
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
        let failed = |at| Measure::Calls(Outcome { at, ended: Ended::Failed, reason: None, times: 1 });
        let shown = after(&[round(1, Passing, Passing), failed(2), failed(3), failed(4)]);
        assert_eq!((shown.status, shown.score), (HealthStatus::Unhealthy, 0.0));
        let answered = Measure::Calls(Outcome { at: 5, ended: Ended::Answered, reason: None, times: 1 });
        let shown = after(&[round(1, Critical, Critical), answered]);
        assert_eq!(shown.status, HealthStatus::Degraded, "the checks still say something else");
    }

    #[test]
    fn calls_in_a_row_count_like_one_after_the_other() {
        let calls = |at, ended, times| Measure::Calls(Outcome { at, ended, reason: None, times });
        let together = [round(1, Passing, Passing), calls(4, Ended::Failed, 3), calls(6, Ended::Answered, 2)];
        let mut one_by_one = vec![round(1, Passing, Passing)];
        one_by_one.extend([4, 4, 4].map(|at| calls(at, Ended::Failed, 1)));
        one_by_one.extend([6, 6].map(|at| calls(at, Ended::Answered, 1)));
        assert_eq!(after(&together), after(&one_by_one));
    }

    #[test]
    fn a_child_that_starts_or_sleeps_is_as_it_was_before() {
        let Measure::Round(mut starting) = round(2, Critical, Critical) else { unreachable!() };
        (starting.verdict, starting.next_check) = (Verdict::Starting, Some(7));
        let mut endpoint = Endpoint::new();
        observe(&mut endpoint, &seen(HealthStatus::Healthy, 1));
        let mut after = |measure| {
            endpoint.measure(&measure, &HealthPolicy::default());
            let shown = endpoint.shown(&info("a"));
            (shown.label(), shown.status, shown.checked_at)
        };
        let healthy = (HealthStatus::Healthy, Some(1));
        let with = |label| (label, healthy.0, healthy.1);
        assert_eq!(after(Measure::Asleep(Some(2))), with("Healthy, asleep"));
        assert_eq!(after(Measure::Starting(Some(3))), with("Starting"));
        assert_eq!(after(Measure::Round(starting)), with("Starting"));
        assert_eq!(after(Measure::Asleep(None)), with("Starting"));
        assert_eq!(after(Measure::Starting(None)), with("Healthy"));
        assert_eq!(endpoint.shown(&info("a")).next_check, Some(7));
    }

    #[test]
    fn a_list_that_fails_is_no_minute_without_an_answer_and_neither_is_a_sign_in() {
        let minutes = |measure: &Measure| {
            let mut endpoint = Endpoint::new();
            endpoint.measure(measure, &HealthPolicy::default());
            endpoint.minutes().iter().map(|minute| (minute.answered, minute.failed)).collect::<Vec<_>>()
        };
        assert_eq!(minutes(&round(1, Passing, Critical)), [(1, 0)]);
        let Measure::Round(mut asked) = round(2, Passing, CheckStatus::NotRun) else { unreachable!() };
        (asked.verdict, asked.round_trip_ms) = (Verdict::NeedsSignIn, None);
        assert!(minutes(&Measure::Round(asked)).is_empty());
    }

    #[test]
    fn sign_in_is_seen_at_once_and_is_no_failure() {
        let Measure::Round(mut asked) = round(2, Critical, Critical) else { unreachable!() };
        asked.verdict = Verdict::NeedsSignIn;
        let shown = after(&[round(1, Passing, Passing), Measure::Round(asked)]);
        assert_eq!((shown.status, shown.consecutive_failures), (HealthStatus::NeedsSignIn, 0));
    }
}
