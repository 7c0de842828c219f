//! A setting has an effect that a test shows, or it is marked: nothing is promised in silence.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value;

use super::GUIDE;
use crate::config::{Config, Severity, check, has_no_effect, tree};

const EXAMPLE: &str = include_str!("../../../examples/mcp-discovery.example.yaml");

/// Holds every policy against a model that keeps every sample.
const POLICY: (&str, &str) =
    ("registry/src/endpoint/reference.rs", "status_and_score_are_those_of_a_model_that_keeps_every_sample");

/// Every key that has an effect, and the test that shows it: its file below `crates`, and its name.
const SHOWN: &[(&str, &str, &str)] = &[
    ("strict", "model/src/config/tests/broken.rs", "a_warning_loads_and_an_error_does_not"),
    ("gateway.listen", "cli/tests/config.rs", "serve_listens_where_the_configuration_says"),
    (
        "health_monitoring.enabled",
        "checks/tests/checks.rs",
        "with_monitoring_off_nobody_is_asked_until_it_is_on",
    ),
    ("health_monitoring.check_interval", "checks/tests/settings.rs", "a_longer_interval_asks_less_often"),
    ("health_monitoring.timeout", "checks/tests/checks.rs", "a_server_is_never_asked_twice_at_the_same_time"),
    ("health_monitoring.max_failures", POLICY.0, POLICY.1),
    ("health_monitoring.min_successes", POLICY.0, POLICY.1),
    ("health_monitoring.checks", "checks/tests/questions.rs", "a_round_of_a_legacy_server_is_one_question"),
    ("health_monitoring.warn_ms", "checks/tests/settings.rs", "whoever_takes_longer_than_the_limit_is_slow"),
    ("health_monitoring.score_window", POLICY.0, POLICY.1),
    (
        "health_monitoring.idle_stdio",
        "app/tests/sleep/asleep.rs",
        "where_idle_children_are_watched_they_go_on_and_a_change_wakes_those_that_sleep",
    ),
    (
        "health_monitoring.idle_after",
        "app/tests/sleep/asleep.rs",
        "what_nobody_calls_sleeps_and_wakes_when_it_is_used_and_what_was_called_remembers",
    ),
];

/// The paths of all keys that hold no further ones.
fn leaves(path: &str, value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(map) if !map.is_empty() => {
            for (key, value) in map {
                let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                leaves(&path, value, found);
            }
        }
        _ => drop(found.insert(path.to_owned())),
    }
}

#[test]
fn every_key_has_a_test_of_its_effect_or_is_marked() {
    let mut keys = BTreeSet::new();
    leaves("", &tree::parse(EXAMPLE).unwrap().to_value(), &mut keys);
    // And what the example does not say.
    leaves("", &serde_json::to_value(Config::default()).unwrap(), &mut keys);
    let top = ["notifications", "security", "kubernetes", "autoscaling", "custom_checks"];
    for key in keys.iter().filter(|key| !top.contains(&key.as_str())) {
        let is_shown = SHOWN.iter().any(|(shown, ..)| shown == key);
        assert!(
            is_shown != has_no_effect(key),
            "`{key}` is either shown by a test or marked in `no_effect.rs`"
        );
    }
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    for (key, file, test) in SHOWN {
        assert!(keys.contains(*key), "`{key}` is no key");
        let text = std::fs::read_to_string(crates.join(file)).unwrap_or_default();
        assert!(text.contains(&format!("fn {test}(")), "`{key}` is shown by `{test}` in {file}");
    }
}

#[test]
fn what_has_no_effect_yet_is_named_once_with_what_happens_instead() {
    let problems = check(GUIDE);
    let said: Vec<_> = problems.iter().map(|problem| (problem.line, problem.path.as_str())).collect();
    let sections =
        [(2, "service_registry"), (9, "network_discovery"), (27, "load_balancing"), (34, "routing_rules")];
    assert_eq!(said, sections);
    assert!(problems.iter().all(|problem| problem.severity == Severity::NoEffect));
    assert_eq!(
        problems[3].to_string(),
        "34:1: no effect yet: routing_rules: a call goes to the best server by state, then to the first by name"
    );
    assert_eq!(check("health_monitoring:\n  warn_ms: 5\ngateway:\n  listen: 8091\n"), []);
}

#[test]
fn settings_that_promise_safety_are_named_one_by_one() {
    let text = "security:\n  encrypt_server_info: true\n  allowed_hosts: [a]\nstrict: true\nservice_registry:\n  config:\n    \
                encrypt_server_info: true\n";
    let paths: Vec<_> = check(text).into_iter().map(|problem| problem.path).collect();
    let expected = [
        "security.encrypt_server_info",
        "security.allowed_hosts",
        "service_registry",
        "service_registry.config.encrypt_server_info",
    ];
    assert_eq!(paths, expected, "no warning that `strict` makes an error of");
}

#[test]
fn a_file_that_does_not_load_names_its_mistakes_alone() {
    let problems = check(&GUIDE.replace("max_failures: 3", "max_failures: x"));
    assert!(problems.len() == 1 && problems[0].severity == Severity::Error, "{problems:#?}");
}
