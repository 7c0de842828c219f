//! The calls that were made: their list, the record of one, and what all of them make as a chart.

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
    /// The last server that was tried gave no answer that could be used.
    Failed,
    /// No server took it: nothing was sent.
    Refused,
    /// The caller ended it, or went away.
    Cancelled,
}

/// Which calls are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum CallsLike {
    /// Those that a tool answered, also with an error of its own.
    Ok,
    /// Those that failed or that nobody took.
    Failed,
    /// Those that several servers were asked for.
    Retried,
    /// Those that a tool answered with an error of its own.
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
    /// Only those that ended so.
    #[ts(optional)]
    pub outcome: Option<CallsLike>,
}

/// Recorded calls.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct CallList {
    /// Newest first.
    pub rows: Vec<CallRow>,
    /// There are older ones that match.
    pub more: bool,
    /// How many rows match in all, whatever `limit` and `before` say.
    pub total: u64,
    /// Calls are recorded now (`call_log.enabled`, and there is a file to write to).
    pub recording: bool,
}

/// A recorded call.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct CallRow {
    /// Its key; a later call has a greater one.
    pub id: u64,
    /// When it was over.
    pub at: Millis,
    /// Who called, by name.
    pub client: Option<String>,
    /// What was called.
    pub capability: String,
    /// The tool that this meant, by the name that the server has for it; absent when no server took it.
    pub tool: Option<String>,
    /// Who answered, or was tried last.
    pub server: Option<ServerPlace>,
    /// How it ended.
    pub outcome: CallOutcome,
    /// The code of the error that it ended with.
    pub code: Option<ErrorCode>,
    /// Why it ended so, in a sentence. A tool's own error is in its answer, which is not kept.
    pub reason: Option<String>,
    /// How many servers were asked.
    pub attempts: u32,
    /// The whole call, in milliseconds.
    pub ms: f64,
    /// For how many calls like it the row stands: 1, or more when too many came at once to keep each one.
    pub stands_for: u64,
    /// The rule that applied, by its pattern; absent when only the defaults did, or when the caller named a server.
    pub rule: Option<String>,
    /// The caller named the server: nothing was decided.
    pub named: bool,
}

/// Which recorded call.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct CallRecordArgs {
    /// Its id.
    pub id: u64,
}

/// A recorded call with all that is kept of it. Arguments and answers are not.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct CallRecord {
    /// It.
    pub row: CallRow,
    /// Every server that was asked, in order.
    pub tries: Vec<CallTry>,
    /// The decision of each try, made again from what was stored; one more than `tries` when nobody was left for a further
    /// try. Empty when the caller named a server, or when the inputs of the decision are no longer kept.
    pub decisions: Vec<Decision>,
    /// The first of them: why the call went where it went.
    pub decision: Option<Decision>,
    /// The rule that applied, by its pattern.
    pub rule: Option<String>,
    /// The decisions that were made again are those that were made then, to the last figure.
    pub is_exact: bool,
}

/// A server that was asked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct CallTry {
    /// Which.
    pub server: ServerPlace,
    /// How long, in milliseconds.
    pub ms: f64,
    /// How it failed; absent when it answered.
    pub error: Option<String>,
}

/// Which traffic.
#[derive(Debug, Clone, Default, Serialize, Deserialize, TS)]
#[serde(default, deny_unknown_fields)]
pub struct TrafficArgs {
    /// Since when; default is an hour ago.
    #[ts(optional)]
    pub since: Option<Millis>,
    /// Only calls that this server answered, or was tried for last: an id, or a name that only one server has.
    #[ts(optional)]
    pub server: Option<String>,
    /// Only calls of this capability; `*`, `?` and `[..]` make it a pattern.
    #[ts(optional)]
    pub capability: Option<String>,
}

/// What calls made, over time and over servers. A row that stands for several calls counts as that many.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct Traffic {
    /// Spans of equal length from `since` until now, oldest first; one without a call is there with 0.
    pub buckets: Vec<TrafficBucket>,
    /// Who answered or was tried last, the most calls first.
    pub servers: Vec<TrafficServer>,
    /// The rules that were used. Calls that named a server are not among these.
    pub rules: Vec<TrafficRule>,
    /// All calls of the span.
    pub calls: u64,
    /// Those that failed or that nobody took.
    pub failed: u64,
    /// The oldest call that is kept; absent when there is none.
    pub oldest: Option<Millis>,
}

/// A span of time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct TrafficBucket {
    /// When it begins.
    pub at: Millis,
    /// How long it is.
    pub seconds: f64,
    /// Calls that were over in it.
    pub calls: u64,
    /// Those that failed or that nobody took.
    pub failed: u64,
    /// Half of the calls that were answered took no longer, in milliseconds; absent when there was none.
    pub p50_ms: Option<f64>,
    /// 95 of 100 took no longer.
    pub p95_ms: Option<f64>,
}

/// A server's part.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct TrafficServer {
    /// Which.
    pub server: ServerPlace,
    /// Calls.
    pub calls: u64,
    /// Those that failed.
    pub failed: u64,
    /// Its part of all calls that reached a server, in [0, 1].
    pub share: f64,
    /// Half of those that it answered took no longer, in milliseconds.
    pub p50_ms: Option<f64>,
}

/// A rule's use.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct TrafficRule {
    /// Its pattern; absent for the defaults alone.
    pub pattern: Option<String>,
    /// Calls of the span.
    pub calls: u64,
    /// When it applied last, also before the span.
    pub last_at: Millis,
}

/// Recorded calls, decided again.
#[derive(Debug, Clone, Default, Serialize, Deserialize, TS)]
#[serde(default, deny_unknown_fields)]
pub struct ReplayArgs {
    /// The text of a configuration whose rules and balancing are taken; absent means those in use.
    #[ts(optional)]
    pub rules: Option<String>,
    /// How many of the newest: 1 to 10,000; default 100. A row that stands for several calls is one of these.
    #[ts(optional)]
    pub calls: Option<u32>,
    /// Servers that are taken to be down: ids, or names that only one server has.
    #[ts(optional)]
    pub down: Option<Vec<String>>,
}

/// Where recorded calls would have gone. Each figure counts calls: a row that stands for several counts as that many.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct Replay {
    /// All that were decided again.
    pub calls: u64,
    /// Those that go where they went, that failed in the same way as before, or that named their server.
    pub stays: u64,
    /// Those that go to another server, or that somebody takes now.
    pub moves: u64,
    /// Those that nobody would take, and somebody took.
    pub fails: u64,
    /// Those that cannot be decided again.
    pub unknowns: u64,
    /// The rows that move, newest first; at most 1,000.
    pub moved: Vec<ReplayMove>,
    /// The rows that nobody would take, newest first; at most 1,000.
    pub would_fail: Vec<ReplayFailure>,
    /// The rows that cannot be decided again, newest first; at most 1,000.
    pub unknown: Vec<ReplayUnknown>,
    /// Who took how many, and would, the most first.
    pub distribution: Vec<ReplayShare>,
}

/// A call that goes somewhere else.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct ReplayMove {
    /// Its record.
    pub id: u64,
    /// When it was over.
    pub at: Millis,
    /// What was called.
    pub capability: String,
    /// Who called.
    pub client: Option<String>,
    /// Who was picked; absent when nobody was.
    pub from: Option<ServerPlace>,
    /// Who would be.
    pub to: Option<ServerPlace>,
    /// For how many calls the row stands.
    pub stands_for: u64,
}

/// A call that nobody would take.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct ReplayFailure {
    /// Its record.
    pub id: u64,
    /// What was called.
    pub capability: String,
    /// Why nobody would, in a sentence.
    pub why: String,
    /// The code of the error that it would end with.
    pub code: ErrorCode,
    /// For how many calls the row stands.
    pub stands_for: u64,
}

/// A call that cannot be decided again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct ReplayUnknown {
    /// Its record.
    pub id: u64,
    /// What is missing, in a sentence.
    pub why: String,
    /// For how many calls the row stands.
    pub stands_for: u64,
}

/// A server's part before and after.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct ReplayShare {
    /// Which.
    pub server: ServerPlace,
    /// How many it took.
    pub before: u64,
    /// How many it would take.
    pub after: u64,
}
