//! Moments and waits.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use model::Millis;
use model::config::Config;
use tokio::time::{Instant, sleep_until};

pub(crate) fn interval(config: &Config) -> Duration {
    let seconds = config.health_monitoring.check_interval.0;
    Duration::try_from_secs_f64(seconds).unwrap_or(Duration::from_secs(30)).max(Duration::from_millis(10))
}

pub(crate) async fn until(at: Option<Instant>) {
    match at {
        Some(at) => sleep_until(at).await,
        None => std::future::pending().await,
    }
}

/// The time on the wall at a moment of the other clock.
pub(crate) fn wall(at: Instant) -> Millis {
    let now = Instant::now();
    let epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let ahead = at.saturating_duration_since(now);
    let behind = now.saturating_duration_since(at);
    Millis::try_from((epoch + ahead).saturating_sub(behind).as_millis()).unwrap_or(Millis::MAX)
}
