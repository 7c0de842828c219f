//! What was decided can be decided again: whatever happened, in whichever order, the stored row gives the same decision, and the
//! rules in use move no call that was made under them.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test ends where it fails"
)]

mod support;

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use model::config::Config;
use model::{HealthStatus, ServerId, Tool, ToolHints};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use registry::Origin;
use serde_json::json;
use support::{Meets, Scripted, World, run};
use tokio::sync::oneshot;
use tokio::task::JoinSet;

const EVENTS: usize = 24_000;
const SERVERS: u8 = 6;
const CAPABILITIES: [&str; 3] = ["weather.current", "data", "nobody.offers"];

#[derive(Debug, Clone)]
enum Happening {
    Recorded(u8, u8),
    Measured(u8, HealthStatus, u16),
    Paused(u8),
    Resumed(u8),
    Configured(u8),
    Called(u8, u8),
    Ended(u16, Meets),
    CallerLeft(u16),
    Restarted,
}

fn happening() -> impl Strategy<Value = Happening> {
    let meets = prop_oneof![
        600 => Just(Meets::Answer),
        60 => Just(Meets::ToolError),
        60 => Just(Meets::Lost),
        // It is left alone for a second then.
        1 => Just(Meets::Busy),
    ];
    let status = prop::sample::select(vec![
        HealthStatus::Healthy,
        HealthStatus::Healthy,
        HealthStatus::Degraded,
        HealthStatus::Unhealthy,
        HealthStatus::Unknown,
    ]);
    prop_oneof![
        10 => (0..SERVERS, any::<u8>()).prop_map(|(at, data)| Happening::Recorded(at, data)),
        40 => (0..SERVERS, status, any::<u16>()).prop_map(|(at, status, ms)| Happening::Measured(at, status, ms)),
        5 => (0..SERVERS).prop_map(Happening::Paused),
        10 => (0..SERVERS).prop_map(Happening::Resumed),
        1 => any::<u8>().prop_map(Happening::Configured),
        580 => (any::<u8>(), any::<u8>()).prop_map(|(which, who)| Happening::Called(which, who)),
        700 => (any::<u16>(), meets).prop_map(|(which, meets)| Happening::Ended(which, meets)),
        10 => any::<u16>().prop_map(Happening::CallerLeft),
        1 => Just(Happening::Restarted),
    ]
}

/// Every strategy, affinity and hard condition turns up.
fn config(kind: u8) -> Arc<Config> {
    let strategies = [
        "round_robin",
        "least_connections",
        "weighted_round_robin",
        "health_weighted",
        "random",
        "priority",
        "peak_ewma",
    ];
    let strategy = strategies[usize::from(kind % 7)];
    let affinity = match kind / 7 % 4 {
        0 => "affinity: client",
        1 => "affinity: argument, affinity_argument: city",
        _ => "affinity: none",
    };
    let rule = match kind / 28 % 5 {
        0 => "required_regions: [us]",
        1 => "min_health_score: 0.3",
        2 => "required_metadata: { capacity: { $gte: 2 } }, on_empty: relax",
        3 => "preferred_regions: [eu, us], config: { weight_key: tools }",
        _ => "auto_retry: false",
    };
    support::config(&format!(
        "load_balancing: {{ strategy: {strategy}, preferred_region: us, breaker_open: 0.1, config: {{ exclude_unhealthy: {} }} }}\n\
         routing_rules: {{ \"weather.*\": {{ {rule}, {affinity} }} }}\n\
         defaults: {{ {affinity} }}\ncall_log: {{ rows: 1000000 }}\n",
        kind.is_multiple_of(2)
    ))
}

struct Scene {
    world: World,
    /// Calls under way, with what tells how they go on.
    under_way: VecDeque<(oneshot::Sender<Meets>, tokio::task::AbortHandle)>,
    tasks: JoinSet<()>,
    begun: Arc<AtomicUsize>,
    /// Rows of former rules.
    former: usize,
}

impl Scene {
    fn id(&self, at: u8) -> ServerId {
        self.world.info(&format!("s{at}"), [], &json!({})).id
    }

    async fn happens(&mut self, happening: Happening) {
        match happening {
            Happening::Recorded(at, data) => self.record(at, data).await,
            Happening::Measured(at, status, ms) => {
                self.world.measure(self.id(at), status, f64::from(ms) / 7.0).await;
            }
            Happening::Paused(at) => drop(self.world.registry.pause(vec![self.id(at)]).await),
            Happening::Resumed(at) => drop(self.world.registry.resume(vec![self.id(at)]).await),
            Happening::Configured(kind) => {
                self.rules_move_nothing().await;
                self.world.config.send_replace(config(kind));
            }
            Happening::Called(which, who) => self.call(which, who),
            Happening::Ended(which, meets) => {
                if let Some((tell, _)) = self.one(which) {
                    // It may have been over already.
                    let _ = tell.send(meets);
                }
            }
            Happening::CallerLeft(which) => {
                if let Some((_, call)) = self.one(which) {
                    call.abort();
                }
            }
            Happening::Restarted => {
                self.finish().await;
                self.world.restart().await;
            }
        }
        tokio::task::yield_now().await;
    }

    async fn record(&mut self, at: u8, data: u8) {
        // Schemas differ, so that some refuse some arguments.
        let schema = if data & 1 == 0 {
            json!({ "type": "object", "properties": { "city": { "maxLength": 3 } } })
        } else {
            json!({ "type": "object" })
        };
        let hints = ToolHints { idempotent: Some(data & 16 == 0), ..ToolHints::default() };
        let tool = |name: &str| Tool {
            hints,
            more: None,
            name: name.to_owned(),
            input_schema: schema.clone().into(),
            ..Tool::default()
        };
        let mut tools = vec![tool("weather.current")];
        if data & 2 == 0 {
            tools.push(tool("data"));
        }
        let region = if data & 4 == 0 { "us" } else { "eu" };
        let metadata = json!({
            "capacity": data % 5, "region": region, "priority": data % 3, "max_concurrent": 2 + data % 9,
            "odd": 0.1 + f64::from(data) / 3.0,
        });
        let info = self.world.info(&format!("s{at}"), tools, &metadata);
        self.world.registry.upsert(vec![info], Origin::Automatic).await.unwrap();
    }

    fn call(&mut self, which: u8, who: u8) {
        let (tell, told) = oneshot::channel();
        let (mesh, begun) = (self.world.mesh.clone(), self.begun.clone());
        let capability = CAPABILITIES[if which < 5 { 2 } else { usize::from(which % 2) }];
        let call = async move {
            let city = ["ada", "bob", "cleo"][usize::from(who % 3)];
            let arguments = json!({ "city": city }).as_object().cloned().unwrap();
            let client = (!who.is_multiple_of(5)).then(|| format!("client-{}", who % 5));
            let mut attempt = Scripted { meets: Meets::Answer, told: Some(told) };
            begun.fetch_add(1, Ordering::Relaxed);
            run(&mesh, capability, client.as_deref(), &arguments, &mut attempt).await;
        };
        let handle = self.tasks.spawn(call);
        self.under_way.push_back((tell, handle));
    }

    fn one(&mut self, which: u16) -> Option<(oneshot::Sender<Meets>, tokio::task::AbortHandle)> {
        self.under_way.retain(|(_, call)| !call.is_finished());
        let count = self.under_way.len();
        (count > 0).then(|| self.under_way.swap_remove_back(usize::from(which) % count)).flatten()
    }

    async fn finish(&mut self) {
        self.under_way.clear();
        while self.tasks.join_next().await.is_some() {}
    }

    /// The rules in use move no call that was made since they are.
    async fn rules_move_nothing(&mut self) {
        self.finish().await;
        let newest = self.world.calls(1).await.rows.first().map_or(0, |row| row.id);
        let rows = usize::try_from(newest).unwrap() - self.former;
        if rows > 0 {
            let replay = self.world.replay(self.world.config.borrow().clone(), rows).await;
            let told = (&replay.moved, &replay.would_fail, &replay.unknown);
            assert_eq!((replay.moves, replay.fails, replay.unknowns), (0, 0, 0), "{told:?}");
            assert_eq!(replay.calls, replay.stays);
        }
        self.former = usize::try_from(newest).unwrap();
    }
}

/// Drawn by chance, and not shrunk: what fails is said by the row.
#[test]
fn each_stored_row_gives_the_decision_that_was_made() {
    let all = prop::collection::vec(happening(), EVENTS);
    let happenings = all.new_tree(&mut TestRunner::default()).unwrap().current();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let world = World::new("call_log: { rows: 1000000 }").await;
        let (begun, tasks) = (Arc::default(), JoinSet::new());
        let mut scene = Scene { world, under_way: VecDeque::new(), tasks, begun, former: 0 };
        for at in 0..SERVERS {
            scene.record(at, at * 37).await;
            scene.world.measure(scene.id(at), HealthStatus::Healthy, 20.0).await;
        }
        for happening in happenings {
            scene.happens(happening).await;
        }
        scene.rules_move_nothing().await;
        let all = scene.world.calls(1_000_000).await;
        let calls: u64 = all.rows.iter().map(|row| row.stands_for).sum();
        assert_eq!(
            calls,
            scene.begun.load(Ordering::Relaxed) as u64,
            "every call that began is in the record"
        );
        let kinds = |is: fn(&api::CallRow) -> bool| all.rows.iter().filter(|row| is(row)).count();
        let counts = [kinds(|_| true), kinds(|row| row.attempts > 1), kinds(|row| row.attempts == 0)];
        println!("{calls} calls, rows, retried, refused: {counts:?}");
        assert!(counts.iter().all(|count| *count > 20), "of all kinds: {counts:?}");
        for row in &all.rows {
            let record = scene.world.record(row.id).await;
            assert!(record.is_exact, "{record:?}");
            let winner = record.decision.as_ref().unwrap().winner.as_ref().map(|server| server.id);
            assert_eq!(winner, record.tries.first().map(|one| one.server.id).or(winner), "{record:?}");
        }
        scene.world.close().await;
    });
}
