//! The health of servers, now and before.

use api::{
    Bar, Changed, Checked, HealthArgs, HealthReport, HistoryArgs, LatencyMinute, ServerArgs, ServerHealth,
    ServerHistory,
};
use model::{HealthStatus, Millis, Outcome};
use registry::{History, Minute, SLICE, Tally};

use super::find::{find, find_all};
use crate::error::OperationError;
use crate::{App, now};

/// How many bars the day is shown in: 24 minutes each.
const BARS: i64 = 60;

/// The length of one bar, in milliseconds.
const BAR: Millis = 2 * SLICE;

impl App {
    pub(super) async fn health(&self, args: HealthArgs) -> Result<HealthReport, OperationError> {
        let snapshot = self.0.registry.snapshot();
        let servers = match &args.ids {
            None => snapshot.query(None, None),
            Some(keys) => {
                let ids = find_all(&snapshot, keys)?;
                ids.into_iter().filter_map(|id| snapshot.get(id).cloned()).collect()
            }
        };
        let config = self.live_config().borrow().clone();
        let monitoring = &config.health_monitoring;
        Ok(HealthReport {
            enabled: monitoring.enabled,
            check_interval: monitoring.check_interval.0,
            timeout: monitoring.timeout.0,
            max_failures: monitoring.max_failures,
            min_successes: monitoring.min_successes,
            warn_ms: monitoring.warn_ms,
            revision: snapshot.revision(),
            servers: servers.into_iter().map(ServerHealth::from).collect(),
        })
    }

    pub(super) async fn history(&self, args: HistoryArgs) -> Result<ServerHistory, OperationError> {
        let id = find(&self.0.registry.snapshot(), &args.server)?.info.id;
        let begin = beginning_of_day(now());
        let (History { transitions, tallies }, minutes) = self.0.registry.history(id, begin).await?;
        let strip = bars(begin, &tallies);
        let mut day = Tally::default();
        for (_, tally) in &tallies {
            day.add(*tally);
        }
        let minutes = minutes.into_iter().map(minute).collect();
        Ok(ServerHistory { id, transitions, strip, up_percent: up_percent(day), minutes })
    }

    pub(super) async fn adopt(&self, args: ServerArgs) -> Result<Changed, OperationError> {
        let id = find(&self.0.registry.snapshot(), &args.id)?.info.id;
        let changed = self.0.registry.adopt(id).await?;
        Ok(Changed { ids: changed.ids, undo: changed.undo, revision: changed.revision })
    }

    pub(super) async fn check(&self, args: ServerArgs) -> Result<Checked, OperationError> {
        let id = find(&self.0.registry.snapshot(), &args.id)?.info.id;
        // The user is there to open a locked keyring.
        self.0.vault().wake();
        let health = self.check_now(id).await?;
        let reached = health.checks.iter().all(|check| check.status != model::CheckStatus::Critical);
        let outcome = match health.status {
            HealthStatus::NeedsSignIn => Some(Outcome::NeedsSignIn),
            _ if reached && !health.checks.is_empty() => Some(Outcome::Mcp),
            _ => None,
        };
        Ok(Checked { id, checks: health.checks.to_vec(), health, outcome })
    }
}

fn minute(minute: Minute) -> LatencyMinute {
    let Minute { at, answered, failed, p50_ms, p95_ms } = minute;
    LatencyMinute { at, answered, failed, p50_ms, p95_ms }
}

/// The first moment of the first bar: the last bar holds `now`.
fn beginning_of_day(now: Millis) -> Millis {
    (now.div_euclid(BAR) + 1 - BARS) * BAR
}

fn bars(begin: Millis, tallies: &[(Millis, Tally)]) -> Vec<Bar> {
    let bar = |place: i64| {
        let from = begin + place * BAR;
        let mut sum = Tally::default();
        let inside = tallies.iter().filter(|(slice, _)| (from..from + BAR).contains(slice));
        inside.for_each(|(_, tally)| sum.add(*tally));
        Bar { from, status: worst(sum), rounds: sum.all(), up_percent: up_percent(sum) }
    };
    (0..BARS).map(bar).collect()
}

fn worst(tally: Tally) -> Option<HealthStatus> {
    let counts = [
        (tally.unhealthy, HealthStatus::Unhealthy),
        (tally.degraded, HealthStatus::Degraded),
        (tally.needs_sign_in, HealthStatus::NeedsSignIn),
        (tally.healthy, HealthStatus::Healthy),
    ];
    counts.into_iter().find(|(count, _)| *count > 0).map(|(_, status)| status)
}

/// A server that requires authentication was not measured: whether it works is not known before a token is given.
#[expect(clippy::cast_precision_loss, reason = "a day has fewer rounds than a float has digits")]
fn up_percent(tally: Tally) -> Option<f64> {
    let all = tally.all() - u64::from(tally.needs_sign_in);
    let up = all - u64::from(tally.unhealthy);
    (all > 0).then(|| (up as f64 / all as f64 * 1000.0).round() / 10.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_that_asks_who_we_are_is_neither_up_nor_down() {
        let asks = Tally { needs_sign_in: 9, ..Tally::default() };
        assert_eq!(up_percent(asks), None);
        assert_eq!(up_percent(Tally { healthy: 3, unhealthy: 1, ..asks }), Some(75.0));
    }

    #[test]
    fn a_day_is_sixty_bars_and_the_last_one_holds_now() {
        let now = 1_795_428_930_123;
        let begin = beginning_of_day(now);
        let healthy = Tally { healthy: 3, ..Tally::default() };
        let down = Tally { unhealthy: 1, ..Tally::default() };
        let now_slice = now.div_euclid(SLICE) * SLICE;
        let strip = bars(begin, &[(begin, healthy), (begin + SLICE, down), (now_slice, healthy)]);
        assert_eq!(strip.len(), 60);
        assert_eq!((strip[0].status, strip[0].up_percent), (Some(HealthStatus::Unhealthy), Some(75.0)));
        assert_eq!((strip[1].status, strip[1].up_percent), (None, None));
        assert_eq!((strip[59].status, strip[59].rounds), (Some(HealthStatus::Healthy), 3));
        assert!(strip[59].from <= now && now < strip[59].from + BAR);
    }
}
