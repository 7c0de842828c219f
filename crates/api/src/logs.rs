//! What a server said beside its answers, and how the last requests to it ended.

use model::{Millis, ServerId};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::ErrorCode;

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
