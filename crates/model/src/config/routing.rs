use serde::{Deserialize, Serialize};
use serde_json::json;

use super::balancing;
use super::balancing::{STRATEGIES, STRATEGY, STRATEGY_KEYS, Strategy, StrategyOptions};
use super::describe::{Branch, KeyDoc, KeyKind, leaf, section};
use super::section::Section;
use super::tree::{Entry, Node};
use super::values::Seconds;
use crate::{CapabilityPattern, Filter};

/// Which calls stay with the server that was picked first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Affinity {
    /// None.
    #[default]
    None,
    /// The calls of a client.
    Client,
    /// Calls with the same value of one argument.
    Argument,
}

/// What happens when the hard filters leave no server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OnEmpty {
    /// The call fails and says why.
    #[default]
    Fail,
    /// The hard filters are dropped.
    Relax,
}

/// The settings of a rule, or of `defaults:`. What is absent comes from `defaults:`, and there from the built-in defaults.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct RuleFields {
    /// Soft: the first region with a candidate wins, then any other.
    pub preferred_regions: Option<Vec<String>>,
    /// A hard condition.
    pub required_regions: Option<Vec<String>>,
    /// A hard condition, from 0 to 1.
    pub min_health_score: Option<f64>,
    /// A hard condition: a filter over the metadata.
    pub required_metadata: Option<Filter>,
    /// The time limit of the whole call with its retries.
    pub timeout: Option<Seconds>,
    /// The time limit of one try.
    pub per_try_timeout: Option<Seconds>,
    /// Which calls stay with their server.
    pub affinity: Option<Affinity>,
    /// The argument, with `affinity: argument`.
    pub affinity_argument: Option<String>,
    /// What happens when no server is left.
    pub on_empty: Option<OnEmpty>,
    /// Whether another server is tried when one fails.
    pub auto_retry: Option<bool>,
    /// Whether open breakers stop calls.
    pub circuit_breaker: Option<bool>,
    /// How one of several servers is picked.
    pub strategy: Option<Strategy>,
    /// Settings of the strategy.
    pub config: Option<StrategyOptions>,
}

/// A rule for the capabilities that a pattern matches. Exactly one rule applies to a call.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RoutingRule {
    /// Its pattern.
    pub pattern: CapabilityPattern,
    /// The highest comes first; absent is 0.
    pub priority: Option<i64>,
    /// False: the rule is turned off.
    pub enabled: bool,
    /// Its settings.
    #[serde(flatten)]
    pub fields: RuleFields,
}

/// The rules in their order of precedence: highest priority, exact key, longest literal prefix, longest pattern,
/// alphabetical. Not the order of the file, since YAML's maps have none.
pub(super) fn read_rules(mut section: Section<'_>) -> Vec<RoutingRule> {
    let mut rules: Vec<RoutingRule> =
        section.take_all().into_iter().filter_map(|entry| rule(&section, entry)).collect();
    section.finish();
    rules.sort_by_key(order);
    rules
}

fn order(rule: &RoutingRule) -> impl Ord + use<> {
    let text = rule.pattern.as_str();
    let prefix = rule.pattern.literal_prefix().chars().count();
    (
        std::cmp::Reverse(rule.priority.unwrap_or(0)),
        rule.pattern.exact().is_none(),
        std::cmp::Reverse(prefix),
        std::cmp::Reverse(text.chars().count()),
        text.to_owned(),
    )
}

fn rule(section: &Section<'_>, entry: Entry) -> Option<RoutingRule> {
    let Entry { key, place, node } = entry;
    let pattern =
        CapabilityPattern::parse(&key).map_err(|error| section.error(place, &key, error.to_string()));
    let mut below = section.below(&key, node);
    let priority = below.take("priority").and_then(|node| priority(&below, &node));
    let enabled = below.truth("enabled").unwrap_or(true);
    let fields = fields(&mut below);
    below.finish();
    Some(RoutingRule { pattern: pattern.ok()?, priority, enabled, fields })
}

fn priority(section: &Section<'_>, node: &Node) -> Option<i64> {
    let whole = node.to_value().as_i64();
    if whole.is_none() {
        let message = format!("expected a whole number, got {}: write `priority: 10`", node.kind());
        section.error(node.place, "priority", message);
    }
    whole
}

/// Every key of a rule.
pub(super) const RULE_KEYS: &[Branch] = &[
    leaf(KeyDoc::new(
        "priority",
        KeyKind::Integer,
        "10",
        "The rule with the highest one applies; absent is 0",
    )),
    leaf(KeyDoc::new("enabled", KeyKind::Truth, "true", "`false` turns the rule off")),
    leaf(KeyDoc::new(
        "preferred_regions",
        KeyKind::List(&KeyKind::Text),
        "[us-west-2]",
        "The first of these regions with a server wins, then any other",
    )),
    leaf(KeyDoc::new(
        "required_regions",
        KeyKind::List(&KeyKind::Text),
        "[us-west-2]",
        "Servers elsewhere are never used",
    )),
    leaf(KeyDoc::new(
        "min_health_score",
        KeyKind::Number(0.0, 1.0),
        "0.8",
        "Servers with a lower health score are never used",
    )),
    leaf(KeyDoc::new(
        "required_metadata",
        KeyKind::Named(&KeyKind::Any),
        "{ gpu: true }",
        "What the metadata of a server must contain: values, or the operators of filters",
    )),
    leaf(KeyDoc::new(
        "timeout",
        KeyKind::Seconds(0.1),
        "60",
        "The time limit of a whole call with its retries",
    )),
    leaf(KeyDoc::new(
        "per_try_timeout",
        KeyKind::Seconds(0.1),
        "20",
        "The time limit of one try; at most `timeout`",
    )),
    leaf(KeyDoc::new("auto_retry", KeyKind::Truth, "true", "Try another server when one fails")),
    leaf(KeyDoc::new(
        "circuit_breaker",
        KeyKind::Truth,
        "true",
        "Stop calls to a server for a while after it failed several times",
    )),
    leaf(KeyDoc::new(
        "strategy",
        STRATEGY,
        "least_connections",
        "How one of several servers is picked; absent means as `load_balancing` says",
    )),
    section(
        KeyDoc::new("config", KeyKind::Section, "{ weight_key: metadata.cores }", "Settings of the strategy"),
        STRATEGY_KEYS,
    ),
    leaf(KeyDoc::new(
        "affinity",
        KeyKind::Word(&["none", "client", "argument"]),
        "none",
        "Which calls stay with the server that was picked first",
    )),
    leaf(KeyDoc::new(
        "affinity_argument",
        KeyKind::Text,
        "user_id",
        "The argument, with `affinity: argument`",
    )),
    leaf(KeyDoc::new(
        "on_empty",
        KeyKind::Word(&["fail", "relax"]),
        "fail",
        "What happens when no server meets the conditions",
    )),
];

/// Every key of `defaults:`: those of a rule without `priority` and `enabled`.
pub(super) const FIELD_KEYS: &[Branch] = RULE_KEYS.split_at(2).1;

pub(super) fn read_defaults(mut section: Section<'_>) -> RuleFields {
    let fields = fields(&mut section);
    section.finish();
    fields
}

fn fields(section: &mut Section<'_>) -> RuleFields {
    let per_try = section.place_of("per_try_timeout");
    let affinity = section.place_of("affinity");
    let strategy = section.one_of("strategy", &STRATEGIES);
    let config = section.place_of("config").is_some();
    let options = balancing::options(section.section("config"), strategy);
    let read = RuleFields {
        preferred_regions: section.texts("preferred_regions"),
        required_regions: section.texts("required_regions"),
        min_health_score: section.number("min_health_score", 0.0, 1.0),
        required_metadata: required_metadata(section),
        timeout: section.seconds("timeout", 0.1),
        per_try_timeout: section.seconds("per_try_timeout", 0.1),
        affinity: section.one_of(
            "affinity",
            &[("none", Affinity::None), ("client", Affinity::Client), ("argument", Affinity::Argument)],
        ),
        affinity_argument: section.text("affinity_argument"),
        on_empty: section.one_of("on_empty", &[("fail", OnEmpty::Fail), ("relax", OnEmpty::Relax)]),
        auto_retry: section.truth("auto_retry"),
        circuit_breaker: section.truth("circuit_breaker"),
        strategy,
        config: config.then_some(options),
    };
    if let Some(place) =
        per_try.filter(|_| read.per_try_timeout.zip(read.timeout).is_some_and(|(one, all)| one > all))
    {
        let message = "one try is given more than the whole call: lower `per_try_timeout` or raise `timeout`";
        section.error(place, "per_try_timeout", message);
    }
    let no_argument = read.affinity == Some(Affinity::Argument) && read.affinity_argument.is_none();
    if let Some(place) = affinity.filter(|_| no_argument) {
        section.error(place, "affinity", "which argument? Write `affinity_argument: user_id` beside it");
    }
    read
}

/// Each key with a value or operators, as in a filter; all must match.
fn required_metadata(section: &mut Section<'_>) -> Option<Filter> {
    let node = section.take("required_metadata")?;
    let mut below = section.below("required_metadata", node);
    let mut parts = Vec::new();
    for Entry { key, place, node } in below.take_all() {
        let key = key.strip_prefix("metadata.").unwrap_or(&key);
        match Filter::from_json(&json!({ format!("metadata.{key}"): node.to_value() })) {
            Ok(_) if key.starts_with('$') => {
                below.error(place, key, "a key names a field of the metadata: put operators below it");
            }
            Ok(filter) => parts.push(filter),
            Err(error) => below.error(node.place, key, error.message),
        }
    }
    below.finish();
    Some(Filter::all(parts))
}
