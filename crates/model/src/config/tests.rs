use super::*;
use crate::{Filter, Transport};

/// The guide's file, as the guide prints it.
const GUIDE: &str = include_str!("../../examples/guide.yaml");

mod broken;
mod described;
mod documents;
mod effects;

/// Without what has no effect yet.
fn mistakes(problems: Vec<Problem>) -> Vec<Problem> {
    problems.into_iter().filter(|problem| problem.severity != Severity::NoEffect).collect()
}

#[test]
fn the_guides_file_loads_unchanged() {
    let (config, problems) = Config::from_yaml(GUIDE).unwrap();
    assert_eq!(mistakes(problems), []);
    assert_eq!(config.service_registry.backend, RegistryBackend::File);
    assert_eq!(config.service_registry.config.registry_file.as_deref(), Some("/etc/mcp/servers.json"));
    assert_eq!(config.service_registry.config.cleanup_interval, Seconds(300.0));
    assert!(config.network_discovery.enabled);
    assert_eq!(config.network_discovery.networks.len(), 2);
    assert_eq!(config.network_discovery.protocols, [Transport::Http, Transport::Sse]);
    assert_eq!(config.health_monitoring.timeout.duration(), std::time::Duration::from_secs(10));
    assert_eq!(config.health_monitoring.checks.len(), 3);
    assert_eq!(config.load_balancing.strategy, Strategy::HealthWeighted);
    assert!((config.load_balancing.health_weight - 0.7).abs() < 1e-9);
    let rules: Vec<_> = config.routing_rules.iter().map(|rule| rule.pattern.as_str()).collect();
    assert_eq!(rules, ["data.process", "weather.*"], "an exact key comes before a glob");
    assert_eq!(
        config.routing_rules[0].fields.required_metadata,
        Some(Filter::parse("metadata.gpu:true").unwrap())
    );
    assert_eq!(config.routing_rules[1].fields.min_health_score, Some(0.8));
}

#[test]
fn the_annotated_example_loads_without_problems() {
    let text = include_str!("../../examples/mcp-discovery.example.yaml");
    let (config, problems) = Config::from_yaml(text).map_err(|problems| format!("{problems:#?}")).unwrap();
    assert_eq!(mistakes(problems), []);
    assert_eq!(config.registries.len(), 2);
    assert!(config.later.kubernetes.is_some());
    assert_eq!(config.metrics.gauges.len(), 2);
    let strict = text.replace("strict: false", "strict: true");
    assert_eq!(mistakes(check(&strict)), []);
}

#[test]
fn an_empty_file_is_the_default() {
    for text in ["", "\n", "# nothing\n", "---\n", "network_discovery:\n"] {
        assert_eq!(Config::from_yaml(text), Ok((Config::default(), Vec::new())), "{text:?}");
    }
}

#[test]
fn rules_stand_in_their_order_of_precedence_whatever_the_order_of_the_file() {
    let rules =
        ["\"*\": {}", "\"a.*\": {}", "\"a.b*c\": {}", "a.b.c: {}", "\"z.*\": { priority: 5 }", "\"b.*\": {}"];
    let expected = ["z.*", "a.b.c", "a.b*c", "a.*", "b.*", "*"];
    for turn in 0..rules.len() {
        let mut rules = rules;
        rules.rotate_left(turn);
        let text = format!("routing_rules:\n  {}\n", rules.join("\n  "));
        let (config, _) = Config::from_yaml(&text).unwrap();
        let order: Vec<_> = config.routing_rules.iter().map(|rule| rule.pattern.as_str()).collect();
        assert_eq!(order, expected);
    }
}

#[test]
fn a_configuration_is_written_as_json_for_programs() {
    let (config, _) = Config::from_yaml(GUIDE).unwrap();
    let json = serde_json::to_value(&config).unwrap();
    assert_eq!(json["service_registry"]["backend"], "file");
    assert_eq!(json["health_monitoring"]["timeout"], 10.0);
    assert_eq!(json["routing_rules"][0]["required_metadata"]["metadata.gpu"], true);
}

#[test]
fn anchors_and_merges_within_reason_are_read() {
    let text = "defaults: &d\n  timeout: 5\nrouting_rules:\n  a:\n    <<: *d\n  b: *d\n";
    let (config, problems) = Config::from_yaml(text).unwrap();
    assert_eq!(mistakes(problems), []);
    assert!(config.routing_rules.iter().all(|rule| rule.fields.timeout == Some(Seconds(5.0))));
}

#[test]
fn an_idle_command_sleeps_unless_the_file_says_otherwise() {
    let monitoring = |keys: &str| {
        let (config, problems) = Config::from_yaml(&format!("health_monitoring: {{{keys}}}")).unwrap();
        assert_eq!(problems, []);
        (config.health_monitoring.idle_stdio, config.health_monitoring.idle_after)
    };
    assert_eq!(monitoring(""), (IdleStdio::Sleep, Seconds(300.0)));
    assert_eq!(monitoring("idle_stdio: watch, idle_after: 20"), (IdleStdio::Watch, Seconds(20.0)));
    for (keys, hint) in
        [("idle_stdio: slep", "did you mean `sleep`"), ("idle_after: 0", "it must be at least 1")]
    {
        let problems = Config::from_yaml(&format!("health_monitoring: {{{keys}}}")).unwrap_err();
        assert!(problems.len() == 1 && problems[0].message.contains(hint), "{problems:#?}");
    }
}
