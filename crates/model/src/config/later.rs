use serde::Serialize;
use serde_json::Value;

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
