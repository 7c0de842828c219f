//! A setting has an effect that a test shows, or it is marked: nothing is promised in silence.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value;

use super::GUIDE;
use crate::config::{Config, Severity, check, decode, has_no_effect, tree};

const EXAMPLE: &str = include_str!("../../../examples/mcp-discovery.example.yaml");

/// Holds every policy against a model that keeps every sample.
const POLICY: (&str, &str) =
    ("registry/src/health/reference.rs", "status_and_score_are_those_of_a_model_that_keeps_every_sample");

/// Every key that has an effect, and the test that shows it: its file below `crates`, and its name.
const SHOWN: &[(&str, &str, &str)] = &[
    ("strict", "model/src/config/tests/broken.rs", "a_warning_loads_and_an_error_does_not"),
    ("gateway.listen", "cli/tests/commands/config.rs", "serve_listens_where_the_configuration_says"),
    ("gateway.enabled", GATEWAY, "a_gateway_that_is_switched_off_serves_nobody"),
    ("gateway.auth", GATEWAY, "without_a_token_only_where_the_configuration_says_so"),
    ("gateway.allow", GATEWAY, "clients_see_and_call_what_the_rules_let_them"),
    ("gateway.deny", GATEWAY, "clients_see_and_call_what_the_rules_let_them"),
    ("gateway.profiles", GATEWAY, "a_profile_is_a_part_of_it_at_a_path_of_its_own"),
    ("gateway.clients", GATEWAY, "clients_see_and_call_what_the_rules_let_them"),
    (
        "gateway.adopt",
        "checks/tests/settings.rs",
        "where_nobody_wants_to_be_asked_a_changed_definition_is_taken_and_told",
    ),
    ("gateway.idle_timeout", LIMITS, "a_server_that_says_nothing_is_given_up_and_one_that_reports_is_not"),
    ("gateway.limits.body", LIMITS, "a_body_is_as_long_as_the_configuration_lets_it"),
    ("gateway.limits.connections", LIMITS, "of_too_many_connections_the_longest_idle_makes_room"),
    ("gateway.limits.session", LIMITS, "what_clients_abandon_ends_when_its_time_is_over"),
    ("gateway.allowed_origins", LIMITS, "pages_and_names_are_let_in_as_the_configuration_says"),
    ("security.allowed_hosts", LIMITS, "pages_and_names_are_let_in_as_the_configuration_says"),
    ("security.allowed_origins", LIMITS, "pages_and_names_are_let_in_as_the_configuration_says"),
    ("gateway.naming", GATEWAY, "tools_are_named_as_the_configuration_says"),
    ("gateway.per_client", RELAY, "each_client_has_a_child_of_its_own_where_the_configuration_says_so"),
    ("replica_groups", GATEWAY, "a_group_of_replicas_is_one_tool_and_its_calls_are_balanced"),
    (
        "health_monitoring.enabled",
        "checks/tests/checks.rs",
        "with_monitoring_off_nobody_is_asked_until_it_is_on",
    ),
    ("health_monitoring.check_interval", "checks/tests/settings.rs", "a_longer_interval_asks_less_often"),
    ("health_monitoring.timeout", "checks/tests/checks.rs", "a_server_is_never_asked_twice_at_the_same_time"),
    ("health_monitoring.max_failures", POLICY.0, POLICY.1),
    ("health_monitoring.min_successes", POLICY.0, POLICY.1),
    ("health_monitoring.checks", "checks/tests/settings.rs", "a_round_of_a_legacy_server_is_one_question"),
    ("health_monitoring.warn_ms", "checks/tests/settings.rs", "whoever_takes_longer_than_the_limit_is_slow"),
    ("health_monitoring.score_window", POLICY.0, POLICY.1),
    (
        "health_monitoring.idle_stdio",
        "app/tests/sleep/main.rs",
        "where_idle_children_are_watched_they_go_on_and_a_change_wakes_those_that_sleep",
    ),
    (
        "health_monitoring.idle_after",
        "app/tests/sleep/main.rs",
        "what_nobody_calls_sleeps_and_wakes_when_it_is_used_and_what_was_called_remembers",
    ),
    ("load_balancing.strategy", DECIDE, "each_strategy_picks_by_its_own"),
    ("load_balancing.health_weight", DECIDE, "health_and_speed_share_as_they_are_weighed"),
    ("load_balancing.response_time_weight", DECIDE, "health_and_speed_share_as_they_are_weighed"),
    ("load_balancing.response_time_target", DECIDE, "a_server_as_fast_as_the_target_counts_half"),
    ("load_balancing.exclude_unhealthy", DECIDE, "servers_that_are_down_take_part_only_where_they_may"),
    ("load_balancing.panic_threshold", DECIDE, "servers_that_are_down_take_part_only_where_they_may"),
    ("load_balancing.connection_tracking", DECIDE, "without_tracking_the_fewest_calls_do_not_count"),
    ("load_balancing.max_connections_per_server", DECIDE, "a_full_server_is_passed_over"),
    ("load_balancing.weight_key", DECIDE, "the_weight_is_read_where_the_key_says"),
    ("load_balancing.seed", DECIDE, "the_same_seed_picks_the_same"),
    ("load_balancing.preferred_region", DECIDE, "the_preferred_region_comes_first"),
    (
        "load_balancing.cross_region_latency_threshold",
        DECIDE,
        "regions_beyond_the_threshold_come_last_or_never",
    ),
    ("load_balancing.cross_region", DECIDE, "regions_beyond_the_threshold_come_last_or_never"),
    (
        "load_balancing.breaker_failures",
        "app/tests/operations/routing.rs",
        "a_server_that_never_answers_is_given_a_rest",
    ),
    (
        "load_balancing.breaker_open",
        "app/tests/operations/routing.rs",
        "a_server_that_never_answers_is_given_a_rest",
    ),
    ("rule.priority", DECIDE, "the_rule_with_the_highest_priority_applies"),
    ("rule.enabled", DECIDE, "a_rule_that_is_off_does_not_apply"),
    ("rule.preferred_regions", DECIDE, "the_regions_of_a_rule_come_in_its_order"),
    ("rule.required_regions", DECIDE, "who_does_not_meet_a_rule_is_left_out"),
    ("rule.min_health_score", DECIDE, "who_does_not_meet_a_rule_is_left_out"),
    ("rule.required_metadata", DECIDE, "who_does_not_meet_a_rule_is_left_out"),
    ("rule.on_empty", DECIDE, "a_rule_that_nobody_meets_can_be_dropped"),
    ("rule.strategy", DECIDE, "a_rule_has_a_strategy_of_its_own"),
    ("rule.timeout", "app/tests/operations/routing/tries.rs", "a_rule_bounds_the_call_and_each_try"),
    ("rule.per_try_timeout", "app/tests/operations/routing/tries.rs", "a_rule_bounds_the_call_and_each_try"),
    (
        "rule.auto_retry",
        "app/tests/operations/routing/tries.rs",
        "another_server_is_asked_only_where_the_rule_lets_it",
    ),
    (
        "rule.circuit_breaker",
        "app/tests/operations/routing.rs",
        "a_server_that_never_answers_is_given_a_rest",
    ),
    ("rule.affinity", "app/tests/operations/routing/rules.rs", "what_stays_with_one_server_does"),
    ("rule.affinity_argument", "app/tests/operations/routing/rules.rs", "what_stays_with_one_server_does"),
    (
        "service_registry.config.allowed_capabilities",
        "app/tests/operations/routing/rules.rs",
        "policy_lets_only_what_it_names_be_called",
    ),
    (
        "security.allowed_capabilities",
        "app/tests/operations/routing/rules.rs",
        "policy_lets_only_what_it_names_be_called",
    ),
    ("call_log.enabled", LEDGER, "nothing_is_recorded_where_it_is_switched_off"),
    ("call_log.rows", LEDGER, "the_oldest_rows_make_room_by_number_by_age_and_by_size"),
    ("call_log.days", LEDGER, "the_oldest_rows_make_room_by_number_by_age_and_by_size"),
    ("call_log.megabytes", LEDGER, "the_oldest_rows_make_room_by_number_by_age_and_by_size"),
    ("metrics.export_interval", METRICS, "the_file_is_written_as_often_as_the_configuration_says"),
    ("metrics.exporters", METRICS, "both_exporters_are_switched_while_the_core_runs"),
    ("metrics.json_file", METRICS, "both_exporters_are_switched_while_the_core_runs"),
    ("metrics.token", METRICS, "off_loopback_only_its_token_opens_it_and_that_opens_nothing_else"),
    ("metrics.max_series", METRICS, "many_servers_keep_to_the_bound_and_those_in_trouble_are_among_them"),
    ("metrics.gauges", METRICS, "a_gauge_counts_the_servers_that_pass_its_filter"),
    (
        "routing_tests",
        "app/tests/operations/routing/rules.rs",
        "a_change_that_breaks_a_routing_test_is_not_saved",
    ),
];

/// What AI clients meet.
const GATEWAY: &str = "cli/tests/gateway/settings.rs";
const LIMITS: &str = "cli/tests/gateway/limits.rs";
const RELAY: &str = "cli/tests/gateway/relay.rs";

/// What is exported.
const METRICS: &str = "http/tests/metrics/main.rs";

/// How many calls are recorded.
const LEDGER: &str = "ledger/tests/bounds.rs";

/// Rules of routing and balancing, from the text of a file to who is picked.
const DECIDE: &str = "mesh/src/decide/settings.rs";

/// The same key in several places: in a rule, in `defaults`, in the balancing of all.
fn one_name(key: &str) -> String {
    let balancing = |key: &str| format!("load_balancing.{key}");
    let of_rule = |key: &str| match key.strip_prefix("config.") {
        Some(key) => balancing(key),
        None if key.starts_with("required_metadata.") => "rule.required_metadata".to_owned(),
        None => format!("rule.{key}"),
    };
    for named in ["gateway.profiles", "gateway.clients"] {
        if key.starts_with(named) {
            return named.to_owned();
        }
    }
    if key.starts_with("metrics.gauges.") {
        return "metrics.gauges".to_owned();
    }
    if key.starts_with("replica_groups.") {
        return "replica_groups".to_owned();
    }
    if let Some(key) = key.strip_prefix("load_balancing.") {
        return balancing(key.strip_prefix("config.").unwrap_or(key));
    }
    let names =
        ["routing_rules.weather.*.", "routing_rules.data.process.", "routing_rules.report.*.", "defaults."];
    names.iter().find_map(|name| key.strip_prefix(name)).map_or_else(|| key.to_owned(), of_rule)
}

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
    // What is empty where nothing is said: its keys stand in the example.
    let empty = ["routing_rules", "rule.config"];
    let keys: BTreeSet<String> = keys.iter().map(|key| one_name(key)).collect();
    for key in keys.iter().filter(|key| !top.contains(&key.as_str()) && !empty.contains(&key.as_str())) {
        let is_shown = SHOWN.iter().any(|(shown, ..)| shown == key);
        assert!(
            is_shown != has_no_effect(key),
            "`{key}` is either shown by a test or marked in `section.rs`"
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
    assert_eq!(said, [(2, "service_registry"), (9, "network_discovery")]);
    assert!(problems.iter().all(|problem| problem.severity == Severity::NoEffect));
    assert_eq!(
        problems[1].to_string(),
        "9:1: no effect yet: network_discovery: nothing is scanned on a schedule; `mcp-discovery scan` scans \
         when it is asked to"
    );
    assert_eq!(check("health_monitoring:\n  warn_ms: 5\ngateway:\n  listen: 8091\n"), []);
}

#[test]
fn settings_that_promise_safety_are_named_one_by_one() {
    let text = "security:\n  encrypt_server_info: true\n  tls_verify: false\nstrict: true\nservice_registry:\n  config:\n    \
                encrypt_server_info: true\n";
    let paths: Vec<_> = check(text).into_iter().map(|problem| problem.path).collect();
    let expected = [
        "security.encrypt_server_info",
        "security.tls_verify",
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

const SECRETS: &str = r#"
service_registry:
  backend: redis
  config:
    redis_urls: ["redis://me:hunter2@a:1", "redis://b:2"]
    password: hunter2
registries:
  - backend: consul
    config:
      consul_url: http://c:8500
      acl_token: ${CONSUL_TOKEN}
notifications:
  webhook: https://hooks.example/services/hunter2
custom_checks:
  api:
    type: http
    path: /?api_key=hunter2
    headers: { X-Thing: hunter2, Authorization: "Bearer ${API_TOKEN}" }
  db:
    type: script
    command: check-db
    args: ["--password", "hunter2", "--port", "5432"]
    arguments: { token: hunter2, nested: { password: [hunter2] } }
gateway:
  auth: token
"#;

#[test]
fn a_secret_is_shown_by_its_variables_name_or_not_at_all() {
    let (config, warnings) = Config::from_yaml(SECRETS).unwrap();
    let shown = config.shown();
    let text = shown.to_string();
    assert!(!text.replace("/?api_key=hunter2", "").contains("hunter2"), "{text}");
    for problem in warnings {
        assert!(!problem.to_string().contains("hunter2"), "{problem}");
    }
    for (pointer, expected) in [
        ("/registries/0/config/acl_token", "${CONSUL_TOKEN}"),
        ("/registries/0/config/consul_url", "http://c:8500"),
        ("/service_registry/config/redis_urls/0", "redis://…@a:1"),
        ("/notifications/webhook", "https://hooks.example/…"),
        ("/custom_checks/api/headers/Authorization", "Bearer ${API_TOKEN}"),
        ("/custom_checks/db/args/3", "5432"),
        ("/gateway/auth", "token"),
    ] {
        assert_eq!(
            shown.pointer(pointer).and_then(|value| value.as_str()),
            Some(expected),
            "{pointer}: {text}"
        );
    }
}

#[test]
fn ports_are_shown_as_the_file_has_them() {
    let (config, _) = Config::from_yaml("network_discovery:\n  scan_ports: [80, \"3000-3010\"]\n").unwrap();
    assert_eq!(config.shown()["network_discovery"]["scan_ports"], serde_json::json!([80, "3000-3010"]));
}

#[test]
fn a_secret_of_the_wrong_kind_is_not_repeated() {
    let text = SECRETS.replace("password: hunter2", "password: 20071999");
    let problems = check(&text);
    assert!(
        problems
            .iter()
            .any(|problem| problem.severity == Severity::Error && problem.path.ends_with("password"))
    );
    assert!(problems.iter().all(|problem| !problem.message.contains("20071999")), "{problems:?}");
}

#[test]
fn what_changed_is_named_by_its_section() {
    let config = |text: &str| Config::from_yaml(text).unwrap().0;
    let guide = config(GUIDE);
    assert!(guide.changed_sections(&config(&format!("# a comment\n{GUIDE}"))).is_empty());
    let newer = config(&GUIDE.replace("check_interval: 30", "check_interval: 40").replace("8082]", "8083]"));
    assert_eq!(guide.changed_sections(&newer), ["network_discovery", "health_monitoring"]);
    let later = config(&format!("{GUIDE}kubernetes:\n  enabled: true\n"));
    assert_eq!(guide.changed_sections(&later), ["kubernetes"]);
}

#[test]
fn a_file_that_is_no_text_is_refused_with_the_place() {
    assert_eq!(decode("\u{feff}a: b".as_bytes()), Ok("a: b"));
    let latin_1 = decode(b"# fine\n# caf\xe9\n").unwrap_err();
    assert_eq!((latin_1.line, latin_1.column), (2, 6));
    assert!(latin_1.message.contains("save the file as UTF-8"), "{latin_1}");
    assert!(decode(b"\xff\xfea\0:\0").is_err());
    assert!(decode(&vec![b'#'; 1024 * 1024 + 1]).unwrap_err().message.contains("larger than"));
    assert_eq!(Config::from_yaml("\u{feff}strict: true\n").unwrap().1, []);
}
