use serde::Serialize;
use serde_json::Value;

use super::describe::{Branch, KeyDoc, KeyKind, leaf};
use super::section::Section;
use super::tree::Entry;
use super::values;
use crate::CapabilityPattern;

/// Parts of the file whose features are not implemented yet. Their keys are checked, so that a mistake shows now, and their
/// values are kept.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Later {
    /// Which notifications are sent, and where.
    pub notifications: Option<Value>,
    /// Policy for every registry.
    pub security: Option<Value>,
    /// The allowed capabilities, of `security`. Absent: all. Empty: none.
    #[serde(skip)]
    pub allowed_capabilities: Option<Vec<CapabilityPattern>>,
    /// Host names of UI, API and gateway, of `security`.
    #[serde(skip)]
    pub allowed_hosts: Vec<String>,
    /// Further origins of web pages that can use UI and API, of `security`.
    #[serde(skip)]
    pub allowed_origins: Vec<String>,
    /// Servers that run in a Kubernetes cluster.
    pub kubernetes: Option<Value>,
    /// When deployments are scaled.
    pub autoscaling: Option<Value>,
    /// Declared checks, by name.
    pub custom_checks: Option<Value>,
}

/// Every key of these sections.
pub(super) const NOTIFICATIONS: &[Branch] = &[
    leaf(KeyDoc::new("enabled", KeyKind::Truth, "true", "Send notifications")),
    leaf(KeyDoc::new("desktop", KeyKind::Truth, "true", "Show them on the desktop")),
    leaf(KeyDoc::new(
        "on",
        KeyKind::List(&KeyKind::Text),
        "[server_down, tool_changed]",
        "Which events are sent",
    )),
    leaf(
        KeyDoc::new(
            "webhook",
            KeyKind::Any,
            "${keyring:hook}",
            "The address that they are sent to; its path is its password",
        )
        .secret(),
    ),
    leaf(KeyDoc::new(
        "quiet_period",
        KeyKind::Seconds(0.0),
        "60",
        "How long the same event is not sent again",
    )),
];

pub(super) const SECURITY: &[Branch] = &[
    leaf(KeyDoc::new(
        "encrypt_server_info",
        KeyKind::Truth,
        "false",
        "Encrypt every value before it is sent to a shared store",
    )),
    leaf(KeyDoc::new("key_file", KeyKind::Text, "/etc/mcp/key", "The file with the key")),
    leaf(KeyDoc::new(
        "allowed_capabilities",
        KeyKind::List(&KeyKind::Capability),
        "[\"weather.*\"]",
        "Keep only servers that offer one of these; absent means all, empty none",
    )),
    leaf(KeyDoc::new("tls_verify", KeyKind::Truth, "true", "Check certificates")),
    leaf(KeyDoc::new("ca_file", KeyKind::Text, "/etc/mcp/ca.pem", "The certificates of the trusted CA")),
    leaf(KeyDoc::new(
        "allowed_hosts",
        KeyKind::List(&KeyKind::Text),
        "[build-box]",
        "Host names of UI, API and gateway, besides this computer's addresses",
    )),
    leaf(KeyDoc::new(
        "allowed_origins",
        KeyKind::List(&KeyKind::Text),
        "[\"https://dash.example\"]",
        "Further origins of web pages that can use UI and API",
    )),
    leaf(KeyDoc::new("allow_scripts", KeyKind::Truth, "false", "Allow checks to run programs")),
];

pub(super) const KUBERNETES: &[Branch] = &[
    leaf(KeyDoc::new("enabled", KeyKind::Truth, "false", "Find servers in the cluster")),
    leaf(KeyDoc::new("namespace", KeyKind::Text, "mcp", "The namespaces of the servers")),
    leaf(KeyDoc::new("label_selector", KeyKind::Text, "app=mcp-server", "The labels that servers must have")),
    leaf(KeyDoc::new("port_name", KeyKind::Any, "mcp", "The name of the port, or its number")),
    leaf(KeyDoc::new(
        "kubeconfig",
        KeyKind::Text,
        "/etc/mcp/kubeconfig",
        "The kubeconfig file, which says how to reach the cluster",
    )),
    leaf(KeyDoc::new("context", KeyKind::Text, "production", "The context in that file")),
];

pub(super) const AUTOSCALING: &[Branch] = &[
    leaf(KeyDoc::new("enabled", KeyKind::Truth, "true", "Apply this policy")),
    leaf(KeyDoc::new("capability", KeyKind::Text, "data.*", "The capability whose calls are counted")),
    leaf(
        KeyDoc::new(
            "avg_response_time",
            KeyKind::Number(0.0, f64::MAX),
            "1000",
            "Above this, the deployment is scaled up",
        )
        .milliseconds(),
    ),
    leaf(KeyDoc::new(
        "target",
        KeyKind::Number(0.0, f64::MAX),
        "10",
        "The calls under way that each server should have",
    )),
    leaf(KeyDoc::new("deployment", KeyKind::Text, "data-server", "The deployment that is scaled")),
    leaf(KeyDoc::new("min", KeyKind::Whole(0, 10_000), "1", "The fewest replicas")),
    leaf(KeyDoc::new("max", KeyKind::Whole(1, 10_000), "10", "The most replicas").needed()),
    leaf(KeyDoc::new("step", KeyKind::Whole(1, 1_000), "2", "How many replicas are added at once")),
    leaf(KeyDoc::new("formula", KeyKind::Text, "ceil(calls / 10)", "How the number of replicas is computed")),
    leaf(KeyDoc::new("cool_down", KeyKind::Seconds(0.0), "120", "The time between two changes")),
    leaf(KeyDoc::new("dry_run", KeyKind::Truth, "true", "Only report what would be done")),
];

pub(super) const CUSTOM_CHECKS: &[Branch] = &[
    leaf(
        KeyDoc::new(
            "type",
            KeyKind::Word(&["http", "tcp", "mcp_tool", "ttl", "script"]),
            "http",
            "The kind of the check",
        )
        .needed(),
    ),
    leaf(KeyDoc::new("server", KeyKind::Text, "weather", "The server that is checked")),
    leaf(KeyDoc::new("tag", KeyKind::Text, "analytics", "Checks servers with this tag")),
    leaf(KeyDoc::new("capability", KeyKind::Text, "weather.*", "Checks servers that offer this")),
    leaf(KeyDoc::new("method", KeyKind::Text, "GET", "`http`: the method of the request")),
    leaf(KeyDoc::new("path", KeyKind::Text, "/health", "`http`: the path of the request")),
    leaf(
        KeyDoc::new("headers", KeyKind::Any, "{ Accept: text/plain }", "`http`: the headers of the request")
            .secret(),
    ),
    leaf(KeyDoc::new("expected_status", KeyKind::Any, "200", "`http`: the status that passes")),
    leaf(KeyDoc::new("assert", KeyKind::Any, "{ status: ok }", "What the answer must contain")),
    leaf(KeyDoc::new("port", KeyKind::Any, "5432", "`tcp`: the port that must accept connections")),
    leaf(KeyDoc::new("tool", KeyKind::Text, "ping", "`mcp_tool`: the tool that is called")),
    leaf(KeyDoc::new("arguments", KeyKind::Any, "{ host: db }", "`mcp_tool`: its arguments")),
    leaf(KeyDoc::new("command", KeyKind::Text, "check-db", "`script`: the program")),
    leaf(KeyDoc::new("args", KeyKind::Any, "[\"--port\", \"5432\"]", "`script`: its arguments")),
    leaf(KeyDoc::new("interval", KeyKind::Seconds(1.0), "60", "The time from one check to the next")),
    leaf(KeyDoc::new("timeout", KeyKind::Seconds(0.1), "5", "The time limit of one check")),
];

pub(super) fn read(root: &mut Section<'_>) -> Later {
    let security = security_part(root);
    Later {
        notifications: part(root, "notifications", notifications),
        security: security.value,
        allowed_capabilities: security.capabilities,
        allowed_hosts: security.hosts,
        allowed_origins: security.origins,
        kubernetes: part(root, "kubernetes", kubernetes),
        autoscaling: autoscaling(root),
        custom_checks: part(root, "custom_checks", custom_checks),
    }
}

/// Checks a part and keeps its value.
fn part(root: &mut Section<'_>, key: &'static str, check: fn(Section<'_>)) -> Option<Value> {
    let node = root.take(key)?;
    let value = node.to_value();
    check(root.below(key, node));
    Some(value)
}

fn notifications(mut section: Section<'_>) {
    section.truth("enabled");
    section.truth("desktop");
    section.texts("on");
    section.free("webhook");
    section.seconds("quiet_period", 0.0);
    section.finish();
}

/// The parts of `security` that have an effect.
#[derive(Default)]
struct SecurityPart {
    value: Option<Value>,
    capabilities: Option<Vec<CapabilityPattern>>,
    hosts: Vec<String>,
    origins: Vec<String>,
}

fn security_part(root: &mut Section<'_>) -> SecurityPart {
    let Some(node) = root.take("security") else { return SecurityPart::default() };
    let value = Some(node.to_value());
    SecurityPart { value, ..security(root.below("security", node)) }
}

fn security(mut section: Section<'_>) -> SecurityPart {
    section.truth("encrypt_server_info");
    let capabilities = values::patterns(&mut section, "allowed_capabilities");
    section.text("key_file");
    section.truth("tls_verify");
    section.text("ca_file");
    let hosts = values::hosts(&mut section, "allowed_hosts");
    let origins = values::origins(&mut section, "allowed_origins");
    section.truth("allow_scripts");
    section.finish();
    SecurityPart { value: None, capabilities, hosts, origins }
}

fn kubernetes(mut section: Section<'_>) {
    section.truth("enabled");
    section.text("namespace");
    section.text("label_selector");
    section.free("port_name");
    section.text("kubeconfig");
    section.text("context");
    section.finish();
}

/// One policy, or a list of them.
fn autoscaling(root: &mut Section<'_>) -> Option<Value> {
    let node = root.take("autoscaling")?;
    let value = node.to_value();
    for (i, node) in values::one_or_many(node).into_iter().enumerate() {
        policy(root.below(&format!("autoscaling[{i}]"), node));
    }
    Some(value)
}

fn policy(mut section: Section<'_>) {
    let min_place = section.place_of("min");
    let has_max = section.place_of("max").is_some();
    section.truth("enabled");
    section.text("capability");
    section.number("avg_response_time", 0.0, f64::MAX);
    section.number("target", 0.0, f64::MAX);
    section.text("deployment");
    let min = section.whole("min", 0, 10_000);
    let max = section.whole("max", 1, 10_000);
    section.whole("step", 1, 1_000);
    section.text("formula");
    section.seconds("cool_down", 0.0);
    section.truth("dry_run");
    if !has_max {
        let place = section.place;
        section.error(place, "max", "a policy needs its upper limit: write `max: 10`");
    }
    if let Some(place) = min_place.filter(|_| min.zip(max).is_some_and(|(min, max)| min > max)) {
        section.error(place, "min", "it is above `max`: lower it");
    }
    section.finish();
}

fn custom_checks(mut section: Section<'_>) {
    for Entry { key, node, .. } in section.take_all() {
        custom_check(section.below(&key, node));
    }
    section.finish();
}

fn custom_check(mut section: Section<'_>) {
    let has_type = section.place_of("type").is_some();
    let kinds = ["http", "tcp", "mcp_tool", "ttl", "script"].map(|kind| (kind, ()));
    section.one_of("type", &kinds);
    if !has_type {
        let place = section.place;
        section.error(
            place,
            "type",
            "a check needs its kind: write `type: http`, `tcp`, `mcp_tool`, `ttl` or `script`",
        );
    }
    section.seconds("timeout", 0.1);
    section.seconds("interval", 1.0);
    for key in ["server", "tag", "capability", "method", "path", "tool", "command"] {
        section.text(key);
    }
    for key in ["headers", "expected_status", "assert", "port", "arguments", "args"] {
        section.free(key);
    }
    section.finish();
}
