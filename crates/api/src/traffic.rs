//! The calls that were made: their list, the record of one, and charts of all of them.

use model::Millis;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::{Decision, ErrorCode, ServerPlace};

/// How a recorded call ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum CallOutcome {
    /// The tool answered.
    Ok,
    /// The tool answered `isError`.
    ToolError,
    /// The last server that was tried gave no usable answer.
    Failed,
    /// No server took it: nothing was sent.
    Refused,
    /// The caller cancelled it, or disconnected.
    Cancelled,
}

/// Which calls are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum CallsLike {
    /// Calls that a tool answered, also with an error of its own.
    Ok,
    /// Calls that failed or that no server took.
    Failed,
    /// Calls that several servers were asked for.
    Retried,
    /// Calls that a tool answered with an error of its own.
    ToolError,
}

/// A part of the recorded calls, newest first.
#[derive(Debug, Clone, Default, Serialize, Deserialize, TS)]
#[serde(default, deny_unknown_fields)]
pub struct CallsArgs {
    /// How many rows: 1 to 1,000; default 200.
    #[ts(optional)]
    pub limit: Option<u32>,
    /// Only rows before this id: that of the last row of the page before.
    #[ts(optional)]
    pub before: Option<u64>,
    /// Only calls of this capability; `*`, `?` and `[..]` make it a pattern.
    #[ts(optional)]
    pub capability: Option<String>,
    /// Only calls that this server answered, or was tried for last: an id, or a name that only one server has.
    #[ts(optional)]
    pub server: Option<String>,
    /// Only calls of this client.
    #[ts(optional)]
    pub client: Option<String>,
    /// Only calls with this outcome.
    #[ts(optional)]
    pub outcome: Option<CallsLike>,
}

/// Recorded calls.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct CallList {
    /// Newest first.
    pub rows: Vec<CallRow>,
    /// How many rows match in all, regardless of `limit` and `before`.
    pub more: bool,
    /// How many rows match in all, whatever `limit` and `before` say.
    pub total: u64,
    /// Whether calls are being recorded (`call_log.enabled`, and there is a file to write to).
    pub recording: bool,
}

/// A recorded call.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct CallRow {
    /// Its id; a later call has a greater one.
    pub id: u64,
    /// When it ended.
    pub at: Millis,
    /// The caller's name.
    pub client: Option<String>,
    /// The capability.
    pub capability: String,
    /// The tool that was called, by the name that the server has for it; absent when no server took the call.
    pub tool: Option<String>,
    /// The server that answered, or was tried last.
    pub server: Option<ServerPlace>,
    /// How it ended.
    pub outcome: CallOutcome,
    /// The code of the error that it ended with.
    pub code: Option<ErrorCode>,
    /// The reason, in a sentence. A tool's own error is in its answer, which is not kept.
    pub reason: Option<String>,
    /// How many servers were asked.
    pub attempts: u32,
    /// The duration of the whole call, in milliseconds.
    pub ms: f64,
    /// How many calls the row represents: 1, or more when too many came at once to keep each one.
    pub stands_for: u64,
    /// The rule that applied, by its pattern; absent when only the defaults did, or when the caller named a server.
    pub rule: Option<String>,
    /// Whether the caller named the server: then nothing was decided.
    pub named: bool,
}

/// Which recorded call.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct CallRecordArgs {
    /// Its id.
    pub id: u64,
}

/// A recorded call with everything that is kept of it. Arguments and answers are not.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct CallRecord {
    /// The row of the call.
    pub row: CallRow,
    /// Every server that was asked, in order.
    pub tries: Vec<CallTry>,
    /// The decision of each try, recomputed from what was stored; one more than `tries` when no server was left for a
    /// further try. Empty when the caller named a server, or when the inputs of the decision are no longer kept.
    pub decisions: Vec<Decision>,
    /// The first of the decisions: why the call went where it went.
    pub decision: Option<Decision>,
    /// The rule that applied, by its pattern.
    pub rule: Option<String>,
    /// Whether the recomputed decisions equal the original ones, to the last digit.
    pub is_exact: bool,
}

/// A server that was asked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct CallTry {
    /// The server.
    pub server: ServerPlace,
    /// The duration, in milliseconds.
    pub ms: f64,
    /// How it failed; absent when it answered.
    pub error: Option<String>,
}

/// Which traffic.
#[derive(Debug, Clone, Default, Serialize, Deserialize, TS)]
#[serde(default, deny_unknown_fields)]
pub struct TrafficArgs {
    /// The start; the default is an hour ago.
    #[ts(optional)]
    pub since: Option<Millis>,
    /// Only calls that this server answered, or was tried for last: an id, or a name that only one server has.
    #[ts(optional)]
    pub server: Option<String>,
    /// Only calls of this capability; `*`, `?` and `[..]` make it a pattern.
    #[ts(optional)]
    pub capability: Option<String>,
}

/// The traffic of calls, over time and over servers. A row that stands for several calls counts as that many.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct Traffic {
    /// Spans of equal length from `since` until now, oldest first; one without a call is there with 0.
    pub buckets: Vec<TrafficBucket>,
    /// The servers that answered or were tried last, the most calls first.
    pub servers: Vec<TrafficServer>,
    /// The rules that were used. Calls that named a server are not among these.
    pub rules: Vec<TrafficRule>,
    /// All calls of the span.
    pub calls: u64,
    /// Calls that failed or that no server took.
    pub failed: u64,
    /// The time of the oldest call that is kept; absent when there is none.
    pub oldest: Option<Millis>,
}

/// A span of time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct TrafficBucket {
    /// Its start.
    pub at: Millis,
    /// Its length.
    pub seconds: f64,
    /// Calls that ended in it.
    pub calls: u64,
    /// Calls that failed or that no server took.
    pub failed: u64,
    /// The median duration of the answered calls, in milliseconds; absent when there was none.
    pub p50_ms: Option<f64>,
    /// The 95th percentile of their durations, in milliseconds.
    pub p95_ms: Option<f64>,
}

/// The share of a server.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct TrafficServer {
    /// The server.
    pub server: ServerPlace,
    /// Calls.
    pub calls: u64,
    /// Failed calls.
    pub failed: u64,
    /// Its share of all calls that reached a server, from 0 to 1.
    pub share: f64,
    /// The median duration of the calls that it answered, in milliseconds.
    pub p50_ms: Option<f64>,
}

/// The use of a rule.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct TrafficRule {
    /// Its pattern; absent for the defaults alone.
    pub pattern: Option<String>,
    /// Calls of the span.
    pub calls: u64,
    /// When it last applied, also before the span.
    pub last_at: Millis,
}

/// Which recorded calls to decide again, and how.
#[derive(Debug, Clone, Default, Serialize, Deserialize, TS)]
#[serde(default, deny_unknown_fields)]
pub struct ReplayArgs {
    /// The text of a configuration whose rules and balancing are used; absent means those in effect.
    #[ts(optional)]
    pub rules: Option<String>,
    /// How many of the newest: 1 to 10,000; default 100. A row that stands for several calls is one of these.
    #[ts(optional)]
    pub calls: Option<u32>,
    /// Servers that are assumed to be down: ids, or names that only one server has.
    #[ts(optional)]
    pub down: Option<Vec<String>>,
}

/// Where recorded calls would have gone. Each figure counts calls: a row that stands for several counts as that many.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct Replay {
    /// All calls that were decided again.
    pub calls: u64,
    /// Calls that go to the same server, that failed in the same way as before, or that named their server.
    pub stays: u64,
    /// Calls that go to another server, or that a server takes only now.
    pub moves: u64,
    /// Calls that no server would take, though one did.
    pub fails: u64,
    /// Calls that cannot be decided again.
    pub unknowns: u64,
    /// The rows that move, newest first; at most 1,000.
    pub moved: Vec<ReplayMove>,
    /// The rows that no server would take, newest first; at most 1,000.
    pub would_fail: Vec<ReplayFailure>,
    /// The rows that cannot be decided again, newest first; at most 1,000.
    pub unknown: Vec<ReplayUnknown>,
    /// How many calls each server took and would take, the most first.
    pub distribution: Vec<ReplayShare>,
}

/// A call that goes somewhere else.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct ReplayMove {
    /// Its record.
    pub id: u64,
    /// When it ended.
    pub at: Millis,
    /// The capability.
    pub capability: String,
    /// The caller.
    pub client: Option<String>,
    /// The server that was picked; absent when none was.
    pub from: Option<ServerPlace>,
    /// The server that would be picked.
    pub to: Option<ServerPlace>,
    /// How many calls the row stands for.
    pub stands_for: u64,
}

/// A call that no server would take.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct ReplayFailure {
    /// Its record.
    pub id: u64,
    /// The capability.
    pub capability: String,
    /// The reason, in a sentence.
    pub why: String,
    /// The code of the error that it would end with.
    pub code: ErrorCode,
    /// How many calls the row stands for.
    pub stands_for: u64,
}

/// A call that cannot be decided again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct ReplayUnknown {
    /// Its record.
    pub id: u64,
    /// What is missing, in a sentence.
    pub why: String,
    /// How many calls the row stands for.
    pub stands_for: u64,
}

/// The share of a server before and after.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct ReplayShare {
    /// The server.
    pub server: ServerPlace,
    /// How many it took.
    pub before: u64,
    /// How many it would take.
    pub after: u64,
}
