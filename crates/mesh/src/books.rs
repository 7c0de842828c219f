//! Whatever happens in whichever order, the counts are right at the end: no server is counted as busy with calls that are
//! over, and what is remembered of the registry is what it is.

use std::sync::Arc;
use std::time::Duration;

use model::config::Config;
use model::{CapabilityPattern, HealthStatus, ServerId, ServerInfo, Source, Tool};
use proptest::prelude::*;
use registry::{MemoryBackend, Observation, OpenedRegistry, Origin, Registry};
use serde_json::json;
use tokio::sync::watch;
use tokio_util::task::TaskTracker;

use crate::Cells;
use crate::decide::{CallFacts, decide};
use crate::route::Route;
use crate::routes::Routes;
use crate::seat::{BreakerLimits, BreakerSign, HeldPlace};

const EVENTS: usize = 10_000;
const SERVERS: u8 = 8;
const CAPABILITIES: [&str; 2] = ["weather.current", "data"];
const LIMITS: BreakerLimits = BreakerLimits { failures: 3, open: Duration::from_secs(30) };

#[derive(Debug, Clone)]
enum Happening {
    Recorded(u8, u8),
    Measured(u8, HealthStatus, u16),
    Paused(u8),
    Resumed(u8),
    Removed(u8),
    Configured(u8),
    Called(u8),
    Ended(u16, BreakerSign),
    Cancelled(u16),
}

fn happening() -> impl Strategy<Value = Happening> {
    let told = prop::sample::select(vec![BreakerSign::Success, BreakerSign::Failure, BreakerSign::Nothing]);
    let status = prop::sample::select(HealthStatus::ALL.to_vec());
    prop_oneof![
        1 => (0..SERVERS, any::<u8>()).prop_map(|(at, data)| Happening::Recorded(at, data)),
        2 => (0..SERVERS, status, any::<u16>()).prop_map(|(at, status, ms)| Happening::Measured(at, status, ms)),
        1 => (0..SERVERS).prop_map(Happening::Paused),
        1 => (0..SERVERS).prop_map(Happening::Resumed),
        1 => (0..SERVERS).prop_map(Happening::Removed),
        1 => any::<u8>().prop_map(Happening::Configured),
        8 => any::<u8>().prop_map(Happening::Called),
        6 => (any::<u16>(), told).prop_map(|(which, told)| Happening::Ended(which, told)),
        2 => any::<u16>().prop_map(Happening::Cancelled),
    ]
}

fn info(at: u8, data: u8) -> ServerInfo {
    let url = format!("http://127.0.0.1:{}/mcp", 9_000 + u16::from(at));
    let mut info = ServerInfo::new_http(&format!("s{at}"), &url, Source::Manual, 0).unwrap();
    let offered = CAPABILITIES.iter().filter(|name| data & 1 == 0 || name.len() > 4);
    info.tools = offered.map(|name| Tool { name: (*name).to_owned(), ..Tool::default() }).collect();
    let region = if data & 2 == 0 { "us" } else { "eu" };
    let metadata = json!({ "capacity": data % 5, "region": region, "max_concurrent": 1 + data % 3 });
    info.metadata = metadata.as_object().cloned().unwrap();
    info
}

fn config(kind: u8) -> Arc<Config> {
    let strategy =
        ["round_robin", "least_connections", "weighted_round_robin", "health_weighted", "peak_ewma"]
            [usize::from(kind % 5)];
    let rule = if kind & 8 == 0 { "required_regions: [us]" } else { "min_health_score: 0.3" };
    let text = format!(
        "load_balancing: {{ strategy: {strategy} }}\nrouting_rules: {{ \"weather.*\": {{ {rule} }} }}\n"
    );
    Arc::new(Config::from_yaml(&text).unwrap().0)
}

struct World {
    registry: Registry,
    routes: Routes,
    config: watch::Sender<Arc<Config>>,
    under_way: Vec<HeldPlace>,
    cells: Arc<Cells>,
}

impl World {
    async fn happens(&mut self, happening: Happening) {
        let id = |at: u8| info(at, 0).id;
        // What is not there cannot be paused: that is refused, and nothing happens.
        match happening {
            Happening::Recorded(at, data) => {
                drop(self.registry.upsert(vec![info(at, data)], Origin::Automatic).await.unwrap());
            }
            Happening::Measured(at, status, ms) => {
                let response_time_ms = Some(f64::from(ms));
                let seen = Observation { status, reason: None, response_time_ms, at: 1, contents: None };
                drop(self.registry.observe(id(at), seen).await);
            }
            Happening::Paused(at) => drop(self.registry.pause(vec![id(at)]).await),
            Happening::Resumed(at) => drop(self.registry.resume(vec![id(at)]).await),
            Happening::Removed(at) => drop(self.registry.remove(vec![id(at)]).await),
            Happening::Configured(kind) => drop(self.config.send_replace(config(kind))),
            Happening::Called(which) => self.called(CAPABILITIES[usize::from(which) % 2]),
            Happening::Ended(which, told) => {
                if let Some(in_flight) = self.one(which) {
                    in_flight.end(told, self.routes.clock, LIMITS);
                }
            }
            Happening::Cancelled(which) => drop(self.one(which)),
        }
    }

    fn called(&mut self, capability: &str) {
        let route = self.routes.of(capability, &CapabilityPattern::parse(capability).unwrap());
        let now = self.routes.clock.now();
        let Ok(pick) = decide(&CallFacts::default(), &route.plan, &route.live(now), route.turn()) else {
            return;
        };
        let most = route.plan.candidates()[pick.place].most;
        self.under_way.extend(route.at(pick.place).unwrap().seat.enter(most, true));
    }

    fn one(&mut self, which: u16) -> Option<HeldPlace> {
        let count = self.under_way.len();
        (count > 0).then(|| self.under_way.swap_remove(usize::from(which) % count))
    }

    fn check(&self) {
        for capability in CAPABILITIES {
            let pattern = CapabilityPattern::parse(capability).unwrap();
            let (kept, snapshot) = (self.routes.of(capability, &pattern), self.registry.snapshot());
            let matches = snapshot.by_capability(&pattern);
            let seat = |id: ServerId| self.cells.seat(id);
            let servers = matches.shared().cloned();
            let anew = Route::new(capability, servers, &self.config.borrow(), &Arc::default(), seat);
            assert_eq!(kept.plan, anew.plan, "{capability}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3, ..ProptestConfig::default() })]

    #[test]
    fn the_books_are_right_after_any_order_of_events(happenings in prop::collection::vec(happening(), EVENTS)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let OpenedRegistry { registry, writer, .. } = Registry::open(MemoryBackend::default()).await.unwrap();
            let tasks = TaskTracker::new();
            tasks.spawn(writer);
            let (sender, receiver) = watch::channel(config(0));
            let cells = Arc::new(Cells::new(registry.clone()));
            let routes = Routes::new(registry.clone(), receiver, cells.clone(), Arc::new(crate::Unwatched));
            let mut world = World { registry, routes, config: sender, under_way: Vec::new(), cells };
            for (at, happening) in happenings.into_iter().enumerate() {
                world.happens(happening).await;
                if at % 500 == 0 {
                    world.check();
                }
            }
            world.check();
            let held = world.under_way.len();
            let counted: u32 = world.cells.seats().iter().map(|(_, seat)| seat.in_flight()).sum();
            assert_eq!(usize::try_from(counted).unwrap(), held, "every call that is under way counts once");
            world.under_way.clear();
            assert!(world.cells.seats().iter().all(|(_, seat)| seat.in_flight() == 0));
            world.registry.close().await;
        });
    }
}
