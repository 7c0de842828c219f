use super::GUIDE;
use super::mistakes;
use crate::config::Severity::{Error, Warning};
use crate::config::{Config, Problem, Severity};

fn check(text: &str) -> Vec<Problem> {
    mistakes(crate::config::check(text))
}

/// A part of the guide's file, what stands there instead, and the first problem that must be named: line, column,
/// severity, path, and words of the remedy.
pub(super) type Case = (&'static str, &'static str, usize, usize, Severity, &'static str, &'static str);

#[rustfmt::skip]
pub(super) const CASES: &[Case] = &[
    ("backend: file", "backend: fiel", 3, 12, Error, "service_registry.backend", "did you mean `file`"),
    ("backend: file", "backend: zookeeper", 3, 12, Error, "service_registry.backend", "use one of `sqlite`, `file`, `redis`, `consul`, `memory`"),
    ("backend: file", "backend: [file]", 3, 12, Error, "service_registry.backend", "use one of `sqlite`, `file`, `redis`, `consul`, `memory`"),
    ("auto_cleanup: true", "auto_cleanup: off", 6, 19, Error, "service_registry.config.auto_cleanup", "false`"),
    ("cleanup_interval: 300", "datacenter: ~\n    cleanup_interval: 1e12", 8, 23, Error, "service_registry.config.cleanup_interval", "it must be from 1 to 3200000000"),
    ("backend: file", "backend: consul", 5, 5, Error, "service_registry.config.consul_url", "http://127.0.0.1:8500`"),
    ("backend: file", "backend: redis", 5, 5, Error, "service_registry.config.redis_urls", "[\"redis://host:6379\"]`"),
    ("    registry_file: /etc/mcp/servers.json\n", "", 5, 5, Error, "service_registry.config.registry_file", "/etc/mcp/servers.json`"),
    ("registry_file: /etc/mcp/servers.json", "registry_file: 5", 5, 20, Error, "service_registry.config.registry_file", "\"5\"`"),
    ("auto_cleanup: true", "auto_cleanup: yes", 6, 19, Error, "service_registry.config.auto_cleanup", "true`"),
    ("auto_cleanup: true", "auto_clean: true", 6, 5, Warning, "service_registry.config.auto_clean", "did you mean `auto_cleanup`"),
    ("cleanup_interval: 300", "cleanup_interval: \"300\"", 7, 23, Error, "service_registry.config.cleanup_interval", "leave the quotes out"),
    ("cleanup_interval: 300", "cleanup_interval: 5m", 7, 23, Error, "service_registry.config.cleanup_interval", "300`"),
    ("cleanup_interval: 300", "cleanup_interval: -300", 7, 23, Error, "service_registry.config.cleanup_interval", "it must be at least 1"),
    ("cleanup_interval: 300", "deregister_after: 10", 7, 23, Error, "service_registry.config.deregister_after", "it must be at least 60"),
    ("cleanup_interval: 300", "allowed_capabilities: [\"weather.[a\"]", 7, 28, Error, "service_registry.config.allowed_capabilities[0]", "close the set, or write `[[]` for the character itself"),
    ("cleanup_interval: 300", "cleanup_interval: .inf", 7, 23, Error, "", "write a plain number"),
    ("service_registry:\n", "service_registrys:\n", 2, 1, Warning, "service_registrys", "did you mean `service_registry`"),
    ("service_registry:", "service_registry: 5\nx:", 2, 19, Error, "service_registry", "write `service_registry:` and indent its keys by two"),
    ("enabled: true\n  scan_ports", "enabled: 1\n  scan_ports", 10, 12, Error, "network_discovery.enabled", "true`"),
    ("[8080, 8081, 8082]", "[8080, 80810, 8082]", 11, 22, Error, "network_discovery.scan_ports[1]", "write one from 1 to 65535, or a range as `\"3000-3010\"`"),
    ("[8080, 8081, 8082]", "[8080, 0, \"9-3\"]", 11, 22, Error, "network_discovery.scan_ports[1]", "write one from 1 to 65535, or a range as `\"3000-3010\"`"),
    ("[8080, 8081, 8082]", "8080", 11, 15, Error, "network_discovery.scan_ports", "[…]`, or one line `- …` for each"),
    ("[8080, 8081, 8082]", "[8080, 8081, 8082", 12, 16, Error, "", "close the bracket or quote that is open, or take a whole copy of the f"),
    ("scan_interval: 60", "scan_interval: 0", 12, 18, Error, "network_discovery.scan_interval", "it must be at least 1"),
    ("scan_interval: 60", "scan_intervall: 60", 12, 3, Warning, "network_discovery.scan_intervall", "did you mean `scan_interval`"),
    ("192.168.1.0/24", "192.168.1.0/33", 14, 7, Error, "network_discovery.networks[0]", "write one such as `192.168.1.0/24`"),
    ("192.168.1.0/24", "192.168.1/24", 14, 7, Error, "network_discovery.networks[0]", "write one such as `192.168.1.0/24`"),
    ("192.168.1.0/24", "8.8.8.0/24", 14, 7, Warning, "network_discovery.networks[0]", "it is not scanned until you agree"),
    ("192.168.1.0/24", "fd00::/64", 14, 7, Warning, "network_discovery.networks[0]", "list the addresses under `hosts`"),
    ("    - \"192.168.1.0/24\"\n    - \"10.0.0.0/8\"", "    a: b", 14, 5, Error, "network_discovery.networks", "[…]`, or one line `- …` for each"),
    ("timeout: 10\n", "timeout: 40\n", 20, 12, Error, "health_monitoring.timeout", "lower `timeout` or raise `check_interval`"),
    ("timeout: 10\n", "timeout: -1\n", 20, 12, Error, "health_monitoring.timeout", "it must be at least 0.1"),
    ("timeout: 10\n", "timeout: 10\n  timeout: 20\n", 21, 3, Error, "health_monitoring.timeout", "leave one out"),
    ("check_interval: 30", "check_interval: 5", 20, 12, Error, "health_monitoring.timeout", "lower `timeout` or raise `check_interval`"),
    ("max_failures: 3", "max_failures: 0", 21, 17, Error, "health_monitoring.max_failures", "write one such as `1`"),
    ("max_failures: 3", "max_failures: 2.5", 21, 17, Error, "health_monitoring.max_failures", "write one such as `1`"),
    ("max_failures: 3", "max_failures: three", 21, 17, Error, "health_monitoring.max_failures", "write one such as `1`"),
    ("- response_time\n", "- respons_time\n", 24, 7, Error, "health_monitoring.checks[1]", "did you mean `response_time`"),
    ("- response_time\n", "- endpoint_reachable\n", 24, 7, Warning, "health_monitoring.checks[1]", "leave one out"),
    ("strategy: health_weighted", "strategy: health_wieghted", 28, 13, Error, "load_balancing.strategy", "did you mean `health_weighted`"),
    ("strategy: health_weighted", "strategy: fastest", 28, 13, Error, "load_balancing.strategy", "use one of `round_robin`, `least_connections`, `weighted_round_robin`,"),
    ("health_weight: 0.7", "health_weight: -0.7", 30, 20, Error, "load_balancing.config.health_weight", "it must be at least 0"),
    ("health_weight: 0.7\n    response_time_weight: 0.3", "health_weight: 0\n    response_time_weight: 0", 30, 20, Error, "load_balancing.config.health_weight", "make one of them positive"),
    ("exclude_unhealthy: true", "exclude_unhealthy: \"true\"", 32, 24, Error, "load_balancing.config.exclude_unhealthy", "true`"),
    ("exclude_unhealthy: true", "weight_function: lambda s: s.metadata.get('capacity', 1)", 32, 30, Error, "", "check the indentation, and quote values with `:`, `#`, `*` or `[`"),
    ("exclude_unhealthy: true", "weight_function: \"lambda s: s.metadata['capacity']\"", 32, 22, Error, "load_balancing.config.weight_function", "metadata.capacity`"),
    ("exclude_unhealthy: true", "weight_key: metadata.", 32, 17, Error, "load_balancing.config.weight_key", "write one such as `name` or `metadata.region`"),
    ("exclude_unhealthy: true", "max_connections_per_server: 0", 32, 33, Error, "load_balancing.config.max_connections_per_server", "write one such as `1`"),
    ("\"weather.*\":", "\"weather.[*\":", 35, 3, Error, "routing_rules.weather.[*", "close the set, or write `[[]` for the character itself"),
    ("\"weather.*\":", "weather.*: &x\n    a: *y\n  b:", 36, 8, Error, "", "define an anchor before it is used, and quote what begins with `*` or "),
    ("\"weather.*\":", "*weather:", 35, 3, Error, "", "define an anchor before it is used, and quote what begins with `*` or "),
    ("\"data.process\":", "\"weather.*\":", 38, 3, Error, "routing_rules.weather.*", "leave one out"),
    ("preferred_regions: [\"us-west-2\"]", "preferred_regions: us-west-2", 36, 24, Error, "routing_rules.weather.*.preferred_regions", "[…]`, or one line `- …` for each"),
    ("preferred_regions: [\"us-west-2\"]", "preferred_region: [\"us-west-2\"]", 36, 5, Warning, "routing_rules.weather.*.preferred_region", "did you mean `preferred_regions`"),
    ("min_health_score: 0.8", "min_health_score: 80", 37, 23, Error, "routing_rules.weather.*.min_health_score", "it must be from 0 to 1"),
    ("gpu: true", "gpu: { $gtt: 1 }", 40, 12, Error, "routing_rules.data.process.required_metadata.gpu", "did you mean `$gt`"),
    ("gpu: true", "gpu: [1, 2]", 40, 12, Error, "routing_rules.data.process.required_metadata.gpu", "[…]}"),
    ("gpu: true", "$or: 5", 40, 7, Error, "routing_rules.data.process.required_metadata.$or", "put operators below it"),
    ("timeout: 60", "timeout: 60\n    per_try_timeout: 70", 42, 22, Error, "routing_rules.data.process.per_try_timeout", "lower `per_try_timeout` or raise `timeout`"),
    ("timeout: 60", "timeout: 60\n    affinity: argument", 42, 15, Error, "routing_rules.data.process.affinity", "user_id` beside it"),
    ("timeout: 60", "timeout: 60\n    priority: high", 42, 15, Error, "routing_rules.data.process.priority", "10`"),
    ("  scan_interval: 60", "\tscan_interval: 60", 12, 1, Error, "", "use spaces"),
    ("  scan_interval: 60", "    scan_interval: 60", 12, 5, Error, "", "check the indentation, and quote values with `:`, `#`, `*` or `[`"),
    ("scan_interval: 60", "scan_interval 60", 12, 3, Error, "", "check the indentation, and quote values with `:`, `#`, `*` or `[`"),
    ("\"10.0.0.0/8\"", "\"10.0.0.0/8", 35, 4, Error, "", "close the quote before it"),
    ("# mcp-discovery.yaml", "- a\n- b", 3, 1, Error, "", "check the indentation, and quote values with `:`, `#`, `*` or `[`"),
    ("    timeout: 60\n", "    timeout: 60\n---\na: b\n", 43, 1, Error, "", "leave out `---` and what follows"),
    ("    timeout: 60\n", "    timeout: 60\ngateway:\n  listen: 0.0.0.0:80\n  auth: none\n", 44, 9, Error, "gateway.auth", "token`, or listen on `127.0.0.1`"),
    ("    timeout: 60\n", "    timeout: 60\ngateway:\n  listen: nowhere\n", 43, 11, Error, "gateway.listen", "write `127.0.0.1:8090`"),
    ("    timeout: 60\n", "    timeout: 60\nautoscaling:\n  - capability: a\n    min: 5\n", 43, 5, Error, "autoscaling[0].max", "10`"),
    ("    timeout: 60\n", "    timeout: 60\ncustom_checks:\n  db:\n    type: htp\n", 44, 11, Error, "custom_checks.db.type", "did you mean `http`"),
    ("    timeout: 60\n", "    timeout: 60\nmetrics:\n  gauges:\n    a b: \"is:dwon\"\n", 44, 5, Error, "metrics.gauges.a b", "write `busy_servers`"),
    ("# mcp-discovery.yaml", "strict: true\nfoo: 1", 2, 1, Error, "foo", "it has no effect; known here are"),
    ("# mcp-discovery.yaml", "registries:\n  - backend: redis\n    config:\n      redis_urls: [\"http://a\"]\n      cluster_mode: true\n      sentinel_service: m\n      password: hunter2", 4, 20, Error, "registries[0].config.redis_urls[0]", "write one such as `redis://host:port`"),
];

#[test]
fn every_broken_variant_of_the_guides_file_is_named_with_its_place_and_a_remedy() {
    for (old, new, line, column, severity, path, words) in CASES {
        assert!(GUIDE.contains(old), "{old} is in the file");
        let problems = check(&GUIDE.replacen(old, new, 1));
        let found = problems.first().unwrap_or_else(|| panic!("{new:?}: nothing was found"));
        assert_eq!((found.line, found.column), (*line, *column), "{new:?}: {found}");
        assert_eq!((found.severity, found.path.as_str()), (*severity, *path), "{new:?}: {found}");
        assert!(found.message.contains(words), "{new:?}: {found}");
    }
}

/// A remedy tells what to do, or names what is known.
const REMEDIES: &[&str] = &[
    ": write ",
    ": use ",
    ": leave ",
    ": lower ",
    ": close ",
    ": check ",
    ": list ",
    ": make ",
    ": define ",
    ": put ",
    ": name ",
    ": did you mean ",
    ": it must be ",
    ": one file holds ",
    ", write ",
    "; leave ",
    "? Write ",
    "; known here are ",
    "until you agree",
];

/// Line and column lie in the file, and the message says what to do.
#[track_caller]
fn is_of_use(problem: &Problem, text: &str) {
    let line = text.lines().nth(problem.line - 1).unwrap_or_default();
    assert!(problem.line <= text.lines().count() + 1, "{problem}");
    assert!((1..=line.chars().count() + 1).contains(&problem.column), "{problem}");
    assert!(REMEDIES.iter().any(|words| problem.message.contains(words)), "{problem}");
}

#[test]
fn every_problem_of_every_broken_variant_has_its_place_and_a_remedy() {
    for (old, new, ..) in CASES {
        let text = GUIDE.replacen(old, new, 1);
        for problem in check(&text) {
            is_of_use(&problem, &text);
        }
    }
}

#[test]
fn all_problems_are_found_at_once_in_the_order_of_the_file() {
    let broken = [
        ("backend: file", "backend: fiel"),
        ("scan_interval: 60", "scan_interval: soon"),
        ("\"10.0.0.0/8\"", "\"10.0.0.0/99\""),
        ("max_failures: 3", "max_failure: 3"),
        ("health_weighted", "fastest"),
        ("min_health_score: 0.8", "min_health_score: 8"),
        ("gpu: true", "gpu: { $has: 1 }"),
    ];
    let text = broken.iter().fold(GUIDE.to_owned(), |text, (old, new)| text.replacen(old, new, 1));
    let problems = check(&text);
    let places: Vec<_> = problems.iter().map(|problem| (problem.line, problem.column)).collect();
    assert_eq!(places, [(3, 12), (12, 18), (15, 7), (21, 3), (28, 13), (37, 23), (40, 12)], "{problems:#?}");
}

#[test]
fn a_warning_loads_and_an_error_does_not() {
    let unknown_key = GUIDE.replace("scan_interval", "scan_intervall");
    let (config, warnings) = Config::from_yaml(&unknown_key).unwrap();
    assert!(config.network_discovery.enabled);
    assert_eq!(mistakes(warnings).len(), 1);
    let strict = Config::from_yaml(&format!("{unknown_key}strict: true\n")).unwrap_err();
    assert_eq!(strict.len(), 1);
    assert_eq!(strict[0].severity, Error);
}

#[test]
fn a_file_that_is_cut_off_anywhere_is_read_or_refused_with_the_place_and_a_remedy() {
    for end in (0..GUIDE.len()).filter(|end| GUIDE.is_char_boundary(*end)) {
        let text = &GUIDE[..end];
        for problem in check(text) {
            is_of_use(&problem, text);
        }
    }
}

#[test]
fn hostile_files_are_refused_within_the_budget() {
    let bomb = (1..12).fold("a0: &a0 [x]\n".to_owned(), |text, i| {
        let aliases = vec![format!("*a{}", i - 1); 9].join(", ");
        format!("{text}a{i}: &a{i} [{aliases}]\n")
    });
    let deep_map = format!("{}1{}", "{a: ".repeat(2_000), "}".repeat(2_000));
    let bomb_in_the_guides_file = format!("{GUIDE}{bomb}");
    for text in
        [bomb, bomb_in_the_guides_file, "[".repeat(5_000), deep_map, "a: {".repeat(70), "- ".repeat(5_000)]
    {
        let problems = check(&text);
        assert_eq!(problems.len(), 1, "{problems:?}");
        assert_eq!(problems[0].severity, Error);
        is_of_use(&problems[0], &text);
    }
    let large = check(&"a: b\n".repeat(300_000));
    assert!(large[0].message.contains("larger than"));
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig { failure_persistence: None, ..Default::default() })]

    #[test]
    fn arbitrary_text_is_read_or_refused(text in "([a-z]{1,6}|[:\\-{}\\[\\],&*!|>'\"#\n \t]|true|-?[0-9.]+){0,40}") {
        check(&text);
    }
}
