//! How a server is, in the words of every list.

use std::time::{SystemTime, UNIX_EPOCH};

use model::{Health, HealthStatus, Millis};

/// A status, and since when its child starts or sleeps.
#[derive(Clone, Copy)]
pub(super) struct Shown {
    pub(super) status: HealthStatus,
    pub(super) starting: Option<Millis>,
    pub(super) asleep: Option<Millis>,
}

impl From<&Health> for Shown {
    fn from(health: &Health) -> Self {
        Self { status: health.status, starting: health.starting, asleep: health.asleep }
    }
}

/// The status, unless its child is starting, and whether that is asleep; with the age of what cannot be seen otherwise.
pub(super) fn status(of: impl Into<Shown>) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs());
    status_at(of.into(), now)
}

fn status_at(of: Shown, now: u64) -> String {
    use HealthStatus::{Degraded, Healthy, Unknown};
    let since = |at: Option<Millis>| at.map(|at| age(u64::try_from(at).unwrap_or_default() / 1000, now));
    match (of.status, since(of.starting), since(of.asleep)) {
        (Unknown | Healthy | Degraded, Some(age), _) => format!("starting, {age}"),
        (Healthy, None, Some(age)) => format!("healthy, asleep {age}"),
        (status, ..) => status.to_string(),
    }
}

/// How long ago a second was, in one unit.
pub(super) fn age(at: u64, now: u64) -> String {
    match now.saturating_sub(at) {
        seconds @ 0..60 => format!("{seconds} s"),
        seconds @ 60..3600 => format!("{} min", seconds / 60),
        seconds => format!("{} h", seconds / 3600),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_child_that_sleeps_or_starts_is_told_with_its_age() {
        use HealthStatus::{Healthy, Paused, Unhealthy, Unknown};
        for (status, starting, asleep, expected) in [
            (Healthy, None, None, "healthy"),
            (Healthy, None, Some(40_000), "healthy, asleep 1 min"),
            (Healthy, Some(88_000), Some(40_000), "starting, 12 s"),
            (Unknown, Some(88_000), None, "starting, 12 s"),
            (Unhealthy, Some(88_000), None, "unhealthy"),
            (Paused, None, None, "paused"),
        ] {
            assert_eq!(status_at(Shown { status, starting, asleep }, 100), expected);
        }
    }
}
