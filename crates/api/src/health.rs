//! How servers are and were, and what they said beside their answers.

use model::{CheckResult, HealthStatus, Millis, Server, ServerId, Transition};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::ErrorCode;

/// Whose health.
#[derive(Debug, Clone, Default, Serialize, Deserialize, TS)]
#[serde(default, deny_unknown_fields)]
pub struct HealthArgs {
    /// Ids, or names that only one server has; absent means every server.
    #[ts(optional)]
    pub ids: Option<Vec<String>>,
}

/// How servers are, worst first, and by which settings they are judged.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
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
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
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
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct HistoryArgs {
    /// An id, or a name that only one server has.
    pub server: String,
}

/// How one server was.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
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
#[derive(Debug, Clone, Copy, Serialize, Deserialize, TS)]
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
#[derive(Debug, Clone, Copy, Serialize, Deserialize, TS)]
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

/// The log of one server since the core started: kept in memory, bounded, forgotten with a restart.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct ServerLogs {
    /// The server.
    pub id: ServerId,
    /// When the core started: nothing is older.
    pub since: Millis,
    /// The last requests, newest first.
    pub requests: Vec<LoggedRequest>,
    /// How many older requests made room.
    pub requests_lost: u64,
    /// What the child wrote to its standard error, oldest first; empty for other transports.
    pub stderr: Vec<LogLine>,
    /// How many older lines made room.
    pub stderr_lost: u64,
}

/// A line of standard error.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct LogLine {
    /// When it was read.
    pub at: Millis,
    /// Without control characters.
    pub text: String,
}

/// Why a server was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum LoggedKind {
    /// A tool call.
    Call,
    /// A round of checks. Kept when it failed, and when it succeeded again.
    Check,
}

/// How a request ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum LoggedOutcome {
    /// With an answer.
    Answered,
    /// The tool answered `isError`.
    ToolError,
    /// Without an answer that could be used.
    Failed,
    /// The caller ended it, or went away.
    Cancelled,
}

/// A request to a server and how it ended. Arguments are not kept: they may hold secrets.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct LoggedRequest {
    /// When it ended; of several alike the last.
    pub at: Millis,
    /// When the first of several alike ended.
    pub first_at: Millis,
    /// How many alike one after the other: the rounds of a server that stays down are one entry.
    pub times: u32,
    /// Why it was asked.
    pub kind: LoggedKind,
    /// The tool that was called; empty for checks.
    pub what: String,
    /// How it ended.
    pub outcome: LoggedOutcome,
    /// How long it took, in milliseconds.
    pub ms: Option<f64>,
    /// Which kind of failure, for calls that failed.
    pub code: Option<ErrorCode>,
    /// The whole text of the error, cut at 16 KiB.
    pub error: Option<String>,
}
