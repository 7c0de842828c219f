use serde::Serialize;

use super::describe::{Branch, KeyDoc, KeyKind, leaf, section};
use super::section::Section;
use super::tree::Yaml;
use crate::filter::Field;

/// How one of several servers is picked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Strategy {
    /// One after the other.
    #[default]
    RoundRobin,
    /// The fewest calls under way.
    LeastConnections,
    /// In proportion to a weight.
    WeightedRoundRobin,
    /// In proportion to health and speed.
    HealthWeighted,
    /// By chance, from a seed.
    Random,
    /// The highest `metadata.priority`.
    Priority,
    /// The faster of two, by chance.
    PeakEwma,
}

const STRATEGIES: [(&str, Strategy); 7] = [
    ("round_robin", Strategy::RoundRobin),
    ("least_connections", Strategy::LeastConnections),
    ("weighted_round_robin", Strategy::WeightedRoundRobin),
    ("health_weighted", Strategy::HealthWeighted),
    ("random", Strategy::Random),
    ("priority", Strategy::Priority),
    ("peak_ewma", Strategy::PeakEwma),
];

/// Whether servers far from the preferred region may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum CrossRegion {
    /// When nothing nearer is left.
    #[default]
    Allow,
    /// Never beyond the threshold.
    Strict,
}

/// How a server is picked.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LoadBalancing {
    /// How.
    pub strategy: Strategy,
    /// `health_weighted`: the share of health.
    pub health_weight: f64,
    /// `health_weighted`: the share of speed.
    pub response_time_weight: f64,
    /// `health_weighted`: a server this fast counts half, in milliseconds.
    pub response_time_target: f64,
    /// Unhealthy servers take no part.
    pub exclude_unhealthy: bool,
    /// Below this share of healthy servers all take part; absent means never.
    pub panic_threshold: Option<f64>,
    /// `least_connections`: count calls under way.
    pub connection_tracking: bool,
    /// A hard limit of calls under way for each server.
    pub max_connections_per_server: Option<u32>,
    /// `weighted_round_robin`: the field that holds the weight.
    pub weight_key: String,
    /// `random`, `peak_ewma`: for picks that can be repeated.
    pub seed: Option<u64>,
    /// The region that is tried first.
    pub preferred_region: Option<String>,
    /// Other regions up to this round trip come next, in milliseconds.
    pub cross_region_latency_threshold: Option<f64>,
    /// Whether the rest may be used.
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
            preferred_region: None,
            cross_region_latency_threshold: None,
            cross_region: CrossRegion::Allow,
        }
    }
}

/// Every key of the section.
pub(super) const KEYS: &[Branch] = &[
    leaf(KeyDoc::new(
        "strategy",
        KeyKind::Word(&[
            "round_robin",
            "least_connections",
            "weighted_round_robin",
            "health_weighted",
            "random",
            "priority",
            "peak_ewma",
        ]),
        "health_weighted",
        "How one of several servers is picked",
    )),
    leaf(KeyDoc::new("preferred_region", KeyKind::Text, "us-west-2", "The region that is tried first")),
    leaf(
        KeyDoc::new(
            "cross_region_latency_threshold",
            KeyKind::Number(0.0, f64::MAX),
            "100",
            "Other regions up to this round trip come next",
        )
        .milliseconds(),
    ),
    leaf(KeyDoc::new(
        "cross_region",
        KeyKind::Word(&["allow", "strict"]),
        "allow",
        "Whether servers beyond the threshold may be used",
    )),
    section(
        KeyDoc::new("config", KeyKind::Section, "{ health_weight: 0.7 }", "What the strategies need"),
        CONFIG_KEYS,
    ),
];

const CONFIG_KEYS: &[Branch] = &[
    leaf(KeyDoc::new(
        "health_weight",
        KeyKind::Number(0.0, f64::MAX),
        "0.7",
        "`health_weighted`: the share of health",
    )),
    leaf(KeyDoc::new(
        "response_time_weight",
        KeyKind::Number(0.0, f64::MAX),
        "0.3",
        "`health_weighted`: the share of speed",
    )),
    leaf(
        KeyDoc::new(
            "response_time_target",
            KeyKind::Number(0.1, f64::MAX),
            "100",
            "`health_weighted`: a server this fast counts half",
        )
        .milliseconds(),
    ),
    leaf(KeyDoc::new("exclude_unhealthy", KeyKind::Truth, "true", "Servers that are down take no part")),
    leaf(KeyDoc::new(
        "panic_threshold",
        KeyKind::Number(0.0, 1.0),
        "0.5",
        "Below this share of healthy servers all take part; absent means never",
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
        "`weighted_round_robin`: the field that holds the weight",
    )),
    leaf(KeyDoc::new(
        "seed",
        KeyKind::Whole(0, u64::MAX),
        "7",
        "`random`, `peak_ewma`: for picks that can be repeated",
    )),
];

pub(super) fn read(mut section: Section<'_>) -> LoadBalancing {
    let default = LoadBalancing::default();
    let strategy = section.one_of("strategy", &STRATEGIES).unwrap_or(default.strategy);
    let preferred_region = section.text("preferred_region");
    let cross_region_latency_threshold = section.number("cross_region_latency_threshold", 0.0, f64::MAX);
    let cross_region =
        section.one_of("cross_region", &[("allow", CrossRegion::Allow), ("strict", CrossRegion::Strict)]);
    let read = options(section.section("config"), strategy);
    section.finish();
    LoadBalancing {
        strategy,
        preferred_region,
        cross_region_latency_threshold,
        cross_region: cross_region.unwrap_or_default(),
        ..read
    }
}

fn options(mut section: Section<'_>, strategy: Strategy) -> LoadBalancing {
    let default = LoadBalancing::default();
    let tracking = section.place_of("connection_tracking");
    let weights = section.place_of("health_weight").or(section.place_of("response_time_weight"));
    refuse_function(&mut section);
    let read = LoadBalancing {
        health_weight: section.number("health_weight", 0.0, f64::MAX).unwrap_or(default.health_weight),
        response_time_weight: section
            .number("response_time_weight", 0.0, f64::MAX)
            .unwrap_or(default.response_time_weight),
        response_time_target: section
            .number("response_time_target", 0.1, f64::MAX)
            .unwrap_or(default.response_time_target),
        exclude_unhealthy: section.truth("exclude_unhealthy").unwrap_or(default.exclude_unhealthy),
        panic_threshold: section.number("panic_threshold", 0.0, 1.0),
        connection_tracking: section.truth("connection_tracking").unwrap_or(default.connection_tracking),
        max_connections_per_server: section
            .whole("max_connections_per_server", 1, u64::from(u32::MAX))
            .and_then(|most| u32::try_from(most).ok()),
        weight_key: weight_key(&mut section).unwrap_or_else(|| default.weight_key.clone()),
        seed: section.whole("seed", 0, u64::MAX),
        ..default
    };
    if let Some(place) =
        tracking.filter(|_| !read.connection_tracking && strategy == Strategy::LeastConnections)
    {
        let message =
            "without it `least_connections` acts as `round_robin`: write `connection_tracking: true`";
        section.warn(place, "connection_tracking", message);
    }
    if let Some(place) = weights.filter(|_| read.health_weight + read.response_time_weight <= 0.0) {
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

/// The guide's Python function cannot stand in a file.
fn refuse_function(section: &mut Section<'_>) {
    if let Some(node) = section.take("weight_function") {
        let example = match &node.value {
            Yaml::Text(text) if text.contains("capacity") => "metadata.capacity",
            _ => "metadata.weight",
        };
        let message =
            format!("a function cannot stand in a file: name the field instead, `weight_key: {example}`");
        section.error(node.place, "weight_function", message);
    }
}
