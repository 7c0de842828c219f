//! A call through the mesh beside the same conversation asked directly: what deciding, counting and telling cost.

use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use cpu_time::ProcessTime;
use mcp::{CallOptions, McpError, Session};
use mesh::{Call, Contact, End, Mesh, Sending, Whom};
use model::{CapabilityPattern, HealthStatus, ServerInfo, Source, Tool};
use registry::{MemoryBackend, Observation, OpenedRegistry, Origin, Registry};
use serde_json::Map;
use serde_json::value::RawValue;
use testkit::fake::Fake;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::{RUNS, median, stages};

const CALLS: usize = 2_000;
const ALONE: u32 = 20_000;

struct Echo;

impl Sending for Echo {
    type Answer = Box<RawValue>;

    fn goes_to(&mut self, _: &Arc<ServerInfo>, _: &Arc<Tool>) {}

    async fn send(&mut self, session: &Session, left: Duration) -> Result<Box<RawValue>, McpError> {
        let options = CallOptions { deadline: left, ..CallOptions::default() };
        session.call_tool("echo", Map::new(), options).await
    }
}

/// Answers without a server: what is left is what the mesh itself costs.
struct AtOnce;

impl Sending for AtOnce {
    type Answer = ();

    fn goes_to(&mut self, _: &Arc<ServerInfo>, _: &Arc<Tool>) {}

    async fn send(&mut self, _: &Session, _: Duration) -> Result<(), McpError> {
        Ok(())
    }
}

pub(crate) fn all() {
    mcp::install_crypto();
    println!("{:<32}{:>12}{:>12}{:>12}{:>12}", "a call", "p50 mesh", "p50 wire", "CPU mesh", "CPU wire");
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    for (era, fake) in [("modern", Fake::modern as fn() -> Fake), ("legacy", Fake::legacy)] {
        for callers in [1, 64] {
            let [mesh_p50, wire_p50, mesh_cpu, wire_cpu, alone, cold] =
                runtime.block_on(one(fake(), callers));
            let name = format!("{era}, {callers} callers (us)");
            println!(
                "{name:<32}{mesh_p50:>12.1}{wire_p50:>12.1}{mesh_cpu:>12.1}{wire_cpu:>12.1}   p50 {:+.1} %, CPU {:+.1} us; the mesh alone {alone:.2} us, {cold:.2} us after a call",
                (mesh_p50 / wire_p50 - 1.0) * 100.0,
                mesh_cpu - wire_cpu
            );
        }
    }
}

async fn one(fake: Fake, callers: usize) -> [f64; 6] {
    let folder = tempfile::tempdir().unwrap();
    let OpenedRegistry { registry, writer, .. } = Registry::open(MemoryBackend::default()).await.unwrap();
    let (tasks, stop) = (TaskTracker::new(), CancellationToken::new());
    tasks.spawn(writer);
    let server = fake.start().await;
    let mut info = ServerInfo::new_http("a", &server.url(), Source::Manual, 0).unwrap();
    info.endpoint = Some(server.url());
    info.tools = [Tool { name: "echo".to_owned(), ..Tool::default() }].into();
    let id = info.id;
    registry.upsert(vec![info], Origin::Automatic).await.unwrap();
    let well = Observation {
        status: HealthStatus::Healthy,
        reason: None,
        response_time_ms: Some(1.0),
        at: 1,
        contents: None,
    };
    registry.observe(id, well).await.unwrap();
    let (_keep, config) = tokio::sync::watch::channel(stages::config());
    let contact = Contact::new(vault::Vault::open(folder.path()).0, Arc::new(|_, _| {}));
    let mesh = Mesh::new(contact, registry.clone(), config, tasks.clone(), Arc::new(mesh::Unwatched));
    let (cells, until) = (mesh.cells.clone(), stop.clone());
    tasks.spawn(async move { cells.report(until).await });

    // The conversation that both use.
    through(&mesh, &mut Echo).await;
    let record = registry.snapshot().get(id).unwrap().info.clone();
    let session = mesh.sessions.kept(&record, mesh.contact.vault().stamp()).expect("it is kept");
    let mut figures = [(); 6].map(|()| Vec::new());
    for _ in 0..RUNS {
        let ours = measured(callers, || async { through(&mesh, &mut Echo).await }).await;
        let direct = measured(callers, || async {
            let left = Duration::from_secs(30);
            Echo.send(&session, left).await.unwrap();
        })
        .await;
        let began = Instant::now();
        for _ in 0..ALONE {
            through(&mesh, &mut AtOnce).await;
        }
        let alone = began.elapsed().as_secs_f64() * 1e6 / f64::from(ALONE);
        // After a call over the wire, as calls come: what it needs is in no cache.
        let mut cold = Vec::with_capacity(CALLS);
        for _ in 0..CALLS {
            Echo.send(&session, Duration::from_secs(30)).await.unwrap();
            let began = Instant::now();
            through(&mesh, &mut AtOnce).await;
            cold.push(began.elapsed().as_secs_f64() * 1e6);
        }
        let cold = median(&mut cold);
        for (at, figure) in [ours.0, direct.0, ours.1, direct.1, alone, cold].into_iter().enumerate() {
            figures[at].push(figure);
        }
    }
    stop.cancel();
    drop(session);
    registry.close().await;
    figures.map(|mut figures| median(&mut figures))
}

async fn through<A: Sending<Answer: std::fmt::Debug>>(mesh: &Mesh, attempt: &mut A) {
    static ASKED: LazyLock<(Map<String, serde_json::Value>, CapabilityPattern, CancellationToken)> =
        LazyLock::new(|| (Map::new(), CapabilityPattern::parse("echo").unwrap(), CancellationToken::new()));
    let (arguments, pattern, cancel) = &*ASKED;
    let to = Whom::Capability("echo", pattern);
    let timeout = Some(Duration::from_secs(30));
    let call = Call {
        to,
        arguments,
        session: None,
        client: None,
        timeout,
        cancel,
        explained: false,
        otherwise: mesh::OTHERWISE,
    };
    let routed = mesh.run(call, attempt).await;
    assert!(matches!(routed.end, End::Answered { .. }), "{:?}", routed.end);
}

/// The median of a call and the processor time of one, in microseconds.
async fn measured<F: Future<Output = ()>>(callers: usize, call: impl Fn() -> F) -> (f64, f64) {
    let each = CALLS / callers;
    let cpu = ProcessTime::now();
    let caller = || async {
        let mut spans = Vec::with_capacity(each);
        for _ in 0..each {
            let started = Instant::now();
            call().await;
            spans.push(started.elapsed().as_secs_f64() * 1e6);
        }
        spans
    };
    let all: Vec<_> = (0..callers).map(|_| caller()).collect();
    let mut spans = futures::future::join_all(all).await.concat();
    let cpu = cpu.elapsed().as_secs_f64() * 1e6 / (each * callers) as f64;
    (median(&mut spans), cpu)
}
