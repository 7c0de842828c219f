//! The pure health of one endpoint: measurements in, flips out.
//!
//! One measurement decides, and the score is that of a single check (passing 1, warning 0.5, critical 0). Failure
//! thresholds, windows and several checks a round grow here.

use model::{Health, HealthStatus, Millis, ServerInfo};

use super::Observation;

/// A status that became another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Flip {
    pub(crate) from: HealthStatus,
    pub(crate) to: HealthStatus,
}

/// What is known of one endpoint at this moment.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Endpoint {
    measured: Health,
}

impl Endpoint {
    /// Before the first measurement.
    pub(crate) fn new() -> Self {
        Self { measured: Health::unknown() }
    }

    /// Takes a measurement; tells when the status became another.
    pub(crate) fn observe(&mut self, observation: &Observation) -> Option<Flip> {
        let flip = Flip { from: self.measured.status, to: observation.status };
        let flipped = flip.from != flip.to;
        let since =
            if flipped || self.measured.since.is_none() { Some(observation.at) } else { self.measured.since };
        self.measured = Health {
            status: observation.status,
            score: score(observation.status),
            reason: observation.reason.clone(),
            // A failure has no round trip; the last good one stays in sight.
            response_time_ms: observation.response_time_ms.or(self.measured.response_time_ms),
            checked_at: Some(observation.at),
            since,
        };
        flipped.then_some(flip)
    }

    /// What is shown of this record. A person's drain wins over any measurement, which goes on beneath it.
    pub(crate) fn shown(&self, info: &ServerInfo) -> Health {
        if !info.paused {
            return self.measured.clone();
        }
        Health {
            status: HealthStatus::Paused,
            score: 0.0,
            reason: Some("paused by a person: no call goes to it until it is resumed".to_owned()),
            since: Some(paused_since(info)),
            ..self.measured.clone()
        }
    }
}

/// The record's last change is the nearest we know: a later edit makes the pause look younger, never older.
fn paused_since(info: &ServerInfo) -> Millis {
    info.updated_at
}

fn score(status: HealthStatus) -> f64 {
    match status {
        HealthStatus::Healthy => 1.0,
        HealthStatus::Degraded | HealthStatus::Unknown => 0.5,
        HealthStatus::Unhealthy
        | HealthStatus::NeedsSignIn
        | HealthStatus::Paused
        | HealthStatus::Blocked => 0.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::change::tests::info;

    fn seen(status: HealthStatus, at: Millis) -> Observation {
        Observation { status, reason: None, response_time_ms: None, at, contents: None }
    }

    #[test]
    fn one_measurement_decides_and_only_a_change_is_a_flip() {
        let mut endpoint = Endpoint::new();
        let flip = endpoint.observe(&seen(HealthStatus::Healthy, 10));
        assert_eq!(flip, Some(Flip { from: HealthStatus::Unknown, to: HealthStatus::Healthy }));
        assert_eq!(endpoint.observe(&seen(HealthStatus::Healthy, 20)), None);
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
        endpoint.observe(&Observation { response_time_ms: Some(5.0), ..seen(HealthStatus::Healthy, 10) });
        let shown = endpoint.shown(&server);
        assert_eq!((shown.status, shown.checked_at), (HealthStatus::Paused, Some(10)));
        server.paused = false;
        assert_eq!(endpoint.shown(&server).status, HealthStatus::Healthy);
    }

    #[test]
    fn a_failure_keeps_the_last_round_trip_in_sight() {
        let mut endpoint = Endpoint::new();
        endpoint.observe(&Observation { response_time_ms: Some(5.0), ..seen(HealthStatus::Healthy, 10) });
        endpoint.observe(&seen(HealthStatus::Unhealthy, 20));
        assert_eq!(endpoint.shown(&info("a")).response_time_ms, Some(5.0));
    }
}
