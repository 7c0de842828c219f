//! How a server is, in the words of every list.

use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::Value;

use crate::print::text;

/// The status, unless its child is starting, and whether that is asleep; with the age of what cannot be seen otherwise.
pub(super) fn status(health: &Value) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs());
    status_at(health, now)
}

fn status_at(health: &Value, now: u64) -> String {
    let status = text(health, "/status");
    let since = |key: &str| health.get(key).and_then(Value::as_u64).map(|at| age(at / 1000, now));
    match (status.as_str(), since("starting"), since("asleep")) {
        ("unknown" | "healthy" | "degraded", Some(age), _) => format!("starting, {age}"),
        ("healthy", None, Some(age)) => format!("healthy, asleep {age}"),
        _ => status,
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
    use serde_json::json;

    use super::*;

    #[test]
    fn a_child_that_sleeps_or_starts_is_told_with_its_age() {
        for (health, expected) in [
            (json!({ "status": "healthy", "asleep": null, "starting": null }), "healthy"),
            (json!({ "status": "healthy", "asleep": 40_000 }), "healthy, asleep 1 min"),
            (json!({ "status": "healthy", "asleep": 40_000, "starting": 88_000 }), "starting, 12 s"),
            (json!({ "status": "unknown", "starting": 88_000 }), "starting, 12 s"),
            (json!({ "status": "unhealthy", "starting": 88_000 }), "unhealthy"),
            (json!({ "status": "paused" }), "paused"),
        ] {
            assert_eq!(status_at(&health, 100), expected);
        }
    }
}
