//! How servers are, and how they were.

use model::{CheckResult, HealthStatus, Millis, Outcome, Server, ServerId, Transition};
use registry::{History, Minute, SLICE, Tally};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::look::{find, find_all};
use super::{ApiError, Changed, Checked, ServerArgs};
use crate::{App, now};

/// How many bars the day is shown in: 24 minutes each.
const BARS: i64 = 60;

/// Of one bar, in milliseconds.
const BAR: Millis = 2 * SLICE;

/// Whose health.
#[derive(Debug, Clone, Default, Deserialize, TS)]
#[serde(default, deny_unknown_fields)]
pub struct HealthArgs {
    /// Ids, or names that only one server has; absent means every server.
    #[ts(optional)]
    pub ids: Option<Vec<String>>,
}

/// How servers are, worst first, and by which settings they are judged.
#[derive(Debug, Clone, Serialize, TS)]
pub struct HealthReport {
    /// False: nothing is checked, by the configuration (`health_monitoring.enabled`).
    pub enabled: bool,
    /// Seconds between two rounds of one server.
    pub check_interval: f64,
    /// Seconds that a round may take.
    pub timeout: f64,
    /// Failures in a row before a server is down.
    pub max_failures: u32,
    /// Successes in a row before it is healthy again.
    pub min_successes: u32,
    /// Above this many milliseconds a server is slow.
    pub warn_ms: f64,
    /// The revision that this is of.
    pub revision: u64,
    /// The servers.
    pub servers: Vec<ServerHealth>,
}

/// How one server is.
#[derive(Debug, Clone, Serialize, TS)]
pub struct ServerHealth {
    /// Its key.
    pub id: ServerId,
    /// Its name.
    pub name: String,
    /// The verdict.
    pub status: HealthStatus,
    /// In [0, 1].
    pub score: f64,
    /// Why, in one sentence.
    pub reason: Option<String>,
    /// Why, in a few words.
    pub summary: Option<String>,
    /// The round trip in milliseconds, a moving average.
    pub response_time_ms: Option<f64>,
    /// Failed rounds and calls in a row.
    pub consecutive_failures: u32,
    /// Since when its child is asleep: ended, since it was well and nobody asked for it.
    pub asleep: Option<Millis>,
    /// Since when its child is starting.
    pub starting: Option<Millis>,
    /// The last round.
    pub last_check: Option<Millis>,
    /// The next round; absent when none is planned.
    pub next_check: Option<Millis>,
    /// The last round or call that succeeded.
    pub last_success: Option<Millis>,
    /// Since when the status is what it is.
    pub since: Option<Millis>,
    /// The checks of the last round, with their evidence.
    pub checks: Vec<CheckResult>,
}

/// Whose history.
#[derive(Debug, Clone, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct HistoryArgs {
    /// An id, or a name that only one server has.
    pub server: String,
}

/// How one server was.
#[derive(Debug, Clone, Serialize, TS)]
pub struct ServerHistory {
    /// The server.
    pub id: ServerId,
    /// Changes of its status, newest first; of the last 30 days, and at most 500.
    pub transitions: Vec<Transition>,
    /// The last 24 hours in 60 bars, oldest first.
    pub strip: Vec<Bar>,
    /// The part of the day's rounds that found it up, in percent; absent when there was none.
    pub up_percent: Option<f64>,
    /// The last hour by the minute, oldest first; minutes without a round are left out.
    pub minutes: Vec<LatencyMinute>,
}

/// 24 minutes of a server.
#[derive(Debug, Clone, Copy, Serialize, TS)]
pub struct Bar {
    /// When it began.
    pub from: Millis,
    /// The worst status in it; absent when it was not checked.
    pub status: Option<HealthStatus>,
    /// How many rounds.
    pub rounds: u64,
    /// The part of them that found it up, in percent.
    pub up_percent: Option<f64>,
}

/// The round trips of checks in one minute.
#[derive(Debug, Clone, Copy, Serialize, TS)]
pub struct LatencyMinute {
    /// When it began.
    pub at: Millis,
    /// Rounds with an answer.
    pub answered: u32,
    /// Rounds without.
    pub failed: u32,
    /// Half of the round trips were at most this long, in milliseconds.
    pub p50_ms: Option<f64>,
    /// 95 % of the round trips were at most this long, in milliseconds.
    pub p95_ms: Option<f64>,
}

impl App {
    pub(super) async fn health(&self, args: HealthArgs) -> Result<HealthReport, ApiError> {
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

    pub(super) async fn history(&self, args: HistoryArgs) -> Result<ServerHistory, ApiError> {
        let id = find(&self.0.registry.snapshot(), &args.server)?.info.id;
        let begin = beginning_of_day(now());
        let (History { transitions, tallies }, minutes) = self.0.registry.history(id, begin).await?;
        let strip = bars(begin, &tallies);
        let mut day = Tally::default();
        for (_, tally) in &tallies {
            day.add(*tally);
        }
        let minutes = minutes.into_iter().map(LatencyMinute::from).collect();
        Ok(ServerHistory { id, transitions, strip, up_percent: up_percent(day), minutes })
    }

    pub(super) async fn adopt(&self, args: ServerArgs) -> Result<Changed, ApiError> {
        let id = find(&self.0.registry.snapshot(), &args.id)?.info.id;
        let changed = self.0.registry.adopt(id).await?;
        Ok(Changed { ids: changed.ids, undo: changed.undo, revision: changed.revision })
    }

    pub(super) async fn check(&self, args: ServerArgs) -> Result<Checked, ApiError> {
        let id = find(&self.0.registry.snapshot(), &args.id)?.info.id;
        // A person is there to open a keyring that was locked.
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

impl From<Server> for ServerHealth {
    fn from(server: Server) -> Self {
        let Server { info, health } = server;
        Self {
            id: info.id,
            name: info.name.clone(),
            status: health.status,
            score: health.score,
            reason: health.reason,
            summary: health.summary,
            response_time_ms: health.response_time_ms,
            consecutive_failures: health.consecutive_failures,
            asleep: health.asleep,
            starting: health.starting,
            last_check: health.checked_at,
            next_check: health.next_check,
            last_success: health.last_success,
            since: health.since,
            checks: health.checks.to_vec(),
        }
    }
}

impl From<Minute> for LatencyMinute {
    fn from(minute: Minute) -> Self {
        let Minute { at, answered, failed, p50_ms, p95_ms } = minute;
        Self { at, answered, failed, p50_ms, p95_ms }
    }
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

/// A server that asks who we are was not measured: whether it works is not known before somebody signs in.
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
