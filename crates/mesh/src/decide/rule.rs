//! What applies to a capability: exactly one rule, the first in the order of precedence that matches; what it does not set
//! comes from the defaults.

use std::time::Duration;

use model::config::{
    Affinity, Config, LoadBalancing, OnEmpty, RoutingRule, RuleFields, Seconds, StrategyOptions,
};
use model::{CapabilityPattern, Filter};

/// What applies to the calls of one capability.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    /// The pattern of the rule; absent when only the defaults apply.
    pub pattern: Option<CapabilityPattern>,
    /// Soft: the first with a candidate wins.
    pub preferred_regions: Vec<String>,
    /// A hard condition; absent means everywhere.
    pub required_regions: Option<Vec<String>>,
    /// A hard condition, from 0 to 1.
    pub min_health_score: Option<f64>,
    /// A hard condition.
    pub required_metadata: Option<Filter>,
    /// Which calls stay with one server.
    pub affinity: Affinity,
    /// The argument for [`Affinity::Argument`].
    pub affinity_argument: Option<String>,
    /// What happens when the conditions leave no server.
    pub on_empty: OnEmpty,
    /// The time limit of a whole call with its retries; absent means that of the caller.
    pub timeout: Option<Duration>,
    /// The time limit of one try.
    pub per_try_timeout: Option<Duration>,
    /// Whether another server is tried when one fails.
    pub retries: bool,
    /// Whether open breakers stop calls.
    pub heeds_breakers: bool,
    /// How one of several is picked.
    pub balancing: LoadBalancing,
}

impl Default for Rule {
    fn default() -> Self {
        Self::of("", &Config::default())
    }
}

impl Rule {
    /// The rule for this capability, folded.
    pub fn of(capability: &str, config: &Config) -> Self {
        let Config { routing_rules, defaults, load_balancing, .. } = config;
        let found = applying(capability, routing_rules);
        let said = RuleOrDefaults { rule: found.map(|rule| &rule.fields), defaults };
        let strategy = said.one(|fields| fields.strategy.as_ref()).copied();
        let mut balancing = load_balancing.clone().with(strategy, &StrategyOptions::default());
        for fields in [Some(defaults), said.rule].into_iter().flatten() {
            if let Some(options) = &fields.config {
                balancing = balancing.with(None, options);
            }
        }
        Self {
            pattern: found.map(|rule| rule.pattern.clone()),
            preferred_regions: said
                .one(|fields| fields.preferred_regions.as_ref())
                .cloned()
                .unwrap_or_default(),
            required_regions: said.one(|fields| fields.required_regions.as_ref()).cloned(),
            min_health_score: said.one(|fields| fields.min_health_score.as_ref()).copied(),
            required_metadata: said.one(|fields| fields.required_metadata.as_ref()).cloned(),
            affinity: said.one(|fields| fields.affinity.as_ref()).copied().unwrap_or_default(),
            affinity_argument: said.one(|fields| fields.affinity_argument.as_ref()).cloned(),
            on_empty: said.one(|fields| fields.on_empty.as_ref()).copied().unwrap_or_default(),
            timeout: said.one(|fields| fields.timeout.as_ref()).map(|span: &Seconds| span.duration()),
            per_try_timeout: said
                .one(|fields| fields.per_try_timeout.as_ref())
                .map(|span: &Seconds| span.duration()),
            retries: said.one(|fields| fields.auto_retry.as_ref()).copied().unwrap_or(true),
            heeds_breakers: said.one(|fields| fields.circuit_breaker.as_ref()).copied().unwrap_or(true),
            balancing,
        }
    }
}

/// The rule that applies, of rules in their order of precedence.
pub fn applying<'a>(capability: &str, rules: &'a [RoutingRule]) -> Option<&'a RoutingRule> {
    rules.iter().find(|rule| rule.enabled && rule.pattern.is_match(capability))
}

/// The value of the rule, else that of the defaults.
#[derive(Clone, Copy)]
struct RuleOrDefaults<'a> {
    rule: Option<&'a RuleFields>,
    defaults: &'a RuleFields,
}

impl<'a> RuleOrDefaults<'a> {
    fn one<T>(self, field: impl Fn(&'a RuleFields) -> Option<&'a T>) -> Option<&'a T> {
        self.rule.and_then(&field).or_else(|| field(self.defaults))
    }
}
