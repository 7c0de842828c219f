//! What the rules of a configuration match: which tools and servers each matches, which never applies, and which tests
//! concern it.

use std::collections::HashSet;

use model::config::{Config, RoutingRule};
use model::{CapabilityPattern, fold};
use registry::Snapshot;

/// A rule with what it matches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleView {
    /// How many servers offer something that it matches.
    pub servers: usize,
    /// How many tools it matches; one that several servers have counts once.
    pub tools: usize,
    /// An earlier rule that matches all that it matches, so that it never applies.
    pub covered_by: Option<String>,
    /// The routing tests whose call it applies to, by their place from 0.
    pub tests: Vec<usize>,
}

/// The rules of a configuration, in their order.
pub fn overview(snapshot: &Snapshot, config: &Config) -> Vec<RuleView> {
    let names: HashSet<String> =
        snapshot.iter().flat_map(|server| server.info.tools.iter().map(|tool| fold(&tool.name))).collect();
    let rules = &config.routing_rules;
    let applies: Vec<Option<usize>> =
        config.routing_tests.iter().map(|test| applying(rules, &test.capability)).collect();
    let view = |(at, rule): (usize, &RoutingRule)| RuleView {
        servers: snapshot.by_capability(&rule.pattern).len(),
        tools: names.iter().filter(|name| rule.pattern.is_match(name)).count(),
        covered_by: covering(rules.get(..at).unwrap_or_default(), rule),
        tests: applies.iter().enumerate().filter(|(_, of)| **of == Some(at)).map(|(test, _)| test).collect(),
    };
    rules.iter().enumerate().map(view).collect()
}

/// The rule that applies to a call.
fn applying(rules: &[RoutingRule], capability: &str) -> Option<usize> {
    let pattern = CapabilityPattern::parse(capability).ok()?;
    let key = pattern.exact()?;
    let found = crate::decide::applying(key, rules)?;
    rules.iter().position(|rule| rule.pattern == found.pattern)
}

fn covering(before: &[RoutingRule], rule: &RoutingRule) -> Option<String> {
    let covers = |earlier: &&RoutingRule| earlier.enabled && earlier.pattern.covers(&rule.pattern);
    before.iter().find(covers).map(|earlier| earlier.pattern.to_string())
}
