//! The pure health of one server: measurements in, flips out.

use std::sync::Arc;

use model::{
    Allowed, CheckResult, CheckStatus, Health, HealthStatus, Millis, ServerInfo, Transition, moving_average,
};

use super::judge::{Judge, Sign, checks_of, mean, recovering, short};
use super::past::{Hour, Minute, Unsaved};
use super::window::{Good, Window};
use super::{
    CallsEnded, Ended, HealthPolicy, Measure, Observation, Reason, Round, RoundVerdict, ServerContents,
};

/// A status that became another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Flip {
    pub(crate) from: HealthStatus,
    pub(crate) to: HealthStatus,
}

/// What is known of one server at this moment.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct HealthState {
    judge: Judge,
    window: Window,
    hour: Hour,
    checks: Arc<[CheckResult]>,
    /// The mean of the checks of the last round: `C` of the score.
    checks_mean: f64,
    average_ms: Option<f64>,
    /// Why the last outcome was bad.
    failure: Option<Reason>,
    /// The complaint of the last round.
    complaint: Option<Reason>,
    /// The remark of the last round, which found nothing to complain of.
    note: Option<Reason>,
    checked_at: Option<Millis>,
    since: Option<Millis>,
    last_success: Option<Millis>,
    next_check: Option<Millis>,
    asleep: Option<Millis>,
    starting: Option<Millis>,
    seen_by: Arc<[String]>,
    /// What the server lists, where that differs from what it is known for.
    pub(crate) listed: Option<Arc<ServerContents>>,
    /// What was not written yet.
    pub(crate) unsaved: Unsaved,
}

impl HealthState {
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
            seen_by: Arc::from([]),
            listed: None,
            unsaved: Unsaved::default(),
        }
    }

    /// Takes a measurement; returns whether the status changed.
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
            // That is the record's.
            Measure::Offers(_) => None,
            Measure::Seen(by) => {
                self.seen_by = by.clone();
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
        if round.verdict == RoundVerdict::Starting {
            self.next_check = round.next_check;
            return None;
        }
        let worst = round.checks.iter().map(|check| check.status).max().unwrap_or(CheckStatus::Passing);
        let sign = match round.verdict {
            RoundVerdict::Checked if worst == CheckStatus::Critical => Sign::Bad,
            RoundVerdict::Checked => Sign::Good,
            RoundVerdict::NeedsSignIn => Sign::NeedsSignIn,
            RoundVerdict::NotChecked | RoundVerdict::Starting => Sign::Nothing,
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

    fn calls(&mut self, outcome: &CallsEnded, policy: &HealthPolicy) -> Option<Flip> {
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
            // A server that requires authentication was reached as well.
            Sign::NeedsSignIn => {
                self.failure = reason;
                self.unsaved.seen = self.unsaved.seen.max(Some(at));
            }
            Sign::Nothing => self.failure = reason,
        }
    }

    /// The change of the status.
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
            // Worth a note and not an error: not all that it lists is kept.
            HealthStatus::Healthy => self.note.clone(),
            HealthStatus::Degraded if self.judge.failures == 0 => {
                self.complaint.clone().or_else(|| Some(recovering(self.judge.successes)))
            }
            _ => self.failure.clone(),
        }
    }

    /// The health that is shown of this record. A pause, and a policy that allows none of its tools, override any
    /// measurement, which continues beneath them.
    pub(crate) fn shown(&self, info: &ServerInfo, allowed: &Allowed) -> Health {
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
            seen_by: self.seen_by.clone(),
            checks: self.checks.clone(),
        };
        if !info.paused {
            return if allowed.blocks(info) { blocked(measured) } else { measured };
        }
        Health {
            status: HealthStatus::Paused,
            score: 0.0,
            reason: Some("paused by you: no call goes to it until it is resumed".to_owned()),
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

fn blocked(measured: Health) -> Health {
    Health {
        status: HealthStatus::Blocked,
        score: 0.0,
        reason: Some("`allowed_capabilities` names none of its tools: no call goes to it".to_owned()),
        summary: Some("No tool is allowed".to_owned()),
        ..measured
    }
}

#[cfg(test)]
mod tests;
