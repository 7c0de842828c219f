//! How healthy servers are and were, and their logs.

use model::{CheckResult, HealthStatus, Millis, Server, ServerId, Transition};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::ErrorCode;

/// Which servers.
#[derive(Debug, Clone, Default, Serialize, Deserialize, TS)]
#[serde(default, deny_unknown_fields)]
pub struct HealthArgs {
    /// Ids, or names that only one server has; absent means every server.
    #[ts(optional)]
    pub ids: Option<Vec<String>>,
}

/// The health of servers, worst first, and the settings by which it is judged.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct HealthReport {
    /// False: checks are off in the configuration (`health_monitoring.enabled`).
    pub enabled: bool,
    /// Seconds between two rounds of one server.
    pub check_interval: f64,
    /// The time limit of a round, in seconds.
    pub timeout: f64,
    /// Failures in a row before a server is down.
    pub max_failures: u32,
    /// Successes in a row before it is healthy again.
    pub min_successes: u32,
    /// A response time above this is slow, in milliseconds.
    pub warn_ms: f64,
    /// The revision of this list.
    pub revision: u64,
    /// The servers.
    pub servers: Vec<ServerHealth>,
}

/// The health of one server.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct ServerHealth {
    /// Its key.
    pub id: ServerId,
    /// Its name.
    pub name: String,
    /// The verdict.
    pub status: HealthStatus,
    /// From 0 to 1.
    pub score: f64,
    /// The reason, in one sentence.
    pub reason: Option<String>,
    /// The reason, in a few words.
    pub summary: Option<String>,
    /// The round trip in milliseconds, a moving average.
    pub response_time_ms: Option<f64>,
    /// Failed rounds and calls in a row.
    pub consecutive_failures: u32,
    /// When its child process was stopped because it was not used; absent while it is not asleep.
    pub asleep: Option<Millis>,
    /// When its child process was started; absent once it has answered.
    pub starting: Option<Millis>,
    /// The last round.
    pub last_check: Option<Millis>,
    /// The next round; absent when none is planned.
    pub next_check: Option<Millis>,
    /// The last round or call that succeeded.
    pub last_success: Option<Millis>,
    /// When the status last changed.
    pub since: Option<Millis>,
    /// The checks of the last round, with their evidence.
    pub checks: Vec<CheckResult>,
}

/// Whose history to return.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct HistoryArgs {
    /// An id, or a name that only one server has.
    pub server: String,
}

/// The history of one server.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct ServerHistory {
    /// The server.
    pub id: ServerId,
    /// Changes of its status, newest first; of the last 30 days, and at most 500.
    pub transitions: Vec<Transition>,
    /// The last 24 hours in 60 bars, oldest first.
    pub strip: Vec<Bar>,
    /// The part of the rounds of the day in which it was up, in percent; absent when there was none.
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
    /// The part of them in which it was up, in percent.
    pub up_percent: Option<f64>,
}

/// The round trips of checks in one minute.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, TS)]
pub struct LatencyMinute {
    /// When it began.
    pub at: Millis,
    /// Rounds with an answer.
    pub answered: u32,
    /// Rounds without an answer.
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

/// The log of one server since the core started: kept in memory, bounded, lost at a restart.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct ServerLogs {
    /// The server.
    pub id: ServerId,
    /// When the core started: nothing is older.
    pub since: Millis,
    /// The last requests, newest first.
    pub requests: Vec<LoggedRequest>,
    /// How many older requests were dropped.
    pub requests_lost: u64,
    /// The standard error of the child process, oldest first; empty for other transports.
    pub stderr: Vec<LogLine>,
    /// How many older lines were dropped.
    pub stderr_lost: u64,
}

/// A line of standard error.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct LogLine {
    /// When it was read.
    pub at: Millis,
    /// The text, without control characters.
    pub text: String,
}

/// Why a request was sent.
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
    /// It was answered.
    Answered,
    /// The tool answered `isError`.
    ToolError,
    /// There was no usable answer.
    Failed,
    /// The caller cancelled it, or disconnected.
    Cancelled,
}

/// A request to a server and how it ended. Arguments are not kept: they may hold secrets.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct LoggedRequest {
    /// When it ended; for several alike, the last one.
    pub at: Millis,
    /// When the first of several alike ended.
    pub first_at: Millis,
    /// How many alike followed each other: the rounds of a server that stays down are one entry.
    pub times: u32,
    /// Why it was sent.
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
