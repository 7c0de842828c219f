//! The parts of a configuration that decide where calls go: kept with calls, so that they can be decided again.

use serde::{Deserialize, Serialize};

use super::{Config, LoadBalancing, RoutingRule, RuleFields};
use crate::CapabilityPattern;

/// Everything in a configuration that a decision depends on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RoutingPart {
    load_balancing: LoadBalancing,
    /// The rules in their order of precedence.
    routing_rules: Vec<RoutingRule>,
    defaults: RuleFields,
    /// The allowed capabilities, of `security` and of the registry.
    allowed_capabilities: [Option<Vec<CapabilityPattern>>; 2],
}

impl RoutingPart {
    /// The part of this configuration.
    pub fn of(config: &Config) -> Self {
        let Config { load_balancing, routing_rules, defaults, later, service_registry, .. } = config;
        let lists = [&later.allowed_capabilities, &service_registry.config.allowed_capabilities];
        Self {
            load_balancing: load_balancing.clone(),
            routing_rules: routing_rules.clone(),
            defaults: defaults.clone(),
            allowed_capabilities: lists.map(Clone::clone),
        }
    }

    /// A configuration with this part and nothing else.
    pub fn into_config(self) -> Config {
        let Self { load_balancing, routing_rules, defaults, allowed_capabilities } = self;
        let mut config = Config { load_balancing, routing_rules, defaults, ..Config::default() };
        let [security, registry] = allowed_capabilities;
        config.later.allowed_capabilities = security;
        config.service_registry.config.allowed_capabilities = registry;
        config
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "\
load_balancing:
  strategy: health_weighted
  config: { health_weight: 0.1, response_time_weight: 0.7, seed: 18446744073709551615 }
  preferred_region: eu
  cross_region: strict
routing_rules:
  \"weather.*\":
    priority: -3
    required_metadata: { gpu: true, memory_gb: { $gte: 32.1 } }
    required_regions: [eu, us]
    affinity: argument
    affinity_argument: city
    strategy: weighted_round_robin
    config: { weight_key: metadata.cores, max_connections_per_server: 4 }
  data:
    enabled: false
    on_empty: relax
    timeout: 0.3
defaults: { min_health_score: 0.30000000000000004, circuit_breaker: false }
security: { allowed_capabilities: [\"weather.*\", data] }
service_registry: { config: { allowed_capabilities: [\"*\"] } }
";

    #[test]
    fn what_is_kept_of_a_configuration_is_read_again_as_it_was() {
        let config = Config::from_yaml(TEXT).unwrap().0;
        let part = RoutingPart::of(&config);
        let text = serde_json::to_string(&part).unwrap();
        let again: RoutingPart = serde_json::from_str(&text).unwrap();
        assert_eq!(again, part);
        let back = again.into_config();
        assert_eq!(RoutingPart::of(&back), part, "and a configuration of it says the same");
        assert!(back.allowed().lets("data") && !back.allowed().lets("other"));
        let default: RoutingPart =
            serde_json::from_str(&serde_json::to_string(&RoutingPart::of(&Config::default())).unwrap())
                .unwrap();
        assert_eq!(default, RoutingPart::of(&Config::default()));
    }
}
