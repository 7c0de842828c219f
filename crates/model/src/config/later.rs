use serde::Serialize;
use serde_json::Value;

use super::describe::{Branch, Key, Kind, leaf};
use super::section::Section;
use super::tree::Entry;
use super::values;

/// Parts of the file whose features are not built yet. Their keys are checked, so that a mistake shows now, and their
/// values are kept.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Later {
    /// Who is told of what.
    pub notifications: Option<Value>,
    /// Policy for every registry.
    pub security: Option<Value>,
    /// Servers that run in a cluster.
    pub kubernetes: Option<Value>,
    /// When deployments grow.
    pub autoscaling: Option<Value>,
    /// Declared checks, by name.
    pub custom_checks: Option<Value>,
}

/// Every key of these sections.
pub(super) const NOTIFICATIONS: &[Branch] = &[
    leaf(Key::new("enabled", Kind::Truth, "true", "Tell anybody at all")),
    leaf(Key::new("desktop", Kind::Truth, "true", "Tell on the desktop")),
    leaf(Key::new("on", Kind::List(&Kind::Text), "[server_down, tool_changed]", "What is told")),
    leaf(
        Key::new(
            "webhook",
            Kind::Any,
            "${keyring:hook}",
            "The address that is told; its path is its password",
        )
        .secret(),
    ),
    leaf(Key::new("quiet_period", Kind::Seconds(0.0), "60", "How long nothing more is told of the same")),
];

pub(super) const SECURITY: &[Branch] = &[
    leaf(Key::new(
        "encrypt_server_info",
        Kind::Truth,
        "false",
        "Seal every value before it leaves for a shared store",
    )),
    leaf(Key::new("key_file", Kind::Text, "/etc/mcp/key", "The file of the key")),
    leaf(Key::new(
        "allowed_capabilities",
        Kind::List(&Kind::Capability),
        "[\"weather.*\"]",
        "Keep only servers that offer one of these; absent means all, empty none",
    )),
    leaf(Key::new("tls_verify", Kind::Truth, "true", "Check certificates")),
    leaf(Key::new("ca_file", Kind::Text, "/etc/mcp/ca.pem", "The certificates of the CA that is trusted")),
    leaf(Key::new("allowed_hosts", Kind::List(&Kind::Text), "[build-box]", "Hosts that may be spoken to")),
    leaf(Key::new(
        "allowed_origins",
        Kind::List(&Kind::Text),
        "[\"https://dash.example\"]",
        "Further origins of pages that may use UI and API",
    )),
    leaf(Key::new("allow_scripts", Kind::Truth, "false", "Checks may run programs")),
];

pub(super) const KUBERNETES: &[Branch] = &[
    leaf(Key::new("enabled", Kind::Truth, "false", "Ask the cluster")),
    leaf(Key::new("namespace", Kind::Text, "mcp", "Where servers run")),
    leaf(Key::new("label_selector", Kind::Text, "app=mcp-server", "Which of them")),
    leaf(Key::new("port_name", Kind::Any, "mcp", "The name of the port, or its number")),
    leaf(Key::new(
        "kubeconfig",
        Kind::Text,
        "/etc/mcp/kubeconfig",
        "The file that says how the cluster is reached",
    )),
    leaf(Key::new("context", Kind::Text, "production", "Which of its contexts")),
];

pub(super) const AUTOSCALING: &[Branch] = &[
    leaf(Key::new("enabled", Kind::Truth, "true", "The policy applies")),
    leaf(Key::new("capability", Kind::Text, "data.*", "Whose calls are counted")),
    leaf(
        Key::new("avg_response_time", Kind::Number(0.0, f64::MAX), "1000", "Above it the deployment grows")
            .milliseconds(),
    ),
    leaf(Key::new("target", Kind::Number(0.0, f64::MAX), "10", "Calls under way for each server")),
    leaf(Key::new("deployment", Kind::Text, "data-server", "What grows")),
    leaf(Key::new("min", Kind::Whole(0, 10_000), "1", "Its lower limit")),
    leaf(Key::new("max", Kind::Whole(1, 10_000), "10", "Its upper limit").needed()),
    leaf(Key::new("step", Kind::Whole(1, 1_000), "2", "By how many it grows at once")),
    leaf(Key::new("formula", Kind::Text, "ceil(calls / 10)", "How many are wanted")),
    leaf(Key::new("cool_down", Kind::Seconds(0.0), "120", "How long it stays after a change")),
    leaf(Key::new("dry_run", Kind::Truth, "true", "Only say what would be done")),
];

pub(super) const CUSTOM_CHECKS: &[Branch] = &[
    leaf(
        Key::new(
            "type",
            Kind::Word(&["http", "tcp", "mcp_tool", "ttl", "script"]),
            "http",
            "What the check does",
        )
        .needed(),
    ),
    leaf(Key::new("server", Kind::Text, "weather", "The server it is for")),
    leaf(Key::new("tag", Kind::Text, "analytics", "Servers with this tag")),
    leaf(Key::new("capability", Kind::Text, "weather.*", "Servers that offer this")),
    leaf(Key::new("method", Kind::Text, "GET", "`http`: how it asks")),
    leaf(Key::new("path", Kind::Text, "/health", "`http`: where it asks")),
    leaf(Key::new("headers", Kind::Any, "{ Accept: text/plain }", "`http`: what it sends along").secret()),
    leaf(Key::new("expected_status", Kind::Any, "200", "`http`: the status that is well")),
    leaf(Key::new("assert", Kind::Any, "{ status: ok }", "What the answer must say")),
    leaf(Key::new("port", Kind::Any, "5432", "`tcp`: which port must accept")),
    leaf(Key::new("tool", Kind::Text, "ping", "`mcp_tool`: which is called")),
    leaf(Key::new("arguments", Kind::Any, "{ host: db }", "`mcp_tool`: with what")),
    leaf(Key::new("command", Kind::Text, "check-db", "`script`: the program")),
    leaf(Key::new("args", Kind::Any, "[\"--port\", \"5432\"]", "`script`: its arguments")),
    leaf(Key::new("interval", Kind::Seconds(1.0), "60", "From one check to the next")),
    leaf(Key::new("timeout", Kind::Seconds(0.1), "5", "For one check")),
];

pub(super) fn read(root: &mut Section<'_>) -> Later {
    Later {
        notifications: part(root, "notifications", notifications),
        security: part(root, "security", security),
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

fn security(mut section: Section<'_>) {
    section.truth("encrypt_server_info");
    values::patterns(&mut section, "allowed_capabilities");
    section.text("key_file");
    section.truth("tls_verify");
    section.text("ca_file");
    section.texts("allowed_hosts");
    section.texts("allowed_origins");
    section.truth("allow_scripts");
    section.finish();
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
