//! Where calls go, and why.

use model::config::Strategy;
use model::{ServerId, Stage, Why};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use ts_rs::TS;

use crate::ErrorCode;

/// A call that is only simulated.
#[derive(Debug, Clone, Default, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct RouteArgs {
    /// The capability that would be called.
    pub capability: String,
    /// Its arguments; absent means that no schema is checked.
    #[serde(default)]
    #[ts(optional, type = "Record<string, unknown>")]
    pub arguments: Option<Map<String, Value>>,
    /// The caller's name.
    #[serde(default)]
    #[ts(optional)]
    pub client: Option<String>,
    /// How many calls, one after the other: 1 to 100,000; default 1.
    #[serde(default)]
    #[ts(optional)]
    pub calls: Option<u64>,
    /// The text of a configuration whose rules and balancing are used instead of those in effect.
    #[serde(default)]
    #[ts(optional)]
    pub rules: Option<String>,
    /// Servers that are assumed to be down: ids, or names that only one server has.
    #[serde(default)]
    #[ts(optional)]
    pub down: Option<Vec<String>>,
    /// How many servers each list of the answer names at most; absent means all of them.
    #[serde(default)]
    #[ts(optional)]
    pub most: Option<usize>,
}

/// Where calls would go.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct RouteResult {
    /// The decision for the first of them.
    pub decision: Decision,
    /// How many calls each server would take, the most first. Servers that could take calls and take none are there with 0.
    pub distribution: Vec<RouteShare>,
    /// How many servers take some calls and are not named in `distribution`.
    pub more: usize,
    /// How many of the calls a server takes.
    pub calls: u64,
    /// The average duration of a call by the last measurements, in milliseconds; absent when one of the servers was not
    /// measured.
    pub latency_ms: Option<f64>,
}

/// A server and its region.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct ServerPlace {
    /// Its key.
    pub id: ServerId,
    /// Its name.
    pub name: String,
    /// Its region.
    pub region: Option<String>,
}

/// A server's share of some calls.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct RouteShare {
    /// The server.
    pub server: ServerPlace,
    /// How many it takes.
    pub calls: u64,
    /// Its share of all calls, from 0 to 1.
    pub share: f64,
}

/// Which server takes a call, and why: every stage in order.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct Decision {
    /// The capability.
    pub capability: String,
    /// The rule that applies, by its pattern; absent when only the defaults do.
    pub rule: Option<String>,
    /// How one of the servers that are left is picked.
    pub strategy: Strategy,
    /// Whether the rule's conditions left no server, and were dropped (`on_empty: relax`).
    pub relaxed: bool,
    /// What each stage kept and left out.
    pub stages: Vec<DecisionStage>,
    /// The server that takes it; absent when none does.
    pub winner: Option<ServerPlace>,
    /// Why no server takes it.
    pub refusal: Option<RouteRefusal>,
    /// The server that would take it if the winner had just been tried.
    pub runner_up: Option<ServerPlace>,
    /// The servers that were left for the strategy. If not all are named, the winner and the runner-up are, and one with
    /// another weight if there is one.
    pub weights: Vec<DecisionWeight>,
}

/// What a stage did.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct DecisionStage {
    /// The stage.
    pub stage: Stage,
    /// How many servers it kept.
    pub kept: usize,
    /// The servers that it left out.
    pub left_out: Vec<LeftOut>,
    /// How many servers it left out that are not named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub more: Option<usize>,
}

/// A server that is left out of a call.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct LeftOut {
    /// The server.
    pub server: ServerPlace,
    /// The reason.
    pub why: Why,
    /// The reason as a sentence, without its subject.
    pub text: String,
}

/// The inputs of a strategy for a server.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct DecisionWeight {
    /// The server.
    pub server: ServerPlace,
    /// Its weight.
    pub weight: f64,
    /// Whether the weight in its record is not valid (a number, 0 or more), and counts as 1.
    pub odd: bool,
    /// Its share of all weights, from 0 to 1.
    pub share: f64,
    /// Calls under way there.
    pub in_flight: u32,
}

/// Why no server takes a call.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct RouteRefusal {
    /// The code of the error that the call would end with.
    pub code: ErrorCode,
    /// Its sentence.
    pub message: String,
}

/// Which rules to list.
#[derive(Debug, Clone, Default, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct RulesArgs {
    /// The text of a configuration whose rules are listed instead of those in effect.
    #[serde(default)]
    #[ts(optional)]
    pub rules: Option<String>,
}

/// The rules, in their order of precedence.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct RuleList {
    /// The first that matches a capability applies.
    pub rules: Vec<RuleRow>,
    /// What applies where a rule sets nothing, as the configuration has it.
    #[ts(type = "Record<string, unknown>")]
    pub defaults: Value,
    /// How one of several servers is picked where no rule says so.
    pub strategy: Strategy,
}

/// A rule.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct RuleRow {
    /// Its place, from 1.
    pub number: usize,
    /// The capabilities that it matches.
    pub pattern: String,
    /// Its priority; the highest comes first.
    pub priority: i64,
    /// False: the rule is turned off.
    pub enabled: bool,
    /// Its settings, as the configuration has them.
    #[ts(type = "Record<string, unknown>")]
    pub fields: Value,
    /// How many servers offer something that it matches.
    pub servers: usize,
    /// How many tools it matches; a tool that several servers have counts once.
    pub tools: usize,
    /// An earlier rule that matches all that it matches, so that it never applies.
    pub covered_by: Option<String>,
    /// The routing tests whose call it applies to, by their place in the file, from 0.
    pub tests: Vec<usize>,
}

/// Whether calls go to a server that failed several times in a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum BreakerState {
    /// Closed: calls go to it.
    Closed,
    /// Half-open: the next call is its trial.
    HalfOpen,
    /// Open: no calls go to it for a while.
    Open,
}

/// Servers with calls under way, failures in a row, or no calls for a while.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct BreakerList {
    /// The open breakers first, then by name.
    pub breakers: Vec<BreakerRow>,
}

/// The breaker of a server.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct BreakerRow {
    /// The server.
    pub server: ServerPlace,
    /// Whether calls go to it.
    pub state: BreakerState,
    /// Failures in a row.
    pub failures: u32,
    /// How long the breaker stays open, in seconds.
    pub open_for: Option<f64>,
    /// How long the server asked to get no calls (`Retry-After`), in seconds.
    pub set_aside_for: Option<f64>,
    /// Calls under way.
    pub in_flight: u32,
}
