//! `mcp-discovery.yaml`: the guide's file, and our additions in its style. Reading finds every problem at once, each with
//! its line, its column and a remedy. Plain numbers are seconds, except where a key ends in `_ms` or the guide says
//! milliseconds.
//!
//! `${NAME}` in a secret is kept as it is: the model does no IO, the caller that connects reads the variable.

mod balancing;
mod call_log;
mod describe;
mod gateway;
mod gateway_access;
mod health;
mod later;
mod metrics;
mod network;
mod path;
mod registry;
mod routing;
mod routing_part;
mod routing_tests;
mod schema;
mod section;
mod shown;
mod tree;
mod typed;
mod values;

use section::{Problems, Section};
use serde::Serialize;
use serde_json::Value;

use crate::Allowed;

pub use balancing::{CrossRegion, LoadBalancing, Strategy, StrategyOptions};
pub use call_log::CallLog;
pub use describe::{Described, KeyDoc, KeyKind, Unit, describe, in_effect, keys, names_below};
pub use gateway::{AdoptChanges, GatewayAuth, GatewayConfig, GatewayLimits, Naming};
pub use gateway_access::{AccessRules, ClientAccess, GatewayProfile, ReplicaGroup};
pub use health::{BuiltInCheck, HealthMonitoring, IdleStdio};
pub use later::Later;
pub use metrics::{Exporter, Metrics};
pub use network::{NetworkDiscovery, PortRange};
pub use path::{KeyPath, Part};
pub use registry::{RegistryBackend, RegistryConfig, RegistryOptions};
pub use routing::{Affinity, OnEmpty, RoutingRule, RuleFields};
pub use routing_part::RoutingPart;
pub use routing_tests::{Expected, RoutingTest};
pub use schema::schema;
pub use section::{Problem, Severity, has_no_effect};
pub use shown::InEffect;
pub use tree::{LARGEST_FILE, decode};
pub use values::{Seconds, SecretReference, is_secret_key};

/// The whole configuration.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Config {
    /// The guide's registry; absent means SQLite in the data directory alone.
    pub service_registry: RegistryConfig,
    /// Further registries, several at once.
    pub registries: Vec<RegistryConfig>,
    /// What is scanned, and how often.
    pub network_discovery: NetworkDiscovery,
    /// How servers are checked.
    pub health_monitoring: HealthMonitoring,
    /// How a server is picked.
    pub load_balancing: LoadBalancing,
    /// Rules by capability, in the order of precedence.
    pub routing_rules: Vec<RoutingRule>,
    /// Tests of the rules.
    pub routing_tests: Vec<RoutingTest>,
    /// What applies to a call where its rule sets nothing.
    pub defaults: RuleFields,
    /// How calls are recorded.
    pub call_log: CallLog,
    /// The MCP server that AI clients see.
    pub gateway: GatewayConfig,
    /// Servers that clients of the gateway see as one.
    pub replica_groups: Vec<ReplicaGroup>,
    /// Which metrics are exported, and where.
    pub metrics: Metrics,
    /// Parts whose features come later: their keys are checked, their values are kept.
    #[serde(flatten)]
    pub later: Later,
    /// Whether unknown keys are errors.
    pub strict: bool,
}

impl Config {
    /// Reads a configuration; warnings come with it, errors (and the warnings beside them) instead of it. An empty file is
    /// the default.
    pub fn from_yaml(text: &str) -> Result<(Self, Vec<Problem>), Vec<Problem>> {
        let ConfigReading { config, problems, .. } = ConfigReading::of(text);
        match config {
            Some(config) => Ok((config, problems)),
            None => Err(problems),
        }
    }

    /// The capabilities that a policy allows: if `security` and the registry both have `allowed_capabilities`, both must
    /// allow one.
    pub fn allowed(&self) -> Allowed {
        let lists = [&self.later.allowed_capabilities, &self.service_registry.config.allowed_capabilities];
        Allowed::new(lists.into_iter().flatten())
    }
}

/// A text, read once.
#[derive(Debug)]
pub struct ConfigReading {
    /// The configuration; absent when there is an error among the problems.
    pub config: Option<Config>,
    /// Every problem, in the order of the file.
    pub problems: Vec<Problem>,
    /// As plain values; absent when it is not YAML.
    pub values: Option<Value>,
}

impl ConfigReading {
    /// Reads a text.
    pub fn of(text: &str) -> Self {
        let root = match tree::parse(text) {
            Ok(root) => root,
            Err(problem) => return Self { config: None, problems: vec![problem], values: None },
        };
        let values = Some(root.to_value());
        let problems = Problems::default();
        let config = read(Section::of("", root, &problems));
        let problems = problems.finish(config.strict);
        let is_valid = problems.iter().all(|problem| problem.severity != Severity::Error);
        Self { config: is_valid.then_some(config), problems, values }
    }
}

/// The content of a file as plain values, or why it is not YAML.
pub fn value(text: &str) -> Result<Value, Problem> {
    tree::parse(text).map(|root| root.to_value())
}

/// Every problem of a configuration, in the order of the file.
pub fn check(text: &str) -> Vec<Problem> {
    ConfigReading::of(text).problems
}

fn read(mut root: Section<'_>) -> Config {
    let config = Config {
        service_registry: registry::read(root.section("service_registry")),
        registries: registry::read_list(&mut root),
        network_discovery: network::read(root.section("network_discovery")),
        health_monitoring: health::read(root.section("health_monitoring")),
        load_balancing: balancing::read(root.section("load_balancing")),
        routing_rules: routing::read_rules(root.section("routing_rules")),
        routing_tests: routing_tests::read(&mut root),
        defaults: routing::read_defaults(root.section("defaults")),
        call_log: call_log::read(root.section("call_log")),
        gateway: gateway::read(root.section("gateway")),
        replica_groups: gateway_access::read(root.section("replica_groups")),
        metrics: metrics::read(root.section("metrics")),
        later: later::read(&mut root),
        strict: root.truth("strict").unwrap_or(false),
    };
    root.finish();
    config
}

#[cfg(test)]
mod tests;
