//! Properties of every strategy, and the figures of the specification.

use std::collections::HashMap;

use model::config::{CrossRegion, LoadBalancing, OnEmpty, Strategy};
use model::{Health, HealthStatus, Server, ServerInfo, Source, Stage};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

fn server(name: &str, metadata: &Value) -> Server {
    let url = format!("http://{name}.test/mcp");
    let mut info = ServerInfo::new_http(name, &url, Source::Manual, 0).unwrap();
    info.metadata = metadata.as_object().cloned().unwrap_or_default();
    let health = Health { status: HealthStatus::Healthy, score: 1.0, ..Health::unknown() };
    Server { info: info.into(), health }
}

fn measured(name: &str, score: f64, ms: f64) -> Server {
    let server = server(name, &json!({}));
    Server { health: Health { score, response_time_ms: Some(ms), ..server.health.clone() }, ..server }
}

fn plan(servers: &[Server], rule: &Rule, balancing: &LoadBalancing, regions: &Regions) -> Plan {
    let offering = servers.iter().enumerate().map(|(seat, server)| Offering { server, seat, bar: None });
    Plan::new(offering, &Rule { balancing: balancing.clone(), ..rule.clone() }, regions)
}

fn by(strategy: Strategy) -> LoadBalancing {
    LoadBalancing { strategy, ..LoadBalancing::default() }
}

/// Who takes so many calls, by name, in their order.
fn taken(
    plan: &Plan,
    servers: &[Server],
    loads: &impl Loads,
    call: &CallFacts<'_>,
    calls: u64,
) -> Vec<String> {
    let name = |place: usize| {
        let id = plan.candidates()[place].id;
        servers.iter().find(|server| server.info.id == id).unwrap().info.name.clone()
    };
    let turn = |cursor| Turn { cursor, seed: 7 };
    (0..calls).map(|cursor| name(decide(call, plan, loads, turn(cursor)).unwrap().place)).collect()
}

fn shares(names: &[String]) -> HashMap<&str, usize> {
    let mut shares = HashMap::new();
    for name in names {
        *shares.entry(name.as_str()).or_default() += 1;
    }
    shares
}

#[test]
fn weights_take_smooth_turns_and_who_is_left_shares_equally() {
    let mut servers = vec![server("a", &json!({})), server("b", &json!({})), server("c", &json!({}))];
    servers.sort_by_key(|server| server.info.id);
    for (server, capacity) in servers.iter_mut().zip([5, 1, 1]) {
        std::sync::Arc::make_mut(&mut server.info).metadata.insert("capacity".to_owned(), json!(capacity));
    }
    let names: Vec<&str> = servers.iter().map(|server| server.info.name.as_str()).collect();
    let plan_of = |servers: &[Server]| {
        plan(servers, &Rule::default(), &by(Strategy::WeightedRoundRobin), &Regions::default())
    };
    let whole = plan_of(&servers);
    let expected = [0, 0, 1, 0, 2, 0, 0].map(|at| names[at].to_owned());
    assert_eq!(taken(&whole, &servers, &Frozen::default(), &CallFacts::default(), 7), expected);
    let rest = plan_of(&servers[1..]);
    let taken = taken(&rest, &servers, &Frozen::default(), &CallFacts::default(), 10);
    assert_eq!(shares(&taken), HashMap::from([(names[1], 5), (names[2], 5)]));
}

#[test]
fn health_and_speed_share_calls_as_the_specification_says() {
    let servers = [measured("fast", 1.0, 50.0), measured("ill", 0.8, 400.0), measured("slow", 1.0, 2_000.0)];
    let plan = plan(&servers, &Rule::default(), &by(Strategy::HealthWeighted), &Regions::default());
    let taken = taken(&plan, &servers, &Frozen::default(), &CallFacts::default(), 1_000);
    let shares = shares(&taken);
    for (name, percent) in [("fast", 40.3), ("ill", 27.7), ("slow", 32.0)] {
        let share = f64::from(u32::try_from(shares[name]).unwrap()) / 10.0;
        assert!(
            (share - percent).abs() <= 0.1 + f64::EPSILON,
            "{name}: {share} %, {percent} % were promised"
        );
    }
}

#[test]
fn a_rule_says_where_and_how_well_and_names_who_is_left_out() {
    let mut servers = vec![
        server("near", &json!({ "region": "us", "gpu": "true" })),
        server("far", &json!({ "region": "eu", "gpu": true })),
        server("plain", &json!({ "region": "us" })),
    ];
    servers
        .push(Server { health: Health::unknown(), ..server("new", &json!({ "region": "us", "gpu": true })) });
    let rule = Rule {
        required_regions: Some(vec!["us".to_owned()]),
        min_health_score: Some(0.8),
        required_metadata: Some(model::Filter::from_json(&json!({ "metadata.gpu": true })).unwrap()),
        ..Rule::default()
    };
    let strict = plan(&servers, &rule, &LoadBalancing::default(), &Regions::default());
    assert_eq!(strict.candidates().len(), 1);
    let why = |name: &str| {
        let id = servers.iter().find(|server| server.info.name == name).unwrap().info.id;
        strict.left_out().iter().find(|left| left.id == id).unwrap().why.clone()
    };
    let wanted = vec!["us".to_owned()];
    assert_eq!(why("far"), Why::Region { region: Some("eu".to_owned()), wanted });
    assert_eq!(why("plain").to_string(), "does not meet `metadata.gpu:true`");
    assert_eq!(why("new"), Why::Status { status: HealthStatus::Unknown }, "others were measured");
    assert_eq!(why("far").stage(), Stage::Rule);

    let nobody = Rule { required_regions: Some(vec!["mars".to_owned()]), ..rule };
    let none = plan(&servers, &nobody, &LoadBalancing::default(), &Regions::default());
    let refused = decide(&CallFacts::default(), &none, &Frozen::default(), Turn::default());
    assert_eq!((refused, none.left_out().len()), (Err(NotPicked::NoneLeft), 4));
    let relaxed = Rule { on_empty: OnEmpty::Relax, ..nobody };
    let all = plan(&servers, &relaxed, &LoadBalancing::default(), &Regions::default());
    assert!(all.is_relaxed() && all.candidates().len() == 3);
}

#[test]
fn the_nearest_region_with_anybody_is_used() {
    let servers = [
        server("home", &json!({ "region": "us" })),
        server("close", &json!({ "region": "ca" })),
        server("away", &json!({ "region": "eu" })),
        server("unmeasured", &json!({ "region": "ap" })),
    ];
    let balancing = LoadBalancing {
        preferred_region: Some("us".to_owned()),
        cross_region_latency_threshold: Some(100.0),
        ..LoadBalancing::default()
    };
    let regions = Regions::default().with("ca", Distance::Near).with("eu", Distance::Far(140.0));
    let order = |balancing: &LoadBalancing, rule: &Rule| {
        let plan = plan(&servers, rule, balancing, &regions);
        let mut tried = Vec::new();
        while let Ok(pick) = decide(
            &CallFacts { tried: &tried, ..CallFacts::default() },
            &plan,
            &Frozen::default(),
            Turn::default(),
        ) {
            tried.push(plan.candidates()[pick.place].id);
        }
        let name =
            |id: &ServerId| servers.iter().find(|server| server.info.id == *id).unwrap().info.name.clone();
        tried.iter().map(name).collect::<Vec<_>>()
    };
    assert_eq!(order(&balancing, &Rule::default()), ["home", "close", "away", "unmeasured"]);
    let strict = LoadBalancing { cross_region: CrossRegion::Strict, ..balancing.clone() };
    assert_eq!(order(&strict, &Rule::default()), ["home", "close"]);
    let rule = Rule { preferred_regions: vec!["eu".to_owned(), "ap".to_owned()], ..Rule::default() };
    assert_eq!(order(&balancing, &rule)[..2], ["away", "unmeasured"]);
}

#[test]
fn who_is_full_tried_or_resting_takes_no_call_and_the_refusal_says_which() {
    let servers =
        [server("a", &json!({ "max_concurrent": 2 })), server("b", &json!({ "max_concurrent": 2 }))];
    let plan = plan(&servers, &Rule::default(), &by(Strategy::LeastConnections), &Regions::default());
    let busy = |in_flight, breaker| Load { in_flight, breaker, ..Load::default() };
    let turn = Turn::default();
    for (loads, expected) in [
        ([busy(2, Breaker::Closed), busy(1, Breaker::Closed)], Ok(1)),
        ([busy(2, Breaker::Closed), busy(1, Breaker::Open)], Err(NotPicked::Overloaded)),
        ([busy(0, Breaker::Open), busy(0, Breaker::Open)], Err(NotPicked::Resting)),
    ] {
        let by_seat = |seat: usize| plan.candidates().iter().position(|one| one.seat == seat).unwrap();
        let picked =
            decide(&CallFacts::default(), &plan, &Frozen(loads.to_vec()), turn).map(|pick| pick.place);
        assert_eq!(picked, expected.map(by_seat));
    }
}

fn strategies() -> impl Strategy_<Value = Strategy> {
    prop::sample::select(vec![
        Strategy::RoundRobin,
        Strategy::LeastConnections,
        Strategy::WeightedRoundRobin,
        Strategy::HealthWeighted,
        Strategy::Random,
        Strategy::Priority,
        Strategy::PeakEwma,
    ])
}

use proptest::strategy::Strategy as Strategy_;

prop_compose! {
    fn some_server()(at in 0_u32..1_000, region in "[ab]", capacity in 0_u32..6, priority in 0_u32..3,
        score in 0.0_f64..=1.0, ms in 1.0_f64..3_000.0, status in prop::sample::select(HealthStatus::ALL.to_vec())) -> Server {
        let metadata = json!({ "region": region, "capacity": capacity, "priority": priority });
        let server = server(&format!("s{at}"), &metadata);
        let health = Health { status, score, response_time_ms: Some(ms), ..server.health.clone() };
        Server { health, ..server }
    }
}

prop_compose! {
    fn some_load()(in_flight in 0_u32..4, latency in proptest::option::of(1.0_f64..500.0), is_set_aside in any::<bool>(),
        breaker in prop::sample::select(vec![Breaker::Closed, Breaker::HalfOpen, Breaker::Open])) -> Load {
        Load { in_flight, latency_ms: latency, breaker, is_set_aside }
    }
}

proptest! {
    /// Nobody who is left out or barred is picked; somebody is, while anybody may be; the same inputs pick the same.
    #[test]
    fn whoever_may_is_picked_and_nobody_else(
        mut servers in prop::collection::vec(some_server(), 0..12),
        loads in prop::collection::vec(some_load(), 12),
        strategy in strategies(),
        most in proptest::option::of(1_u32..4),
        affinity in proptest::option::of(any::<u64>()),
        cursor in any::<u64>(),
    ) {
        servers.sort_by_key(|server| server.info.id);
        servers.dedup_by_key(|server| server.info.id);
        let balancing = LoadBalancing { max_connections_per_server: most, ..by(strategy) };
        let plan = plan(&servers, &Rule::default(), &balancing, &Regions::default());
        let loads = Frozen(loads);
        let tried: Vec<ServerId> = servers.iter().take(1).map(|server| server.info.id).collect();
        let call = CallFacts { tried: &tried, affinity, ..CallFacts::default() };
        let turn = Turn { cursor, seed: 3 };
        let may = (0..plan.candidates().len()).filter(|place| plan.bars(*place, &call, &loads).is_none()).count();
        let picked = decide(&call, &plan, &loads, turn);
        prop_assert_eq!(picked.is_ok(), may > 0);
        if let Ok(pick) = picked {
            prop_assert_eq!(plan.bars(pick.place, &call, &loads), None);
            prop_assert!(plan.left_out().iter().all(|left| left.id != plan.candidates()[pick.place].id));
        }
        prop_assert_eq!(picked, decide(&call, &plan, &loads, turn));
        let decision = explain(&call, &plan, &loads, turn, |_| None);
        prop_assert_eq!(decision.outcome, picked.map(|pick| pick.id), "a dry run says what a call does");
        prop_assert_eq!(&decision, &explain(&call, &plan, &loads, turn, |_| None));
        prop_assert!(decision.runner_up.is_none_or(|next| Ok(next) != decision.outcome));
        let left_out: usize = decision.stages.iter().map(|stage| stage.left_out.len()).sum();
        let kept = decision.stages.last().unwrap().kept;
        prop_assert_eq!(kept + left_out, servers.len(), "everybody is kept or left out once");
        prop_assert_eq!(plan.candidates().len() + plan.left_out().len(), servers.len());
    }

    /// Over one turn of all, nobody is ahead of another by more than one call.
    #[test]
    fn round_robin_is_fair_within_one_turn(count in 1_usize..20, begin in any::<u32>()) {
        let servers: Vec<Server> = (0..count).map(|at| server(&format!("s{at}"), &json!({}))).collect();
        let plan = plan(&servers, &Rule::default(), &by(Strategy::RoundRobin), &Regions::default());
        let mut taken = vec![0; count];
        for cursor in 0..count as u64 {
            let turn = Turn { cursor: u64::from(begin) + cursor, seed: 0 };
            taken[decide(&CallFacts::default(), &plan, &Frozen::default(), turn).unwrap().place] += 1;
        }
        prop_assert!(taken.iter().all(|calls| *calls == 1));
    }

    /// A key stays with its server while that is there, whoever else comes or goes.
    #[test]
    fn a_key_moves_only_with_its_server(key in any::<u64>(), count in 2_usize..12, gone in 0_usize..12) {
        let servers: Vec<Server> = (0..count).map(|at| server(&format!("s{at}"), &json!({}))).collect();
        let pick = |servers: &[Server]| {
            let plan = plan(servers, &Rule::default(), &LoadBalancing::default(), &Regions::default());
            let call = CallFacts { affinity: Some(key), ..CallFacts::default() };
            plan.candidates()[decide(&call, &plan, &Frozen::default(), Turn::default()).unwrap().place].id
        };
        let stays = pick(&servers);
        let mut fewer = servers.clone();
        let left = fewer.remove(gone % count);
        if left.info.id != stays {
            prop_assert_eq!(pick(&fewer), stays);
        }
    }
}
