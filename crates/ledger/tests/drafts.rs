//! What a replay says of a draft is what live calls then do.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test ends where it fails"
)]

mod support;

use std::collections::BTreeMap;
use std::sync::Arc;

use api::{ErrorCode, Replay};
use ledger::Draft;
use mesh::End;
use model::{HealthStatus, ServerId};
use serde_json::{Map, json};
use support::{Meets, Scripted, World, config};

const CALLS: usize = 1_000;

const CLIENTS: [&str; 7] = ["ada", "bob", "cleo", "dan", "eve", "fay", "gus"];

/// Four servers that differ in all that rules look at.
async fn four() -> (World, BTreeMap<ServerId, &'static str>) {
    let world = World::new("").await;
    let mut names = BTreeMap::new();
    for (name, ms, metadata) in [
        ("a", 20.0, json!({ "region": "us", "capacity": 5, "priority": 1 })),
        ("b", 80.0, json!({ "region": "us", "capacity": 2, "priority": 2 })),
        ("c", 200.0, json!({ "region": "eu", "capacity": 3, "priority": 2 })),
        ("d", 900.0, json!({ "region": "ap", "capacity": 0, "priority": 0 })),
    ] {
        let id = world.add(name, "echo", &metadata).await;
        world.measure(id, HealthStatus::Healthy, ms).await;
        names.insert(id, name);
    }
    (world, names)
}

/// Who takes how many of these calls, by name; they all are of one capability, and take no time.
async fn taken(world: &World, names: &BTreeMap<ServerId, &'static str>) -> BTreeMap<String, u64> {
    let mut taken = BTreeMap::new();
    for at in 0..CALLS {
        let client = Some(CLIENTS[at * at % CLIENTS.len()]);
        if let End::Answered { server, .. } = world.call("echo", client, Meets::Answer).await.end {
            *taken.entry(names[&server.id].to_owned()).or_default() += 1;
        }
    }
    taken
}

fn after(replay: &Replay) -> BTreeMap<String, u64> {
    let shares = replay.distribution.iter().filter(|share| share.after > 0);
    shares.map(|share| (share.server.name.clone(), share.after)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_draft_moves_recorded_calls_where_live_ones_then_go() {
    for draft in [
        "load_balancing: { strategy: weighted_round_robin }",
        "load_balancing: { strategy: health_weighted }",
        "load_balancing: { strategy: priority }",
        "load_balancing: { strategy: random }",
        "load_balancing: { strategy: random, config: { seed: 7 } }",
        "load_balancing: { strategy: least_connections }",
        "routing_rules: { echo: { preferred_regions: [us] } }",
        "routing_rules: { \"e*\": { required_metadata: { capacity: { $gte: 3 } } } }",
        "routing_rules: { echo: { required_regions: [eu, ap] } }",
        "defaults: { affinity: client }",
        "load_balancing: { preferred_region: eu }",
    ] {
        let (world, names) = four().await;
        let before = taken(&world, &names).await;
        assert_eq!(before.values().sum::<u64>(), CALLS as u64);
        let draft_config = config(draft);
        let replay = world.replay(draft_config.clone(), 10_000).await;
        assert_eq!((replay.calls, replay.fails, replay.unknowns), (CALLS as u64, 0, 0), "{draft}");
        let again = world.replay(draft_config.clone(), 10_000).await;
        assert_eq!(after(&again), after(&replay), "{draft}: a replay changes nothing");
        let none = world.replay(world.config.borrow().clone(), 10_000).await;
        assert_eq!((none.moves, none.stays), (0, CALLS as u64), "{draft}: the rules in use move none");

        world.config.send_replace(draft_config);
        assert_eq!(taken(&world, &names).await, after(&replay), "{draft}");
        world.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_draft_that_nobody_meets_fails_calls_that_somebody_took() {
    let (world, _) = four().await;
    for _ in 0..10 {
        world.call("echo", None, Meets::Answer).await;
    }
    let refused = world.call("nobody.offers", None, Meets::Answer).await;
    assert!(matches!(refused.end, End::Refused(_)));
    let replay = world.replay(config("routing_rules: { echo: { required_regions: [mars] } }"), 100).await;
    assert_eq!(
        (replay.calls, replay.fails, replay.stays),
        (11, 10, 1),
        "what failed before fails no more than it did"
    );
    let first = &replay.would_fail[0];
    assert_eq!(first.code, ErrorCode::NoServerMeetsRule);
    assert!(first.why.contains("`a` is in us, not in mars"), "{}", first.why);

    let down = world.mesh.routes.config();
    let ids = world.registry.snapshot().by_name("a");
    let draft = Draft { config: down, down: ids, rows: 100 };
    let replay = world.ledger.replay(draft, world.mesh.routes.clone(), |_| None).await.unwrap();
    assert!(replay.moves > 0 && replay.fails == 0, "{replay:?}");
    assert!(replay.moved.iter().all(|one| one.to.as_ref().unwrap().name != "a"));
    assert!(replay.distribution.iter().any(|share| share.server.name == "a" && share.after == 0));
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_depends_on_an_argument_that_is_not_kept_is_unknown() {
    let (world, _) = four().await;
    let arguments: Map<_, _> = json!({ "city": "Oslo" }).as_object().cloned().unwrap();
    world.attempt("echo", None, &arguments, Scripted::at_once(Meets::Answer)).await;
    let by = |argument: &str| {
        config(&format!("defaults: {{ affinity: argument, affinity_argument: {argument} }}"))
    };
    let replay = world.replay(by("city"), 100).await;
    assert_eq!(replay.unknowns, 1);
    assert!(replay.unknown[0].why.contains("`city`"), "{:?}", replay.unknown);

    world.config.send_replace(by("city"));
    for _ in 0..20 {
        world.attempt("echo", None, &arguments, Scripted::at_once(Meets::Answer)).await;
    }
    let known = world.replay(by("city"), 20).await;
    assert_eq!((known.unknowns, known.stays), (0, 20), "the same argument is kept, as a hash");
    assert_eq!(world.replay(by("town"), 20).await.unknowns, 20);
    let bytes = std::fs::read(world.dir.path().join(ledger::FILE)).unwrap();
    let wal = std::fs::read(world.dir.path().join("calls.db-wal")).unwrap_or_default();
    let holds = |bytes: &[u8]| bytes.windows(4).any(|window| window == b"Oslo");
    assert!(!holds(&bytes) && !holds(&wal), "and not its value");
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn turns_go_on_after_the_last_recorded_one() {
    let (mut world, names) = four().await;
    let mut order = Vec::new();
    for _ in 0..22 {
        let routed = world.call("echo", None, Meets::Answer).await;
        let End::Answered { server, .. } = routed.end else { panic!("{:?}", routed.end) };
        order.push(names[&server.id]);
        world.restart().await;
    }
    for three in order.windows(4) {
        let mut all = three.to_vec();
        all.sort_unstable();
        assert_eq!(all, ["a", "b", "c", "d"], "each process goes on where the former one was: {order:?}");
    }
    let weighted: Arc<_> = config("load_balancing: { strategy: weighted_round_robin }");
    world.config.send_replace(weighted);
    let mut taken: BTreeMap<&str, u64> = BTreeMap::new();
    for _ in 0..20 {
        let routed = world.call("echo", None, Meets::Answer).await;
        let End::Answered { server, .. } = routed.end else { panic!("{:?}", routed.end) };
        *taken.entry(names[&server.id]).or_default() += 1;
        world.restart().await;
    }
    assert_eq!(taken, BTreeMap::from([("a", 10), ("b", 4), ("c", 6)]));
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_says_who_was_tried_and_why_and_what_became_of_it() {
    let (world, _) = four().await;
    let routed = world.call("echo", Some("ada"), Meets::Busy).await;
    assert!(matches!(routed.end, End::Answered { .. }));
    let mut cancelled = Scripted { meets: Meets::Answer, told: Some(tokio::sync::oneshot::channel().1) };
    let (_tell, told) = tokio::sync::oneshot::channel();
    cancelled.told = Some(told);
    let none = Map::new();
    let left = world.attempt("echo", None, &none, cancelled);
    assert!(tokio::time::timeout(std::time::Duration::from_millis(1), left).await.is_err());
    let list = world.calls(10).await;
    let retried = world.record(list.rows[1].id).await;
    assert_eq!((retried.tries.len(), retried.decisions.len(), retried.row.attempts), (2, 2, 2));
    assert!(retried.is_exact && retried.tries[0].error.as_ref().unwrap().contains("busy"), "{retried:?}");
    let (first, second) = (&retried.decisions[0], &retried.decisions[1]);
    assert_eq!(first.winner.as_ref().unwrap().id, retried.tries[0].server.id);
    assert_eq!(second.winner.as_ref().unwrap().id, retried.tries[1].server.id);
    assert_eq!(retried.row.client.as_deref(), Some("ada"));
    let cancelled = world.record(list.rows[0].id).await;
    assert_eq!((cancelled.row.outcome, cancelled.tries.len()), (api::CallOutcome::Cancelled, 1));
    assert!(matches!(world.ledger.record(99, |_| None).await, Err(ledger::LedgerError::NoCall(99))));
    world.close().await;
}
