//! All stages of a decision, from the name of a capability to a pick, over a real registry with a hundred rules.

use std::fmt::Write as _;
use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

use mesh::decide::CallFacts;
use mesh::{Contact, Mesh};
use model::config::Config;
use model::{CapabilityPattern, HealthStatus, Tool};
use registry::{MemoryBackend, Observation, OpenedRegistry, Origin, Registry};
use stats_alloc::Region;
use tokio_util::task::TaskTracker;

use crate::{ALLOCATOR, RUNS, median, nanos, per, server};

const RULES: usize = 100;
const CAPABILITY: &str = "weather.current";

pub(crate) fn config() -> Arc<Config> {
    let mut text = "load_balancing:\n  strategy: health_weighted\nrouting_rules:\n".to_owned();
    for at in 0..RULES {
        let _ = write!(text, "  \"tool{at}.*\":\n    min_health_score: 0.5\n");
    }
    text += "  \"weather.*\":\n    min_health_score: 0.5\n    preferred_regions: [r1]\n    required_metadata: { capacity: { $gte: 1 } }\n";
    Arc::new(Config::from_yaml(&text).unwrap().0)
}

pub(crate) fn all() {
    println!("{:<40}{:>10}{:>10}", format!("all stages, {RULES} rules"), 3, 1_000);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let costs = [3, 1_000].map(|size| runtime.block_on(one(size)));
    for (name, at) in [("warm, ns", 0), ("after a measurement, ns", 1), ("allocations, warm", 2)] {
        println!("{name:<40}{:>10.1}{:>10.1}", costs[0][at], costs[1][at]);
    }
    println!();
}

async fn one(size: usize) -> [f64; 3] {
    let folder = tempfile::tempdir().unwrap();
    let OpenedRegistry { registry, writer, .. } = Registry::open(MemoryBackend::default()).await.unwrap();
    let tasks = TaskTracker::new();
    tasks.spawn(writer);
    let servers: Vec<_> = (0..size).map(server).collect();
    let infos = servers.iter().map(|server| {
        let mut info = model::ServerInfo::clone(&server.info);
        info.tools = [Tool { name: CAPABILITY.to_owned(), ..Tool::default() }].into();
        info
    });
    let ids: Vec<_> = servers.iter().map(|server| server.info.id).collect();
    registry.upsert(infos.collect(), Origin::Automatic).await.unwrap();
    for server in &servers {
        registry.observe(server.info.id, well(server.health.response_time_ms, 1)).await.unwrap();
    }
    let (_keep, config) = tokio::sync::watch::channel(config());
    let contact = Contact::new(vault::Vault::open(folder.path()).0, Arc::new(|_, _| {}));
    let mesh = Mesh::new(contact, registry.clone(), config, tasks.clone(), Arc::new(mesh::Unwatched));
    let pattern = CapabilityPattern::parse(CAPABILITY).unwrap();
    let pick = || {
        let route = mesh.routes.of(CAPABILITY, &pattern);
        black_box(mesh.routes.next(&route, &CallFacts::default())).is_ok()
    };
    assert!(pick());
    let warm = per(20_000, |_| pick());
    let region = Region::new(ALLOCATOR);
    for _ in 0..1_000 {
        pick();
    }
    let allocations = region.change().allocations as f64 / 1_000.0;
    let mut after = Vec::new();
    for at in 0..RUNS * 201 {
        let ms = 20.0 + (at % 40) as f64;
        registry.observe(ids[at % ids.len()], well(Some(ms), 2 + at as i64)).await.unwrap();
        let started = Instant::now();
        pick();
        after.push(nanos(started.elapsed()));
    }
    registry.close().await;
    [warm, median(&mut after), allocations]
}

fn well(response_time_ms: Option<f64>, at: i64) -> Observation {
    Observation { status: HealthStatus::Healthy, reason: None, response_time_ms, at, contents: None }
}
