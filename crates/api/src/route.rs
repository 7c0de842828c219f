//! Where calls go, and why.

use model::config::Strategy;
use model::{ServerId, Stage, Why};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use ts_rs::TS;

use crate::ErrorCode;

/// A call that is not made.
#[derive(Debug, Clone, Default, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct RouteArgs {
    /// What would be called: one capability.
    pub capability: String,
    /// Its arguments; absent means that no schema is asked.
    #[serde(default)]
    #[ts(optional, type = "Record<string, unknown>")]
    pub arguments: Option<Map<String, Value>>,
    /// Who would call, by name.
    #[serde(default)]
    #[ts(optional)]
    pub client: Option<String>,
    /// How many calls, one after the other: 1 to 100,000; default 1.
    #[serde(default)]
    #[ts(optional)]
    pub calls: Option<u64>,
    /// The text of a configuration whose rules and balancing are taken instead of those in use.
    #[serde(default)]
    #[ts(optional)]
    pub rules: Option<String>,
    /// Servers that are taken to be down: ids, or names that only one server has.
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
    /// What the first of them would meet.
    pub decision: Decision,
    /// Who would take how many, the most first. Who takes none and could is there with 0.
    pub distribution: Vec<RouteShare>,
    /// How many servers take some and are not named in `distribution`.
    pub more: usize,
    /// How many of the calls somebody takes.
    pub calls: u64,
    /// How long one of them takes on average by what was measured last, in milliseconds; absent when one of the servers was not
    /// measured.
    pub latency_ms: Option<f64>,
}

/// A server, and where it is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct ServerPlace {
    /// Its key.
    pub id: ServerId,
    /// Its name.
    pub name: String,
    /// Its region.
    pub region: Option<String>,
}

/// A server's part of some calls.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct RouteShare {
    /// Which.
    pub server: ServerPlace,
    /// How many it takes.
    pub calls: u64,
    /// Its part of all, in [0, 1].
    pub share: f64,
}

/// Who takes a call, and why: every stage in order.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct Decision {
    /// What is called.
    pub capability: String,
    /// The rule that applies, by its pattern; absent when only the defaults do.
    pub rule: Option<String>,
    /// How one of those that are left is picked.
    pub strategy: Strategy,
    /// The rule's hard conditions left nobody, and were dropped (`on_empty: relax`).
    pub relaxed: bool,
    /// What each stage kept and left out.
    pub stages: Vec<DecisionStage>,
    /// Who takes it; absent when nobody does.
    pub winner: Option<ServerPlace>,
    /// Why nobody does.
    pub refusal: Option<RouteRefusal>,
    /// Who would take it, were the winner just tried.
    pub runner_up: Option<ServerPlace>,
    /// Those that were left for the strategy. Where not all are named, the winner and the runner-up are, and one whose weight is
    /// another if there is one.
    pub weights: Vec<DecisionWeight>,
}

/// What a stage did.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct DecisionStage {
    /// Which.
    pub stage: Stage,
    /// How many it kept.
    pub kept: usize,
    /// Whom it left out.
    pub left_out: Vec<LeftOut>,
    /// How many it left out that are not named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub more: Option<usize>,
}

/// A server that takes no part in a call.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct LeftOut {
    /// Which.
    pub server: ServerPlace,
    /// Why.
    pub why: Why,
    /// The same as a sentence, without its subject.
    pub text: String,
}

/// What a strategy had of a server.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct DecisionWeight {
    /// Which.
    pub server: ServerPlace,
    /// Its weight.
    pub weight: f64,
    /// What its record says of its weight is no weight (a number, 0 or more), and counts as 1.
    pub odd: bool,
    /// Its part of all weights, in [0, 1].
    pub share: f64,
    /// Calls under way there.
    pub in_flight: u32,
}

/// Why nobody takes a call.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct RouteRefusal {
    /// The code of the error that the call would end with.
    pub code: ErrorCode,
    /// Its sentence.
    pub message: String,
}

/// Which rules.
#[derive(Debug, Clone, Default, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct RulesArgs {
    /// The text of a configuration whose rules are told instead of those in use.
    #[serde(default)]
    #[ts(optional)]
    pub rules: Option<String>,
}

/// The rules, in the order in which they are looked at.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct RuleList {
    /// The first that fits a capability applies.
    pub rules: Vec<RuleRow>,
    /// What a rule leaves unset, as the configuration has it.
    #[ts(type = "Record<string, unknown>")]
    pub defaults: Value,
    /// How one of several servers is picked where no rule says.
    pub strategy: Strategy,
}

/// A rule.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct RuleRow {
    /// Its place, from 1.
    pub number: usize,
    /// The capabilities that it is for.
    pub pattern: String,
    /// The highest comes first.
    pub priority: i64,
    /// False: it is as if it were not there.
    pub enabled: bool,
    /// What it says, as the configuration has it.
    #[ts(type = "Record<string, unknown>")]
    pub fields: Value,
    /// How many servers offer something that it fits.
    pub servers: usize,
    /// How many tools it fits; one that several servers have is one.
    pub tools: usize,
    /// An earlier rule that fits all that it fits, so that it never applies.
    pub covered_by: Option<String>,
    /// The routing tests whose call it applies to, by their place in the file, from 0.
    pub tests: Vec<usize>,
}

/// Whether a server that failed again and again is tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum BreakerState {
    /// It is.
    Closed,
    /// The next call tries it.
    HalfOpen,
    /// It is given a rest.
    Open,
}

/// Servers with calls under way, failures in a row, or a rest.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct BreakerList {
    /// The open ones first, then by name.
    pub breakers: Vec<BreakerRow>,
}

/// The breaker of a server.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct BreakerRow {
    /// Which.
    pub server: ServerPlace,
    /// Whether it is tried.
    pub state: BreakerState,
    /// Failures in a row.
    pub failures: u32,
    /// How long the breaker stays open, in seconds.
    pub open_for: Option<f64>,
    /// How long the server wants to be left alone (`Retry-After`), in seconds.
    pub set_aside_for: Option<f64>,
    /// Calls under way.
    pub in_flight: u32,
}
