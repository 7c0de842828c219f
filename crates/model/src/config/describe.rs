//! What every key of the file is. The descriptions are beside the readers, each list in the order of the annotated example;
//! forms, `config show --explain`, the JSON Schema and the table in the documentation are made from them.

use std::sync::LazyLock;

use serde::Serialize;
use serde_json::Value;

use super::path::{KeyPath, Part};
use super::{
    Config, balancing, call_log, gateway, gateway_access, health, later, metrics, network, registry, routing,
    routing_tests,
};

/// The kinds of values.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum KeyKind {
    /// True or false.
    Truth,
    /// Text that is not empty.
    Text,
    /// A number between two bounds.
    Number(f64, f64),
    /// A whole number between two bounds.
    Whole(u64, u64),
    /// A whole number, whatever its sign.
    Integer,
    /// Seconds, at least this many.
    Seconds(f64),
    /// One of these.
    Word(&'static [&'static str]),
    /// A URL with one of these schemes.
    Url(&'static [&'static str]),
    /// A capability, perhaps with `*`.
    Capability,
    /// A port, or a range of them.
    Ports,
    /// A range of addresses.
    Network,
    /// An address to listen on, or a port.
    Listen,
    /// The name of a field of servers.
    Field,
    /// A filter of servers, short or as keys.
    Filter,
    /// A secret: its name.
    Secret,
    /// Any value, for a feature that does not exist yet.
    Any,
    /// Keys below it.
    Section,
    /// Several of one kind.
    List(&'static KeyKind),
    /// One, or a list of them.
    OneOrMany(&'static KeyKind),
    /// Names that people choose, each with a value of one kind.
    Named(&'static KeyKind),
}

/// The unit of a plain number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// Seconds.
    Seconds,
    /// Milliseconds.
    Milliseconds,
}

/// One key of a section.
#[derive(Debug, Clone, Copy)]
pub struct KeyDoc {
    /// Its name.
    pub name: &'static str,
    /// The kind of its value.
    pub kind: KeyKind,
    /// An example value, as YAML.
    pub example: &'static str,
    /// What it does, in a sentence.
    pub meaning: &'static str,
    /// The first version that reads it.
    pub since: &'static str,
    /// The unit of its number.
    pub unit: Option<Unit>,
    /// The value of `backend` it belongs to.
    pub only: Option<&'static str>,
    /// Whether its section requires it.
    pub needed: bool,
    /// Whether it takes effect at the next start.
    pub restart: bool,
    /// Whether it is a secret.
    pub secret: bool,
}

impl KeyDoc {
    pub(super) const fn new(
        name: &'static str,
        kind: KeyKind,
        example: &'static str,
        meaning: &'static str,
    ) -> Self {
        let unit = match kind {
            KeyKind::Seconds(_) => Some(Unit::Seconds),
            _ => None,
        };
        let secret = matches!(kind, KeyKind::Secret);
        Self {
            name,
            kind,
            example,
            meaning,
            since: "0.1",
            unit,
            only: None,
            needed: false,
            restart: false,
            secret,
        }
    }

    pub(super) const fn milliseconds(self) -> Self {
        Self { unit: Some(Unit::Milliseconds), ..self }
    }

    pub(super) const fn only(self, backend: &'static str) -> Self {
        Self { only: Some(backend), ..self }
    }

    pub(super) const fn needed(self) -> Self {
        Self { needed: true, ..self }
    }

    pub(super) const fn restart(self) -> Self {
        Self { restart: true, ..self }
    }

    pub(super) const fn secret(self) -> Self {
        Self { secret: true, ..self }
    }
}

/// A key and its path.
#[derive(Debug, Clone)]
pub struct Described {
    /// Its path, with `*` for a name that people choose and `[]` for an item.
    pub path: String,
    /// Its description.
    pub key: KeyDoc,
    steps: Vec<PathStep>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum PathStep {
    Key(&'static str),
    Name,
    Item,
}

/// A section of the file: its own key, and the keys below it.
pub(super) struct Branch {
    pub(super) key: KeyDoc,
    pub(super) below: &'static [Branch],
}

pub(super) const fn leaf(key: KeyDoc) -> Branch {
    Branch { key, below: &[] }
}

pub(super) const fn section(key: KeyDoc, below: &'static [Branch]) -> Branch {
    Branch { key, below }
}

/// The top of the file.
const TOP: &[Branch] = &[
    leaf(KeyDoc::new("strict", KeyKind::Truth, "true", "Unknown keys are errors, not warnings")),
    section(
        KeyDoc::new(
            "service_registry",
            KeyKind::Section,
            "{ backend: sqlite }",
            "Where servers are kept; absent means the data directory",
        ),
        registry::KEYS,
    ),
    section(
        KeyDoc::new(
            "registries",
            KeyKind::List(&KeyKind::Section),
            "[{ name: shared, backend: memory }]",
            "Further registries, several at once",
        ),
        registry::KEYS,
    ),
    section(
        KeyDoc::new(
            "network_discovery",
            KeyKind::Section,
            "{ enabled: false }",
            "What is scanned on a schedule, and how often",
        ),
        network::KEYS,
    ),
    section(
        KeyDoc::new("health_monitoring", KeyKind::Section, "{ timeout: 5 }", "How servers are checked"),
        health::KEYS,
    ),
    section(
        KeyDoc::new(
            "load_balancing",
            KeyKind::Section,
            "{ strategy: random }",
            "How one of several servers is picked",
        ),
        balancing::KEYS,
    ),
    section(
        KeyDoc::new(
            "routing_rules",
            KeyKind::Named(&KeyKind::Section),
            "{ \"weather.*\": { timeout: 5 } }",
            "Rules by capability; exactly one applies to a call",
        ),
        routing::RULE_KEYS,
    ),
    section(
        KeyDoc::new(
            "routing_tests",
            KeyKind::List(&KeyKind::Section),
            "[{ capability: weather.current, expect: { region: us-west-2 } }]",
            "Where calls must go; a change that breaks one of these is not saved",
        ),
        routing_tests::KEYS,
    ),
    section(
        KeyDoc::new(
            "defaults",
            KeyKind::Section,
            "{ timeout: 30 }",
            "What applies to a call where its rule sets nothing",
        ),
        routing::FIELD_KEYS,
    ),
    section(
        KeyDoc::new("call_log", KeyKind::Section, "{ days: 30 }", "How calls are recorded, and for how long"),
        call_log::KEYS,
    ),
    section(
        KeyDoc::new(
            "gateway",
            KeyKind::Section,
            "{ listen: \"127.0.0.1:8090\" }",
            "The MCP server that AI clients see, and the listener of UI and API",
        ),
        gateway::KEYS,
    ),
    section(
        KeyDoc::new(
            "replica_groups",
            KeyKind::Named(&KeyKind::Section),
            "{ weather: { servers: [weather-eu, weather-us] } }",
            "Servers that clients of the gateway see as one: calls are balanced over them",
        ),
        gateway_access::KEYS,
    ),
    section(
        KeyDoc::new(
            "metrics",
            KeyKind::Section,
            "{ exporters: [prometheus] }",
            "Which metrics are exported, and where",
        ),
        metrics::KEYS,
    ),
    section(
        KeyDoc::new(
            "notifications",
            KeyKind::Section,
            "{ desktop: true }",
            "Which notifications are sent, and where",
        ),
        later::NOTIFICATIONS,
    ),
    section(
        KeyDoc::new("security", KeyKind::Section, "{ tls_verify: true }", "Policy for every registry"),
        later::SECURITY,
    ),
    section(
        KeyDoc::new(
            "kubernetes",
            KeyKind::Section,
            "{ namespace: mcp }",
            "Servers that run in a Kubernetes cluster",
        ),
        later::KUBERNETES,
    ),
    section(
        KeyDoc::new(
            "autoscaling",
            KeyKind::OneOrMany(&KeyKind::Section),
            "[{ capability: \"data.*\", max: 10 }]",
            "When deployments are scaled",
        ),
        later::AUTOSCALING,
    ),
    section(
        KeyDoc::new(
            "custom_checks",
            KeyKind::Named(&KeyKind::Section),
            "{ database: { type: tcp } }",
            "Custom checks, by name",
        ),
        later::CUSTOM_CHECKS,
    ),
];

static KEYS: LazyLock<Vec<Described>> = LazyLock::new(|| {
    let mut keys = Vec::new();
    collect(TOP, &[], &mut keys);
    keys
});

fn collect(nodes: &'static [Branch], above: &[PathStep], found: &mut Vec<Described>) {
    for node in nodes {
        let mut steps = above.to_vec();
        steps.push(PathStep::Key(node.key.name));
        found.push(Described { path: written(&steps), key: node.key, steps: steps.clone() });
        match node.key.kind {
            KeyKind::Named(_) => steps.push(PathStep::Name),
            KeyKind::List(_) | KeyKind::OneOrMany(_) => steps.push(PathStep::Item),
            _ => {}
        }
        collect(node.below, &steps, found);
    }
}

fn written(steps: &[PathStep]) -> String {
    let mut path = String::new();
    for step in steps {
        let dot = if path.is_empty() { "" } else { "." };
        let (dot, name) = match step {
            PathStep::Key(name) => (dot, *name),
            PathStep::Name => (dot, "*"),
            PathStep::Item => ("", "[]"),
        };
        path += dot;
        path += name;
    }
    path
}

/// Every key, in the order of the annotated example.
pub fn keys() -> &'static [Described] {
    &KEYS
}

/// The description of a key of the file; nothing for a name, an item, or an unknown key.
pub fn describe(path: &KeyPath) -> Option<&'static Described> {
    keys().iter().find(|described| leads(&described.steps, &path.0))
}

/// The names of the keys that are possible below a path, in their order; empty where people choose them.
pub fn names_below(path: &KeyPath) -> Vec<&'static str> {
    let depth = path.0.len();
    let below = keys().iter().filter_map(|described| match described.steps.get(depth) {
        Some(PathStep::Key(name)) if described.steps.len() == depth + 1 => {
            leads(described.steps.get(..depth)?, &path.0).then_some(*name)
        }
        _ => None,
    });
    below.collect()
}

fn leads(steps: &[PathStep], parts: &[Part]) -> bool {
    let fits = |(step, part): (&PathStep, &Part)| match (step, part) {
        (PathStep::Key(name), Part::Key(key)) => name == key,
        (PathStep::Name, Part::Key(_)) | (PathStep::Item, Part::Item(_)) => true,
        _ => false,
    };
    steps.len() == parts.len() && steps.iter().zip(parts).all(fits)
}

impl Described {
    /// The value in effect when the file does not set it; nothing where that is not one value.
    pub fn default(&self) -> Option<Value> {
        static DEFAULTS: LazyLock<Value> =
            LazyLock::new(|| serde_json::to_value(Config::default()).unwrap_or_default());
        if self.key.kind == KeyKind::Section {
            return None;
        }
        let names = self.steps.iter().map(|step| match step {
            PathStep::Key(name) => Some(*name),
            PathStep::Name | PathStep::Item => None,
        });
        in_effect(&DEFAULTS, &names.collect::<Option<Vec<_>>>()?).filter(|value| !value.is_null()).cloned()
    }
}

/// The value of a key in `effective`, the whole configuration in use. Keys that the file has below `load_balancing.config`
/// are one level higher there.
pub fn in_effect<'v>(effective: &'v Value, names: &[&str]) -> Option<&'v Value> {
    let lift = names.first() == Some(&"load_balancing");
    let names = names.iter().filter(|name| !(lift && **name == "config"));
    names.into_iter().try_fold(effective, |value, name| value.get(name))
}
