use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::describe::{Branch, KeyDoc, KeyKind, leaf, section};
use super::section::Section;
use super::tree::Yaml;
use super::values::Seconds;
use crate::filter::Field;

/// How one of several servers is picked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Strategy {
    /// Round robin.
    #[default]
    RoundRobin,
    /// The fewest calls under way.
    LeastConnections,
    /// Round robin in proportion to a weight.
    WeightedRoundRobin,
    /// In proportion to health and speed.
    HealthWeighted,
    /// At random, from a seed.
    Random,
    /// The highest `metadata.priority`.
    Priority,
    /// The faster of two random servers.
    PeakEwma,
}

pub(super) const STRATEGIES: [(&str, Strategy); 7] = [
    ("round_robin", Strategy::RoundRobin),
    ("least_connections", Strategy::LeastConnections),
    ("weighted_round_robin", Strategy::WeightedRoundRobin),
    ("health_weighted", Strategy::HealthWeighted),
    ("random", Strategy::Random),
    ("priority", Strategy::Priority),
    ("peak_ewma", Strategy::PeakEwma),
];

impl Strategy {
    /// All strategies, in the order of the documentation.
    pub const ALL: [Self; 7] = [
        Self::RoundRobin,
        Self::LeastConnections,
        Self::WeightedRoundRobin,
        Self::HealthWeighted,
        Self::Random,
        Self::Priority,
        Self::PeakEwma,
    ];

    /// The label.
    pub fn label(self) -> &'static str {
        match self {
            Self::RoundRobin => "round robin",
            Self::LeastConnections => "fewest calls under way",
            Self::WeightedRoundRobin => "weighted round robin",
            Self::HealthWeighted => "by health and speed",
            Self::Random => "random",
            Self::Priority => "highest priority",
            Self::PeakEwma => "the faster of two",
        }
    }

    /// Its word in the file.
    pub fn word(self) -> &'static str {
        STRATEGIES.iter().find(|(_, strategy)| *strategy == self).map_or("", |(word, _)| word)
    }
}

/// Whether servers far from the preferred region can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CrossRegion {
    /// When no nearer server is left.
    #[default]
    Allow,
    /// Never those beyond the threshold.
    Strict,
}

/// How a server is picked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LoadBalancing {
    /// The strategy.
    pub strategy: Strategy,
    /// `health_weighted`: the weight of health.
    pub health_weight: f64,
    /// `health_weighted`: the weight of speed.
    pub response_time_weight: f64,
    /// `health_weighted`: the response time at which speed counts half, in milliseconds.
    pub response_time_target: f64,
    /// Whether unhealthy servers are left out.
    pub exclude_unhealthy: bool,
    /// Below this share of healthy servers, all servers take part; absent means never.
    pub panic_threshold: Option<f64>,
    /// `least_connections`: count calls under way.
    pub connection_tracking: bool,
    /// A hard limit of calls under way for each server.
    pub max_connections_per_server: Option<u32>,
    /// `weighted_round_robin` and `least_connections`: the field that holds the weight.
    pub weight_key: String,
    /// `random`, `peak_ewma`: for picks that can be repeated.
    pub seed: Option<u64>,
    /// After this many failures in a row, the breaker of a server opens.
    pub breaker_failures: u32,
    /// How long it stays open.
    pub breaker_open: Seconds,
    /// The region that is tried first.
    pub preferred_region: Option<String>,
    /// Other regions within this round-trip time come next, in milliseconds.
    pub cross_region_latency_threshold: Option<f64>,
    /// Whether the other regions can be used.
    pub cross_region: CrossRegion,
}

impl Default for LoadBalancing {
    fn default() -> Self {
        Self {
            strategy: Strategy::RoundRobin,
            health_weight: 0.7,
            response_time_weight: 0.3,
            response_time_target: 100.0,
            exclude_unhealthy: true,
            panic_threshold: None,
            connection_tracking: true,
            max_connections_per_server: None,
            weight_key: "metadata.capacity".into(),
            seed: None,
            breaker_failures: 5,
            breaker_open: Seconds(30.0),
            preferred_region: None,
            cross_region_latency_threshold: None,
            cross_region: CrossRegion::Allow,
        }
    }
}

/// A strategy, wherever the file names one.
pub(super) const STRATEGY: KeyKind = KeyKind::Word(&[
    "round_robin",
    "least_connections",
    "weighted_round_robin",
    "health_weighted",
    "random",
    "priority",
    "peak_ewma",
]);

/// Every key of the section.
pub(super) const KEYS: &[Branch] = &[
    leaf(KeyDoc::new("strategy", STRATEGY, "health_weighted", "How one of several servers is picked")),
    leaf(KeyDoc::new("preferred_region", KeyKind::Text, "us-west-2", "The region that is tried first")),
    leaf(
        KeyDoc::new(
            "cross_region_latency_threshold",
            KeyKind::Number(0.0, f64::MAX),
            "100",
            "Other regions within this round-trip time come next",
        )
        .milliseconds(),
    ),
    leaf(KeyDoc::new(
        "cross_region",
        KeyKind::Word(&["allow", "strict"]),
        "allow",
        "Whether servers beyond the threshold can be used",
    )),
    section(
        KeyDoc::new("config", KeyKind::Section, "{ health_weight: 0.7 }", "Settings of the strategies"),
        CONFIG_KEYS,
    ),
];

/// Every key of a strategy: those that a rule can have as well.
pub(super) const STRATEGY_KEYS: &[Branch] = CONFIG_KEYS.split_at(9).0;

const CONFIG_KEYS: &[Branch] = &[
    leaf(KeyDoc::new(
        "health_weight",
        KeyKind::Number(0.0, f64::MAX),
        "0.7",
        "`health_weighted`: the weight of health",
    )),
    leaf(KeyDoc::new(
        "response_time_weight",
        KeyKind::Number(0.0, f64::MAX),
        "0.3",
        "`health_weighted`: the weight of speed",
    )),
    leaf(
        KeyDoc::new(
            "response_time_target",
            KeyKind::Number(0.1, f64::MAX),
            "100",
            "`health_weighted`: the response time at which speed counts half",
        )
        .milliseconds(),
    ),
    leaf(KeyDoc::new("exclude_unhealthy", KeyKind::Truth, "true", "Leave out servers that are down")),
    leaf(KeyDoc::new(
        "panic_threshold",
        KeyKind::Number(0.0, 1.0),
        "0.5",
        "Below this share of healthy servers, all servers take part; absent means never",
    )),
    leaf(KeyDoc::new(
        "connection_tracking",
        KeyKind::Truth,
        "true",
        "`least_connections`: count calls under way",
    )),
    leaf(KeyDoc::new(
        "max_connections_per_server",
        KeyKind::Whole(1, 4_294_967_295),
        "100",
        "The most calls under way at one server; absent means no limit",
    )),
    leaf(KeyDoc::new(
        "weight_key",
        KeyKind::Field,
        "metadata.capacity",
        "`weighted_round_robin` and `least_connections`: the field that holds the weight",
    )),
    leaf(KeyDoc::new(
        "seed",
        KeyKind::Whole(0, u64::MAX),
        "7",
        "`random`, `peak_ewma`: for picks that can be repeated",
    )),
    leaf(KeyDoc::new(
        "breaker_failures",
        KeyKind::Whole(1, 1_000_000),
        "5",
        "After this many failed calls in a row, the breaker of a server opens",
    )),
    leaf(KeyDoc::new(
        "breaker_open",
        KeyKind::Seconds(0.1),
        "30",
        "How long a breaker stays open before one trial call",
    )),
];

pub(super) fn read(mut section: Section<'_>) -> LoadBalancing {
    let default = LoadBalancing::default();
    let strategy = section.one_of("strategy", &STRATEGIES).unwrap_or(default.strategy);
    let preferred_region = section.text("preferred_region");
    let cross_region_latency_threshold = section.number("cross_region_latency_threshold", 0.0, f64::MAX);
    let cross_region =
        section.one_of("cross_region", &[("allow", CrossRegion::Allow), ("strict", CrossRegion::Strict)]);
    let mut below = section.section("config");
    let breaker_failures =
        below.whole("breaker_failures", 1, 1_000_000).and_then(|many| many.try_into().ok());
    let breaker_open = below.seconds("breaker_open", 0.1);
    let options = options(below, Some(strategy));
    section.finish();
    LoadBalancing {
        preferred_region,
        cross_region_latency_threshold,
        cross_region: cross_region.unwrap_or_default(),
        breaker_failures: breaker_failures.unwrap_or(default.breaker_failures),
        breaker_open: breaker_open.unwrap_or(default.breaker_open),
        ..default
    }
    .with(Some(strategy), &options)
}

/// Settings of the strategies, as a section of the file has them; what is absent stays as it is.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct StrategyOptions {
    /// [`LoadBalancing::health_weight`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub health_weight: Option<f64>,
    /// [`LoadBalancing::response_time_weight`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response_time_weight: Option<f64>,
    /// [`LoadBalancing::response_time_target`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response_time_target: Option<f64>,
    /// [`LoadBalancing::exclude_unhealthy`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exclude_unhealthy: Option<bool>,
    /// [`LoadBalancing::panic_threshold`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub panic_threshold: Option<f64>,
    /// [`LoadBalancing::connection_tracking`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connection_tracking: Option<bool>,
    /// [`LoadBalancing::max_connections_per_server`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_connections_per_server: Option<u32>,
    /// [`LoadBalancing::weight_key`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub weight_key: Option<String>,
    /// [`LoadBalancing::seed`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
}

impl LoadBalancing {
    /// These settings, overridden by a section.
    #[must_use]
    pub fn with(self, strategy: Option<Strategy>, options: &StrategyOptions) -> Self {
        Self {
            strategy: strategy.unwrap_or(self.strategy),
            health_weight: options.health_weight.unwrap_or(self.health_weight),
            response_time_weight: options.response_time_weight.unwrap_or(self.response_time_weight),
            response_time_target: options.response_time_target.unwrap_or(self.response_time_target),
            exclude_unhealthy: options.exclude_unhealthy.unwrap_or(self.exclude_unhealthy),
            panic_threshold: options.panic_threshold.or(self.panic_threshold),
            connection_tracking: options.connection_tracking.unwrap_or(self.connection_tracking),
            max_connections_per_server: options
                .max_connections_per_server
                .or(self.max_connections_per_server),
            weight_key: options.weight_key.clone().unwrap_or(self.weight_key),
            seed: options.seed.or(self.seed),
            ..self
        }
    }
}

/// Reads the section; `strategy` is the one beside it, where there is one.
pub(super) fn options(mut section: Section<'_>, strategy: Option<Strategy>) -> StrategyOptions {
    let tracking = section.place_of("connection_tracking");
    let weights = section.place_of("health_weight").or(section.place_of("response_time_weight"));
    refuse_function(&mut section);
    let read = StrategyOptions {
        health_weight: section.number("health_weight", 0.0, f64::MAX),
        response_time_weight: section.number("response_time_weight", 0.0, f64::MAX),
        response_time_target: section.number("response_time_target", 0.1, f64::MAX),
        exclude_unhealthy: section.truth("exclude_unhealthy"),
        panic_threshold: section.number("panic_threshold", 0.0, 1.0),
        connection_tracking: section.truth("connection_tracking"),
        max_connections_per_server: section
            .whole("max_connections_per_server", 1, u64::from(u32::MAX))
            .and_then(|most| u32::try_from(most).ok()),
        weight_key: weight_key(&mut section),
        seed: section.whole("seed", 0, u64::MAX),
    };
    let is_least = strategy == Some(Strategy::LeastConnections);
    if let Some(place) = tracking.filter(|_| read.connection_tracking == Some(false) && is_least) {
        let message =
            "without it `least_connections` acts as `round_robin`: write `connection_tracking: true`";
        section.warn(place, "connection_tracking", message);
    }
    let LoadBalancing { health_weight, response_time_weight, .. } =
        LoadBalancing::default().with(None, &read);
    if let Some(place) = weights.filter(|_| health_weight + response_time_weight <= 0.0) {
        section.error(
            place,
            "health_weight",
            "both weights are 0, so no server has one: make one of them positive",
        );
    }
    section.finish();
    read
}

fn weight_key(section: &mut Section<'_>) -> Option<String> {
    let node = section.take("weight_key")?;
    let key = section.text_of(&node, "weight_key")?;
    match Field::of_key(&key) {
        Ok(_) => Some(key),
        Err(message) => {
            section.error(node.place, "weight_key", message);
            None
        }
    }
}

/// The guide's Python function, which a file cannot contain.
fn refuse_function(section: &mut Section<'_>) {
    if let Some(node) = section.take("weight_function") {
        let example = match &node.value {
            Yaml::Text(text) if text.contains("capacity") => "metadata.capacity",
            _ => "metadata.weight",
        };
        let message =
            format!("a file cannot hold a function: name the field instead, `weight_key: {example}`");
        section.error(node.place, "weight_function", message);
    }
}
