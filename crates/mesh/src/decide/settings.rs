//! Every setting of rules and balancing, from the text of a file to the server that is picked.

use std::collections::BTreeMap;

use model::config::{Config, Strategy};
use model::{Health, HealthStatus, Server, ServerInfo, Source, Stage, fold};
use serde_json::{Value, json};

use super::*;

/// A server: its name, its measurements, and its data.
fn server(name: &str, score: f64, ms: f64, metadata: &Value) -> Server {
    let mut info = ServerInfo::new_http(name, &format!("http://{name}.test/mcp"), Source::Manual, 0).unwrap();
    info.metadata = metadata.as_object().cloned().unwrap_or_default();
    let (status, response_time_ms) = (HealthStatus::Healthy, Some(ms));
    Server { info: info.into(), health: Health { status, score, response_time_ms, ..Health::unknown() } }
}

fn down(server: Server) -> Server {
    Server { health: Health { status: HealthStatus::Unhealthy, score: 0.0, ..server.health }, ..server }
}

fn config(text: &str) -> Config {
    Config::from_yaml(text).unwrap().0
}

fn plan(text: &str, capability: &str, servers: &[Server], regions: &Regions) -> Plan {
    let rule = Rule::of(&fold(capability), &config(text));
    let offering = servers.iter().enumerate().map(|(seat, server)| Offering { server, seat, bar: None });
    Plan::new(offering, &rule, regions)
}

fn name(servers: &[Server], id: ServerId) -> String {
    servers.iter().find(|server| server.info.id == id).unwrap().info.name.clone()
}

/// How many of this many calls each server takes.
fn shares(text: &str, servers: &[Server], loads: &Frozen, calls: u64) -> BTreeMap<String, u64> {
    let plan = plan(text, "weather.current", servers, &Regions::default());
    let seed = config(text).load_balancing.seed.unwrap_or_default();
    let mut taken = BTreeMap::new();
    for cursor in 0..calls {
        let pick = decide(&CallFacts::default(), &plan, loads, Turn { cursor, seed }).unwrap();
        *taken.entry(name(servers, pick.id)).or_default() += 1;
    }
    taken
}

fn of(pairs: &[(&str, u64)]) -> BTreeMap<String, u64> {
    pairs.iter().map(|(name, calls)| ((*name).to_owned(), *calls)).collect()
}

/// The servers one after the other, as if each had just been tried.
fn order(text: &str, capability: &str, servers: &[Server], regions: &Regions) -> Vec<String> {
    let plan = plan(text, capability, servers, regions);
    let mut tried = Vec::new();
    loop {
        let call = CallFacts { tried: &tried, ..CallFacts::default() };
        match decide(&call, &plan, &Frozen::default(), Turn::default()) {
            Ok(pick) => tried.push(pick.id),
            Err(_) => return tried.into_iter().map(|id| name(servers, id)).collect(),
        }
    }
}

fn three() -> [Server; 3] {
    [
        server("a", 1.0, 50.0, &json!({ "region": "us", "capacity": 3, "cores": 1, "priority": 1 })),
        server("b", 0.8, 400.0, &json!({ "region": "eu", "capacity": 1, "cores": 3, "priority": 2 })),
        server("c", 1.0, 2_000.0, &json!({ "region": "ap", "capacity": 0, "cores": 0, "priority": 1 })),
    ]
}

fn balancing(lines: &str) -> String {
    format!("load_balancing:\n  {}\n", lines.replace('\n', "\n  "))
}

#[test]
fn each_strategy_picks_by_its_own() {
    let servers = three();
    let seat = |at: u32| Load { in_flight: at, ..Load::default() };
    let loads = Frozen(vec![seat(2), seat(1), seat(0)]);
    let with = |strategy: &str| shares(&balancing(&format!("strategy: {strategy}")), &servers, &loads, 60);
    assert_eq!(with("round_robin"), of(&[("a", 20), ("b", 20), ("c", 20)]));
    assert_eq!(with("least_connections"), of(&[("a", 60)]), "two calls for three are fewer than one for one");
    assert_eq!(with("weighted_round_robin"), of(&[("a", 45), ("b", 15)]));
    assert_eq!(with("priority"), of(&[("b", 60)]));
    assert_eq!(with("random").values().sum::<u64>(), 60);
    let fast = with("peak_ewma");
    assert!(fast.get("c").is_none_or(|calls| *calls < 5), "the slow one loses to every other: {fast:?}");
}

#[test]
fn health_and_speed_share_as_they_are_weighed() {
    let servers = three();
    let with = |weights: &str| {
        let text = balancing(&format!("strategy: health_weighted\nconfig: {{ {weights} }}"));
        shares(&text, &servers, &Frozen::default(), 2_800)
    };
    assert_eq!(
        with("health_weight: 1, response_time_weight: 0"),
        of(&[("a", 1_000), ("b", 800), ("c", 1_000)])
    );
    let by_speed = with("health_weight: 0, response_time_weight: 1");
    assert!(by_speed["a"] > 3 * by_speed["b"] && by_speed["b"] > 3 * by_speed["c"], "{by_speed:?}");
}

#[test]
fn a_server_as_fast_as_the_target_counts_half() {
    let servers = [server("a", 1.0, 400.0, &json!({})), server("b", 1.0, 0.0, &json!({}))];
    let config = "health_weight: 0, response_time_weight: 1, response_time_target: 400";
    let text = balancing(&format!("strategy: health_weighted\nconfig: {{ {config} }}"));
    assert_eq!(shares(&text, &servers, &Frozen::default(), 300), of(&[("a", 100), ("b", 200)]));
}

#[test]
fn servers_that_are_down_take_part_only_where_they_may() {
    let [a, b, c] = three();
    let servers = [a, down(b), down(c)];
    let offered =
        |lines: &str| plan(&balancing(lines), "x", &servers, &Regions::default()).candidates().len();
    assert_eq!(offered("strategy: round_robin"), 1);
    assert_eq!(offered("config: { exclude_unhealthy: false }"), 3);
    assert_eq!(offered("config: { panic_threshold: 0.5 }"), 3, "a third is well, and half should be");
    assert_eq!(offered("config: { panic_threshold: 0.3 }"), 1);
}

#[test]
fn without_tracking_the_fewest_calls_do_not_count() {
    let servers = three();
    let loads = Frozen(vec![Load { in_flight: 9, ..Load::default() }; 1]);
    let text = "strategy: least_connections\nconfig: { connection_tracking: false }";
    assert_eq!(shares(&balancing(text), &servers, &loads, 30), of(&[("a", 10), ("b", 10), ("c", 10)]));
}

#[test]
fn a_full_server_is_passed_over() {
    let servers = three();
    let loads = Frozen(vec![Load { in_flight: 2, ..Load::default() }; 1]);
    let text = balancing("strategy: round_robin\nconfig: { max_connections_per_server: 2 }");
    assert_eq!(shares(&text, &servers, &loads, 30).get("a"), None);
}

#[test]
fn the_weight_is_read_where_the_key_says() {
    let text = balancing("strategy: weighted_round_robin\nconfig: { weight_key: metadata.cores }");
    assert_eq!(shares(&text, &three(), &Frozen::default(), 40), of(&[("a", 10), ("b", 30)]));
    let odd = [
        server("a", 1.0, 1.0, &json!({ "capacity": -2 })),
        server("b", 1.0, 1.0, &json!({ "capacity": "many" })),
        server("c", 1.0, 1.0, &json!({ "capacity": "2" })),
    ];
    let text = balancing("strategy: weighted_round_robin");
    let noted = plan(&text, "x", &odd, &Regions::default());
    let mut names: Vec<_> =
        noted.candidates().iter().filter(|one| one.has_odd_weight).map(|one| name(&odd, one.id)).collect();
    names.sort();
    assert_eq!(names, ["a", "b"], "and it is told");
    assert_eq!(shares(&text, &odd, &Frozen::default(), 40), of(&[("a", 10), ("b", 10), ("c", 20)]));
}

#[test]
fn the_same_seed_picks_the_same() {
    let with = |seed: u32| {
        let text = balancing(&format!("strategy: random\nconfig: {{ seed: {seed} }}"));
        let (plan, seed) =
            (plan(&text, "x", &three(), &Regions::default()), config(&text).load_balancing.seed.unwrap());
        let turn = |cursor| Turn { cursor, seed };
        (0..50)
            .map(|cursor| decide(&CallFacts::default(), &plan, &Frozen::default(), turn(cursor)).unwrap().id)
            .collect::<Vec<_>>()
    };
    assert_eq!(with(7), with(7));
    assert_ne!(with(7), with(8));
}

#[test]
fn the_preferred_region_comes_first() {
    assert_eq!(order(&balancing("preferred_region: eu"), "x", &three(), &Regions::default())[0], "b");
    assert_eq!(order(&balancing("preferred_region: ap"), "x", &three(), &Regions::default())[0], "c");
}

#[test]
fn regions_beyond_the_threshold_come_last_or_never() {
    let regions = Regions::default().with("ap", Distance::Near).with("eu", Distance::Far(140.0));
    let lines = "preferred_region: us\ncross_region_latency_threshold: 100";
    assert_eq!(order(&balancing(lines), "x", &three(), &regions), ["a", "c", "b"]);
    let strict = balancing(&format!("{lines}\ncross_region: strict"));
    assert_eq!(order(&strict, "x", &three(), &regions), ["a", "c"]);
    let plan = plan(&strict, "x", &three(), &regions);
    assert_eq!(plan.left_out()[0].why.stage(), Stage::RegionTier);
}

const RULES: &str = "\
routing_rules:
  \"weather.*\":
    preferred_regions: [eu, ap]
    strategy: weighted_round_robin
    config: { weight_key: metadata.cores }
  weather.history:
    enabled: false
    preferred_regions: [us]
  \"weather.h*\":
    priority: 5
    preferred_regions: [ap]
";

#[test]
fn the_rule_with_the_highest_priority_applies() {
    let rule = |capability: &str| Rule::of(capability, &config(RULES)).pattern.unwrap().to_string();
    assert_eq!(rule("weather.history"), "weather.h*");
    assert_eq!(rule("weather.current"), "weather.*");
}

#[test]
fn a_rule_that_is_off_does_not_apply() {
    let exact = RULES.replace("priority: 5", "priority: -1");
    let rule = |text: &str| Rule::of("weather.history", &config(text)).pattern.unwrap().to_string();
    assert_eq!(rule(&exact), "weather.*", "the exact one is off, and the other comes last");
    assert_eq!(rule(&exact.replace("enabled: false", "enabled: true")), "weather.history");
}

#[test]
fn the_regions_of_a_rule_come_in_its_order() {
    assert_eq!(order(RULES, "weather.current", &three()[..2], &Regions::default()), ["b", "a"]);
}

#[test]
fn a_rule_has_a_strategy_of_its_own() {
    let rule = Rule::of("weather.current", &config(RULES));
    assert_eq!(rule.balancing.strategy, Strategy::WeightedRoundRobin);
    assert_eq!(rule.balancing.weight_key, "metadata.cores");
    let defaults = "defaults:\n  strategy: random\n  config: { seed: 5, weight_key: metadata.x }\n";
    let rule = |capability: &str| Rule::of(capability, &config(&format!("{RULES}{defaults}"))).balancing;
    assert_eq!((rule("other").strategy, rule("other").seed), (Strategy::Random, Some(5)));
    assert_eq!(rule("weather.current").seed, Some(5), "what the rule leaves unset");
    assert_eq!(rule("weather.current").weight_key, "metadata.cores");
}

#[test]
fn who_does_not_meet_a_rule_is_left_out() {
    for (lines, left, stage) in [
        ("required_regions: [us, ap]", ["a", "c"], Stage::Rule),
        ("min_health_score: 0.9", ["a", "c"], Stage::Health),
        ("required_metadata: { capacity: { $lte: 1 } }", ["b", "c"], Stage::Metadata),
    ] {
        let (text, servers) = (format!("defaults: {{ {lines} }}\n"), three());
        let plan = plan(&text, "x", &servers, &Regions::default());
        let mut names: Vec<_> = plan.candidates().iter().map(|one| name(&servers, one.id)).collect();
        names.sort();
        assert_eq!(names, left, "{lines}");
        assert_eq!(plan.left_out()[0].why.stage(), stage, "{lines}");
    }
}

#[test]
fn a_rule_that_nobody_meets_can_be_dropped() {
    let offered = |on_empty: &str| {
        let text = format!("defaults: {{ required_regions: [mars], on_empty: {on_empty} }}\n");
        plan(&text, "x", &three(), &Regions::default()).candidates().len()
    };
    assert_eq!((offered("fail"), offered("relax")), (0, 3));
}
